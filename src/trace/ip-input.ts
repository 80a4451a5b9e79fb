import { ANY, formatIpv4, formatMac } from '../address/index.js';
import { type Destination, type InputRoute, routeInput, type Skb } from '../linux/index.js';
import {
  ICMP_DEST_UNREACH,
  ICMP_HOST_UNREACH,
  ICMP_NET_UNREACH,
  ICMP_PKT_FILTERED,
  ICMP_PROT_UNREACH,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
  IPPROTO_ICMP,
  IPPROTO_IPIP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  protocolName,
} from '../packet/index.js';
import { defrag, isFragment } from './fragment.js';
import { gsoNetworkLength } from './gso.js';
import { icmpRcv } from './icmp.js';
import { destinationMtu, refuseTooLong } from './ip-output.js';
import { drop, type Net, tell } from './net.js';
import { hookState, nfHook } from './netfilter.js';
import type { DropCode } from './reason.js';
import { tellRoute } from './route-event.js';
import { sctpRcv } from './sctp.js';
import { tcpRcv } from './tcp.js';
import { udpRcv } from './udp.js';

/** ip_rcv(): frames for other hosts are let go, the rest meets PREROUTING (linux net/ipv4/ip_input.c). */
export function ipRcv(net: Net, skb: Skb): void {
  if (skb.type === 'otherhost') {
    const mac = skb.eth === undefined ? '' : formatMac(skb.eth.dst);
    drop(net, skb, 'ip_rcv_core', 'WRONG_MAC', () => ({ values: { mac, dev: skb.dev } }));
    return;
  }
  // ip_rcv_core() clears IPCB(skb): what a route lookup on a bridge port noted there is gone.
  skb.doRedirect = false;
  skb.forwarded = false;
  skb.fragMaxSize = 0;
  nfHook(net, skb, hookState('ip', 'PREROUTING', { in: skb.dev, out: '' }, 'ip_rcv_finish'));
}

/** ip_rcv_finish(): routing decides, unless the packet has a route already (from lo, or from the bridge). */
export function ipRcvFinish(net: Net, skb: Skb): void {
  const { ip } = skb;
  if (ip === undefined) return;
  const dst = skb.dst ?? routeReceived(net, skb);
  if (dst === undefined) return;
  const linkLayerGroup = skb.type === 'broadcast' || skb.type === 'multicast';
  if (linkLayerGroup && dst.type !== 'broadcast' && dst.type !== 'multicast') {
    if (net.ns.sysctls.confOr(skb.dev, 'drop_unicast_in_l2_multicast')) {
      drop(net, skb, 'ip_rcv_finish_core', 'L2_BROADCAST');
      return;
    }
  }
  dstInput(net, skb);
}

/** ip_route_input_noref() for a packet as it is. */
export function routeSkbInput(net: Net, skb: Skb): InputRoute {
  const { ip, l4 } = skb;
  if (ip === undefined) throw new Error('only IP packets are routed');
  const ports = l4 !== undefined && 'sport' in l4 ? `|${l4.sport}|${l4.dport}` : '';
  const received = { src: ip.src, dst: ip.dst, tos: ip.tos & 0x1c, mark: skb.mark, dev: skb.dev };
  return routeInput(net, { ...received, l4key: `${ip.protocol}${ports}` });
}

/** Gives a received packet its route; undefined where it is dropped for what it is. */
export function routeReceived(net: Net, skb: Skb): Destination | undefined {
  const route = routeSkbInput(net, skb);
  if (!route.ok) {
    dropUnroutable(net, skb, route);
    return undefined;
  }
  const { destination } = route;
  skb.dst = destination;
  skb.doRedirect = destination.type === 'unicast' && destination.redirect;
  tellRoute(net, skb, 'ip_route_input_slow', skb.dev, skb.ip?.src ?? ANY, destination);
  return destination;
}

function dropUnroutable(net: Net, skb: Skb, route: Extract<InputRoute, { readonly ok: false }>): void {
  const src = formatIpv4(skb.ip?.src ?? (0 as never));
  switch (route.drop) {
    case 'MARTIAN':
      drop(net, skb, 'ip_route_input_slow', 'MARTIAN', () => ({
        values: { src, dst: formatIpv4(skb.ip?.dst ?? (0 as never)), what: route.what, dev: skb.dev },
      }));
      return;
    case 'RP_FILTER':
      drop(net, skb, '__fib_validate_source', 'RP_FILTER', () => ({
        values: { src, dev: skb.dev, other: route.back ?? 'nowhere', mode: route.mode },
      }));
      return;
    case 'UNSUPPORTED':
      drop(net, skb, 'ip_route_input_slow', 'UNSUPPORTED', () => ({ values: { what: route.what } }));
  }
}

/** dst_input(): deliver, forward, or say why not. */
function dstInput(net: Net, skb: Skb): void {
  const { dst } = skb;
  switch (dst?.type) {
    case undefined:
      throw new Error('dst_input without a route');
    case 'error':
      ipError(net, skb);
      return;
    case 'unicast':
      ipForward(net, skb);
      return;
    case 'local':
    case 'broadcast':
    case 'multicast':
      ipLocalDeliver(net, skb);
  }
}

