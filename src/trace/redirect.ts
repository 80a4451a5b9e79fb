import { BROADCAST, type Ipv4, isMulticast, isZeronet } from '../address/index.js';
import { findNeighbour, inetAddrType, type Netns, onLink, outputFlow, routeOutput, type Skb } from '../linux/index.js';
import type { Icmp, IpHeader } from '../packet/index.js';
import { neighEventSend } from './neighbour.js';
import type { Net } from './net.js';

/** How long a redirect is believed (ip_rt_gc_timeout), ms. */
const REDIRECT_EXPIRES = 300_000;

/**
 * __ip_do_redirect() (linux net/ipv4/route.c): only from the router in use, to another neighbour, whose MAC address must
 * be known by then; if not it is asked for, and the redirect has no effect. Whether it is heeded is a matter of the device
 * that brings it, who the neighbour is of the one that the route leaves by.
 *
 * @param quoted the packet that it is about: one of a socket here.
 */
export function doRedirect(net: Net, { ip, dev }: Skb, { code, gateway }: Icmp, quoted: IpHeader): void {
  // Codes are taken modulo 8, of which four have a meaning.
  if (ip === undefined || (code & 7) > 3) return;
  const { src, dst, tos } = quoted;
  const route = routeOutput(net, outputFlow(dst, { src, tos: tos & 0x1c }), '', 'any');
  if (!route.ok || route.destination.type !== 'unicast' || route.destination.gateway !== ip.src) return;
  const router = gateway as Ipv4;
  const link = net.ns.links.get(route.destination.dev);
  if (link === undefined || !mayReplace(net.ns, dev, router, ip.src)) return;
  if (findNeighbour(net, link.name, router) === undefined) {
    neighEventSend(net, router, link);
    return;
  }
  const known = net.runtime.exceptions.get(dst);
  const exception = { mtu: known?.mtu, mtuLock: known?.mtuLock ?? false, gateway: router };
  net.journal.put(net.runtime.exceptions, dst, { ...exception, expires: net.now + REDIRECT_EXPIRES });
}

function mayReplace(ns: Netns, dev: string, gateway: Ipv4, old: Ipv4): boolean {
  const { sysctls } = ns;
  // IN_DEV_RX_REDIRECTS(): a router heeds them only where all and the device say so.
  const accepts =
    sysctls.conf(dev, 'forwarding') !== 0
      ? sysctls.confAnd(dev, 'accept_redirects')
      : sysctls.confOr(dev, 'accept_redirects');
  if (gateway === old || !accepts) return false;
  if (isMulticast(gateway) || gateway === BROADCAST || isZeronet(gateway)) return false;
  if (sysctls.confOr(dev, 'shared_media')) return inetAddrType(ns, gateway) === 'unicast';
  return onLink(ns, dev, gateway, old) && (!sysctls.confOr(dev, 'secure_redirects') || isGateway(ns, dev, gateway));
}

/** ip_fib_check_default(): some route goes that way. */
function isGateway(ns: Netns, dev: string, gateway: Ipv4): boolean {
  for (const table of ns.ipv4.tables.values())
    for (const route of table)
      if (route.type === 'unicast' && route.nexthops.some((hop) => hop.dev === dev && hop.via === gateway)) return true;
  return false;
}
