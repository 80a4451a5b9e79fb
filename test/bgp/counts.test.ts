import { describe, expect, test } from 'vitest';
import { BgpSimulation } from '../../src/bgp/index.js';
import { recording } from '../recordings/load.js';
import { converged, mesh, reflected } from './networks.js';

interface Measured {
  readonly kind: 'mesh' | 'rr1' | 'rr2';
  readonly N: number;
  readonly sessions: number;
  readonly open: number;
  readonly announceUpdates: number;
  readonly nlri: number;
  readonly endOfRib: number;
  readonly bgpPathsPerNode: { readonly min: number; readonly max: number };
  readonly remoteBlocksSeen: { readonly min: number; readonly max: number };
  readonly withdraw: { readonly updates: number; readonly prefixes: number; readonly announces: number };
}

const MEASURED = JSON.parse(recording('bird/measure.json').text) as readonly Measured[];

function configOf({ kind, N }: Measured): ReturnType<typeof mesh> {
  return kind === 'mesh' ? mesh(N) : reflected(N, kind === 'rr1' ? 1 : 2);
}

/** Counted on the wire between processes of BIRD 2.0.12. */
describe.each(MEASURED)('$kind of $N', (measured) => {
  const config = configOf(measured);
  const simulation = new BgpSimulation(config);
  simulation.converge();
  const counts = simulation.counts();

  test('establishes as many sessions, each with an OPEN and an End-of-RIB from either side', () => {
    const states = config.speakers.flatMap((s) => simulation.sessions(s.name).map((each) => each.state));
    expect(states.every((state) => state === 'Established')).toBe(true);
    expect(states.length / 2).toBe(measured.sessions);
    expect(counts.endOfRib).toBe(measured.endOfRib);
    // Both ends of a reflector's sessions connect, and now and then at the same time.
    if (measured.kind === 'mesh') expect(counts.open).toBe(measured.open);
    else expect(counts.open).toBeLessThanOrEqual(1.1 * measured.open);
  });

  test('announces as often', () => {
    if (measured.kind === 'mesh') {
      expect(counts.announce).toBe(measured.announceUpdates);
      expect(counts.nlri).toBe(measured.nlri);
      return;
    }
    // BIRD announces a route twice that comes while it feeds a new neighbour: up to 6 of 1,988, and 2 of 14.
    const scatter = Math.max(2, 0.1 * measured.announceUpdates);
    expect(Math.abs(counts.announce - measured.announceUpdates)).toBeLessThanOrEqual(scatter);
    expect(counts.nlri).toBe(counts.announce);
  });

  test('has as many paths', () => {
    const perNode = config.speakers.map((s) => simulation.rib(s.name).filter((r) => r.source === 'bgp'));
    const paths = perNode.map((routes) => routes.length);
    const blocks = perNode.map((routes) => new Set(routes.map((r) => r.net.address)).size);
    expect({ min: Math.min(...paths), max: Math.max(...paths) }).toEqual(measured.bgpPathsPerNode);
    expect({ min: Math.min(...blocks), max: Math.max(...blocks) }).toEqual(measured.remoteBlocksSeen);
  });

  test('withdraws a block as often', () => {
    const last = config.speakers.at(-1);
    if (last === undefined) throw new Error('there are no speakers');
    simulation.apply({ type: 'reconfigure', config: { ...last, routes: [] } });
    simulation.converge();
    const after = simulation.counts();
    const { updates, prefixes, announces } = measured.withdraw;
    expect({
      updates: after.withdraw - counts.withdraw,
      prefixes: after.withdrawn - counts.withdrawn,
      announces: after.announce - counts.announce,
    }).toEqual({ updates, prefixes, announces });
  });
});

/** A mesh of n has n(n-1)/2 sessions, on which each announces its one block; r reflectors have r(n-r) and their own mesh. */
describe('closed forms', () => {
  test.each([2, 3, 5, 12, 40])('mesh of %i', (n) => {
    const { open, announce, nlri, endOfRib } = converged(mesh(n)).counts();
    const each = n * (n - 1);
    expect({ open, announce, nlri, endOfRib }).toEqual({ open: each, announce: each, nlri: each, endOfRib: each });
  });

  test.each([
    [3, 1],
    [10, 1],
    [40, 1],
    [4, 2],
    [11, 2],
    [40, 2],
  ])('%i speakers, of which %i reflect', (n, r) => {
    const clients = n - r;
    const { announce, endOfRib } = converged(reflected(n, r)).counts();
    // From a client its own block, to each reflector; to a client all blocks but its own, from each reflector;
    // between reflectors all that are not the other's.
    expect(announce).toBe(clients * r + clients * r * (n - 1) + r * (r - 1) * (clients + 1));
    expect(endOfRib).toBe(2 * (r * clients + (r * (r - 1)) / 2));
  });
});

describe('at scale', () => {
  test('a full mesh of 300 has 44,850 sessions, and each knows all blocks', { timeout: 300_000 }, () => {
    const n = 300;
    const simulation = converged(mesh(n));
    expect(simulation.counts().announce).toBe(n * (n - 1));
    for (const name of ['n0', 'n150', 'n299']) {
      expect(simulation.sessions(name).filter((s) => s.state === 'Established')).toHaveLength(n - 1);
      // Each block, and the subnet that all share.
      expect(simulation.fib(name)).toHaveLength(n + 1);
    }
  });

  test('1,000 with two reflectors have a path to each block from each of them', { timeout: 300_000 }, () => {
    const n = 1000;
    const simulation = converged(reflected(n, 2));
    const client = simulation.rib('n500').filter((r) => r.source === 'bgp');
    // All blocks but its own; those of the 997 other clients by way of both, those of the reflectors also by way of both.
    expect(client).toHaveLength(2 * (n - 1));
    expect(client.filter((r) => r.best)).toHaveLength(n - 1);
    expect(simulation.fib('n500')).toHaveLength(n + 1);
    // As in the closed form above.
    expect(simulation.counts().announce).toBe(998 * 2 + 998 * 2 * (n - 1) + 2 * 999);
  });
});