const ERRORS: Readonly<Record<string, { readonly code: number; readonly drop: DropCode }>> = {
  EHOSTUNREACH: { code: ICMP_HOST_UNREACH, drop: 'ROUTE_UNREACHABLE' },
  ENETUNREACH: { code: ICMP_NET_UNREACH, drop: 'NO_ROUTE' },
  EACCES: { code: ICMP_PKT_FILTERED, drop: 'ROUTE_PROHIBIT' },
};

/** ip_error(): no way on. Where this host forwards, the sender is told, but of a blackhole (net/ipv4/route.c). */
function ipError(net: Net, skb: Skb): void {
  const { dst, ip } = skb;
  if (dst?.type !== 'error' || ip === undefined) return;
  const values = {
    dev: skb.dev,
    prefix: dst.route === undefined ? '' : `${formatIpv4(dst.route.dst.address)}/${dst.route.dst.length}`,
  };
  if (net.ns.sysctls.conf(skb.dev, 'forwarding') === 0) {
    drop(net, skb, 'ip_error', 'FORWARDING_OFF', () => ({ values }));
    return;
  }
  const known = ERRORS[dst.errno];
  if (known === undefined) {
    drop(net, skb, 'ip_error', 'ROUTE_BLACKHOLE', () => ({ values }));
    return;
  }
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, known.code, 0);
  drop(net, skb, 'ip_error', known.drop, () => ({ values }));
}

/** ip_forward(): TTL, MTU, redirect, then FORWARD (linux net/ipv4/ip_forward.c). */
function ipForward(net: Net, skb: Skb): void {
  const { ip, dst } = skb;
  if (ip === undefined || dst?.type !== 'unicast') return;
  if (skb.type !== 'host') {
    drop(net, skb, 'ip_forward', 'L2_BROADCAST');
    return;
  }
  if (ip.ttl <= 1) {
    net.walk.functions.icmp_send(net, skb, ICMP_TIME_EXCEEDED, 0, 0);
    drop(net, skb, 'ip_forward', 'TTL');
    return;
  }
  skb.forwarded = true;
  const mtu = destinationMtu(net, skb);
  if (exceedsMtu(skb, mtu)) {
    skb.dev = dst.dev;
    refuseTooLong(net, skb, 'ip_forward', mtu);
    return;
  }
  ip.ttl--;
  tell(net, skb, () => ({ k: 'forward', fn: 'ip_forward', ttl: ip.ttl, mtu, length: ip.length }));
  if (skb.doRedirect) sendRedirect(net, skb);
  nfHook(net, skb, hookState('ip', 'FORWARD', { in: skb.dev, out: dst.dev }, 'ip_forward_finish'));
}

/** ip_exceeds_mtu(): DF, and longer than the way carries. */
function exceedsMtu(skb: Skb, mtu: number): boolean {
  const { ip } = skb;
  if (ip === undefined || ip.length <= mtu || !ip.df) return false;
  if (skb.fragMaxSize > mtu) return true;
  if (skb.ignoreDf) return false;
  return !(skb.gsoSize > 0 && gsoNetworkLength(skb) <= mtu);
}

/** ip_rt_send_redirect(): tells a sender on the same link of the nearer router. The packet is forwarded all the same. */
function sendRedirect(net: Net, skb: Skb): void {
  const { ip, dst } = skb;
  if (ip === undefined || dst?.type !== 'unicast') return;
  net.walk.functions.icmp_send(net, skb, ICMP_REDIRECT, 1, dst.gateway ?? ip.dst);
}

/** ip_local_deliver(): fragments wait for each other, then INPUT. */
function ipLocalDeliver(net: Net, skb: Skb): void {
  if (skb.ip !== undefined && isFragment(skb.ip) && !defrag(net, skb, 'local deliver')) return;
  nfHook(net, skb, hookState('ip', 'INPUT', { in: skb.dev, out: '' }, 'ip_local_deliver_finish'));
}

/** ip_protocol_deliver_rcu(): to the transport protocol. */
export function ipLocalDeliverFinish(net: Net, skb: Skb): void {
  const { ip } = skb;
  if (ip === undefined) return;
  // skb_pull() past the IP header: a route of its own is what an answer looks up.
  switch (ip.protocol) {
    case IPPROTO_ICMP:
      icmpRcv(net, skb);
      return;
    case IPPROTO_TCP:
      tcpRcv(net, skb);
      return;
    case IPPROTO_UDP:
      udpRcv(net, skb);
      return;
    case IPPROTO_SCTP:
      sctpRcv(net, skb);
      return;
    case IPPROTO_IPIP:
      drop(net, skb, 'tunnel4_rcv', 'UNSUPPORTED', () => ({ values: { what: 'IP in IP' } }));
      return;
    default:
      net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
      drop(net, skb, 'ip_protocol_deliver_rcu', 'NO_PROTOCOL', () => ({
        values: { proto: protocolName(ip.protocol) },
      }));
  }
}
