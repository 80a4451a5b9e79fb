import type { FrameCase, PacketSpec, SocketCase } from './plan.js';

const SOCKET = { port: 9, sport: 20001, payload: 20 } as const;
/** A program of a namespace sends 20 bytes from port 20001 to port 9, or what else is said. */
export const socket = (
  send: SocketCase['send'],
  from: string,
  to: string,
  rest: Partial<SocketCase> = {},
): SocketCase => ({
  ...SOCKET,
  send,
  from,
  to,
  ...(send === 'tcp' && { payload: 0 }),
  ...(send === 'ping' && { port: 0 }),
  ...rest,
});
/** A host of the router plan puts a packet onto its cable, addressed to the router. */
export const frame = (from: 'a' | 'b', packet: PacketSpec): FrameCase => ({
  send: 'frame',
  from,
  dev: 'eth0',
  ethSrc: from === 'a' ? '02:00:00:00:00:01' : '02:00:00:00:01:01',
  ethDst: from === 'a' ? '02:00:00:00:00:02' : '02:00:00:00:01:02',
  packet,
});
/** An echo request. */
export const echo = (src: string, dst: string): PacketSpec => ({
  src,
  dst,
  ttl: 64,
  payload: 20,
  l4: { l4: 'icmp', type: 8, code: 0, id: 80 },
});
