import { describe, expect, test } from 'vitest';
import { Runtime } from '../../src/linux/index.js';
import { createSimulation, crossings, type Probe, type Trace, trace } from '../../src/trace/index.js';
import { bridged, networkFrom, ROUTER, run, TWO_CABLES } from '../network.js';
import { replayDiffs } from '../replay/diffs.js';
import { shipped } from '../shipped.js';
import { summary } from './summary.js';

const base = networkFrom(ROUTER);
const with_ = (commands: string): typeof base => run(commands, base, new Runtime()).network;
const ping: Probe = { from: 'a', to: '10.0.1.1', proto: 'icmp' };

const STRICT = 'r: sysctl -w net.ipv4.conf.all.rp_filter=1\nr: ip route add 10.0.0.1/32 dev eth1';

// Each row is a fault and what the kernel makes of it; the sentence is the source of the expectation.
test.each<{ commands: string; probe?: Partial<Probe>; want: string; why: string }>([
  { commands: '', want: 'delivered delivered - -', why: 'nothing is wrong' },
  {
    commands: 'r: sysctl -w net.ipv4.ip_forward=0',
    want: 'dropped - FORWARDING_OFF -',
    why: 'ip_error() stays silent where forwarding is off (SURPRISES 26)',
  },
  {
    commands: 'r: ip route add blackhole 10.0.1.1',
    want: 'dropped - ROUTE_BLACKHOLE -',
    why: 'a blackhole answers nothing (SURPRISES 14)',
  },
  {
    commands: 'r: ip route add unreachable 10.0.1.1',
    want: 'rejected - ROUTE_UNREACHABLE EHOSTUNREACH',
    why: 'unreachable: ICMP 3/1 (SURPRISES 14)',
  },
  {
    commands: 'r: ip route add prohibit 10.0.1.1',
    want: 'rejected - ROUTE_PROHIBIT EHOSTUNREACH',
    why: 'prohibit: ICMP 3/13, which reaches the sender as EHOSTUNREACH (SURPRISES 14)',
  },
  {
    commands: 'r: ip route del 10.0.1.0/24',
    want: 'rejected - NO_ROUTE ENETUNREACH',
    why: 'no route: ICMP 3/0 (SURPRISES 14)',
  },
  {
    commands: 'a: ip route del default',
    want: 'dropped - NO_ROUTE ENETUNREACH',
    why: 'the call itself fails, and no packet is made',
  },
  {
    commands: '',
    probe: { ttl: 1 },
    want: 'rejected - TTL EHOSTUNREACH',
    why: 'TTL ≤ 1 when forwarding (SURPRISES 22)',
  },
  {
    commands: 'r: ip link set eth1 mtu 1000',
    probe: { df: true, payload: 1200 },
    want: 'rejected - MTU_DF EMSGSIZE',
    why: 'DF and longer than the next link: ICMP 3/4',
  },
  {
    commands: 'r: ip link set eth1 mtu 1000',
    probe: { df: false, payload: 1200 },
    want: 'delivered dropped MTU_ASYMMETRIC -',
    why: 'fragments arrive; the answer is whole and longer than the veth end at r takes (SURPRISES kernel 4)',
  },
  {
    commands: 'b: ip addr del 10.0.1.1/24 dev eth0',
    want: 'rejected - NEIGH_FAILED EHOSTUNREACH',
    why: 'nobody answers ARP: host unreachable after 3 s',
  },
  {
    commands: `${STRICT}\na: ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent`,
    want: 'dropped - RP_FILTER -',
    why: 'the way back to the source leaves by another device',
  },
  {
    commands: STRICT,
    want: 'rejected - NEIGH_FAILED EHOSTUNREACH',
    why: 'arp_process() looks the question up like a packet, so it is not even answered',
  },
  {
    commands: 'r: sysctl -w net.ipv4.conf.all.rp_filter=2\nr: ip route add 10.0.0.1/32 dev eth1',
    want: 'delivered dropped NEIGH_FAILED -',
    why: 'loose mode lets the request pass; the answer follows the wrong route, and no socket at b wants to hear of it',
  },
  {
    commands: 'r: ip neigh replace 10.0.1.1 lladdr 02:00:00:00:09:09 dev eth1 nud permanent',
    want: 'dropped - WRONG_MAC -',
    why: 'the frame is for somebody else, so nobody says anything',
  },
  {
    commands: 'b: ip link set eth0 down',
    want: 'rejected - NEIGH_FAILED EHOSTUNREACH',
    why: 'without a carrier the route stays, but no ARP gets out (routing-verdicts/45)',
  },
  {
    commands: 'r: iptables -A FORWARD -p icmp -j DROP',
    want: 'dropped - NF_DROP -',
    why: 'silence',
  },
  { commands: 'r: iptables -P FORWARD DROP', want: 'dropped - NF_POLICY_DROP -', why: 'the policy says it' },
  {
    commands: 'r: iptables -A FORWARD -j REJECT --reject-with icmp-admin-prohibited',
    want: 'rejected - NF_REJECT EHOSTUNREACH',
    why: 'ICMP 3/13',
  },
  {
    commands: '',
    probe: { proto: 'tcp', port: 81 },
    want: 'rejected - NO_SOCKET ECONNREFUSED',
    why: 'no listener: RST',
  },
  {
    commands: '',
    probe: { proto: 'udp', port: 81 },
    want: 'rejected - NO_SOCKET ECONNREFUSED',
    why: 'no socket: ICMP 3/3',
  },
  {
    commands: '',
    probe: { proto: 'sctp', port: 81 },
    want: 'rejected - NO_SOCKET ECONNREFUSED',
    why: 'no endpoint: ABORT (RFC 9260 §8.4)',
  },
  {
    commands: 'r: iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset',
    probe: { proto: 'tcp', port: 81 },
    want: 'rejected - NF_REJECT ECONNREFUSED',
    why: 'a RST in the name of the destination (SURPRISES 49)',
  },
  {
    commands: '',
    probe: { proto: 'tcp', port: 80, to: '10.0.0.255' },
    want: 'dropped - GROUP_DESTINATION ENETUNREACH',
    why: 'tcp_v4_connect(): RTCF_BROADCAST',
  },
  {
    commands: '',
    probe: { proto: 'udp', port: 80, to: '255.255.255.255' },
    want: 'dropped - GROUP_DESTINATION EACCES',
    why: 'udp_sendmsg(): a broadcast without SO_BROADCAST',
  },
  {
    commands: '',
    probe: { to: '10.0.0.255' },
    want: 'dropped - GROUP_DESTINATION EACCES',
    why: 'raw_sendmsg(), ping_v4_sendmsg(): ping wants -b',
  },
  {
    commands: '',
    probe: { proto: 'tcp', port: 80, to: '0.0.0.0' },
    want: 'rejected - NO_SOCKET ECONNREFUSED',
    why: 'ip_route_output_key_hash_rcu(): 0.0.0.0 is the sender itself',
  },
  {
    commands: 'a: iptables -A OUTPUT -m owner --socket-exists -j DROP',
    want: 'dropped - NF_DROP EPERM',
    why: 'a program sent it; the call fails with EPERM (seen on Linux 6.18)',
  },
  {
    commands: 'r: iptables -A FORWARD -m owner --socket-exists -j DROP',
    want: 'delivered delivered - -',
    why: 'iptables refuses the rule: owner works in OUTPUT and POSTROUTING only (owner_mt_reg)',
  },
  {
    commands: 'b: iptables -A OUTPUT -m owner ! --socket-exists -j DROP',
    want: 'delivered delivered - -',
    why: "icmp_reply() sends through the kernel's own socket",
  },
  {
    commands: 'a: ip rule add uidrange 0-99 lookup 100',
    want: 'unknown - UNSUPPORTED -',
    why: 'a rule with a selector that is not modelled comes before main',
  },
  {
    commands: 'r: ip rule add ipproto tcp lookup 100',
    want: 'unknown - UNSUPPORTED -',
    why: 'the same at a router, which can not even tell whether it answers ARP',
  },
  {
    commands: 'r: ip rule add to 10.9.0.0/16 ipproto tcp lookup 100',
    want: 'delivered delivered - -',
    why: 'what is modelled of the rule excludes the packet',
  },
  {
    commands: 'r: ip link add dum0 type dummy\nr: ip link set dum0 up\nr: ip route add 10.9.0.0/16 dev dum0',
    probe: { to: '10.9.0.1' },
    want: 'unknown - UNSUPPORTED -',
    why: 'a dummy device is kept but not modelled: never a guess',
  },
])('$want: $why', ({ commands, probe, want }) => {
  const result = trace(with_(commands), { ...ping, ...probe });
  expect(summary(result)).toBe(want);
  replayDiffs(result);
});

