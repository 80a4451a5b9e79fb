import type { Ipv4 } from '../../address/index.js';
import { devicesOf, type Route, RT_SCOPE_HOST, RT_TABLE_MAIN } from '../../linux/index.js';
import { type ApplyContext, runtimeOf } from './context.js';

/** What it is that takes next hops out of use. */
export type SyncDown =
  /** The link goes down: routes of host scope stay. */
  | 'down'
  /** The last address went, and IPv4 with it: all of the link's next hops go. */
  | 'disable'
  /** The link goes for good: a multipath route goes with any of its next hops. */
  | 'unregister';

/** Deletes the routes that lose all their next hops with a device (fib_sync_down_dev(), fib_flush()). */
export function fibSyncDownDev(context: ApplyContext, dev: string, event: SyncDown): void {
  const { ns } = context.draft;
  deleteRoutes(context, undefined, (route) => {
    const devs = devicesOf(route);
    if (!devs.includes(dev)) return false;
    if (event === 'unregister') return true;
    const stays = event === 'down' && route.scope >= RT_SCOPE_HOST;
    return !stays && devs.every((each) => each === dev || ns.links.get(each)?.up !== true);
  });
}

/** Deletes the routes of the main table whose preferred source is an address that is gone (fib_sync_down_addr()). */
export function fibSyncDownAddr(context: ApplyContext, local: Ipv4): void {
  deleteRoutes(context, RT_TABLE_MAIN, (route) => 'prefsrc' in route && route.prefsrc === local);
}

/** Deletes routes of one table, or of all. */
export function deleteRoutes(context: ApplyContext, table: number | undefined, which: (route: Route) => boolean): void {
  for (const [id, fib] of context.draft.ns.ipv4.tables) {
    if (table !== undefined && table !== id) continue;
    for (const route of [...fib]) if (which(route)) deleteRoute(context, id, route);
  }
}

/** Deletes one route, and what had been learned of destinations behind it. */
export function deleteRoute(context: ApplyContext, table: number, route: Route): void {
  forgetExceptions(context, table, route);
  context.draft.table(table).delete(route);
}

/** Path MTUs and redirects are kept with the next hop that they are about (struct fib_nh_exception). */
export function forgetExceptions(context: ApplyContext, table: number, route: Route): void {
  const { exceptions } = runtimeOf(context);
  const fib = context.draft.ns.ipv4.tables.get(table);
  for (const dst of [...exceptions.keys()])
    if (fib?.lookup(dst as Ipv4, route.tos, () => true) === route)
      context.drafts.runtime.journal.put(exceptions, dst, undefined);
}
