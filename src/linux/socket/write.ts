import { formatIpv4 } from '../../address/index.js';
import type { Socket } from './socket.js';

/** Writes as `ss -lntuH` does. Of queues nothing is known: they are empty. */
export function formatSockets(sockets: readonly Socket[]): string {
  return sockets.map((socket) => `${formatSocket(socket)}\n`).join('');
}

function formatSocket({ protocol, address, port, dev }: Socket): string {
  const state = protocol === 'udp' ? 'UNCONN' : 'LISTEN';
  const local = `${formatIpv4(address)}${dev === undefined ? '' : `%${dev}`}:${port}`;
  return [protocol.padEnd(5), state.padEnd(6), '0'.padEnd(6), '0'.padEnd(6), local.padStart(21), '0.0.0.0:*'].join(' ');
}
