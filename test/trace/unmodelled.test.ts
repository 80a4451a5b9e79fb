import { expect, test } from 'vitest';
import { tunnelOfPort, tunnelOfProtocol } from '../../src/linux/index.js';
import { type Probe, trace } from '../../src/trace/index.js';
import { networkFrom, ROUTER } from '../network.js';

const udp = { from: 'a', to: '10.0.1.1', proto: 'udp' } as const;
const link = (words: string): string => `b: ip link add t0 type ${words}\nb: ip link set t0 up\n`;

// What is not modelled is said to be so, by name; what such a device certainly does not take is refused as ever.
test.each<{ commands: string; port: number; want: string }>([
  { commands: link('geneve id 1 remote 10.0.0.1'), port: 6081, want: 'unknown UNSUPPORTED' },
  { commands: link('geneve id 1 remote 10.0.0.1 dstport 7000'), port: 6081, want: 'rejected NO_SOCKET' },
  { commands: link('geneve id 1 remote 10.0.0.1 dstport 7000'), port: 7000, want: 'unknown UNSUPPORTED' },
  { commands: link('wireguard'), port: 51820, want: 'unknown UNSUPPORTED' },
  { commands: `${link('wireguard')}b: ip link set t0 down`, port: 51820, want: 'rejected NO_SOCKET' },
  { commands: link('dummy'), port: 6081, want: 'rejected NO_SOCKET' },
])('UDP $port at a host with $commands: $want', ({ commands, port, want }) => {
  const { verdict } = trace(networkFrom(ROUTER + commands), { ...udp, port });
  expect(`${verdict.forward} ${verdict.code}`).toBe(want);
});

test.each([
  { words: 'gre local 10.0.1.1 remote 10.0.0.1', protocol: 47 },
  { words: 'ipip local 10.0.1.1 remote 10.0.0.1', protocol: 4 },
])('protocol $protocol belongs to `type $words`', ({ words, protocol }) => {
  const ns = networkFrom(ROUTER + link(words)).netns('b');
  if (ns === undefined) throw new Error('no namespace b');
  expect(tunnelOfProtocol(ns, protocol)?.name).toBe('t0');
  expect([tunnelOfProtocol(ns, 132), tunnelOfPort(ns, 6081)]).toEqual([undefined, undefined]);
});

test.each([
  { options: '', want: 'delivered null' },
  // Not even the ARP question gets through, and that is no "nobody answers".
  { options: 'vlan_filtering 1', want: 'unknown UNSUPPORTED' },
  { options: 'stp_state 1', want: 'unknown UNSUPPORTED' },
])('a bridge with "$options": $want', ({ options, want }) => {
  const network = networkFrom(`
    ip netns add a
    ip netns add b
    ip netns add s
    s: ip link add br0 type bridge ${options}
    s: ip link set br0 up
    ip link add eth0 netns a type veth peer name p1 netns s
    ip link add eth0 netns b type veth peer name p2 netns s
    s: ip link set p1 master br0
    s: ip link set p2 master br0
    s: ip link set p1 up
    s: ip link set p2 up
    a: ip link set eth0 up
    b: ip link set eth0 up
    a: ip addr add 10.0.0.1/24 dev eth0
    b: ip addr add 10.0.0.2/24 dev eth0
    a: ip link set lo up
  `);
  const probe: Probe = { from: 'a', to: '10.0.0.2', proto: 'icmp' };
  const { verdict } = trace(network, probe);
  expect(`${verdict.forward} ${verdict.code}`).toBe(want);
});
