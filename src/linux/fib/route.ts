import { type Ipv4, type Ipv4Prefix, parsePrefix } from '../../address/index.js';
import type { Origin } from '../origin.js';
import type { JsonObject } from '../write-json.js';

/** Routing tables with a name (linux/rtnetlink.h). */
export const RT_TABLE_DEFAULT = 253;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_LOCAL = 255;

/** Route and address scopes (linux/rtnetlink.h): the larger, the nearer. */
export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_SITE = 200;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_HOST = 254;
export const RT_SCOPE_NOWHERE = 255;

/** Where a unicast route sends a packet: out of `dev`, to the neighbour `via` or straight to the destination. */
export interface Nexthop {
  readonly dev: string;
  readonly via: Ipv4 | undefined;
  /**
   * `via` was an address of this host when the route was made: packets go to their destination itself
   * (fib_check_nh_v4_gw() gives it RT_SCOPE_HOST, rt_set_nexthop() asks for RT_SCOPE_LINK).
   */
  readonly ownGateway?: boolean;
  /** `onlink`: `via` counts as reachable on `dev` though no route covers it (Flannel VXLAN sets it). */
  readonly onlink: boolean;
  /** 1 … 256, relative to the other next hops. */
  readonly weight: number;
}

/** What `ip route` can be asked to print as a route's type. */
export type RouteType = 'unicast' | 'local' | 'broadcast' | 'multicast' | RejectType;

/** The route types that end a packet's way. */
export type RejectType = 'blackhole' | 'unreachable' | 'prohibit' | 'throw';

/**
 * One FIB entry, with the type names of rtnetlink(7) in lower case.
 *
 * `metric` is the kernel's `priority`: lower wins between equal prefixes.
 */
export type Route = {
  readonly dst: Ipv4Prefix;
  /** TOS that a packet must have; 0 means any. */
  readonly tos: number;
  /** uint32. */
  readonly metric: number;
  /** `kernel`, `boot`, `static`, `bird` … (iproute2 rt_protos). */
  readonly protocol: string;
  readonly scope: number;
  /** Bytes; undefined means the device's. */
  readonly mtu: number | undefined;
  /** `mtu lock`: no path-MTU discovery below it. */
  readonly mtuLock: boolean;
  /** What else there is of it, and changes no packet's way (`metrics`, `flow`, `nhid`), as `ip -j route` names it. */
  readonly kept?: JsonObject;
  readonly origin: Origin;
} & (
  | {
      readonly type: 'unicast';
      readonly nexthops: readonly [Nexthop, ...Nexthop[]];
      readonly prefsrc: Ipv4 | undefined;
    }
  | { readonly type: 'local'; readonly dev: string; readonly prefsrc: Ipv4 | undefined }
  | { readonly type: 'broadcast'; readonly dev: string; readonly prefsrc: Ipv4 | undefined }
  | { readonly type: 'blackhole' }
  | { readonly type: 'unreachable' }
  | { readonly type: 'prohibit' }
  | { readonly type: 'throw' }
  /** Kept and printed, no packet follows it: multicast, an encapsulation, a gateway of IPv6. */
  | { readonly type: 'unmodelled'; readonly fields: JsonObject }
);

/** A route that packets can follow. */
export type ModelledRoute = Exclude<Route, { readonly type: 'unmodelled' }>;

/** A route without its origin. A scope of undefined follows from the type: see {@link defaultScope}. */
export type NewRoute = DistributiveOmit<ModelledRoute, 'origin' | 'scope'> & { readonly scope: number | undefined };

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What `ip route add DST` makes of one next hop when nothing else is said. */
export function newRoute(dst: Ipv4Prefix, nexthop: Partial<Nexthop>): NewRoute {
  return {
    type: 'unicast',
    dst,
    tos: 0,
    metric: 0,
    protocol: 'boot',
    scope: undefined,
    mtu: undefined,
    mtuLock: false,
    nexthops: [{ dev: '', via: undefined, onlink: false, weight: 1, ...nexthop }],
    prefsrc: undefined,
  };
}

/** A route of one of the types that lead somewhere. */
export type ForwardingRoute = Exclude<Route, { readonly type: RejectType | 'unmodelled' }>;
/** A route out of a device. */
export type UnicastRoute = Extract<Route, { readonly type: 'unicast' }>;

/** `a.b.c.d/len`, or `default`. */
export function parseDestination(text: string): Ipv4Prefix | undefined {
  return parsePrefix(text === 'default' ? '0.0.0.0/0' : text);
}

/** The scope that `ip route add` gives a route when none is said (iproute_modify(), iproute2 ip/iproute.c). */
export function defaultScope(route: NewRoute): number {
  if (route.type === 'local') return RT_SCOPE_HOST;
  if (route.type === 'broadcast') return RT_SCOPE_LINK;
  if (route.type !== 'unicast') return RT_SCOPE_UNIVERSE;
  const [first, ...others] = route.nexthops;
  return others.length === 0 && first.via === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}
