import type { NewRoute, Nexthop, Route } from './route.js';

/**
 * Whether two routes of one table differ in nothing but their destination, TOS and origin: for the kernel they then
 * share one struct fib_info (fib_find_info(), linux net/ipv4/fib_semantics.c).
 */
export function sameRouteInfo(a: Omit<Route, 'origin'>, b: Omit<Route, 'origin'>): boolean {
  const one = a as NewRoute;
  const other = b as NewRoute;
  return (
    one.type === other.type &&
    one.metric === other.metric &&
    one.protocol === other.protocol &&
    one.scope === other.scope &&
    one.mtu === other.mtu &&
    one.mtuLock === other.mtuLock &&
    JSON.stringify(one.kept) === JSON.stringify(other.kept) &&
    sameWay(one, other)
  );
}

function sameWay(a: NewRoute, b: NewRoute): boolean {
  if (a.type === 'unicast' && b.type === 'unicast') {
    if (a.prefsrc !== b.prefsrc || a.nexthops.length !== b.nexthops.length) return false;
    return a.nexthops.every((nexthop, i) => sameNexthop(nexthop, b.nexthops[i]));
  }
  if ((a.type === 'local' || a.type === 'broadcast') && (b.type === 'local' || b.type === 'broadcast'))
    return a.dev === b.dev && a.prefsrc === b.prefsrc;
  return true;
}

function sameNexthop(a: Nexthop, b: Nexthop | undefined): boolean {
  return a.dev === b?.dev && a.via === b.via && a.onlink === b.onlink && a.weight === b.weight;
}
