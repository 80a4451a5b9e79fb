import { expect, test } from 'vitest';
import { Runtime, type Socket } from '../../src/linux/index.js';
import { Simulation } from '../../src/trace/index.js';
import type { Net } from '../../src/trace/net.js';
import { listeningSocket } from '../../src/trace/socket-lookup.js';
import { ip } from '../must.js';
import { networkFrom, ROUTER } from '../network.js';

const base = networkFrom(ROUTER);

function listening(...sockets: readonly Partial<Socket>[]): typeof base {
  const r = base.netns('r');
  if (r === undefined) throw new Error('r was not made');
  const common = {
    protocol: 'udp',
    address: ip('0.0.0.0'),
    port: 53,
    behaviour: 'reply',
    origin: { by: 'test' },
  } as const;
  return base.with([
    { ...r, sockets: sockets.map((socket) => ({ ...common, bytes: undefined, ...socket }) as Socket) },
  ]);
}

// compute_score(), linux net/ipv4/udp.c: a socket bound to another device scores -1, one to this device a point more.
test.each([
  { sockets: [{ dev: 'eth1' }], want: 'NO_SOCKET', why: 'it takes packets of another device' },
  { sockets: [{ dev: 'eth0' }], want: null, why: 'it takes packets of this device' },
  { sockets: [{}], want: null, why: 'it takes packets of any' },
  { sockets: [{ dev: 'lo' }, { dev: 'eth0' }], want: null, why: 'one of two is the right one' },
])('$why', ({ sockets, want }) => {
  const probe = { from: 'a', to: '10.0.0.2', proto: 'udp', port: 53 } as const;
  const { verdict } = new Simulation(listening(...sockets), {}, new Runtime()).send(probe);
  expect(verdict.code).toBe(want);
});

// As Linux 6.18 delivered to two sockets of one port, opened in either order, of TCP with SO_REUSEPORT.
test.each([
  { protocol: 'udp', other: {}, want: 'IPv4' },
  { protocol: 'udp', other: { dev: 'eth0' }, want: 'dual-stack' },
  { protocol: 'tcp', other: {}, want: 'IPv4' },
  { protocol: 'tcp', other: { dev: 'eth0' }, want: 'IPv4' },
] as const)(
  '$protocol: of a socket of IPv4 and a dual-stack one $other the $want one gets it',
  ({ protocol, other, want }) => {
    const inet = { protocol } as const;
    const inet6 = { protocol, ...other, dualStack: true } as const;
    for (const sockets of [
      [inet, inet6],
      [inet6, inet],
    ]) {
      const ns = listening(...sockets).netns('r');
      const address = ip('10.0.0.2');
      const ends = { protocol, local: address, localPort: 53, remote: address, remotePort: 1 };
      const found = listeningSocket({ ns } as Net, ends, 'eth0');
      expect(found?.dualStack === true ? 'dual-stack' : 'IPv4').toBe(want);
    }
  },
);
