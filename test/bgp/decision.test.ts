import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import { type BgpSimulation, type FilterAction, REJECT_ALL, type SessionConfig } from '../../src/bgp/index.js';
import { prefix } from '../must.js';
import { addressOf, blackhole, converged, type Link, networkOf, speaker } from './networks.js';

const NET = prefix('198.51.100.0/24');

/** An announcer of NET on the observer's subnet: its number is its place in the order of router ids and addresses. */
interface Announcer {
  readonly n: number;
  readonly as: number;
  readonly set?: readonly FilterAction[];
}

const announce = (set: readonly FilterAction[]): SessionConfig['export'] => ({
  terms: [{ match: { nets: [{ prefix: NET, ge: 24, le: 24 }] }, actions: set, then: 'accept' }],
  otherwise: 'reject',
});

/** What n0, AS 64512, makes of two announcements. */
function observe(announcers: readonly Announcer[], seed: number): BgpSimulation {
  const speakers = announcers.map(({ n, as }) => speaker(n, { as, routes: [blackhole(NET)] }));
  const links = announcers.map(({ n, set }): Link => [0, n, {}, { export: announce(set ?? []) }]);
  return converged(networkOf([speaker(0, { routes: [] }), ...speakers], links, seed));
}

const prepend = (as: number): FilterAction => ({ set: 'prepend', as, times: 1 });

