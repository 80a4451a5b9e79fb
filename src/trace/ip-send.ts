import { ANY, formatIpv4, type Ipv4, isLoopback } from '../address/index.js';
import {
  type Destination,
  destinationMtu,
  type OutputRoute,
  outputFlow,
  routeOutput,
  type SendCall,
  type Skb,
  type SkbSocket,
} from '../linux/index.js';
import { IP_HLEN, ipPacket, type L4, l4Length, type Packet } from '../packet/index.js';
import { drop, type Net, tell } from './net.js';
import type { DropCode } from './reason.js';
import { tellRoute } from './route-event.js';
import type { LegKind } from './trace.js';

/** A packet that this host is about to send. */
export interface OwnPacket {
  readonly kind: LegKind;
  /** The kernel function that looks its route up. */
  readonly fn: string;
  /** The call by which a program sends it, which gets the errno when that fails; undefined for the kernel's own. */
  readonly call?: string;
  readonly dst: Ipv4;
  /** ANY lets the route choose. */
  readonly src: Ipv4;
  /** `own`: the source must be an address of this host. `any`: it need not (FLOWI_FLAG_ANYSRC). */
  readonly anySource: 'own' | 'any';
  /** undefined: ip_default_ttl. */
  readonly ttl?: number | undefined;
  readonly tos?: number;
  /** `counted` stands for any but 0. */
  readonly id: 'zero' | 'counted';
  /** `discover`: as long as path-MTU discovery is wanted. `if it fits`: so too, but rather fragments than nothing. */
  readonly df: boolean | 'discover' | 'if it fits';
  /** The errno with which the call refuses such a destination. */
  readonly refuses?: (destination: Destination) => string | undefined;
  /** What the route's MTU can not carry is refused with EMSGSIZE (IP_PMTUDISC_DO). */
  readonly mustFit?: boolean;
  readonly mark?: number;
  readonly l4: L4;
  /** Bytes after the transport header. */
  readonly payload: number;
  readonly inner?: Packet;
  /** The socket that it is of; undefined for none. */
  readonly socket: SkbSocket | undefined;
  /** What its socket hashed it to; undefined: hash the headers. */
  readonly flow?: string;
  readonly gsoSize?: number;
  /** Called when the packet exists, and goes on. */
  readonly ready?: (skb: Skb) => void;
}

/**
 * Routes a packet of this host's own and sends it: what ip_queue_xmit(), ip_make_skb() with ip_send_skb(), and
 * ip_push_pending_frames() have in common (linux net/ipv4/ip_output.c). One without a route is dropped at once, so that
 * whoever waits for it can read why.
 *
 * @param route its route, where that has been looked up already.
 * @returns the errno that the call fails with.
 */
export function sendOwn(
  net: Net,
  cause: Skb | undefined,
  own: OwnPacket,
  route: OutputRoute = routeOwn(net, own),
): string | undefined {
  const source = own.src === ANY && route.ok ? sourceOf(route.destination) : own.src;
  const length = IP_HLEN + l4Length(own.l4) + own.payload;
  const mtu = route.ok ? destinationMtu(net, route.destination, own.dst) : 65535;
  const fits = length <= mtu;
  const id = own.id === 'zero' ? 0 : 1 + net.choose.value(`${net.ns.name} IP id`, 65535);
  const ttl = own.ttl ?? net.ns.sysctls.number('net/ipv4/ip_default_ttl');
  const df = typeof own.df === 'boolean' ? own.df : discovers(net, route) && (own.df === 'discover' || fits);
  const fields = { src: source, dst: own.dst, ttl, tos: own.tos ?? 0, id, df };
  const skb = net.walk.begin(net, ipPacket(fields, own.l4, own.payload, own.inner), own.kind, cause);
  skb.sk = own.socket;
  skb.mark = own.mark ?? 0;
  skb.flow = own.flow;
  skb.gsoSize = own.gsoSize ?? 0;
  skb.ignoreDf = own.df === 'if it fits';
  // __ip_append_data() cuts at once; TCP does not come by there.
  skb.builtFor = fits || own.l4.l4 === 'tcp' ? 0 : mtu;
  own.ready?.(skb);
  if (!route.ok) {
    if ('errno' in route) tellErrno(net, skb, own, route.errno);
    dropUnrouted(net, skb, own.fn, route);
    return 'errno' in route ? route.errno : undefined;
  }
  const refused = own.refuses?.(route.destination);
  if (refused !== undefined) {
    tellErrno(net, skb, own, refused);
    drop(net, skb, own.fn, 'GROUP_DESTINATION');
    return refused;
  }
  if (length > 65535 || (own.mustFit === true && !fits)) {
    tellErrno(net, skb, own, 'EMSGSIZE');
    const dev = route.destination.type === 'error' ? '' : route.destination.dev;
    drop(net, skb, '__ip_append_data', 'MTU_DF', () => ({ values: { len: length, mtu, dev } }));
    return 'EMSGSIZE';
  }
  skb.dst = route.destination;
  tellRoute(net, skb, own.fn, 'lo', own.src, route.destination);
  const call: SendCall = { errno: undefined };
  skb.call = call;
  net.walk.functions.ip_local_out(net, skb);
  return call.errno;
}

