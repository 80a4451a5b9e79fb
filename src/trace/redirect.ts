import { BROADCAST, type Ipv4, isMulticast, isZeronet } from '../address/index.js';
import { findNeighbour, inetAddrType, type Netns, onLink, outputFlow, routeOutput } from '../linux/index.js';
import type { Icmp, IpHeader } from '../packet/index.js';
import { neighEventSend } from './neighbour.js';
import type { Net } from './net.js';

/** How long a redirect is believed (ip_rt_gc_timeout), ms. */
const REDIRECT_EXPIRES = 300_000;

/**
 * __ip_do_redirect() (linux net/ipv4/route.c): only from the router in use, to another neighbour, whose MAC address must
 * be known by then; if not it is asked for, and the redirect has no effect.
 *
 * @param from who sent it, and the packet that it quotes: one of a socket here.
 */
export function doRedirect(net: Net, from: Ipv4, { code, gateway: number }: Icmp, { src, dst, tos }: IpHeader): void {
  // Codes are taken modulo 8, of which four have a meaning.
  if ((code & 7) > 3) return;
  const gateway = number as Ipv4;
  const route = routeOutput(net, outputFlow(dst, { src, tos: tos & 0x1c }), '', 'any');
  if (!route.ok || route.destination.type !== 'unicast') return;
  const { gateway: old, dev } = route.destination;
  const link = net.ns.links.get(dev);
  if (link === undefined || old !== from || !mayReplace(net.ns, dev, gateway, old)) return;
  if (findNeighbour(net, dev, gateway) === undefined) {
    neighEventSend(net, gateway, link);
    return;
  }
  const known = net.runtime.exceptions.get(dst);
  const expires = net.now + REDIRECT_EXPIRES;
  net.journal.put(net.runtime.exceptions, dst, { mtu: known?.mtu, mtuLock: known?.mtuLock ?? false, gateway, expires });
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