/** The second always has the lower router id and address, so that the rule under test decides against them. */
describe('the decision process of RFC 4271 §9.1', () => {
  test.each<{ rule: string; why: string; wins: Announcer; loses: Announcer }>([
    {
      rule: 'local-pref',
      why: 'the higher one, §9.1.1',
      wins: { n: 2, as: 64512, set: [{ set: 'localPref', value: 200 }, prepend(64999)] },
      loses: { n: 1, as: 64512 },
    },
    {
      rule: 'as-path-length',
      why: 'the shorter path, §9.1.2.2 a',
      wins: { n: 2, as: 64701 },
      loses: { n: 1, as: 64701, set: [prepend(64701)] },
    },
    {
      rule: 'origin',
      why: 'IGP before INCOMPLETE, §9.1.2.2 b',
      wins: { n: 2, as: 64701 },
      loses: { n: 1, as: 64702, set: [{ set: 'origin', value: 'INCOMPLETE' }] },
    },
    {
      rule: 'med',
      why: 'the lower one of the same neighbour AS, §9.1.2.2 c',
      wins: { n: 2, as: 64701, set: [{ set: 'med', value: 5 }] },
      loses: { n: 1, as: 64701, set: [{ set: 'med', value: 6 }] },
    },
    {
      rule: 'router-id',
      why: 'a MED of another AS is not compared, §9.1.2.2 c and f',
      wins: { n: 1, as: 64701, set: [{ set: 'med', value: 6 }] },
      loses: { n: 2, as: 64702, set: [{ set: 'med', value: 5 }] },
    },
    {
      rule: 'ebgp-over-ibgp',
      why: 'from another AS before the own one, §9.1.2.2 d',
      wins: { n: 2, as: 64701 },
      loses: { n: 1, as: 64512, set: [prepend(64702)] },
    },
    {
      rule: 'router-id',
      why: 'the lower one, §9.1.2.2 f',
      wins: { n: 1, as: 64512 },
      loses: { n: 2, as: 64512 },
    },
  ])('$rule: $why', ({ rule, wins, loses }) => {
    for (const seed of [1, 2, 3]) {
      const { candidates } = observe([wins, loses], seed).explain('n0', NET);
      expect(candidates.map((c) => [c.route.protocol, c.lostBy])).toEqual([
        [`n${wins.n}`, undefined],
        [`n${loses.n}`, rule],
      ]);
    }
  });

  /**
   * Pair by pair: n3 before n1 (MED 5 and 6 of AS 64701), n1 before n2 and n2 before n3 (different ASes, router ids). A
   * new path is compared with the best one alone, and goes to the front or the end: rte_recalculate(), bird 2.0.12
   * nest/rt-table.c, with `deterministic med off`.
   */
  test.each([
    { order: [3, 1, 2], best: 2, why: 'n1 loses against n3, which loses against n2' },
    { order: [2, 1, 3], best: 3, why: 'n1 wins against n2, and loses against n3' },
    { order: [3, 2, 1], best: 1, why: 'n2 wins against n3, and loses against n1' },
  ])('with the MED of one of two ASes, what came first counts: $order gives $best, $why', ({ order, best }) => {
    const announcers: readonly Announcer[] = [
      { n: 1, as: 64701, set: [{ set: 'med', value: 6 }] },
      { n: 2, as: 64702 },
      { n: 3, as: 64701, set: [{ set: 'med', value: 5 }] },
    ];
    const simulation = observe(announcers, 1);
    for (const n of order) simulation.apply({ type: 'disable', speaker: 'n0', session: `n${n}` });
    simulation.converge();
    for (const n of order) {
      simulation.apply({ type: 'enable', speaker: 'n0', session: `n${n}` });
      simulation.converge();
    }
    expect(simulation.rib('n0').find((r) => r.best && r.source === 'bgp')?.protocol).toBe(`n${best}`);
  });

  test('preference: an own static route comes before any from BGP', () => {
    const speakers = [speaker(0, { routes: [blackhole(NET)] }), speaker(1, { routes: [blackhole(NET)] })];
    const simulation = converged(networkOf(speakers, [[0, 1]]));
    expect(simulation.explain('n0', NET).candidates.map((c) => [c.route.source, c.lostBy])).toEqual([
      ['static', undefined],
      ['bgp', 'preference'],
    ]);
  });

  test('nexthop-unresolvable: what cannot be reached loses, §9.1.2.1', () => {
    const nowhere: FilterAction = { set: 'nextHop', value: prefix('203.0.113.1/32').address };
    const lost: Announcer = { n: 1, as: 64512, set: [nowhere] };
    const { candidates, fib } = observe([{ n: 2, as: 64512 }, lost], 1).explain('n0', NET);
    expect(candidates.map((c) => [c.route.protocol, c.route.type, c.lostBy])).toEqual([
      ['n2', 'unicast', undefined],
      ['n1', 'unreachable', 'nexthop-unresolvable'],
    ]);
    expect(fib).toMatchObject({ type: 'unicast', nexthops: [{ via: addressOf(2) }] });
  });

  test('AS_PATH with the own AS is dropped, and allowLocalAs takes it, §9', () => {
    const looped = [{ n: 1, as: 64701, set: [prepend(64512)] }];
    const simulation = observe(looped, 1);
    expect(simulation.rib('n0').filter((r) => r.source === 'bgp')).toEqual([]);
    expect(simulation.explain('n0', NET).withheld).toMatchObject([
      {
        speaker: 'n1',
        session: 'n1',
        cause: 'other',
        why: 'announced, and dropped here: its AS_PATH has the own AS 64512 (RFC 4271 §9)',
      },
    ]);
    const speakers = [speaker(0, { routes: [] }), speaker(1, { as: 64701, routes: [blackhole(NET)] })];
    const links: Link[] = [[0, 1, { allowLocalAs: 1 }, { export: announce([prepend(64512)]) }]];
    const allowed = converged(networkOf(speakers, links)).rib('n0');
    expect(allowed.filter((r) => r.source === 'bgp').map((r) => formatPrefix(r.net))).toEqual(['198.51.100.0/24']);
  });

  test.each([
    { name: 'NO_ADVERTISE', value: 0xffffff02, reaches: [] },
    { name: 'NO_EXPORT', value: 0xffffff01, reaches: ['n2'] },
  ])('$name reaches $reaches, RFC 1997', ({ value, reaches }) => {
    // n1 tells n0, from another AS; n0 would tell n2 of its own AS and n3 of a third one.
    const speakers = [
      speaker(0, { routes: [] }),
      speaker(1, { as: 64701, routes: [blackhole(NET)] }),
      speaker(2, { routes: [] }),
      speaker(3, { as: 64703, routes: [] }),
    ];
    const links: Link[] = [
      [0, 1, {}, { export: announce([{ set: 'addCommunity', value }]) }],
      [0, 2],
      [0, 3],
    ];
    const simulation = converged(networkOf(speakers, links));
    const has = (name: string): boolean => simulation.rib(name).some((r) => formatPrefix(r.net) === '198.51.100.0/24');
    expect(['n0', ...['n2', 'n3'].filter(has)].filter(has)).toEqual(['n0', ...reaches]);
  });
});

