import { describe, expect, test } from 'vitest';
import { type BgpRib, type BgpRouteRow, type BgpSessions, bgpOk, formatBgp } from '../../src/output/index.js';
import { birdText, blocksOf, withoutTimes } from '../analyze/three-speakers.js';

const attributes: NonNullable<BgpRouteRow['attributes']> = {
  origin: 'IGP',
  asPath: '',
  nextHop: '192.168.56.12',
  med: undefined,
  localPref: 100,
  atomicAggregate: false,
  aggregator: undefined,
  communities: [],
  largeCommunities: [],
  originatorId: undefined,
  clusterList: [],
};

function route(net: string, protocol: string, set: Partial<BgpRouteRow>): BgpRouteRow {
  return {
    net,
    type: 'unicast',
    source: 'bgp',
    protocol,
    preference: 100,
    metric: undefined,
    nexthops: [],
    attributes: undefined,
    originAs: undefined,
    from: undefined,
    best: true,
    pathId: undefined,
    stale: false,
    ...set,
  };
}

const via = (address: string) => [{ via: address, dev: 'eth0', weight: 1 }];
const mesh = 'Mesh_192_168_56_12';
const ext = 'Ext_192_168_56_13';

/** The table that three-speakers-a.conf leads to, written down from the configurations of its neighbours. */
const RIB: BgpRib = {
  show: 'rib',
  now: 0,
  speaker: 'a',
  running: true,
  asked: undefined,
  differences: [],
  routes: [
    route('0.0.0.0/0', 'kernel1', { source: 'kernel', preference: 10, nexthops: via('192.168.56.1') }),
    route('10.8.0.0/24', mesh, {
      nexthops: via('192.168.56.1'),
      metric: 'unknown',
      from: '192.168.56.12',
      attributes: { ...attributes, nextHop: '172.16.0.9', communities: ['(64512,100)'] },
    }),
    route('10.9.0.0/24', ext, {
      nexthops: via('192.168.56.77'),
      from: '192.168.56.13',
      originAs: 65001,
      attributes: { ...attributes, asPath: '65001', nextHop: '192.168.56.77' },
    }),
    route('10.244.1.0/26', 'blocks', { type: 'blackhole', source: 'static', preference: 200 }),
    route('10.244.2.0/26', mesh, {
      nexthops: via('192.168.56.12'),
      metric: 'direct',
      attributes: { ...attributes, communities: ['(64512,100)'] },
    }),
    route('10.244.2.0/26', ext, {
      nexthops: via('192.168.56.13'),
      originAs: 65001,
      best: false,
      attributes: { ...attributes, asPath: '65001', nextHop: '192.168.56.13' },
    }),
    route('192.168.56.0/24', 'direct1', {
      source: 'device',
      preference: 240,
      nexthops: [{ via: undefined, dev: 'eth0', weight: 1 }],
    }),
  ],
};

describe('a table is printed as birdc prints it', () => {
  // In the order of its hash table, with the times of day and the details of the kernel's own route.
  test.each([
    { all: false, recording: 'birdc-show-route.txt', command: 'show route' },
    { all: true, recording: 'birdc-show-route-all.txt', command: 'show route all' },
  ])('$command', ({ all, recording }) => {
    expect(blocksOf(formatBgp(RIB, { all }))).toEqual(blocksOf(birdText(recording)));
  });

  test('a path that is not best has no star, one without a next hop is unreachable', () => {
    const [, , path] = formatBgp({
      ...RIB,
      routes: [
        ...RIB.routes.slice(0, 1).map((first) => ({ ...first, nexthops: [] })),
        route('10.7.0.0/24', mesh, { type: 'unreachable', metric: 'unresolvable', best: false, attributes }),
      ],
    }).split('\n');
    expect(path).toBe('10.7.0.0/24          unreachable [Mesh_192_168_56_12] (100) [i]');
  });

  test('what was asked for and is not there', () => {
    expect(formatBgp({ ...RIB, asked: '10.1.0.0/16', routes: [] })).toBe('Network not found\n');
  });

  test('where the forwarding table has something else, that is said', () => {
    const text = formatBgp({
      ...RIB,
      differences: [
        {
          net: '10.244.2.0/26',
          fib: {
            net: '10.244.2.0/26',
            type: 'unicast',
            nexthops: via('192.168.56.12'),
            tunnel: 'tunl0',
            protocol: mesh,
          },
          why: undefined,
          reasons: [],
        },
        {
          net: '10.9.0.0/24',
          fib: undefined,
          why: 'the forwarding table is full (3 routes)',
          reasons: [{ code: 'fib-full', values: { limit: 3 } }],
        },
      ],
    });
    expect(text).toContain('10.244.2.0/26        installed via 192.168.56.12 on tunl0\n');
    expect(text).toContain('10.9.0.0/24          not installed: the forwarding table is full (3 routes)\n');
  });
});

const side = {
  local: '192.168.56.11',
  neighborAs: 64512,
  type: 'internal',
  rrClient: false,
  reason: undefined,
  reasons: [],
  lastError: undefined,
  since: 0,
  imported: 2,
  exported: 1,
  preferred: 2,
} as const;