test.each(['icmp', 'tcp', 'udp'] as const)('%s: an answer without a route is dropped, not forgotten', (proto) => {
  const commands = 'web-1: ip route del default\nweb-1: ip route del 10.244.0.0/16';
  const { network, refused } = run(commands, shipped('flannel-vxlan'), new Runtime());
  expect(refused).toEqual([]);
  const result = trace(network, {
    from: 'client',
    to: 'pod/web-1',
    proto,
    ...(proto === 'icmp' ? {} : { port: 8080 }),
  });
  expect(summary(result)).toBe('delivered dropped NO_ROUTE -');
  expect(result.verdict.exit).toBe(1);
});

describe('what a socket is bound to stays', () => {
  // The default route leaves by eth1.
  const cables = networkFrom(`${TWO_CABLES}
a: ip addr add 10.0.1.1/24 dev eth1
b: ip addr add 10.0.1.2/24 dev eth1
a: ip route add 10.9.9.9/32 via 10.0.0.2 dev eth0
a: ip route add default via 10.0.1.2 dev eth1
a: iptables -t nat -A OUTPUT -d 1.2.3.4 -j DNAT --to-destination 10.9.9.9
`);
  // Seen on Linux 6.18 with SO_BINDTODEVICE.
  test.each([
    { proto: 'tcp', to: '10.9.9.9', why: 'a SYN' },
    { proto: 'udp', to: '10.9.9.9', why: 'a datagram' },
    { proto: 'udp', to: '1.2.3.4', why: 'ip_route_me_harder() heeds sk_bound_dev_if' },
  ] as const)('$proto to $to: $why', ({ proto, to }) => {
    const result = trace(cables, { from: 'a', to, proto, port: 80, oif: 'eth1' });
    const sent = crossings(result).filter(
      ({ netns, dir, headers }) => netns === 'a' && dir === 'out' && headers.some((h) => h.l === 'ip4'),
    );
    expect(sent.map(({ dev, headers }) => [dev, headers.find((h) => h.l === 'ip4')?.src])).toEqual([
      ['eth1', '10.0.1.1'],
    ]);
  });
});

