import type { Router, Scenario } from './scenario.js';

/** The AS of the speaker that aggregates, which is n0 unless told otherwise. */
const AS = 65000;
const NET = '10.1.0.0/16';

function router(as: number, networks: readonly string[] | Router['networks'] = [], aggregates: string[] = []): Router {
  return { as, networks: isList(networks) ? plain(networks) : networks, aggregates };
}

function isList(networks: readonly string[] | Router['networks']): networks is readonly string[] {
  return Array.isArray(networks);
}

function plain(nets: readonly string[]): Router['networks'] {
  return Object.fromEntries(nets.map((net) => [net, {}]));
}

const A = '10.1.1.0/24';
const B = '10.1.2.0/24';
const C = '10.1.3.0/24';
const OUTSIDE = '10.2.1.0/24';

/** n0 aggregates what n1 (AS 65001) and n2 (AS 65002) announce; n3 (AS 65003) is told. */
function star(
  name: string,
  how: string,
  n1: Router['networks'] | readonly string[],
  n2: typeof n1,
  rest: Partial<Scenario> = {},
): Scenario {
  return {
    name,
    speakers: [router(AS, [], [`${NET}${how}`]), router(65001, n1), router(65002, n2), router(65003)],
    links: [
      [0, 1],
      [0, 2],
      [0, 3],
    ],
    events: [],
    ...rest,
  };
}

