import { contains, type Ipv4 } from '../../address/index.js';
import type { Chooser, Option } from '../chooser.js';
import type { Link } from '../link/link.js';
import type { Netns } from '../netns.js';
import type { NetnsState } from '../runtime.js';
import {
  type ForwardingRoute,
  type Nexthop,
  type Route,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  type UnicastRoute,
} from './route.js';
import { formatRouteFields } from './route-fields.js';
import { hasCustomRules, type RoutingRule } from './rule.js';

/** What routing decides by (struct flowi4). */
export interface Flow {
  readonly dst: Ipv4;
  /** 0 while no source is chosen. */
  readonly src: Ipv4;
  /** The device that it came in by; `lo` for what this host sends. */
  readonly iif: string;
  /** The device that it must leave by; empty for any. */
  readonly oif: string;
  readonly mark: number;
  readonly tos: number;
  /** The route must have at least this scope; RT_SCOPE_UNIVERSE for any. */
  readonly scope: number;
}

/** What a lookup reads besides the flow. */
export interface FibContext extends NetnsState {
  readonly choose: Chooser;
}

/** Errors of a route lookup, as the calls that fail with them report them. */
export type RouteErrno = 'ENETUNREACH' | 'EHOSTUNREACH' | 'EACCES' | 'EINVAL' | 'ENODEV';

/** What the rules and tables say of a flow. */
export type FibResult =
  | {
      readonly found: 'route';
      readonly rule: RoutingRule;
      readonly table: number;
      readonly route: ForwardingRoute;
    }
  | {
      readonly found: 'error';
      readonly errno: RouteErrno;
      /** What said so; neither of them when no rule led to a route. */
      readonly rule: RoutingRule | undefined;
      readonly route: Route | undefined;
    }
  /** A rule has a selector or action that is not modelled, or a route is not. */
  | { readonly found: 'unsupported'; readonly text: string };

/** Where a packet goes (struct rtable). */
export type Destination = {
  /** Sent by this host, or received. */
  readonly direction: 'input' | 'output';
  readonly rule: RoutingRule | undefined;
  readonly table: number | undefined;
  readonly route: Route | undefined;
} & (
  | {
      readonly type: 'unicast';
      readonly dev: string;
      /** The neighbour to send to; the destination itself when it is on-link. */
      readonly gateway: Ipv4 | undefined;
      readonly source: Ipv4;
      /** The sender is on the same link and could have gone to `gateway` directly. */
      readonly redirect: boolean;
    }
  | { readonly type: 'local' | 'broadcast' | 'multicast'; readonly dev: string; readonly source: Ipv4 }
  | { readonly type: 'error'; readonly errno: RouteErrno }
);

/** A unicast destination. */
export type UnicastDestination = Extract<Destination, { readonly type: 'unicast' }>;

const ERRNO = { blackhole: 'EINVAL', unreachable: 'EHOSTUNREACH', prohibit: 'EACCES' } as const;
const RULE_ERRNO = { blackhole: 'EINVAL', unreachable: 'ENETUNREACH', prohibit: 'EACCES' } as const;

/**
 * The route for a flow: the rules in order, in each table the longest usable prefix (fib_rules_lookup(), linux
 * net/core/fib_rules.c; fib_table_lookup(), net/ipv4/fib_trie.c).
 */