test('a RST for what a bridge brought goes back by its port, past OUTPUT, in the name of the peer', () => {
  // Seen on Linux 6.18: nf_send_reset() hands it to dev_queue_xmit() itself.
  const bridge = networkFrom(`${bridged({ a: '10.0.0.1/24', b: '10.0.0.2/24' })}
s: ip addr add 10.0.0.254/24 dev br0
s: sysctl -w net.bridge.bridge-nf-call-iptables=1
s: iptables -A FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset
s: iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP
`);
  const result = trace(bridge, { from: 'a', to: '10.0.0.2', proto: 'tcp', port: 80 });
  expect(summary(result)).toBe('rejected - NF_REJECT ECONNREFUSED');
  const [rst] = crossings(result).filter(
    ({ netns, headers }) => netns === 'a' && headers.some((h) => h.l === 'tcp' && h.flags.includes('R')),
  );
  expect(rst?.headers[0]).toMatchObject({ src: '02:00:00:00:00:02', dst: '02:00:00:00:00:01' });
});

test('what a namespace on the way is set to, and is not modelled, is an assumption', () => {
  const odd = with_('r: sysctl -w net.ipv4.conf.all.bc_forwarding=1\nr: sysctl -w net.ipv4.tcp_syn_retries=6');
  expect(trace(base, ping).assumptions).toEqual([]);
  expect(trace(odd, ping).assumptions).toEqual(['Not modelled: net.ipv4.conf.all.bc_forwarding = 1 (r).']);
});

