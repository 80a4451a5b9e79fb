import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import type { AggregateConfig, BgpSimulation, SpeakerConfig } from '../../src/bgp/index.js';
import { loadRecorded } from '../frr/recorded.js';
import { SCENARIOS } from '../frr/scenarios.js';
import { disagreementsOf } from '../frr/simulate.js';
import { ip, prefix } from '../must.js';
import { addressOf, blackhole, converged, networkOf, speaker } from './networks.js';

describe('aggregates are as FRR 8.4.4 makes them', () => {
  const recorded = loadRecorded();

  test('the recordings are of the scenarios', () => {
    expect(recorded.map(({ scenario }) => scenario)).toEqual(SCENARIOS);
  });

  test.each(recorded.map((each) => [each.scenario.name, each] as const))('%s', (_, each) => {
    expect(disagreementsOf(each).join('\n')).toBe('');
    expect(each.seen).toHaveLength(each.scenario.events.length + 1);
  });
});

const A = prefix('10.9.1.0/24');
const B = prefix('10.9.2.0/24');
const OUTSIDE = prefix('10.8.1.0/24');
const NET = prefix('10.9.0.0/16');
const SUMMARY: AggregateConfig = { net: NET, asSet: false, summaryOnly: true };

/** n0 (AS 65000, its own network B) aggregates; n1 (AS 65001) has A and what is outside; n2 (AS 65002) is told. */
function star(fields: Partial<SpeakerConfig> = {}): BgpSimulation {
  const own: Partial<SpeakerConfig> = { as: 65000, routes: [blackhole(B)], networks: [B], aggregates: [SUMMARY] };
  const speakers = [
    speaker(0, { ...own, ...fields }),
    speaker(1, { as: 65001, routes: [blackhole(A), blackhole(OUTSIDE)] }),
    speaker(2, { as: 65002, routes: [] }),
  ];
  const direct = { multihop: false };
  const links = [1, 2].map((n) => [0, n, direct, direct] as const);
  return converged(networkOf(speakers, links));
}

const netsOf = (simulation: BgpSimulation, name: string): string[] =>
  simulation.rib(name).flatMap(({ net, source }) => (source === 'device' ? [] : [formatPrefix(net)]));

describe('an aggregate', () => {
  test('is announced with the own address for its next hop (RFC 4271 §5.1.3)', () => {
    const [route] = star()
      .rib('n2')
      .filter(({ net }) => net.address === NET.address && net.length === NET.length);
    expect(route?.attributes?.nextHop).toBe(addressOf(0));
    expect(route?.nexthops).toEqual([{ via: addressOf(0), dev: 'eth0', weight: 1 }]);
    expect(route?.attributes?.asPath).toEqual([{ type: 'sequence', as: [65000] }]);
  });

  test('is a blackhole in the forwarding table of who makes it, and only there', () => {
    const simulation = star();
    const types = (name: string) =>
      simulation
        .fib(name)
        .flatMap(({ net, type }) => (net.length === NET.length && net.address === NET.address ? [type] : []));
    expect(types('n0')).toEqual(['blackhole']);
    expect(types('n2')).toEqual(['unicast']);
    const session = 'n1';
    simulation.apply({ type: 'disable', speaker: 'n0', session });
    simulation.converge();
    // Its own network is still there.
    expect(types('n0')).toEqual(['blackhole']);
    simulation.apply({ type: 'kill', speaker: 'n1' });
    expect(types('n0')).toEqual(['blackhole']);
  });

  test('explains what it is made of, and what is suppressed', () => {
    const simulation = star();
    const { contributors } = simulation.explain('n0', NET);
    expect(contributors?.map(({ net, protocol }) => `${formatPrefix(net)} ${protocol}`)).toEqual([
      '10.9.1.0/24 n1',
      '10.9.2.0/24 blocks',
    ]);
    expect(simulation.explain('n0', A).suppressedBy).toEqual(NET);
    expect(simulation.explain('n0', B).suppressedBy).toEqual(NET);
    expect(simulation.explain('n0', OUTSIDE).suppressedBy).toBeUndefined();
    expect(simulation.explain('n0', OUTSIDE).contributors).toBeUndefined();
    expect(simulation.explain('n2', NET).contributors).toBeUndefined();
    expect(simulation.explain('n2', NET).way.map((step) => step.speaker)).toEqual(['n0', 'n2']);
    expect(simulation.explain('n2', A).withheld).toEqual([
      { speaker: 'n0', session: 'n0', cause: 'other', why: 'the aggregate 10.9.0.0/16 stands for it (summary-only)' },
    ]);
  });

  test('is made of what the speaker calls networks, not of its other routes', () => {
    const simulation = star({ networks: [], routes: [blackhole(B)] });
    expect(simulation.explain('n0', NET).contributors?.map(({ net }) => formatPrefix(net))).toEqual(['10.9.1.0/24']);
    // The export filter of this network lets it through, and nothing suppresses it.
    expect(netsOf(simulation, 'n2')).toEqual(['10.8.1.0/24', '10.9.0.0/16', '10.9.2.0/24']);
  });

  test('is not made of routes whose next hop cannot be resolved, until it can', () => {
    const far = ip('192.0.2.1');
    const nextHopFar = {
      export: {
        terms: [{ match: {}, actions: [{ set: 'nextHop', value: far } as const], then: 'accept' as const }],
        otherwise: 'reject' as const,
      },
    };
    const lone = { as: 65000, routes: [], aggregates: [SUMMARY] };
    const config = networkOf(
      [speaker(0, lone), speaker(1, { as: 65000, routes: [blackhole(A)] })],
      [[0, 1, {}, nextHopFar]],
    );
    const simulation = converged(config);
    expect(simulation.explain('n0', A).candidates).toHaveLength(1);
    expect(simulation.explain('n0', NET)).toMatchObject({ contributors: [], candidates: [] });
    const [n0] = simulation.config.speakers;
    if (n0 === undefined) throw new Error('n0 is gone');
    const nexthops = [{ via: addressOf(1), dev: 'eth0', weight: 1 }];
    const toFar = {
      net: prefix('192.0.2.0/24'),
      type: 'unicast',
      source: 'kernel',
      protocol: 'kernel1',
      nexthops,
    } as const;
    simulation.apply({ type: 'reconfigure', config: { ...n0, routes: [toFar] } });
    simulation.converge();
    expect(simulation.explain('n0', NET).contributors).toHaveLength(1);
    expect(simulation.explain('n0', NET).candidates.map(({ route }) => route.source)).toEqual(['aggregate']);
  });

  test('comes again when the daemon starts again', () => {
    const simulation = star();
    simulation.apply({ type: 'kill', speaker: 'n0' });
    simulation.apply({ type: 'start', speaker: 'n0' });
    simulation.converge();
    simulation.advance(600_000);
    simulation.converge();
    expect(netsOf(simulation, 'n2')).toEqual(['10.8.1.0/24', '10.9.0.0/16']);
  });
});