export function fibLookup(ns: Netns, flow: Flow): FibResult {
  const { rules } = ns.ipv4;
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (rule === undefined) break;
    const { action } = rule;
    const hit = selectorsMatch(rule, flow);
    if (action.action === 'unmodelled') {
      // Whatever is not modelled of it, a selector that is can rule it out.
      if (!hit && !rule.invert) continue;
      return { found: 'unsupported', text: `ip rule: ${action.text}` };
    }
    if (hit === rule.invert) continue;
    switch (action.action) {
      case 'nop':
        continue;
      case 'goto': {
        const target = rules.findIndex((r) => r.priority >= action.priority);
        // A goto without a target is unresolved and has no effect (FIB_RULE_UNRESOLVED).
        if (target > i && rules[target]?.priority === action.priority) i = target - 1;
        continue;
      }
      case 'blackhole':
      case 'unreachable':
      case 'prohibit':
        return { found: 'error', errno: RULE_ERRNO[action.action], rule, route: undefined };
    }
    const route = lookupTable(ns, action.table, flow);
    if (route === undefined || route.type === 'throw' || isOvertaken(ns, action.table, route, flow)) continue;
    if (route.type === 'unmodelled')
      return { found: 'unsupported', text: `ip route: ${formatRouteFields(route.fields)}` };
    if (route.type === 'blackhole' || route.type === 'unreachable' || route.type === 'prohibit')
      return { found: 'error', errno: ERRNO[route.type], rule, route };
    if (rule.suppressPrefixLength !== undefined && route.dst.length <= rule.suppressPrefixLength) continue;
    return { found: 'route', rule, table: action.table, route };
  }
  return { found: 'error', errno: 'ENETUNREACH', rule: undefined, route: undefined };
}

/**
 * Until a namespace gets rules of its own, its tables local and main are one trie, in which the longer prefix wins
 * whichever table it is from (fib_trie_unmerge(), net/ipv4/fib_trie.c).
 */
function isOvertaken(ns: Netns, table: number, route: Route, flow: Flow): boolean {
  if (table !== RT_TABLE_LOCAL || route.dst.length === 32 || hasCustomRules(ns.ipv4.rules)) return false;
  const main = lookupTable(ns, RT_TABLE_MAIN, flow);
  return main !== undefined && main.dst.length > route.dst.length;
}

/** What table local says of a destination, main included where the two are one trie. */
export function lookupLocal(ns: Netns, dst: Ipv4): Route | undefined {
  const flow = outputFlow(dst);
  const local = lookupTable(ns, RT_TABLE_LOCAL, flow);
  if (local !== undefined && !isOvertaken(ns, RT_TABLE_LOCAL, local, flow)) return local;
  return hasCustomRules(ns.ipv4.rules) ? local : lookupTable(ns, RT_TABLE_MAIN, flow);
}

function lookupTable(ns: Netns, table: number, flow: Flow): Route | undefined {
  return ns.ipv4.tables.get(table)?.lookup(flow.dst, flow.tos, (r) => isUsable(ns, r, flow));
}

/** Whether all selectors that are modelled hold, whatever `not` makes of that. */
function selectorsMatch(rule: RoutingRule, flow: Flow): boolean {
  const { from, to, fwmark } = rule;
  return (
    (rule.iif === undefined || rule.iif === flow.iif) &&
    (rule.oif === undefined || rule.oif === flow.oif) &&
    (fwmark === undefined || ((fwmark.value ^ flow.mark) & fwmark.mask) === 0) &&
    (from === undefined || contains(from, flow.src)) &&
    (to === undefined || contains(to, flow.dst)) &&
    (rule.tos === 0 || rule.tos === flow.tos)
  );
}

/** A route whose scope is too wide, or none of whose next hops can be used, is passed over. */
function isUsable(ns: Netns, route: Route, flow: Flow): boolean {
  if (route.scope < flow.scope) return false;
  if (route.type === 'throw' || route.type === 'blackhole') return true;
  if (route.type === 'unreachable' || route.type === 'prohibit' || route.type === 'unmodelled') return true;
  if (route.type !== 'unicast') return flow.oif === '' || flow.oif === route.dev;
  return route.nexthops.some((nexthop) => nexthopUsable(ns, nexthop, flow.oif));
}

function nexthopUsable(ns: Netns, nexthop: Nexthop, oif: string): boolean {
  const link = ns.links.get(nexthop.dev);
  if (link?.up !== true || (oif !== '' && oif !== nexthop.dev)) return false;
  return link.carrier || !ns.sysctls.confOr(link.name, 'ignore_routes_with_linkdown');
}

