import { ANY, isLoopback } from '../address/index.js';
import {
  type Destination,
  destinationMtu,
  type IpvsConnection,
  outputFlow,
  routeOutput,
  type Skb,
} from '../linux/index.js';
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_HOST_UNREACH, ICMP_TIME_EXCEEDED } from '../packet/index.js';
import { dropUnrouted } from './ip-send.js';
import { tellIpvs } from './ip-vs-event.js';
import { trackTranslated } from './ip-vs-nfct.js';
import { drop, type HookState, type HookVerdict, type Net } from './net.js';
import { hookState, nfHook } from './netfilter.js';
import { tellRoute } from './route-event.js';

/** Sends a packet to its connection's server (cp->packet_xmit). */
export function ipVsXmit(net: Net, skb: Skb, cp: IpvsConnection, told: string): HookVerdict {
  // Whatever becomes of it, the call that sent it succeeds (NF_STOLEN).
  skb.call = undefined;
  return cp.forwarding === 'masq' ? natXmit(net, skb, cp, told) : directXmit(net, skb, cp, told);
}

/** ip_vs_nat_xmit(): the packet gets the server's address and port (linux net/netfilter/ipvs/ip_vs_xmit.c). */
function natXmit(net: Net, skb: Skb, cp: IpvsConnection, told: string): HookVerdict {
  const { ip, l4, dst } = skb;
  if (ip === undefined || l4 === undefined || l4.l4 === 'icmp') return 'accept';
  const route = getOutRoute(net, skb, cp, 'local or not');
  if (route === undefined) return 'stolen';
  if (route.type === 'local' && isLoopback(cp.daddr) && dst?.direction === 'input') {
    drop(net, skb, 'ip_vs_nat_xmit', 'LOCALNET');
    return 'stolen';
  }
  l4.dport = cp.dport;
  ip.dst = cp.daddr;
  skb.ignoreDf = true;
  return natSendOrCont(net, skb, cp, route, told);
}

/** ip_vs_icmp_xmit(): an error that concerns the server, about an answer of it. */
export function ipVsIcmpXmit(net: Net, skb: Skb, cp: IpvsConnection, { hook }: HookState): HookVerdict {
  const { ip, dst, inner } = skb;
  if (ip === undefined) return 'accept';
  skb.call = undefined;
  if (cp.forwarding !== 'masq') return directXmit(net, skb, cp, 'an error about it');
  const route = getOutRoute(net, skb, cp, hook === 'FORWARD' ? 'not local' : 'local or not');
  if (route === undefined) return 'stolen';
  if (route.type === 'local' && isLoopback(cp.daddr) && dst?.direction === 'input') {
    drop(net, skb, 'ip_vs_icmp_xmit', 'LOCALNET');
    return 'stolen';
  }
  // ip_vs_nat_icmp(): the quoted packet is one that the server sent.
  ip.dst = cp.daddr;
  if (inner?.ip !== undefined) inner.ip.src = cp.daddr;
  if (inner?.l4 !== undefined && inner.l4.l4 !== 'icmp') inner.l4.sport = cp.dport;
  skb.ignoreDf = true;
  return natSendOrCont(net, skb, cp, route, 'an error about it');
}

/** ip_vs_nat_send_or_cont(): a server here gets it as it goes on; for another the packet passes OUTPUT, once more. */
function natSendOrCont(net: Net, skb: Skb, cp: IpvsConnection, route: Destination, told: string): HookVerdict {
  skb.ipvsProperty = true;
  trackTranslated(net, skb, cp, 'in');
  tellIpvs(net, skb, cp, route.type === 'local' ? 'ip_vs_in_hook' : 'ip_vs_nat_xmit', told);
  return route.type === 'local' ? 'accept' : send(net, skb, route);
}

/** ip_vs_dr_xmit(), and the others where the server is here: the packet stays as it is. */
function directXmit(net: Net, skb: Skb, cp: IpvsConnection, told: string): HookVerdict {
  const route = getOutRoute(net, skb, cp, 'local or not, but not from elsewhere to here');
  if (route === undefined) return 'stolen';
  if (route.type !== 'local' && cp.forwarding === 'tunnel') {
    drop(net, skb, 'ip_vs_tunnel_xmit', 'UNSUPPORTED', () => ({ values: { what: 'IPVS: a tunnel to a server (-i)' } }));
    return 'stolen';
  }
  skb.ipvsProperty = true;
  if (route.type === 'local' || !cp.nfct) {
    if (!cp.nfct) trackTranslated(net, skb, cp, 'in');
  }
  skb.ignoreDf ||= route.type !== 'local';
  tellIpvs(net, skb, cp, route.type === 'local' ? 'ip_vs_in_hook' : 'ip_vs_dr_xmit', told);
  return route.type === 'local' ? 'accept' : send(net, skb, route);
}

function send(net: Net, skb: Skb, route: Destination): HookVerdict {
  if (route.type === 'error') throw new Error('a packet of IPVS has no route');
  if (skb.dev !== '') {
    skb.stamp = undefined;
    skb.sk = undefined;
  }
  skb.dst = route;
  nfHook(net, skb, hookState('ip', 'OUTPUT', { in: '', out: route.dev }, 'dst_output'));
  return 'stolen';
}

type Mode = 'local or not' | 'not local' | 'local or not, but not from elsewhere to here';

/**
 * __ip_vs_get_out_rt(): the way to the server, looked up by its address alone. What does not stay here has one hop less
 * to live, and must fit.
 *
 * @returns undefined, with the packet dropped, when it can't go there.
 */
function getOutRoute(net: Net, skb: Skb, cp: IpvsConnection, mode: Mode): Destination | undefined {
  const { ip, dst } = skb;
  if (ip === undefined) return undefined;
  const fn = '__ip_vs_get_out_rt';
  const route = routeOutput(net, outputFlow(cp.daddr), '', 'own');
  if (!route.ok) {
    net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
    dropUnrouted(net, skb, fn, route, cp.daddr);
    return undefined;
  }
  const { destination } = route;
  tellRoute(net, skb, fn, 'lo', ANY, destination, cp.daddr);
  const local = destination.type === 'local';
  if (crosses(mode, local, dst?.type === 'local') || (!local && isLoopback(ip.src))) {
    drop(net, skb, fn, 'LOCALNET');
    return undefined;
  }
  if (local) return destination;
  if (ip.ttl <= 1) {
    net.walk.functions.icmp_send(net, skb, ICMP_TIME_EXCEEDED, 0, 0);
    drop(net, skb, fn, 'TTL', () => ({ values: { node: net.ns.host } }));
    return undefined;
  }
  ip.ttl--;
  const mtu = destinationMtu(net, destination, cp.daddr);
  if (ip.df && ip.length > mtu && skb.gsoSize === 0 && skb.l4?.l4 !== 'icmp') {
    net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    const dev = destination.type === 'error' ? '' : destination.dev;
    drop(net, skb, fn, 'MTU_DF', () => ({ values: { len: ip.length, dev, mtu } }));
    return undefined;
  }
  // FLOWI_FLAG_KNOWN_NH: the server itself is the next hop, whatever the packet says.
  if (destination.type === 'unicast' && cp.forwarding === 'route')
    return { ...destination, gateway: destination.gateway ?? cp.daddr };
  return destination;
}

/** crosses_local_route_boundary() */
function crosses(mode: Mode, local: boolean, wasLocal: boolean): boolean {
  if (!local) return false;
  return mode === 'not local' || (mode === 'local or not, but not from elsewhere to here' && !wasLocal);
}
