import { expect, test } from 'vitest';
import { Runtime } from '../../src/linux/index.js';
import { type Probe, trace } from '../../src/trace/index.js';
import { networkFrom, ROUTER, run } from '../network.js';

const base = networkFrom(`${ROUTER}
r: ip route add unreachable 10.8.0.0/16
r: ip route add prohibit 10.9.0.0/16`);

/** What the socket of a probe from `a` gets. */
function errnoOf(probe: Partial<Probe>, commands = ''): string {
  const { network } = run(commands, base, new Runtime());
  return trace(network, { from: 'a', to: '10.0.1.1', port: 81, ...probe }).verdict.errno ?? '-';
}

const CONNECTED = { proto: 'udp' } as const;
const UNCONNECTED = { proto: 'udp', connected: false } as const;
const RECVERR = { proto: 'udp', connected: false, recverr: true } as const;
const TCP = { proto: 'tcp' } as const;

// Each was seen on Linux 6.18, on these three namespaces: SO_ERROR of the socket, or what connect(2) gave.
test.each([
  { error: 'net unreachable', to: '10.7.0.1', udp: '-', recverr: 'ENETUNREACH', tcp: 'ENETUNREACH' },
  { error: 'host unreachable', to: '10.8.0.1', udp: '-', recverr: 'EHOSTUNREACH', tcp: 'EHOSTUNREACH' },
  { error: 'packet filtered', to: '10.9.0.1', udp: 'EHOSTUNREACH', recverr: 'EHOSTUNREACH', tcp: 'EHOSTUNREACH' },
  { error: 'port unreachable', to: '10.0.1.1', udp: 'ECONNREFUSED', recverr: 'ECONNREFUSED', tcp: 'ECONNREFUSED' },
])('$error: UDP $udp, with IP_RECVERR $recverr, TCP $tcp', ({ to, udp, recverr, tcp }) => {
  expect(errnoOf({ ...CONNECTED, to })).toBe(udp);
  expect(errnoOf({ ...UNCONNECTED, to })).toBe('-');
  expect(errnoOf({ ...RECVERR, to })).toBe(recverr);
  expect(errnoOf({ ...TCP, to })).toBe(tcp);
});

test('time exceeded: UDP hears of it with IP_RECVERR alone', () => {
  expect(errnoOf({ ...CONNECTED, ttl: 1 })).toBe('-');
  expect(errnoOf({ ...RECVERR, ttl: 1 })).toBe('EHOSTUNREACH');
  expect(errnoOf({ ...TCP, ttl: 1 })).toBe('EHOSTUNREACH');
});

test('fragmentation needed: EMSGSIZE for a connected UDP socket that discovers the path MTU', () => {
  const long = { payload: 1200 };
  const narrow = 'r: ip link set eth1 mtu 1000';
  expect(errnoOf({ ...CONNECTED, ...long, df: true }, narrow)).toBe('EMSGSIZE');
  expect(errnoOf({ ...CONNECTED, ...long }, narrow)).toBe('EMSGSIZE');
  expect(errnoOf({ ...UNCONNECTED, ...long }, narrow)).toBe('-');
  // Without discovery it is cut, and the port is closed.
  expect(errnoOf({ ...CONNECTED, ...long, df: false }, narrow)).toBe('ECONNREFUSED');
});

test('ping sets IP_RECVERR and hears of every error; a redirect is none', () => {
  const ping = { proto: 'icmp' } as const;
  expect(errnoOf({ ...ping, to: '10.7.0.1' })).toBe('ENETUNREACH');
  expect(errnoOf({ ...ping, ttl: 1 })).toBe('EHOSTUNREACH');
});

test('a redirect is no error (ping_err(), __udp4_lib_err(), tcp_v4_err(): ICMP_REDIRECT)', () => {
  const back = run('r: ip route add 10.6.0.0/16 via 10.0.0.1', base, new Runtime()).network;
  for (const proto of ['icmp', 'udp', 'tcp'] as const) {
    const port = proto === 'icmp' ? {} : { port: 81 };
    const { legs, verdict } = trace(back, { from: 'a', to: '10.6.0.1', proto, ...port, recverr: true });
    expect(legs.some(({ packet }) => packet.some((header) => header.l === 'icmp' && header.type === 5))).toBe(true);
    expect(verdict.errno, proto).toBeNull();
  }
});
