import { expect, test } from 'vitest';
import { tunnelOfPort, tunnelOfProtocol } from '../../src/linux/index.js';
import { type Probe, trace } from '../../src/trace/index.js';
import { bridged, networkFrom, ROUTER } from '../network.js';

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
  { words: 'ipip external', protocol: 4 },
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
  const network = networkFrom(bridged({ a: '10.0.0.1/24', b: '10.0.0.2/24' }, options));
  const probe: Probe = { from: 'a', to: '10.0.0.2', proto: 'icmp' };
  const { verdict } = trace(network, probe);
  expect(`${verdict.forward} ${verdict.code}`).toBe(want);
});
