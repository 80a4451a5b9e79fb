import { expect, test } from 'vitest';
import { Runtime, type Socket } from '../../src/linux/index.js';
import { Simulation } from '../../src/trace/index.js';
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
