import { expect, test } from 'vitest';
import { Runtime } from '../../src/linux/index.js';
import { createSimulation, type Probe, trace } from '../../src/trace/index.js';
import { networkFrom, ROUTER, run } from '../network.js';

/** b is on the same segment as c, to which it forwards what a sends to 10.9.9.9; a is deaf to redirects. */
const SEGMENT = networkFrom(`
  ip netns add a
  ip netns add b
  ip netns add c
  ip netns add s
  s: ip link add br0 type bridge
  s: ip link set br0 up
  ${['a', 'b', 'c']
    .map(
      (host, i) => `
  ip link add eth0 netns ${host} type veth peer name p${i} netns s
  s: ip link set p${i} master br0
  s: ip link set p${i} up
  ${host}: ip link set eth0 up
  ${host}: ip addr add 10.0.0.${i + 1}/24 dev eth0`,
    )
    .join('')}
  c: ip addr add 10.9.9.9/32 dev eth0
  b: sysctl -w net.ipv4.ip_forward=1
  b: ip route add 10.9.9.9/32 via 10.0.0.3
  a: ip route add 10.9.9.9/32 via 10.0.0.2
  a: sysctl -w net.ipv4.conf.all.accept_redirects=0
  a: sysctl -w net.ipv4.conf.eth0.accept_redirects=0
  c: iptables -A INPUT -p udp -j DROP
`);

// Seen on Linux 6.18: one datagram after another, so many ms apart, and which of them were answered by a redirect.
test('redirects become seldom while nobody listens, and begin again after 20 s of silence', () => {
  const simulation = createSimulation(SEGMENT);
  const redirects = (apart: number, count: number): string =>
    Array.from({ length: count }, () => {
      const { legs } = simulation.send({ from: 'a', to: '10.9.9.9', proto: 'udp', port: 9 });
      simulation.advance(apart);
      return legs.filter((leg) => leg.kind === 'icmp-error').length;
    }).join('');
  expect(redirects(21, 5)).toBe('10100');
  expect(redirects(1000, 14)).toBe('01111010010000');
  simulation.advance(21_000);
  expect(redirects(500, 3)).toBe('111');
});

const base = networkFrom(ROUTER);
const errorOf = (commands: string, probe: Partial<Probe>): unknown => {
  const { legs } = trace(run(commands, base, new Runtime()).network, {
    from: 'a',
    to: '10.0.1.1',
    proto: 'udp',
    port: 9,
    ...probe,
  });
  const error = legs.find((leg) => leg.kind === 'icmp-error');
  const ip = error?.packet.find((header) => header.l === 'ip4');
  return ip?.l === 'ip4' ? [ip.src, ip.tos] : undefined;
};

// RT_TOS() leaves bit 1 (seen on Linux 6.18); an echo reply takes the whole octet over.
test.each([
  { tos: 0x02, want: 0xc2 },
  { tos: 0xb8, want: 0xd8 },
  { tos: 0x01, want: 0xc0 },
])('an error about TOS $tos has TOS $want', ({ tos, want }) => {
  expect(errorOf('', { tos, ttl: 1 })).toEqual(['10.0.0.2', want]);
});

// inet_iif(): where the packet came in, wherever it was going when it failed (__icmp_send(), net/ipv4/icmp.c).
const INBOUND =
  'r: sysctl -w net.ipv4.icmp_errors_use_inbound_ifaddr=1\nr: ip route add 10.0.0.1/32 dev eth0 src 10.0.1.2';
test.each<{ commands: string; probe: Partial<Probe>; why: string }>([
  { commands: '', probe: { ttl: 1 }, why: 'before it is forwarded' },
  { commands: 'r: ip link set eth1 mtu 1000', probe: { df: true, payload: 1200 }, why: 'too long' },
  { commands: 'b: ip addr del 10.0.1.1/24 dev eth0', probe: {}, why: 'no neighbour behind the outgoing device' },
])('with icmp_errors_use_inbound_ifaddr the error comes from the inbound device: $why', ({ commands, probe }) => {
  expect(errorOf(`${INBOUND}\n${commands}`, probe)).toEqual(['10.0.0.2', 0xc0]);
});