/**
 * The next hop of a unicast route that a flow takes. Of several the kernel takes one by hash
 * (fib_select_multipath(), net/ipv4/fib_semantics.c): the chooser decides, the same for the same addresses.
 */
export function selectNexthop(context: FibContext, route: UnicastRoute, flow: Flow, l4key: string): Nexthop {
  const usable = route.nexthops.filter((nexthop) => nexthopUsable(context.ns, nexthop, flow.oif));
  const [first, ...rest] = usable.length === 0 ? route.nexthops : usable;
  if (first === undefined) throw new Error('a unicast route has no next hop');
  if (rest.length === 0) return first;
  const all = [first, ...rest] as const;
  const total = all.reduce((sum, nexthop) => sum + nexthop.weight, 0);
  const options = all.map(
    (nexthop): Option => ({ label: `next hop dev ${nexthop.dev}`, probability: nexthop.weight / total }),
  );
  const layer4 = context.ns.sysctls.number('net/ipv4/fib_multipath_hash_policy') === 1;
  const key = `${flow.src}>${flow.dst}${layer4 ? l4key : ''}`;
  const index = context.choose.fork(`${context.ns.name} route`, options as [Option, ...Option[]], key);
  return all[index] ?? first;
}

/**
 * The scope of a next hop (struct fib_nh_common.nhc_scope): RT_SCOPE_LINK behind a gateway, RT_SCOPE_HOST for a
 * directly connected destination.
 */
export function nexthopScope(route: Route, nexthop: Nexthop | undefined): number {
  if (route.type !== 'unicast') return RT_SCOPE_NOWHERE;
  return nexthop === undefined || gatewayOf(nexthop) === undefined ? RT_SCOPE_HOST : RT_SCOPE_LINK;
}

/** The neighbour that a next hop sends to; undefined for the destination itself. */
export function gatewayOf({ via, ownGateway = false }: Nexthop): Ipv4 | undefined {
  return ownGateway ? undefined : via;
}

/** A flow that this host starts. */
export function outputFlow(dst: Ipv4, rest: Partial<Omit<Flow, 'dst'>> = {}): Flow {
  return { src: 0 as Ipv4, iif: 'lo', oif: '', mark: 0, tos: 0, scope: RT_SCOPE_UNIVERSE, ...rest, dst };
}

/** Where a packet goes that goes somewhere. */
export type RoutedDestination = Exclude<Destination, { readonly type: 'error' }>;

/**
 * Whether a destination keeps its route's metrics and exceptions: each unicast one, and of those to this host itself only
 * what a route by lo leads to. An address of another device is reached by lo as well, which is not the device of its
 * route; then the route is forgotten, as that of a broadcast is (__mkroute_output(), linux net/ipv4/route.c).
 */
export function keepsRoute(destination: Destination): destination is RoutedDestination {
  if (destination.type !== 'local') return destination.type === 'unicast';
  const { direction, dev, route } = destination;
  return direction === 'output' && (route?.type === 'unicast' || (route?.type === 'local' && route.dev === dev));
}

/** The bytes that an IP packet to `dst` may have: the route's MTU, else a learned one, else the device's. */
export function pathMtu(context: FibContext, destination: RoutedDestination, dst: Ipv4, link: Link): number {
  const fixed = destination.route?.mtu;
  if (fixed !== undefined && destination.route?.mtuLock === true) return fixed;
  const exception = context.runtime.exceptions.get(dst);
  const learned = exception !== undefined && exception.expires > context.now ? exception.mtu : undefined;
  return Math.min(learned ?? fixed ?? link.mtu, 65535);
}

/** The bytes that an IP packet of this host's own to `dst` may have (ipv4_mtu()). */
export function destinationMtu(context: FibContext, destination: Destination, dst: Ipv4): number {
  const link = destination.type === 'error' ? undefined : context.ns.links.get(destination.dev);
  if (link === undefined) return 65535;
  return keepsRoute(destination) ? pathMtu(context, destination, dst, link) : Math.min(link.mtu, 65535);
}
