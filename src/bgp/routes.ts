import { updateAggregates } from './aggregation.js';
import { announce, noteHosts, notifyAll } from './announce.js';
import { notifyKernel } from './kernel.js';
import { isOutdated, updateHosts } from './resolve.js';
import { type Protocol, Route, type Speaker, type World } from './state.js';
import { bestFirst, inFibOrder, replaceRoute } from './table.js';

/** Adds or replaces a route, and tells all that listen: rte_update(), bird nest/rt-table.c. */
export function addRoute(world: World, speaker: Speaker, route: Route): void {
  replace(world, speaker, route, route);
}

/** Where a route is in a table. */
interface Place {
  readonly net: number;
  readonly protocol: Protocol;
  readonly pathId: number;
}

export function removeRoute(world: World, speaker: Speaker, place: Place): void {
  replace(world, speaker, place, undefined);
}

function replace(world: World, speaker: Speaker, place: Place, route: Route | undefined): void {
  const change = replaceRoute(world, speaker.table, place, route);
  if (change === undefined) return;
  announce(world, speaker, change);
  updateAggregates(world, speaker, change);
}

/** The routes that a protocol has in the table. */
export function routesOf(speaker: Speaker, protocol: Protocol): Route[] {
  const routes: Route[] = [];
  if (protocol.imported === 0) return routes;
  for (const best of speaker.table.nets.values()) {
    for (let route: Route | undefined = best; route !== undefined; route = route.next) {
      if (route.protocol === protocol) routes.push(route);
    }
  }
  return routes;
}

/** Takes away all routes of a protocol: rt_prune_table(), bird nest/rt-table.c. */
export function flushRoutes(world: World, speaker: Speaker, protocol: Protocol): void {
  const routes = routesOf(speaker, protocol).sort((a, b) => inFibOrder(world, a.net, b.net));
  for (const route of routes) removeRoute(world, speaker, route);
}

/** Marks them as of a neighbour that went: rt_refresh_begin(), bird nest/rt-table.c. */
export function markStale(speaker: Speaker, protocol: Protocol): void {
  for (const route of routesOf(speaker, protocol)) route.stale = true;
}

/** Takes away those that were not announced again: rt_refresh_end(). */
export function flushStale(world: World, speaker: Speaker, protocol: Protocol): void {
  const stale = routesOf(speaker, protocol).filter((route) => route.stale);
  for (const route of stale.sort((a, b) => inFibOrder(world, a.net, b.net))) removeRoute(world, speaker, route);
}

/** Looks all next hops up again and makes the routes anew that this concerns: rt_next_hop_update(), bird nest/rt-table.c. */
export function resolveAgain(world: World, speaker: Speaker): void {
  speaker.resolving = false;
  if (!updateHosts(world, speaker)) return;
  const outdated: number[] = [];
  for (const [net, best] of speaker.table.nets) if (someOutdated(best)) outdated.push(net);
  for (const net of outdated.sort((a, b) => inFibOrder(world, a, b))) updateNet(world, speaker, net);
}

function someOutdated(best: Route): boolean {
  for (let route: Route | undefined = best; route !== undefined; route = route.next) if (isOutdated(route)) return true;
  return false;
}

/** rt_next_hop_update_net(). */
function updateNet(world: World, speaker: Speaker, net: number): void {
  const { nets } = speaker.table;
  world.watch?.changes(speaker.table, net);
  const oldBest = nets.get(net);
  let head = oldBest;
  let before: Route | undefined;
  const changes: { readonly net: number; readonly added: Route; readonly removed: Route }[] = [];
  for (let route = oldBest; route !== undefined; route = route.next) {
    if (isOutdated(route)) {
      const old = route;
      route = renewed(old);
      if (before === undefined) head = route;
      else before.next = route;
      changes.push({ net, added: route, removed: old });
      for (const sessions of speaker.feeding.values()) {
        if (sessions[0]?.addPathsSend === true) notifyAll(world, sessions, route, old);
      }
    }
    before = route;
  }
  if (head === undefined || oldBest === undefined) return;
  const best = bestFirst(head);
  if (best === undefined) return;
  nets.set(net, best);
  if (best !== oldBest) {
    best.protocol.preferred++;
    oldBest.protocol.preferred--;
    noteHosts(world, speaker, net);
    for (const sessions of speaker.feeding.values()) {
      if (sessions[0]?.addPathsSend === false) notifyAll(world, sessions, best, oldBest);
    }
  }
  const change = { net, added: undefined, removed: undefined, best, oldBest: undefined };
  if (speaker.scanned) notifyKernel(world, speaker, change);
  for (const each of changes) updateAggregates(world, speaker, each);
}

/** The same route with what its next hop resolves to now: rt_next_hop_update_rte(). */
function renewed(old: Route): Route {
  const route = new Route(old.net, old.protocol, old.pathId, old.path, old.host ?? old);
  route.id = old.id;
  route.stale = old.stale;
  route.next = old.next;
  return route;
}