/** IP4_REPLY_MARK(): what the kernel itself answers has the mark of the packet, if the namespace wants that. */
export function replyMark(net: Net, { mark }: Skb): number {
  return net.ns.sysctls.number('net/ipv4/fwmark_reflect') === 0 ? 0 : mark;
}

/** ip_dont_fragment() of a socket that nobody told otherwise (IP_PMTUDISC_WANT, include/net/ip.h; inet_create()). */
function discovers(net: Net, route: OutputRoute): boolean {
  const locked = route.ok && route.destination.route?.type === 'unicast' && route.destination.route.mtuLock;
  return net.ns.sysctls.number('net/ipv4/ip_no_pmtu_disc') === 0 && !locked;
}

/** The way that such a packet takes. */
export function routeOwn(
  net: Net,
  {
    dst,
    src,
    anySource,
    mark = 0,
    tos = 0,
    l4,
    socket,
  }: Pick<OwnPacket, 'dst' | 'src' | 'anySource' | 'mark' | 'tos' | 'l4' | 'socket'>,
): OutputRoute {
  const flow = outputFlow(dst, { src, oif: socket?.boundDev ?? '', mark, tos: tos & 0x1c });
  return routeOutput(net, flow, l4Key(l4), anySource);
}

/** What of the transport header multipath may hash (fib_multipath_hash_policy 1). */
function l4Key(l4: L4): string {
  return 'sport' in l4 ? `${l4.l4}|${l4.sport}|${l4.dport}` : l4.l4;
}

function sourceOf(destination: Destination): Ipv4 {
  return destination.type === 'error' ? ANY : destination.source;
}

function tellErrno(net: Net, skb: Skb, { call }: OwnPacket, errno: string): void {
  if (call !== undefined) tell(net, skb, () => ({ k: 'errno', call, errno }));
}

/**
 * What a call says to a destination that is a group: TCP has none (tcp_v4_connect()), and a broadcast wants
 * SO_BROADCAST (udp_sendmsg(), raw_sendmsg(), ping_v4_sendmsg()).
 */
export function groupErrno({ l4 }: L4, { type }: Destination): string | undefined {
  if (l4 === 'tcp') return isGroup(type) ? 'ENETUNREACH' : undefined;
  return type === 'broadcast' ? 'EACCES' : undefined;
}

/** Whether a route is to a group of hosts. */
export function isGroup(type: Destination['type']): boolean {
  return type === 'broadcast' || type === 'multicast';
}

/** A lookup that found no way. */
export type FailedRoute = Extract<OutputRoute, { readonly ok: false }>;

/** Drops a packet that this host has no route for, to `dst` or where it says. What is not modelled is said to be so. */
export function dropUnrouted(net: Net, skb: Skb, fn: string, route: FailedRoute, dst?: Ipv4): void {
  const values = {
    node: net.ns.name,
    dst: formatIpv4(dst ?? skb.ip?.dst ?? ANY),
    src: formatIpv4(skb.ip?.src ?? ANY),
    errno: 'errno' in route ? route.errno : '',
    what: 'unsupported' in route ? route.unsupported : '',
  };
  drop(net, skb, fn, codeOf(skb, route), () => ({ values }));
}

const CODES = {
  ENETUNREACH: 'NO_ROUTE',
  ENODEV: 'NO_ROUTE',
  EHOSTUNREACH: 'ROUTE_UNREACHABLE',
  EACCES: 'ROUTE_PROHIBIT',
  EINVAL: 'ROUTE_BLACKHOLE',
} as const;

function codeOf(skb: Skb, route: FailedRoute): DropCode {
  if ('unsupported' in route) return 'UNSUPPORTED';
  // __mkroute_output(): no route refused it, but its loopback source.
  const { destination } = route;
  const refused = destination.route === undefined && destination.rule === undefined;
  if (route.errno === 'EINVAL' && refused && isLoopback(skb.ip?.src ?? ANY)) return 'LOCALNET';
  return CODES[route.errno];
}
