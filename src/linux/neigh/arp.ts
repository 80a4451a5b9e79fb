import { ANY, type Ipv4 } from '../../address/index.js';
import { onLink } from '../fib/address.js';
import { type FibContext, outputFlow, type UnicastDestination } from '../fib/lookup.js';
import { RT_SCOPE_HOST, RT_SCOPE_LINK } from '../fib/route.js';
import { routeOutput } from '../fib/route-output.js';
import type { Link } from '../link/link.js';
import type { Netns } from '../netns.js';

/** Who asks, and for which address. */
export interface ArpQuestion {
  readonly spa: Ipv4;
  readonly tpa: Ipv4;
}

/** arp_ignore(): whether the link keeps one of this host's addresses to itself (linux net/ipv4/arp.c). */
export function arpIgnores(ns: Netns, link: Link, { spa, tpa }: ArpQuestion): boolean {
  const confirmed = (scope: number, source: Ipv4, anyDevice: boolean): boolean =>
    ns.ipv4.addresses.some(
      (a) =>
        (anyDevice || a.dev === link.name) &&
        a.local === tpa &&
        a.scope <= scope &&
        (source === ANY || onLink(ns, a.dev, source, a.local)),
    );
  switch (ns.sysctls.confMax(link.name, 'arp_ignore')) {
    case 0:
      return false;
    case 1:
      return !confirmed(RT_SCOPE_HOST, ANY, false);
    case 2:
      return !confirmed(RT_SCOPE_HOST, spa, false);
    case 3:
      return !confirmed(RT_SCOPE_LINK, ANY, true);
    case 8:
      return true;
    default:
      return false;
  }
}

/** arp_filter(): whether the link leaves the answer to the device by which the one who asks would be answered. */
export function arpFilters(context: FibContext, link: Link, { spa, tpa }: ArpQuestion): boolean {
  if (!context.ns.sysctls.confOr(link.name, 'arp_filter')) return false;
  const back = routeOutput(context, outputFlow(spa, { src: tpa }), '', 'own');
  return !back.ok || back.destination.type === 'error' || back.destination.dev !== link.name;
}

/** arp_fwd_proxy() and pneigh_lookup(): whether the link answers for an address that is reached by another device. */
export function arpProxies(ns: Netns, link: Link, tpa: Ipv4, destination: UnicastDestination): boolean {
  if (destination.dev === link.name) return ns.sysctls.conf(link.name, 'proxy_arp_pvlan') !== 0;
  if (ns.sysctls.confOr(link.name, 'proxy_arp')) return true;
  return ns.ipv4.proxies.some((p) => p.ip === tpa && p.dev === link.name);
}

/** arp_accept(): whether somebody who was not asked for is learned; 2 means those of the link's own subnets. */
export function arpAccepts(ns: Netns, link: Link, spa: Ipv4): boolean {
  const mode = ns.sysctls.confMax(link.name, 'arp_accept');
  return mode === 1 || (mode === 2 && onLink(ns, link.name, spa, ANY));
}
