import { ANY, formatIpv4 } from '../../address/index.js';
import { type KeptEntry, wordsOf } from '../kept.js';
import type { Netns } from '../netns.js';
import type { JsonObject } from '../write-json.js';
import type { Socket } from './socket.js';

/** Writes as `ss -lntuH` does. Queues of which nothing is known are empty. */
export function formatSockets({ sockets, ipv6 }: Pick<Netns, 'sockets' | 'ipv6'>): string {
  const columns = [...sockets.map(columnsOf), ...ipv6.sockets.map(({ fields }) => fields)];
  return columns.map((each) => `${line(each)}\n`).join('');
}

function columnsOf({ protocol, address, port, dev, dualStack, kept }: Socket): JsonObject {
  const state = protocol === 'udp' ? 'UNCONN' : 'LISTEN';
  const host = dualStack !== true ? formatIpv4(address) : address === ANY ? '*' : `[::ffff:${formatIpv4(address)}]`;
  const local = `${host}${dev === undefined ? '' : `%${dev}`}:${port}`;
  return { ...kept, netid: protocol, state, local, peer: dualStack === true ? '*:*' : '0.0.0.0:*' };
}

function line(columns: JsonObject): string {
  const { netid, state, 'recv-q': receive = 0, 'send-q': send = 0, local, peer, process } = columns;
  const queues = [receive, send].map((queue) => wordsOf(queue).padEnd(6));
  const ends = [wordsOf(local).padStart(21), wordsOf(peer)];
  const rest = process === undefined ? [] : [wordsOf(process)];
  return [wordsOf(netid).padEnd(5), wordsOf(state).padEnd(6), ...queues, ...ends, ...rest].join(' ');
}

/** A socket of IPv6 alone as a comparison tells it: `tcp [::]:80`. */
export function formatInet6Socket({ fields }: KeptEntry): string {
  return `${wordsOf(fields['netid'])} ${wordsOf(fields['local'])}`;
}
