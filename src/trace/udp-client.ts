import type { Ipv4 } from '../address/index.js';
import { type Sctp, UDP_HLEN, type Udp } from '../packet/index.js';
import { routeSocket, type SocketOptions, sendDatagram } from './client.js';
import type { Conversation } from './conversation.js';
import { sctpErrno, udpErrno } from './icmp-errno.js';
import type { Net, ProbeSocket } from './net.js';

/** What a program that sends one datagram asks for. */
export interface DatagramOptions extends SocketOptions {
  readonly sport: number;
  readonly dport: number;
  /** Bytes after the transport header. */
  readonly payload: number;
  /** Whether the socket takes answers from its peer alone (connect(2)), or from anybody. */
  readonly connected: boolean;
  /** Whether it asks for every ICMP error (IP_RECVERR). */
  readonly recverr: boolean;
}

/** Sends a UDP datagram and notes the answer. */
export function sendUdp(net: Net, options: DatagramOptions, result: Conversation): void {
  const udp: Udp = { l4: 'udp', sport: options.sport, dport: options.dport, length: UDP_HLEN + options.payload };
  // ip_route_connect() looks up twice: once for the source, and then with it.
  open(net, udp, options, result, (chosen) => {
    const source = options.connected ? chosen : options.source;
    return sendDatagram(net, { ...options, source }, udp, options.payload, 'sendto()');
  });
}

/** Sends an SCTP INIT and notes what answers it. */
export function sendSctp(net: Net, options: DatagramOptions, result: Conversation): void {
  const sctp: Sctp = { l4: 'sctp', sport: options.sport, dport: options.dport, chunk: 'INIT' };
  open(net, sctp, options, result, () => sendDatagram(net, options, sctp, 20, 'connect()'));
}

function open(
  net: Net,
  l4: Udp | Sctp,
  options: DatagramOptions,
  result: Conversation,
  send: (chosen: Ipv4) => string | undefined,
): void {
  const route = routeSocket(net, options, l4);
  const chosen = route.ok && route.destination.type !== 'error' ? route.destination.source : options.source;
  const socket: ProbeSocket = {
    netns: net.ns.name,
    protocol: l4.l4,
    localAddress: options.connected ? chosen : options.source,
    localPort: options.sport,
    boundDev: options.oif,
    remote: options.connected ? { address: options.destination, port: options.dport } : undefined,
    receive(_net, skb) {
      const refused = skb.l4?.l4 === 'sctp' && skb.l4.chunk === 'ABORT';
      if (refused) result.errors.push({ frame: skb.frame, errno: 'ECONNREFUSED' });
      else result.answers.push({ frame: skb.frame, bytes: skb.payload });
    },
    error(_net, skb) {
      if (skb.l4?.l4 !== 'icmp') return;
      const { type, code } = skb.l4;
      const errno = l4.l4 === 'udp' ? udpErrno(type, code, options) : sctpErrno(type, code);
      if (errno !== undefined) result.errors.push({ frame: skb.frame, errno });
    },
  };
  net.walk.sockets.push(socket);
  net.walk.task(() => {
    const errno = send(chosen);
    // udp_send_skb(): a full queue is told of to who asked for errors alone.
    result.errno = errno === 'ENOBUFS' && !options.recverr ? undefined : errno;
  });
}