describe('iBGP and its reflection, RFC 4271 §9.2 and RFC 4456', () => {
  const reflects = { rrClient: true };
  /** n1 announces to n0, n0 would tell n2. */
  const chain = (toFirst: Partial<SessionConfig>, toSecond: Partial<SessionConfig>): BgpSimulation => {
    const speakers = [speaker(0, { routes: [] }), speaker(1, { routes: [blackhole(NET)] }), speaker(2, { routes: [] })];
    return converged(
      networkOf(speakers, [
        [0, 1, toFirst],
        [0, 2, toSecond],
      ]),
    );
  };

  test.each([
    { from: 'non-client', to: 'non-client', first: {}, second: {}, passes: false },
    { from: 'client', to: 'non-client', first: reflects, second: {}, passes: true },
    { from: 'non-client', to: 'client', first: {}, second: reflects, passes: true },
    { from: 'client', to: 'client', first: reflects, second: reflects, passes: true },
  ])('from a $from to a $to: $passes', ({ first, second, passes }) => {
    const simulation = chain(first, second);
    const routes = simulation.rib('n2').filter((r) => r.source === 'bgp');
    expect(routes).toHaveLength(passes ? 1 : 0);
    if (!passes) {
      const why = 'it is from iBGP, and neither neighbour is a client (RFC 4271 §9.2)';
      expect(simulation.explain('n2', NET).withheld).toMatchObject([
        { speaker: 'n0', session: 'n0', cause: 'not-reflected', why },
      ]);
      return;
    }
    // §8: the originator's id, and the id of the cluster; §10: nothing else changes.
    expect(routes[0]?.attributes).toMatchObject({
      originatorId: addressOf(1),
      clusterList: [addressOf(0)],
      nextHop: addressOf(1),
      asPath: [],
      localPref: 100,
    });
    expect(simulation.explain('n2', NET).way).toEqual([
      { speaker: 'n1', session: undefined },
      { speaker: 'n0', session: 'n1' },
      { speaker: 'n2', session: 'n0' },
    ]);
  });

  test('a route does not come back to its originator: ORIGINATOR_ID, §8', () => {
    // n1 tells n0 alone; n0 tells n2, and n2 would tell n1.
    const speakers = [speaker(0, { routes: [] }), speaker(1, { routes: [blackhole(NET)] }), speaker(2, { routes: [] })];
    const links: Link[] = [
      [0, 1, reflects],
      // With n1's own address for a NEXT_HOP, BIRD would not even announce it there.
      [2, 1, { ...reflects, nextHopSelf: true }, { export: REJECT_ALL }],
      [0, 2, reflects],
    ];
    const simulation = converged(networkOf(speakers, links));
    expect(simulation.rib('n2').filter((r) => r.source === 'bgp')).toHaveLength(1);
    expect(simulation.announced('n2', 'n1').map((r) => r.attributes?.originatorId)).toEqual([addressOf(1)]);
    expect(simulation.rib('n1').filter((r) => r.source === 'bgp')).toEqual([]);
    expect(simulation.explain('n1', NET).withheld).toMatchObject([
      { speaker: 'n0', session: 'n0', cause: 'other', why: 'it was learned from there' },
      {
        speaker: 'n2',
        session: 'n2',
        cause: 'other',
        why: 'announced, and dropped here: its ORIGINATOR_ID is the own router id (RFC 4456 §8)',
      },
    ]);
  });

  test('of equal originators, the shorter CLUSTER_LIST wins, §9', () => {
    // n3 hears of n1 by n0 directly, and by n2 which has it from n0.
    const speakers = [0, 2, 3].map((n) => speaker(n, { routes: [] }));
    const links: Link[] = [
      [0, 1, reflects],
      [0, 2, reflects],
      [0, 3, reflects],
      [2, 3, reflects],
    ];
    const simulation = converged(networkOf([...speakers, speaker(1, { routes: [blackhole(NET)] })], links));
    expect(simulation.explain('n3', NET).candidates.map((c) => [c.route.protocol, c.lostBy])).toEqual([
      ['n0', undefined],
      ['n2', 'cluster-list-length'],
    ]);
  });
});
