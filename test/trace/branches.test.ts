import { describe, expect, test } from 'vitest';
import { Runtime } from '../../src/linux/index.js';
import { createSimulation, type Probe, trace } from '../../src/trace/index.js';
import { networkFrom, ROUTER, run } from '../network.js';
import { shipped } from '../shipped.js';
import { summary } from './summary.js';

const base = networkFrom(ROUTER);
const with_ = (commands: string): typeof base => run(commands, base, new Runtime()).network;
const ping: Probe = { from: 'a', to: '10.0.1.1', proto: 'icmp' };

describe('branches', () => {
  const half = with_('r: iptables -A FORWARD -m statistic --mode random --probability 0.25 -j DROP');

  test('all are explored, replies too, and their probabilities add up', () => {
    const { verdict, legs } = trace(half, ping);
    // Request kept and answer kept: 0.75 × 0.75; dropped at once, or on the way back: the rest.
    expect(verdict.branches).toBe(3);
    expect(verdict.pDelivered).toBeCloseTo(0.5625, 6);
    expect(verdict.exit).toBe(1);
    const total = legs[0]?.paths.reduce((sum, path) => sum + (path.p ?? Number.NaN), 0);
    expect(total).toBeCloseTo(1, 6);
    expect(legs[0]?.paths.slice(1).every((path) => path.forkOf !== null)).toBe(true);
  });

  test('beyond 64 the rest is said to be unexplored', () => {
    const rules = Array.from({ length: 7 }, () => '-m statistic --mode random --probability 0.5 -j MARK --or-mark 1');
    const many = with_(rules.map((rule) => `r: iptables -t mangle -A FORWARD ${rule}`).join('\n'));
    const { verdict } = trace(many, ping);
    // Seven coins forward and seven back: 2^14 branches of equal weight.
    expect(verdict.branches).toBe(64);
    expect(verdict.notExplored).toBeCloseTo(1 - 64 / 2 ** 14, 6);
    // Nobody knows of the others.
    expect(verdict.exit).toBe(3);
  });

  test('a seed follows one of them, the same each time', () => {
    const once = trace(half, ping, { branching: { branches: 'seed', seed: 7 } });
    const again = trace(half, ping, { branching: { branches: 'seed', seed: 7 } });
    expect(once.verdict.branches).toBe(1);
    expect(again).toEqual(once);
  });

  test('an unmodelled match forks into both, with no probability', () => {
    const odd = with_('r: iptables -A FORWARD -m u32 --u32 0x0=0x0 -j DROP');
    const { verdict, legs } = trace(odd, ping);
    expect(legs[0]?.paths.map((path) => path.outcome)).toEqual(['dropped', 'delivered', 'delivered']);
    expect([verdict.pDelivered, verdict.branches]).toEqual([null, 3]);
  });

  // What an unmodelled match says nobody knows, so only what holds either way is told as a fact.
  const U32 = '-m u32 --u32 0x0=0x0';
  test.each([
    { rules: [`${U32} -j DROP`], want: 'unknown - UNSUPPORTED 3 null', why: 'dropped or not: that is not known' },
    { rules: [`${U32} -j LOG`], want: 'delivered delivered - 0 1', why: 'it makes no difference' },
    { rules: [`${U32} -j DROP`, '-j DROP'], want: 'dropped - NF_DROP 1 0', why: 'dropped by one rule or the other' },
    {
      rules: [`${U32} -j REJECT`, '-j DROP'],
      want: 'unknown - UNSUPPORTED 3 0',
      why: 'dropped or rejected; in no case does it arrive',
    },
    {
      rules: [`-m conntrack --ctdir REPLY ${U32} -j DROP`],
      want: 'delivered unknown UNSUPPORTED 3 null',
      why: 'the packet is there, its answer perhaps not',
    },
    {
      rules: ['-m statistic --mode random --probability 0.25 -j DROP', `${U32} -j DROP`],
      want: 'dropped - NF_DROP 1 null',
      why: 'a quarter is dropped for certain: 1 outweighs 3',
    },
    {
      rules: [`${U32} -j ACCEPT`, '-m statistic --mode random --probability 0.25 -j DROP'],
      want: 'unknown - UNSUPPORTED 3 null',
      why: 'whether there is any chance of a drop is not known',
    },
  ])('unmodelled: $rules: $why', ({ rules, want }) => {
    const odd = with_(rules.map((rule) => `r: iptables -A FORWARD ${rule}`).join('\n'));
    const { verdict } = trace(odd, ping);
    const { forward, reply, code, exit, pDelivered } = verdict;
    expect([forward, reply ?? '-', code ?? '-', exit, `${pDelivered}`].join(' ')).toBe(want);
  });

  test('the event of such a verdict names the match', () => {
    const { verdict, legs } = trace(with_(`r: iptables -A FORWARD ${U32} -j DROP`), ping);
    const events = legs.flatMap((leg) => leg.paths.flatMap((path) => path.hops.flatMap((hop) => hop.events)));
    expect(events.find(({ id }) => id === verdict.event)).toMatchObject({
      k: 'unsupported',
      what: '-m u32 --u32 0x0=0x0',
      rule: { chain: 'FORWARD', n: 1 },
    });
  });

  test('where one branch alone is followed, an unmodelled match ends the way, the same each time', () => {
    const simulation = createSimulation(with_(`r: iptables -A FORWARD ${U32} -j DROP`));
    for (let i = 0; i < 5; i++) expect(summary(simulation.send(ping))).toBe('unknown - UNSUPPORTED -');
  });

  test.each([
    { name: 'matches', want: 'dropped - NF_DROP -' },
    { name: 'does not match', want: 'delivered delivered - -' },
  ])('pinned to "$name": $want', ({ name, want }) => {
    const odd = with_(`r: iptables -A FORWARD ${U32} -j DROP`);
    expect(summary(trace(odd, ping, { branching: { branches: 'pin', name } }))).toBe(want);
  });

  test.each([
    { name: 'web-0', taker: 'pod/default/web-0' },
    { name: 'pod/web-1', taker: 'pod/default/web-1' },
    { name: '10.244.1.3', taker: 'pod/default/web-0' },
  ])('pinned to $name: it takes the packet', ({ name, taker }) => {
    const branching = { branches: 'pin', name } as const;
    const { legs, verdict } = trace(shipped('flannel-vxlan'), { from: 'client', to: 'service/web:80' }, { branching });
    expect(legs[0]?.paths.map(({ endpoint }) => endpoint)).toEqual([taker]);
    expect(verdict).toMatchObject({ branches: 1, pDelivered: 1, exit: 0 });
  });

  test('pinned to what is no branch: the names that are', () => {
    const branching = { branches: 'pin', name: 'web-9' } as const;
    const run = () => trace(shipped('flannel-vxlan'), { from: 'client', to: 'service/web:80' }, { branching });
    expect(run).toThrow(/no branch is "web-9".*pod\/default\/web-0/);
  });

  test('seeds draw both endpoints', () => {
    const network = shipped('flannel-vxlan');
    const takers = Array.from({ length: 20 }, (_, seed) => {
      const result = trace(
        network,
        { from: 'client', to: 'service/web:80' },
        { branching: { branches: 'seed', seed } },
      );
      return result.legs[0]?.paths[0]?.endpoint;
    });
    // Of 20 fair draws all are the same once in 2^19.
    expect(new Set(takers)).toEqual(new Set(['pod/default/web-0', 'pod/default/web-1']));
    expect(takers).toEqual(takers.map((_, seed) => takers[seed]));
  });

  test('weighted next hops fork by weight, and a flow keeps its way', () => {
    const twoWays = with_(`
      r: ip addr add 10.0.2.2/24 dev eth1
      r: ip route add 10.7.0.0/16 nexthop via 10.0.1.1 dev eth1 weight 3 nexthop via 10.0.1.9 dev eth1 weight 1
      b: ip addr add 10.7.0.1/32 dev eth0
    `);
    const { legs } = trace(twoWays, { ...ping, to: '10.7.0.1' });
    expect(legs[0]?.paths.map((path) => [path.outcome, path.p])).toEqual([
      ['delivered', 0.75],
      ['rejected', 0.25],
    ]);
  });
});
