import type { Ipv4 } from '../../address/index.js';
import {
  defaultScope,
  inetAddrType,
  type NewRoute,
  type Origin,
  type Route,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  sameRouteInfo,
  type UnicastRoute,
} from '../../linux/index.js';
import type { Call, RouteSelector } from '../install.js';
import { type ApplyContext, runtimeOf } from './context.js';
import { deleteRoute, deleteRoutes, forgetExceptions } from './fib-sync.js';
import { checkNexthops } from './nexthop.js';
import { noDevice, type Refused, refuse } from './refuse.js';

type RouteCall = Extract<Call, { readonly route: NewRoute }>;

/** `ip route add`, `replace`, `append`, `prepend` and `change` (fib_table_insert(), linux net/ipv4/fib_trie.c). */
export function routeAdd(context: ApplyContext, { call, table, route: wanted }: RouteCall): Refused | undefined {
  const checked = createInfo(context, wanted, table);
  if ('errno' in checked) return checked;
  const { route } = checked;
  const { draft } = context;
  const same = (draft.ns.ipv4.tables.get(table)?.at(route.dst) ?? []).filter(
    (old) => old.tos === route.tos && old.metric === route.metric,
  );
  const [first] = same;
  if (first !== undefined) {
    if (call === 'route add') return refuse('EEXIST');
    const match = same.find((old) => sameRouteInfo(old, route));
    if (call === 'route replace' || call === 'route change') {
      if (match !== undefined) return match === first ? undefined : refuse('EEXIST');
      forgetExceptions(context, table, first);
      draft.table(table).replace(first, route);
      return undefined;
    }
    if (match !== undefined) return refuse('EEXIST');
  }
  if (call === 'route change') return refuse('ENOENT');
  if (call === 'route append') draft.table(table).append(route);
  else draft.table(table).prepend(route);
  return undefined;
}

/** The checks that every new route has to pass (fib_create_info(), linux net/ipv4/fib_semantics.c). */
function createInfo(context: ApplyContext, wanted: NewRoute, table: number): { readonly route: Route } | Refused {
  const scope = wanted.scope ?? defaultScope(wanted);
  if (LOWEST_SCOPE[wanted.type] > scope || scope > RT_SCOPE_HOST) return refuse('EINVAL', 'Invalid scope');
  const { origin } = context;
  switch (wanted.type) {
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
    case 'throw':
      return { route: { ...wanted, scope, origin } };
    case 'local':
    case 'broadcast': {
      const hops = checkNexthops(
        context,
        [{ dev: wanted.dev, via: undefined, onlink: false, weight: 1 }],
        scope,
        table,
      );
      if ('errno' in hops) return hops;
      return checkSource(context, { ...wanted, scope, origin });
    }
    case 'unicast': {
      const hops = checkNexthops(context, wanted.nexthops, scope, table);
      if ('errno' in hops) return hops;
      return checkSource(context, unicastRoute(wanted, hops.nexthops, scope, origin));
    }
  }
}

/** Field by field: V8 gives a spread object, with another field after it, four times the memory. */
function unicastRoute(
  wanted: Extract<NewRoute, { readonly type: 'unicast' }>,
  nexthops: UnicastRoute['nexthops'],
  scope: number,
  origin: Origin,
): UnicastRoute {
  const { type, dst, tos, metric, protocol, mtu, mtuLock, prefsrc, kept } = wanted;
  const route = { type, dst, tos, metric, protocol, scope, mtu, mtuLock, nexthops, prefsrc, origin };
  return kept === undefined ? route : { ...route, kept };
}

/** fib_props[].scope. */
const LOWEST_SCOPE: Readonly<Record<NewRoute['type'], number>> = {
  unicast: RT_SCOPE_UNIVERSE,
  local: RT_SCOPE_HOST,
  broadcast: RT_SCOPE_LINK,
  blackhole: RT_SCOPE_UNIVERSE,
  unreachable: RT_SCOPE_UNIVERSE,
  prohibit: RT_SCOPE_UNIVERSE,
  throw: RT_SCOPE_UNIVERSE,
};

/** The preferred source has to be local, or be made so by this very route (fib_valid_prefsrc()). */
function checkSource(
  { draft }: ApplyContext,
  route: Extract<Route, { prefsrc: Ipv4 | undefined }>,
): { readonly route: Route } | Refused {
  const { prefsrc } = route;
  if (prefsrc === undefined || (route.type === 'local' && route.dst.address === prefsrc)) return { route };
  return inetAddrType(draft.ns, prefsrc) === 'local' ? { route } : refuse('EINVAL', 'Invalid prefsrc address');
}

/** `ip route del`: the first route that fits (fib_table_delete()). */
export function routeDel(
  context: ApplyContext,
  { route: wanted }: { readonly route: RouteSelector },
): Refused | undefined {
  const { draft } = context;
  if (wanted.dev !== undefined && draft.link(wanted.dev) === undefined) return noDevice(wanted.dev);
  const table = draft.ns.ipv4.tables.get(wanted.table);
  if (table === undefined) return refuse('ESRCH', 'FIB table does not exist');
  const found = table.at(wanted.dst).find((route) => fits(route, wanted));
  if (found === undefined) return refuse('ESRCH');
  deleteRoute(context, wanted.table, found);
  return undefined;
}

function fits(route: Route, wanted: RouteSelector): boolean {
  const source = 'prefsrc' in route ? route.prefsrc : undefined;
  return (
    route.tos === (wanted.tos ?? 0) &&
    (wanted.type === undefined || route.type === wanted.type) &&
    (wanted.scope === undefined || route.scope === wanted.scope) &&
    (wanted.prefsrc === undefined || source === wanted.prefsrc) &&
    (wanted.protocol === undefined || route.protocol === wanted.protocol) &&
    (wanted.metric === undefined || wanted.metric === 0 || route.metric === wanted.metric) &&
    fitsNexthop(route, wanted)
  );
}

/** Of a multipath route the first next hop is compared (fib_nh_match()). */
function fitsNexthop(route: Route, { dev, via }: Pick<RouteSelector, 'dev' | 'via'>): boolean {
  if (dev === undefined && via === undefined) return true;
  if (route.type === 'local' || route.type === 'broadcast') return route.dev === dev && via === undefined;
  if (route.type !== 'unicast') return false;
  const [first] = route.nexthops;
  return (dev === undefined || first.dev === dev) && (via === undefined || first.via === via);
}

/** `ip route flush table TABLE`, of one device or all. */
export function routeFlush(
  context: ApplyContext,
  { table, dev }: { readonly table: number; readonly dev: string | undefined },
): Refused | undefined {
  if (dev !== undefined && context.draft.link(dev) === undefined) return noDevice(dev);
  const { tables } = context.draft.ns.ipv4;
  if (table !== RT_TABLE_MAIN && table !== RT_TABLE_LOCAL && !tables.has(table))
    return refuse('ENOENT', 'ipv4: FIB table does not exist');
  // What iproute2 flushes by device has just one: it passes multipath routes over.
  const leadsTo = (route: Route): boolean =>
    (route.type !== 'unicast' || route.nexthops.length === 1) && fitsNexthop(route, { dev, via: undefined });
  deleteRoutes(context, table, (route) => dev === undefined || leadsTo(route));
  return undefined;
}

/** `ip route flush cache`: what was learned of destinations. */
export function routeFlushCache(context: ApplyContext): void {
  const { exceptions } = runtimeOf(context);
  for (const dst of [...exceptions.keys()]) context.drafts.runtime.journal.put(exceptions, dst, undefined);
}