const SESSIONS: BgpSessions = {
  show: 'sessions',
  isolated: [],
  now: 5000,
  speakers: [
    {
      name: 'a',
      as: 64512,
      routerId: '192.168.56.11',
      running: true,
      protocols: [
        { name: 'device1', proto: 'Device' },
        { name: 'direct1', proto: 'Direct' },
        { name: 'blocks', proto: 'Static' },
        { name: 'kernel1', proto: 'Kernel' },
      ],
      sessions: [
        { ...side, name: mesh, neighbor: '192.168.56.12', neighborName: undefined, state: 'Established', since: 931 },
        {
          ...side,
          name: 'Mesh_192_168_56_14',
          neighbor: '192.168.56.14',
          neighborName: undefined,
          state: 'Connect',
          reason: 'Socket: No route to host',
          lastError: 'Socket: No route to host',
        },
        { ...side, name: ext, neighbor: '192.168.56.13', neighborName: undefined, state: 'Established', since: 839 },
      ],
    },
  ],
};

describe('sessions are printed as birdc prints them', () => {
  const recorded = birdText('birdc-show-protocols.txt').split('\n');

  const told = (sessions: BgpSessions): readonly string[] => formatBgp(sessions).trimEnd().split('\n').slice(3, -2);

  test('line by line, but for times and the width of columns', () => {
    const words = (line: string): string => withoutTimes(line).replace(/ +/g, ' ');
    const wanted = recorded.filter((line) => line !== '' && !line.startsWith('BIRD')).map(words);
    expect(wanted).toHaveLength(8);
    expect(told(SESSIONS).map(words)).toEqual(wanted);
  });

  test('columns are as wide as the longest name: each line has its Since where the head has it', () => {
    const [head = '', ...lines] = told(SESSIONS);
    // `Mesh_192_168_56_12`, a space, and `%-10s %-10s %-6s ` of proto_cmd_show().
    expect(head.indexOf('Since')).toBe(18 + 1 + 11 + 11 + 7);
    for (const line of lines) expect(line.slice(head.indexOf('Since'))).toMatch(/^\d\d:\d\d:\d\d\.\d{3}/);
  });

  test('bgp_get_status(), BIRD proto/bgp/bgp.c: the state in 14 columns and the error; of what is down the error alone', () => {
    const [first] = SESSIONS.speakers;
    const lineOf = (set: Partial<BgpSessions['speakers'][number]['sessions'][number]>): string | undefined => {
      const one = { ...side, name: mesh, neighbor: '192.168.56.12', neighborName: undefined, since: 931, ...set };
      const sessions = [{ state: 'Active' as const, ...one }];
      return told({ ...SESSIONS, speakers: first === undefined ? [] : [{ ...first, protocols: [], sessions }] })[1];
    };
    const lastError = 'Received: Peer de-configured';
    expect(lineOf({ lastError })).toMatch(/ start {2}00:00:00\.931 {2}Active {8}Received: Peer de-configured$/);
    expect(lineOf({ lastError, state: 'Down' })).toMatch(/ down {3}00:00:00\.931 {2}Received: Peer de-configured$/);
    expect(
      lineOf({ state: 'Down', neighborName: 'b', reason: 'disabled', reasons: [{ code: 'disabled', values: {} }] }),
    ).toMatch(/ 00:00:00\.931 {2}\(b: disabled\)$/);
  });

  test('the time is virtual', () => {
    expect(formatBgp(SESSIONS)).toContain(' 00:00:00.931  Established');
  });

  test('what is down comes first, and is a failure', () => {
    expect(formatBgp(SESSIONS).split('\n')[0]).toBe('✗ 1 of 3 sides of sessions is not established');
    expect(bgpOk(SESSIONS)).toBe(false);
  });

  test('of more than 200 sides only what is down is listed, so that a full mesh of 200 nodes does not print 39,800', () => {
    const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
    const speakers = (downOf: string) =>
      names.map((name) => ({
        ...{ name, as: 64512, routerId: '10.0.0.1', running: true, protocols: [] },
        sessions: names
          .filter((other) => other !== name)
          .map((other) => ({
            ...side,
            ...{ name: `Mesh_${other}`, neighbor: other, neighborName: other, since: 0 },
            state: other === downOf ? ('Active' as const) : ('Established' as const),
          })),
      }));
    const lines = formatBgp({ ...SESSIONS, speakers: speakers('n7') }).split('\n');
    // Each of the other 199 has one session with n7.
    expect(lines[0]).toBe('✗ 199 of 39800 sides of sessions are not established');
    expect(lines.filter((line) => line.startsWith('Mesh_'))).toHaveLength(199);
    expect(lines.filter((line) => line.startsWith('Mesh_') && !line.includes('n7'))).toEqual([]);
    const healthy = formatBgp({ ...SESSIONS, speakers: speakers('') });
    expect(healthy).toMatch(/^✓ 39800 sides of sessions on 200 speakers, all established\n/);
    expect(healthy).not.toContain('Mesh_');
    const one = formatBgp({ ...SESSIONS, speakers: speakers('').slice(0, 1) });
    expect(one.match(/^Mesh_/gm)).toHaveLength(199);
  });

  test('a daemon that does not run is a failure, and its sessions are not counted', () => {
    const stopped = { ...SESSIONS, speakers: SESSIONS.speakers.map((each) => ({ ...each, running: false })) };
    expect(formatBgp(stopped)).toBe('✗ the BGP daemon of a does not run\n');
    expect(bgpOk(stopped)).toBe(false);
  });
});
