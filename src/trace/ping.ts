import { ICMP_ECHO, icmpHeader } from '../packet/index.js';
import { type SocketOptions, sendDatagram } from './client.js';
import type { Conversation } from './conversation.js';
import { pingErrno } from './icmp-errno.js';
import type { Net, ProbeSocket } from './net.js';

/** What `ping` is asked to do. */
export interface PingOptions extends SocketOptions {
  /** ICMP identifier, uint16. */
  readonly id: number;
  readonly count: number;
  /** ms between requests. */
  readonly interval: number;
  /** Bytes after the ICMP header. */
  readonly payload: number;
}

/** Sends echo requests, and notes the answers. */
export function ping(net: Net, options: PingOptions, result: Conversation): void {
  const socket: ProbeSocket = {
    netns: net.ns.name,
    protocol: 'icmp',
    localAddress: options.source,
    localPort: options.id,
    remote: undefined,
    boundDev: options.oif,
    receive(_net, skb) {
      result.answers.push({ frame: skb.frame, bytes: skb.payload });
    },
    error(_net, skb) {
      const errno = skb.l4?.l4 === 'icmp' ? pingErrno(skb.l4.type, skb.l4.code) : undefined;
      if (errno !== undefined) result.errors.push({ frame: skb.frame, errno });
    },
  };
  net.walk.sockets.push(socket);
  const send = (seq: number): void => {
    const request = icmpHeader(ICMP_ECHO, 0, { id: options.id, seq });
    result.errno ??= sendDatagram(net, options, request, options.payload, 'sendto()');
    if (seq < options.count) net.walk.timer(options.interval, () => net.walk.task(() => send(seq + 1)));
  };
  net.walk.task(() => send(1));
}
