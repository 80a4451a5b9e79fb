import { ANY, formatIpv4, formatMac } from '../address/index.js';
import { type Destination, type InputRoute, routeInput, type Skb, tunnelOfProtocol } from '../linux/index.js';
import {
  ICMP_DEST_UNREACH,
  ICMP_HOST_UNREACH,
  ICMP_NET_UNREACH,
  ICMP_PKT_FILTERED,
  ICMP_PROT_UNREACH,
  IPPROTO_ICMP,
  IPPROTO_IPIP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  protocolName,
} from '../packet/index.js';
import { defrag, isFragment } from './fragment.js';
import { icmpRcv } from './icmp.js';
import { ipForward } from './ip-forward.js';
import { drop, type Net } from './net.js';
import { hookState, nfHook } from './netfilter.js';
import type { DropCode } from './reason.js';
import { tellRoute } from './route-event.js';
import { sctpRcv } from './sctp.js';
import { tcpRcv } from './tcp.js';
import { tunnel4Rcv } from './tunnel4.js';
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
  const { ip } = skb;
  if (ip === undefined) return;
  const src = formatIpv4(ip.src);
  switch (route.drop) {
    case 'MARTIAN':
      drop(net, skb, 'ip_route_input_slow', 'MARTIAN', () => ({
        values: { src, dst: formatIpv4(ip.dst), what: route.what, dev: skb.dev },
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

/** ip_local_deliver(): fragments wait for each other, then INPUT. */
function ipLocalDeliver(net: Net, skb: Skb): void {
  if (skb.ip !== undefined && isFragment(skb.ip) && !defrag(net, skb, 'local deliver')) return;
  nfHook(net, skb, hookState('ip', 'INPUT', { in: skb.dev, out: '' }, 'ip_local_deliver_finish'));
}

/** ip_protocol_deliver_rcu(): to the transport protocol. */
export function ipLocalDeliverFinish(net: Net, skb: Skb): void {
  const { ip } = skb;
  if (ip === undefined) return;
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
      tunnel4Rcv(net, skb);
      return;
    default:
      unknownProtocol(net, skb, ip.protocol);
  }
}

/** What no transport protocol takes: a tunnel's, or nobody's. */
function unknownProtocol(net: Net, skb: Skb, protocol: number): void {
  const tunnel = tunnelOfProtocol(net.ns, protocol);
  if (tunnel !== undefined) {
    const what = `link kind ${tunnel.type}`;
    drop(net, skb, 'ip_protocol_deliver_rcu', 'UNSUPPORTED', () => ({ values: { what } }));
    return;
  }
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
  drop(net, skb, 'ip_protocol_deliver_rcu', 'NO_PROTOCOL', () => ({ values: { proto: protocolName(protocol) } }));
}
