import { contains, type Ipv4, prefixOf } from '../../address/index.js';
import type { InetAddress } from '../link/link.js';
import type { Netns } from '../netns.js';
import { lookupLocal } from './lookup.js';
import { type RouteType, RT_SCOPE_HOST, RT_SCOPE_LINK } from './route.js';

/**
 * The source address for what leaves by `dev` towards `dst` (0: whatever), of at most `scope`; 0 when there is none.
 *
 * The device's primary addresses first, one in the subnet of `dst` before others; then any device's, in order of
 * ifindex (inet_select_addr(), linux net/ipv4/devinet.c).
 */
export function inetSelectAddr(ns: Netns, dev: string, dst: Ipv4, scope: number): Ipv4 {
  const localnetScope = ns.sysctls.confOr(dev, 'route_localnet') ? RT_SCOPE_LINK : RT_SCOPE_HOST;
  let first: Ipv4 | undefined;
  for (const address of ns.ipv4.addresses) {
    if (address.dev !== dev || address.secondary || Math.min(address.scope, localnetScope) > scope) continue;
    if (dst === 0 || onSubnet(address, dst)) return address.local;
    first ??= address.local;
  }
  return first ?? anyDeviceAddress(ns, scope);
}

function anyDeviceAddress(ns: Netns, scope: number): Ipv4 {
  for (const link of ns.links.values())
    for (const address of ns.ipv4.addresses)
      if (address.dev === link.name && !address.secondary && address.scope !== RT_SCOPE_LINK && address.scope <= scope)
        return address.local;
  return 0 as Ipv4;
}

/** Whether `ip` is in the subnet of `address` (inet_ifa_match()). */
export function onSubnet(address: InetAddress, ip: Ipv4): boolean {
  return contains(prefixOf(address.peer, address.prefixLength), ip);
}

/** The address of `ns` that is exactly `ip` (inet_lookup_ifaddr_rcu()). */
export function ownAddress(ns: Netns, ip: Ipv4): InetAddress | undefined {
  return ns.ipv4.addresses.find((a) => a.local === ip);
}

/** Whether both addresses are on one subnet of `dev` (inet_addr_onlink()); `b` 0 asks for `a` alone. */
export function onLink(ns: Netns, dev: string, a: Ipv4, b: Ipv4): boolean {
  return ns.ipv4.addresses.some(
    (address) => address.dev === dev && onSubnet(address, a) && (b === 0 || onSubnet(address, b)),
  );
}

/**
 * What kind of address `ip` is to this namespace, by table local: `local`, `broadcast`, `multicast`, or `unicast` for
 * everything else (inet_addr_type_dev_table(), net/ipv4/fib_frontend.c, whose device only names a VRF's table).
 *
 * @param dev only a route by this device counts, as `-m addrtype` asks (inet_dev_addr_type()).
 */
export function inetAddrType(ns: Netns, ip: Ipv4, dev?: string): RouteType {
  if (ip >>> 28 === 14) return 'multicast';
  if (ip >>> 24 === 0 || ip === 0xffffffff) return 'broadcast';
  const route = lookupLocal(ns, ip);
  if (route?.type !== 'local' && route?.type !== 'broadcast') return 'unicast';
  return dev === undefined || route.dev === dev ? route.type : 'unicast';
}
