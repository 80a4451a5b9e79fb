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
        },
        { net: '10.9.0.0/24', fib: undefined, why: 'the table is full' },
      ],
    });
    expect(text).toContain('10.244.2.0/26        installed via 192.168.56.12 on tunl0\n');
    expect(text).toContain('10.9.0.0/24          not installed: the table is full\n');
  });
});

const side = {
  local: '192.168.56.11',
  neighborAs: 64512,
  type: 'internal',
  rrClient: false,
  reason: undefined,
  lastError: undefined,
  since: 0,
  imported: 2,
  exported: 1,
  preferred: 2,
} as const;

const SESSIONS: BgpSessions = {
  show: 'sessions',
  now: 5000,
  speakers: [
    {
      name: 'a',
      as: 64512,
      routerId: '192.168.56.11',
      running: true,
      protocols: [
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

  test('line by line, but for times and for protocol device', () => {
    const wanted = recorded.filter((line) => line !== '' && !/^BIRD|^device1/.test(line)).map(withoutTimes);
    const lines = formatBgp(SESSIONS).trimEnd().split('\n').slice(3);
    expect(lines.map(withoutTimes)).toEqual(wanted);
  });

  test('the time is virtual', () => {
    expect(formatBgp(SESSIONS)).toContain(' 00:00:00.931  Established');
  });

  test('what is down comes first, and is a failure', () => {
    expect(formatBgp(SESSIONS).split('\n')[0]).toBe('✗ 1 of 3 sides of sessions is not established');
    expect(bgpOk(SESSIONS)).toBe(false);
  });

  test('a daemon that does not run is a failure, and its sessions are not counted', () => {
    const stopped = { ...SESSIONS, speakers: SESSIONS.speakers.map((each) => ({ ...each, running: false })) };
    expect(formatBgp(stopped)).toBe('✗ the BGP daemon of a does not run\n');
    expect(bgpOk(stopped)).toBe(false);
  });
});
