import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import {
  BgpOscillationError,
  BgpSimulation,
  type Filter,
  REJECT_ALL,
  type SessionConfig,
  type SpeakerConfig,
} from '../../src/bgp/index.js';
import { prefix } from '../must.js';
import { blackhole, type Link, mesh, networkOf, reflected, speaker } from './networks.js';

const NET = prefix('198.51.100.0/24');
const external = { multihop: false } as const;

const prefer = (localPref: number): Partial<SessionConfig> => ({
  import: {
    terms: [{ match: {}, actions: [{ set: 'localPref', value: localPref }], then: 'accept' }],
    otherwise: 'reject',
  },
});
/** Tells what it has from the origin alone, AS 64700. */
const DIRECT: Filter = { terms: [{ match: { protocol: 'n0' }, actions: [], then: 'accept' }], otherwise: 'reject' };

/** Each of `n` speakers around an origin prefers what the next one has of the origin to what it has of it itself. */
function ring(n: number, extra: readonly SpeakerConfig[] = [], links: readonly Link[] = [], seed = 1) {
  const speakers = [
    speaker(0, { as: 64700, routes: [blackhole(NET)] }),
    ...Array.from({ length: n }, (_, i) => speaker(i + 1, { as: 64701 + i, routes: [] })),
    ...extra,
  ];
  const around = Array.from({ length: n }, (_, i): Link[] => {
    const next = ((i + 1) % n) + 1;
    return [
      [0, i + 1, external, external],
      [i + 1, next, { ...external, ...prefer(200), export: REJECT_ALL }, { ...external, export: DIRECT }],
    ];
  });
  return networkOf(speakers, [...around.flat(), ...links], seed);
}

/** Two that each prefer what the other has of the origin. */
function disagree(seed: number) {
  const speakers = [
    speaker(0, { as: 64700, routes: [blackhole(NET)] }),
    speaker(1, { as: 64701, routes: [] }),
    speaker(2, { as: 64702, routes: [] }),
  ];
  const end = { ...external, ...prefer(200), export: DIRECT };
  return networkOf(
    speakers,
    [
      [0, 1, external, external],
      [0, 2, external, external],
      [1, 2, end, end],
    ],
    seed,
  );
}

/** All hear of it in the same moment. */
function withdrawAndAnnounce(simulation: BgpSimulation): void {
  const [origin] = simulation.config.speakers;
  if (origin === undefined) throw new Error('there is an origin');
  simulation.apply({ type: 'reconfigure', config: { ...origin, routes: [] } });
  simulation.converge();
  simulation.apply({ type: 'reconfigure', config: origin });
  simulation.converge();
}

function pathLength(simulation: BgpSimulation, name: string): number | undefined {
  const best = simulation.rib(name).find((route) => route.best && formatPrefix(route.net) === '198.51.100.0/24');
  return best?.attributes?.asPath[0]?.as.length;
}

function thrown(run: () => void): BgpOscillationError {
  try {
    run();
  } catch (error) {
    if (error instanceof BgpOscillationError) return error;
    throw error;
  }
  throw new Error('it converges');
}

const namesOf = ({ oscillations }: BgpOscillationError) =>
  oscillations.map(({ net, speakers }) => [formatPrefix(net), speakers.map(({ name }) => name)] as const);