test('a port of its own is from ip_local_port_range', () => {
  const narrow = with_('a: sysctl -w net.ipv4.ip_local_port_range="40000 40001"');
  const ports = [1, 2, 3, 4, 5, 6].map((seed) => {
    const { legs } = trace(narrow, { ...ping, proto: 'udp', port: 81 }, { seed });
    return legs[0]?.packet.find((header) => header.l === 'udp')?.sport;
  });
  expect(new Set(ports)).toEqual(new Set([40000, 40001]));
});

test('a routing loop ends with the TTL, and is told as a loop', () => {
  const loop = with_('r: ip route add 10.8.0.0/16 via 10.0.1.1\nb: sysctl -w net.ipv4.ip_forward=1');
  const { verdict } = trace(loop, { ...ping, to: '10.8.0.1' });
  expect([verdict.forward, verdict.code]).toEqual(['looped', 'LOOP']);
});

test('a layer-2 loop is cut off', () => {
  const storm = networkFrom(`
    ip netns add h
    ip netns add s
    s: ip link add br0 type bridge
    s: ip link set br0 up
    ip link add p1 netns s type veth peer name p2 netns s
    ip link add eth0 netns h type veth peer name p3 netns s
    s: ip link set p1 master br0
    s: ip link set p2 master br0
    s: ip link set p3 master br0
    s: ip link set p1 up
    s: ip link set p2 up
    s: ip link set p3 up
    h: ip link set eth0 up
    h: ip addr add 10.0.0.1/24 dev eth0
  `);
  const { legs } = trace(storm, { from: 'h', to: '10.0.0.9', proto: 'icmp' });
  const codes = legs.flatMap((leg) => leg.paths.map((path) => path.code));
  expect(codes).toContain('LOOP');
});

test('a simulation remembers: the second packet needs no ARP, and the connection is known', () => {
  const simulation = createSimulation(with_('r: iptables -A FORWARD -m conntrack --ctstate NEW'));
  const arps = (t: Trace): number => t.legs.filter((leg) => leg.kind === 'arp').length;
  const first = simulation.send({ from: 'a', to: '10.0.1.1', proto: 'icmp', id: 5 });
  const second = simulation.send({ from: 'a', to: '10.0.1.1', proto: 'icmp', id: 5 });
  // a asks for r, r asks for b; who is asked learns who asks. Two questions, two answers.
  expect([arps(first), arps(second)]).toEqual([4, 0]);
  expect(second.conntrack.filter((c) => c.netns === 'r')).toHaveLength(1);
});

describe('DNAT on a bridge with bridge-nf-call-iptables 1, to a neighbour on the same bridge', () => {
  const bridge = networkFrom(`
    ip netns add n
    ip netns add a
    ip netns add b
    n: ip link set lo up
    n: ip link add br0 type bridge
    n: ip link set br0 up
    n: ip addr add 10.9.0.1/24 dev br0
    ip link add va netns n type veth peer name eth0 netns a
    ip link add vb netns n type veth peer name eth0 netns b
    n: ip link set va master br0
    n: ip link set vb master br0
    n: ip link set va up
    n: ip link set vb up
    a: ip link set eth0 up
    b: ip link set eth0 up
    a: ip addr add 10.9.0.2/24 dev eth0
    b: ip addr add 10.9.0.3/24 dev eth0
    a: ip route add default via 10.9.0.1
    b: ip route add default via 10.9.0.1
    n: sysctl -w net.bridge.bridge-nf-call-iptables=1
    n: iptables -t nat -A PREROUTING -d 10.96.0.1 -j DNAT --to-destination 10.9.0.3
  `);
  const toService: Probe = { ...ping, to: '10.96.0.1' };

  // Both seen on Linux 6.18 with these commands.
  test.each([
    ['1', 'delivered delivered - -'],
    ['0', 'dropped - FORWARDING_OFF -'],
  ])('ip_forward=%s: %s', (forward, want) => {
    const { network } = run(`n: sysctl -w net.ipv4.ip_forward=${forward}`, bridge, new Runtime());
    expect(summary(trace(network, toService))).toBe(want);
  });
});