export const SCENARIOS: readonly Scenario[] = [
  star('without as-set, the more specifics stay', '', [A, OUTSIDE], [B]),
  star('summary-only', ' summary-only', [A, OUTSIDE], [B]),
  star('as-set', ' as-set', [A], [B]),
  star('as-set and summary-only', ' as-set summary-only', [A, OUTSIDE], [B]),
  star('one contributor goes, then the last one, then one comes', ' as-set summary-only', [A], [B], {
    events: [
      { speaker: 1, networks: {} },
      { speaker: 2, networks: {} },
      { speaker: 1, networks: plain([C]) },
    ],
  }),
  star('sessions with contributors go and come', ' summary-only', [A], [B], {
    events: [{ shut: [1, 0] }, { shut: [2, 0] }, { open: [1, 0] }],
  }),
  star(
    'nothing is more specific: the same prefix and a shorter one are no contributors',
    ' summary-only',
    [NET],
    ['10.0.0.0/12'],
  ),
  star('the prefix itself is announced by a neighbour too', ' as-set', [NET], [B], {
    events: [{ speaker: 2, networks: {} }],
  }),
  star(
    'origins: the worst of the contributors, which changes with them',
    '',
    { [A]: { origin: 'EGP' } },
    { [B]: { origin: 'INCOMPLETE' } },
    {
      events: [
        { speaker: 2, networks: {} },
        { speaker: 1, networks: plain([A]) },
      ],
    },
  ),
  star('an ORIGIN that is given', ' origin egp', { [A]: { origin: 'INCOMPLETE' } }, [B]),
  star('MEDs of contributors are not taken over', ' as-set', { [A]: { med: 50 } }, { [B]: { med: 70 } }),
  star(
    'communities: the union with as-set',
    ' as-set',
    { [A]: { communities: ['65001:2', '65001:1'], largeCommunities: ['65001:2:3'] } },
    { [B]: { communities: ['65002:7', '65001:1'], largeCommunities: ['65001:1:3'] } },
    { events: [{ speaker: 1, networks: plain([A]) }] },
  ),
  star(
    'communities: none without as-set',
    ' summary-only',
    { [A]: { communities: ['65001:1'], largeCommunities: ['65001:2:3'] } },
    [B],
  ),
  {
    name: 'NO_EXPORT of a contributor keeps an as-set aggregate in the AS',
    speakers: [
      router(AS, [], [`${NET} as-set summary-only`]),
      router(AS, { [A]: { communities: ['65535:65281'] } }),
      router(65002, [B]),
      router(AS),
    ],
    links: [
      [0, 1],
      [0, 2],
      [0, 3],
    ],
    events: [{ speaker: 1, networks: plain([A]) }],
  },
  {
    name: 'GRACEFUL_SHUTDOWN of a contributor is taken over',
    speakers: [router(AS, [], [`${NET} as-set`]), router(65001, { [A]: { communities: ['65535:0'] } })],
    links: [[0, 1]],
    events: [],
  },
  star(
    'paths that begin alike',
    ' as-set',
    { [A]: { prepend: [65010, 65011] }, [C]: { prepend: [65010, 65012, 65013] } },
    [],
    { events: [{ speaker: 2, networks: { [B]: { prepend: [65013, 65010] } } }] },
  ),
  star(
    'one path is the beginning of another, and an AS stands twice',
    ' as-set',
    { [A]: { prepend: [65010] }, [B]: { prepend: [65010, 65011, 65010] }, [C]: { prepend: [65010, 65011] } },
    [],
  ),
  {
    name: 'paths that are not the best contribute',
    speakers: [
      router(AS, [], [`${NET} as-set`]),
      router(65001, [A]),
      router(65002, { [A]: { prepend: [65020, 65021] } }),
      router(65003),
    ],
    links: [
      [0, 1],
      [0, 2],
      [0, 3],
    ],
    events: [{ speaker: 1, networks: {} }],
  },
  {
    name: 'iBGP and eBGP contributors, an internal and an external neighbour',
    speakers: [
      router(AS, [], [`${NET} as-set summary-only`]),
      router(AS, [A]),
      router(65002, [B]),
      router(65003),
      router(AS),
    ],
    links: [
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
    ],
    events: [{ speaker: 2, networks: {} }],
  },
  {
    name: 'iBGP: of a reflector and its clients',
    speakers: [router(AS, [], [`${NET} summary-only`]), router(AS, [A, OUTSIDE]), router(AS, [B]), router(65003)],
    links: [
      [0, 1, 'client'],
      [0, 2, 'client'],
      [0, 3],
    ],
    events: [{ speaker: 1, networks: plain([OUTSIDE]) }],
  },
  {
    name: 'networks of its own contribute',
    speakers: [router(AS, [A, OUTSIDE], [`${NET} as-set summary-only`]), router(65001, [B]), router(65002)],
    links: [
      [0, 1],
      [0, 2],
    ],
    events: [
      { speaker: 1, networks: {} },
      { speaker: 0, networks: plain([OUTSIDE]) },
    ],
  },
  {
    name: 'a network of its own is the prefix of the aggregate',
    speakers: [router(AS, [NET, A], [`${NET} summary-only`]), router(65001), router(65002)],
    links: [
      [0, 1],
      [0, 2],
    ],
    events: [],
  },
  {
    name: 'nested aggregates of one speaker',
    speakers: [
      router(AS, [], [`${NET} summary-only`, '10.1.0.0/20 as-set', '10.0.0.0/12']),
      router(65001, [A]),
      router(65002, ['10.1.128.0/24']),
      router(65003),
    ],
    links: [
      [0, 1],
      [0, 2],
      [0, 3],
    ],
    events: [
      { speaker: 1, networks: {} },
      { speaker: 2, networks: {} },
    ],
  },
  {
    name: 'an aggregate of another speaker is a contributor, its set counts as one and is a loop for who is in it',
    speakers: [
      router(AS, [], [`${NET} as-set summary-only`]),
      router(65001, [A]),
      router(65002, [B]),
      router(65003, ['10.9.1.0/24'], ['10.0.0.0/8 as-set summary-only']),
      router(65004),
    ],
    links: [
      [0, 1],
      [0, 2],
      [0, 3],
      [3, 4],
      [3, 1],
    ],
    events: [{ speaker: 1, networks: {} }],
  },
  {
    name: 'the length of a path with a set of three: against three, against one',
    speakers: [
      router(AS, [], [`${NET} as-set summary-only`]),
      router(65001, [A]),
      router(65002, { [B]: { prepend: [65020] } }),
      router(65003, { [NET]: { prepend: [65030, 65031] } }),
      router(65004),
    ],
    links: [
      [0, 1],
      [0, 2],
      [0, 4],
      [3, 4],
    ],
    events: [{ speaker: 3, networks: plain([NET]) }],
  },
  {
    name: 'a contributor has ATOMIC_AGGREGATE before the aggregate is configured, or after',
    speakers: [router(AS, [], ['10.0.0.0/8 as-set']), router(65001, [A], [NET]), router(65002), router(65003, [], [])],
    links: [
      [0, 1],
      [0, 2],
      [0, 3],
    ],
    events: [
      { speaker: 0, aggregates: [] },
      { speaker: 0, aggregates: ['10.0.0.0/8 as-set'] },
      { speaker: 3, networks: plain(['10.8.0.0/24']) },
    ],
  },
  {
    name: 'other networks of its own: what is there already is not looked at again',
    speakers: [router(AS, [A], ['10.0.0.0/8 as-set', NET]), router(65001, [OUTSIDE])],
    links: [[0, 1]],
    events: [
      { speaker: 0, networks: plain([A, B]) },
      { speaker: 0, networks: plain([B]) },
    ],
  },
  star('aggregates come, change and go by configuration', '', [A], [B], {
    events: [
      { speaker: 0, aggregates: [`${NET} summary-only`] },
      { speaker: 0, aggregates: [`${NET} as-set`, '10.1.2.0/23 summary-only'] },
      { speaker: 0, aggregates: [] },
      { speaker: 1, networks: plain([A, C]) },
    ],
  }),
];