describe('a network without a stable state', () => {
  test.each([1, 2, 3])(
    'three that prefer their neighbour (Griffin, Shepherd, Wilfong 2002: BAD GADGET), seed %i',
    (seed) => {
      const simulation = new BgpSimulation(ring(3, [], [], seed));
      const error = thrown(() => simulation.converge());
      expect(error.recurs).toBe(true);
      expect(namesOf(error)).toEqual([['198.51.100.0/24', ['n1', 'n2', 'n3']]]);
      for (const { routes } of error.oscillations[0]?.speakers ?? []) {
        const paths = routes.map((route) => route?.attributes?.asPath[0]?.as);
        // Of the origin, and through the next one: nothing else is told.
        expect(paths.map((path) => path?.length).sort()).toEqual([1, 2]);
      }
      expect(error.message).toMatch(/^BGP does not converge: 198\.51\.100\.0\/24: /);
      expect(error.message).toContain('on n1: ');
    },
  );

  test.each([3, 5, 7])('an odd ring of %i', (n) => {
    const simulation = new BgpSimulation(ring(n));
    expect(thrown(() => simulation.converge()).recurs).toBe(true);
  });

  test('those that only hear of it are told, too, and other prefixes are not', () => {
    const clients = [10, 11, 12, 13, 14].map((i) => speaker(i, { as: 64800 + i }));
    const links = clients.map((_, i): Link => [1, 10 + i, external, external]);
    const error = thrown(() => new BgpSimulation(ring(3, clients, links)).converge());
    expect(namesOf(error)).toEqual([['198.51.100.0/24', ['n1', 'n2', 'n3', 'n10', 'n11', 'n12', 'n13', 'n14']]]);
  });

  test('the simulation stands where it was, and goes on when its cause is gone', () => {
    const simulation = new BgpSimulation(ring(3));
    thrown(() => simulation.converge());
    simulation.apply({ type: 'disable', speaker: 'n1', session: 'n2' });
    simulation.converge();
    // n1 has its own, n3 prefers it, and n2 has its own again.
    const pathOf = (name: string) =>
      simulation.rib(name).find(({ net, best }) => best && formatPrefix(net) === '198.51.100.0/24')?.attributes?.asPath;
    expect(['n1', 'n2', 'n3'].map(pathOf)).toEqual([
      [{ type: 'sequence', as: [64700] }],
      [{ type: 'sequence', as: [64700] }],
      [{ type: 'sequence', as: [64701, 64700] }],
    ]);
  });

  test('a withdrawal in between is no end: it starts again with the route', () => {
    const simulation = new BgpSimulation(ring(3));
    thrown(() => simulation.converge());
    simulation.apply({ type: 'shutdown', speaker: 'n0' });
    simulation.converge();
    simulation.apply({ type: 'start', speaker: 'n0' });
    expect(thrown(() => simulation.converge()).recurs).toBe(true);
  });
});

describe('a network that converges is let converge', () => {
  test.each(Array.from({ length: 20 }, (_, i) => i + 1))(
    'DISAGREE, from a change that both see at once, seed %i',
    (seed) => {
      // Two stable states; in step, they would go from neither to both for ever.
      const simulation = new BgpSimulation(disagree(seed));
      simulation.converge();
      withdrawAndAnnounce(simulation);
      const lengths = ['n1', 'n2'].map((name) => pathLength(simulation, name));
      expect(lengths.sort()).toEqual([1, 2]);
    },
  );

  test.each([4, 6, 8, 12, 20])('an even ring of %i has two stable states, and gets there from neither', (n) => {
    const simulation = new BgpSimulation(ring(n));
    simulation.converge();
    withdrawAndAnnounce(simulation);
    // One has its own where the next one has not.
    const lengths = Array.from({ length: n }, (_, i) => pathLength(simulation, `n${i + 1}`));
    expect(lengths).toEqual(lengths.map((_, i) => lengths[i % 2]));
    expect([lengths[0], lengths[1]].sort()).toEqual([1, 2]);
  });

  test('a chain of 300: 300 rounds for what the first one tells', () => {
    const speakers = Array.from({ length: 300 }, (_, i) => speaker(i, { as: 64512 + i, routes: [] }));
    const links = speakers.slice(1).map((_, i): Link => [i, i + 1, external, external]);
    const simulation = new BgpSimulation(networkOf(speakers, links));
    simulation.converge();
    const [first] = speakers;
    const configured = simulation.config.speakers[0];
    if (first === undefined || configured === undefined) throw new Error('there is a first one');
    for (const routes of [[blackhole(NET)], []]) {
      simulation.apply({ type: 'reconfigure', config: { ...configured, routes } });
      const before = simulation.now;
      simulation.converge();
      expect(simulation.now - before).toBe(299);
      expect(simulation.rib('n299').filter(({ source }) => source === 'bgp')).toHaveLength(routes.length);
    }
  });

  test('path exploration: a withdrawal in a full mesh of 30 ASes', () => {
    const speakers = Array.from({ length: 30 }, (_, i) =>
      speaker(i, { as: 64512 + i, routes: i === 0 ? [blackhole(NET)] : [] }),
    );
    const links: Link[] = [];
    for (let i = 0; i < 30; i++) for (let j = i + 1; j < 30; j++) links.push([i, j, external, external]);
    const simulation = new BgpSimulation(networkOf(speakers, links));
    simulation.converge();
    const configured = simulation.config.speakers[0];
    if (configured === undefined) throw new Error('there is a first one');
    simulation.apply({ type: 'reconfigure', config: { ...configured, routes: [] } });
    simulation.converge();
    expect(simulation.rib('n29').filter(({ source }) => source === 'bgp')).toEqual([]);
  });

  test.each([
    ['full mesh of 60', mesh(60)],
    ['100 with two reflectors', reflected(100, 2)],
  ])('%s', (_, config) => {
    new BgpSimulation(config).converge();
  });
});
