import { ALL_HOSTS, ANY, type Ipv4, MAC_ZERO } from '../address/index.js';
import { type Destination, destinationMtu, inetAddrType, type SendCall, type Skb } from '../linux/index.js';
import { ETH_P_IP, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from '../packet/index.js';
import { devQueueXmit } from './dev.js';
import { fragment } from './fragment.js';
import { gsoNetworkLength, segment } from './gso.js';
import { dropUnrouted, routeOwn } from './ip-send.js';
import { neighOutput } from './neighbour.js';
import { drop, type Net } from './net.js';
import { hookState, nfHook } from './netfilter.js';
import { tellRoute } from './route-event.js';
import { cloneSkb } from './skb.js';

/** ip_local_out(): a packet of this host's own meets OUTPUT, then goes its way (linux net/ipv4/ip_output.c). */
export function ipLocalOut(net: Net, skb: Skb): void {
  const { dst } = skb;
  if (dst === undefined || dst.type === 'error') throw new Error('ip_local_out without a route');
  nfHook(net, skb, hookState('ip', 'OUTPUT', { in: '', out: dst.dev }, 'dst_output'));
}

/**
 * dst_output(), ip_output(): POSTROUTING, with the device that the route names, and the one that the packet came by: what
 * is forwarded has one, and what a tunnel sends has the tunnel's (since Linux 5.7).
 */
export function dstOutput(net: Net, skb: Skb): void {
  const { dst } = skb;
  if (dst === undefined || dst.type === 'error') {
    drop(net, skb, 'dst_output', 'NO_ROUTE');
    return;
  }
  // ip_mc_output(): to a group, as if from nowhere.
  const input = dst.type === 'broadcast' || dst.type === 'multicast' ? '' : skb.dev;
  skb.dev = dst.dev;
  const devices = { in: input, out: dst.dev };
  if (comesBack(dst, skb)) {
    const copy = cloneSkb(net, skb);
    copy.call = undefined;
    nfHook(net, copy, hookState('ip', 'POSTROUTING', devices, 'ip_mc_finish_output'));
  }
  nfHook(net, skb, hookState('ip', 'POSTROUTING', devices, 'ip_finish_output'));
}

/** ip_mc_output(): this host hears its own broadcasts, and groups that it has joined, of which all hosts is modelled. */
function comesBack(dst: Destination, { ip }: Skb): boolean {
  if (dst.type === 'error' || dst.dev === 'lo') return false;
  return dst.type === 'broadcast' || (dst.type === 'multicast' && ip?.dst === ALL_HOSTS);
}

/** ip_mc_finish_output(), dev_loopback_xmit(): the copy is received on the device that the packet leaves by. */
export function ipMcFinishOutput(net: Net, skb: Skb): void {
  skb.type = 'loopback';
  net.walk.enqueue(net, skb);
}

/** ip_finish_output(): the packet is cut to what the way carries. */
export function ipFinishOutput(net: Net, skb: Skb): void {
  const { ip, dst } = skb;
  if (ip === undefined || dst === undefined || dst.type === 'error') return;
  const mtu = mtuForSkb(net, skb);
  if (skb.gsoSize > 0) {
    if (gsoNetworkLength(skb) <= mtu) {
      finishOutput2(net, skb);
      return;
    }
    // ip_finish_output_gso(): segments that are still too long are fragmented one by one.
    for (const piece of segment(net, skb)) fragmentAndSend(net, piece, mtu);
    return;
  }
  fragmentAndSend(net, skb, mtu);
}

/**
 * ip_fragment(): with DF the sender is told instead, unless its socket lets the packet be cut all the same and no
 * fragment that it was reassembled from was larger. Without DF it is cut whatever its fragments were.
 */
function fragmentAndSend(net: Net, skb: Skb, mtu: number): void {
  const { ip } = skb;
  if (ip === undefined) return;
  if (ip.length <= mtu && skb.fragMaxSize === 0) {
    finishOutput2(net, skb);
    return;
  }
  if (ip.df && (!skb.ignoreDf || skb.fragMaxSize > mtu)) {
    refuseTooLong(net, skb, 'ip_fragment', mtu);
    return;
  }
  const size = skb.fragMaxSize > 0 ? Math.min(mtu, skb.fragMaxSize) : pieceSize(skb, mtu);
  // ip_do_fragment() goes on until a device does not take one of them.
  const call: SendCall = skb.call ?? { errno: undefined };
  for (const piece of fragment(net, skb, size)) {
    if (call.errno === undefined) {
      piece.call = call;
      finishOutput2(net, piece);
    } else drop(net, piece, 'ip_do_fragment', 'MTU_ASYMMETRIC', () => ({ values: { dev: skb.dev, mtu, len: size } }));
  }
}

/** ip_do_fragment(): pieces that are there already stay as they are, if they fit. */
function pieceSize({ builtFor }: Skb, mtu: number): number {
  return builtFor > 0 && builtFor <= mtu ? builtFor : mtu;
}

/** Answers "fragmentation needed", and drops: a call that sends learns of it at once (ip_fragment()). */
export function refuseTooLong(net: Net, skb: Skb, fn: string, mtu: number): void {
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
  if (skb.call !== undefined) skb.call.errno ??= 'EMSGSIZE';
  const dev = skb.dst === undefined || skb.dst.type === 'error' ? skb.dev : skb.dst.dev;
  drop(net, skb, fn, 'MTU_DF', () => ({ values: { len: skb.ip?.length ?? 0, dev, mtu } }));
}

/** ip_finish_output2(): to the next hop's hardware address. */
function finishOutput2(net: Net, skb: Skb): void {
  const { ip, dst } = skb;
  if (ip === undefined || dst === undefined || dst.type === 'error') return;
  const nexthop = dst.type === 'unicast' ? (redirectedGateway(net, ip.dst) ?? dst.gateway ?? ip.dst) : ip.dst;
  if (dst.type === 'local') {
    skb.eth = { src: MAC_ZERO, dst: MAC_ZERO, type: ETH_P_IP };
    devQueueXmit(net, skb);
    return;
  }
  neighOutput(net, skb, nexthop);
}

/** The gateway that an ICMP redirect named for this destination, while it is believed. */
function redirectedGateway(net: Net, dst: Ipv4): Ipv4 | undefined {
  const exception = net.runtime.exceptions.get(dst);
  return exception !== undefined && exception.expires > net.now ? exception.gateway : undefined;
}

/**
 * ip_dst_mtu_maybe_forward(): a forwarded packet heeds the route's and the device's MTU, but not one that was learned
 * unless ip_forward_use_pmtu is set; a packet of this host's own heeds both.
 */
export function mtuForSkb(net: Net, skb: Skb): number {
  const { dst } = skb;
  if (dst === undefined || dst.type === 'error') return 65535;
  const heedsLearned = !skb.forwarded || net.ns.sysctls.number('net/ipv4/ip_forward_use_pmtu') !== 0;
  if (dst.type !== 'unicast' || heedsLearned) return destinationMtu(net, dst, skb.ip?.dst ?? ANY);
  return dst.route?.mtu ?? net.ns.links.get(dst.dev)?.mtu ?? 65535;
}

/**
 * ip_route_me_harder(): after OUTPUT changed destination or mark, the route is looked up again
 * (linux net/ipv4/netfilter.c). The device that the socket is bound to stays.
 *
 * @returns false, with the packet dropped, when there is none.
 */
export function ipRouteMeHarder(net: Net, skb: Skb, fn: string): boolean {
  const { ip, l4 } = skb;
  if (ip === undefined || l4 === undefined) return true;
  const type = inetAddrType(net.ns, ip.src);
  const src = type === 'local' || type === 'unicast' ? ip.src : ANY;
  const route = routeOwn(net, { dst: ip.dst, src, anySource: 'any', mark: skb.mark, tos: ip.tos, l4, socket: skb.sk });
  if (!route.ok) {
    if (skb.call !== undefined && 'errno' in route) skb.call.errno ??= route.errno;
    dropUnrouted(net, skb, fn, route);
    return false;
  }
  skb.dst = route.destination;
  tellRoute(net, skb, 'ip_route_me_harder', 'lo', src, route.destination);
  return true;
}
