import type { Ipv4 } from '../address/index.js';
import type { OutputRoute, SkbSocket } from '../linux/index.js';
import type { L4 } from '../packet/index.js';
import { groupErrno, routeOwn, sendOwn } from './ip-send.js';
import type { Net } from './net.js';

/** Path-MTU discovery of a socket (IP_MTU_DISCOVER): `do` never fragments, `dont` never sets DF, `want` is the default. */
export type PmtuDiscovery = 'do' | 'dont' | 'want';

/** What the program that sends asks of its socket. */
export interface SocketOptions {
  readonly destination: Ipv4;
  /** 0: the route chooses. */
  readonly source: Ipv4;
  readonly oif: string;
  readonly ttl: number | undefined;
  readonly tos: number;
  readonly mark: number;
  readonly pmtuDiscovery: PmtuDiscovery;
  /** connect(2) has been called: such a socket counts its packets (ip_select_ident_segs()). */
  readonly connected?: boolean;
}

/** The way that a socket's packets take. */
export function routeSocket(net: Net, options: SocketOptions, l4: L4): OutputRoute {
  const { destination: dst, source: src, mark, tos } = options;
  return routeOwn(net, { dst, src, anySource: 'own', mark, tos, l4, socket: socketOf(options) });
}

/** The socket as the kernel asks it. */
export function socketOf({ oif }: SocketOptions): SkbSocket {
  return { ofProgram: true, boundDev: oif };
}

/**
 * Sends one datagram as a socket would (ip_make_skb(), ip_send_skb(), linux net/ipv4/ip_output.c).
 *
 * @returns the errno that `call` fails with.
 */
export function sendDatagram(
  net: Net,
  options: SocketOptions,
  l4: L4,
  payload: number,
  call: string,
): string | undefined {
  const { destination, source, ttl, tos, mark, pmtuDiscovery, connected = false } = options;
  const strict = pmtuDiscovery === 'do';
  return sendOwn(net, undefined, {
    kind: 'forward',
    fn: 'ip_route_output_flow',
    call,
    dst: destination,
    src: source,
    anySource: 'own',
    ttl,
    tos,
    mark,
    id: strict && !connected ? 'zero' : 'counted',
    df: pmtuDiscovery === 'want' ? 'if it fits' : strict,
    mustFit: strict,
    refuses: (found) => groupErrno(l4, found),
    l4,
    payload,
    socket: socketOf(options),
  });
}
