import { expect, test } from 'vitest';
import { Runtime } from '../../src/linux/index.js';
import { parseCommand } from '../../src/plan/index.js';
import { createSimulation, type Probe, type Simulation, type Trace, trace } from '../../src/trace/index.js';
import { ip } from '../must.js';
import { networkFrom, ROUTER, run } from '../network.js';
import { readable } from '../recordings/load.js';

const base = networkFrom(ROUTER);
const router = (commands: string): typeof base => run(commands, base, new Runtime()).network;
const udp: Probe = { from: 'a', to: '10.0.1.1', proto: 'udp', port: 9, sport: 4000 };

function apply(simulation: Simulation, netns: string, command: string): void {
  expect(simulation.apply(readable(parseCommand(command, { netns, file: 'test' })))).toEqual([]);
}

/** Where the probe's packet was last seen: how it ended, and its source address then. */
function end({ verdict, legs }: Trace): string {
  const last = legs[0]?.paths[0]?.hops.flatMap((hop) => hop.events).findLast((e) => e.k === 'rx');
  const source = last?.k === 'rx' ? last.headers.find((h) => h.l === 'ip4') : undefined;
  return `${verdict.code ?? verdict.forward} ${source?.l === 'ip4' ? source.src : ''}`;
}

// nf_nat_oif_changed(). Seen on Linux 6.18: when the route has moved one packet is lost, then the source is another.
test('a masqueraded connection that would leave by another device is forgotten, with the packet', () => {
  const simulation = createSimulation(
    router(`
      ip link add eth2 netns r type veth peer name eth1 netns b
      r: ip link set eth2 up
      b: ip link set eth1 up
      r: ip addr add 10.0.2.2/24 dev eth2
      b: ip addr add 10.0.2.1/24 dev eth1
      b: ip addr add 10.9.9.9/32 dev lo
      r: ip route add 10.9.9.9/32 via 10.0.1.1
      r: iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -j MASQUERADE
    `),
  );
  const probe = { ...udp, to: '10.9.9.9' };
  expect(end(simulation.send(probe))).toBe('NO_SOCKET 10.0.1.2');
  apply(simulation, 'r', 'ip route replace 10.9.9.9/32 via 10.0.2.1');
  const lost = simulation.send(probe);
  expect([end(lost), lost.conntrack.filter((c) => c.netns === 'r')]).toEqual(['NAT_OIF_CHANGED 10.0.0.1', []]);
  expect(end(simulation.send(probe))).toBe('NO_SOCKET 10.0.2.2');
});

// nf_conntrack_udp_packet(). Seen on Linux 6.18 with exchanges 700 ms apart: 29 s left after those at 0, 0.7 and 1.4 s,
// 119 s and ASSURED after the one at 2.1 s.
test('UDP is a stream when it is still answered after 2 s', () => {
  const simulation = createSimulation(router('r: iptables -A FORWARD -m conntrack --ctstate NEW'));
  const socket = { protocol: 'udp', address: ip('0.0.0.0'), port: 9, behaviour: 'reply', bytes: undefined } as const;
  const call = { call: 'socket listen', socket } as const;
  expect(simulation.apply([{ netns: 'b', origin: { by: 'test' }, call }])).toEqual([]);
  const exchange = (): string => {
    simulation.send(udp);
    const [ct] = simulation.runtime.of('r').conntrack.list(simulation.runtime.clock);
    const left = ((ct?.expires ?? 0) - simulation.runtime.clock) / 1000;
    simulation.advance(700);
    return `${left}${ct?.assured === true ? ' ASSURED' : ''}`;
  };
  expect([exchange(), exchange(), exchange(), exchange()]).toEqual(['30', '30', '30', '120 ASSURED']);
  apply(simulation, 'r', 'sysctl -w net.netfilter.nf_conntrack_udp_timeout_stream=300');
  expect(exchange()).toBe('300 ASSURED');
});

// Seen on Linux 6.18 with iptables-legacy: net.netfilter.nf_conntrack_count after one packet.
test.each([
  { rule: '-t nat -A POSTROUTING -p tcp -j ACCEPT', want: 0 },
  { rule: '-t nat -A POSTROUTING -p tcp -j MASQUERADE', want: 1 },
  { rule: '-t nat -A POSTROUTING -p tcp -j SNAT --to-source 10.0.1.2', want: 1 },
  { rule: '-t nat -A PREROUTING -p tcp -j DNAT --to-destination 10.0.1.1', want: 1 },
  { rule: '-t nat -A PREROUTING -p tcp -j REDIRECT', want: 1 },
  { rule: '-t nat -A PREROUTING -d 9.9.9.9/32 -j NETMAP --to 1.2.3.4/32', want: 1 },
  { rule: '-A INPUT -p tcp -m state --state NEW', want: 1 },
  { rule: '-A INPUT -p tcp -m conntrack --ctstate NEW', want: 1 },
  { rule: '-A INPUT -p tcp -m connmark --mark 1', want: 1 },
  { rule: '-t mangle -A INPUT -p tcp -j CONNMARK --set-mark 1', want: 1 },
  { rule: '-t raw -A PREROUTING -p tcp -j CT --notrack', want: 0 },
  { rule: '-t raw -A PREROUTING -p tcp -j CT --zone 1', want: 1 },
  { rule: '-t raw -A PREROUTING -p tcp -j NOTRACK', want: 0 },
  { rule: '-A INPUT -p tcp -m connlimit --connlimit-above 3', want: 1 },
  { rule: '-A INPUT -p tcp -m recent --set', want: 0 },
])('with $rule the router tracks $want connections, and reassembles if it does', ({ rule, want }) => {
  const { conntrack, legs } = trace(router(`r: iptables ${rule}`), { ...udp, df: false, payload: 3000 });
  const events = legs[0]?.paths.flatMap((path) => path.hops.filter((hop) => hop.netns === 'r')) ?? [];
  const joins = events.flatMap((hop) => hop.events).filter((event) => event.k === 'join').length;
  expect([conntrack.filter((c) => c.netns === 'r').length, joins > 0]).toEqual([want, want > 0]);
});

// Seen on Linux 6.18: of three datagrams two arrive; insert_failed and drop in /proc/net/stat/nf_conntrack are 1.
test('a connection that NAT finds no free tuple for is dropped when it is confirmed', () => {
  const simulation = createSimulation(
    router(`
      a: ip addr add 10.0.0.3/24 dev eth0
      r: iptables -t nat -A POSTROUTING -p udp -j SNAT --to-source 10.0.1.2:1000
    `),
  );
  const ends = ['10.0.0.1', '10.0.0.3', '10.0.0.1'].map((source) => end(simulation.send({ ...udp, source })));
  expect(ends).toEqual(['NO_SOCKET 10.0.1.2', 'NAT_NO_TUPLE 10.0.0.3', 'NO_SOCKET 10.0.1.2']);
});
