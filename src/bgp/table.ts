import { type Ipv4, type Ipv4Prefix, netmask } from '../address/index.js';
import { better } from './decision.js';
import { netOf, type Protocol, type Route, type Table, type World } from './state.js';

export function emptyTable(): Table {
  return {
    nets: new Map(),
    lengths: new Array<number>(33).fill(0),
    hosts: [],
    hostsInOrder: [],
    hostsSorted: true,
    lowestHost: Number.POSITIVE_INFINITY,
    highestHost: Number.NEGATIVE_INFINITY,
    nextId: 0,
    freeIds: [],
  };
}

/** What a change of the table has done. */
export interface Change {
  readonly net: number;
  readonly added: Route | undefined;
  readonly removed: Route | undefined;
  readonly best: Route | undefined;
  readonly oldBest: Route | undefined;
}

/**
 * Puts a route in the place of the one with the same protocol and path id, or takes that away: rte_recalculate(), bird
 * nest/rt-table.c, whose order of the routes of a net it keeps, because the MED makes the best one depend on it.
 *
 * @returns what has changed; undefined: nothing has.
 */
export function replaceRoute(
  world: World,
  table: Table,
  source: { readonly net: number; readonly protocol: Protocol; readonly pathId: number },
  added: Route | undefined,
): Change | undefined {
  const { net, protocol, pathId } = source;
  world.watch?.changes(table, net);
  const oldBest = table.nets.get(net);
  let before: Route | undefined;
  let removed = oldBest;
  while (removed !== undefined && !(removed.protocol === protocol && removed.pathId === pathId)) {
    before = removed;
    removed = removed.next;
  }
  if (removed === undefined) {
    if (added === undefined) return undefined;
  } else {
    if (added !== undefined && isSame(removed, added)) {
      removed.stale = false;
      return undefined;
    }
    protocol.imported--;
  }
  let head = removed !== undefined && before === undefined ? removed.next : oldBest;
  if (removed !== undefined && before !== undefined) before.next = removed.next;
  if (added !== undefined) {
    protocol.imported++;
    added.id = removed?.id ?? table.freeIds.pop() ?? table.nextId++;
  } else if (removed !== undefined) {
    table.freeIds.push(removed.id);
  }
  if (added !== undefined && (oldBest === undefined || better(added, oldBest))) {
    added.next = head;
    head = added;
  } else if (removed !== undefined && removed === oldBest) {
    head = bestFirst(linked(head, undefined, added));
  } else {
    // Where the old one was, or at the end.
    head = linked(head, removed === undefined ? lastOf(head) : before, added);
  }
  if (head !== oldBest) store(world, table, net, head, oldBest);
  return { net, added, removed, best: head, oldBest };
}

function isSame(a: Route, b: Route): boolean {
  return a.path === b.path && a.host === b.host && a.dest === b.dest && a.igpMetric === b.igpMetric && sameHops(a, b);
}

/** Whether two routes lead to the same next hops: nexthop_same(), bird nest/rt-attr.c. */
export function sameHops(a: Pick<Route, 'nexthops'>, b: Pick<Route, 'nexthops'>): boolean {
  if (a.nexthops === b.nexthops) return true;
  return (
    a.nexthops.length === b.nexthops.length &&
    a.nexthops.every((hop, i) => {
      const other = b.nexthops[i];
      return hop.via === other?.via && hop.dev === other?.dev && hop.weight === other?.weight;
    })
  );
}

function lastOf(head: Route | undefined): Route | undefined {
  let last = head;
  while (last?.next !== undefined) last = last.next;
  return last;
}

/** The list with a route after `before`, or at its start. */
function linked(head: Route | undefined, before: Route | undefined, added: Route | undefined): Route | undefined {
  if (added === undefined) return head;
  if (before === undefined) {
    added.next = head;
    return added;
  }
  added.next = before.next;
  before.next = added;
  return head;
}

/** Moves the best route of a list to its start. */
export function bestFirst(head: Route | undefined): Route | undefined {
  if (head === undefined) return undefined;
  let best = head;
  let beforeBest: Route | undefined;
  for (let before = head; before.next !== undefined; before = before.next) {
    if (better(before.next, best)) {
      best = before.next;
      beforeBest = before;
    }
  }
  if (beforeBest === undefined) return head;
  beforeBest.next = best.next;
  best.next = head;
  return best;
}

function store(world: World, table: Table, net: number, head: Route | undefined, oldBest: Route | undefined): void {
  if (head !== undefined) table.nets.set(net, head);
  else table.nets.delete(net);
  if (head !== undefined && oldBest !== undefined) return;
  const { length } = netOf(world, net);
  table.lengths[length] = (table.lengths[length] ?? 0) + (head === undefined ? -1 : 1);
}

/** The best route to the longest prefix that holds an address: net_route(), bird nest/rt-table.c. */
export function lookUp(world: World, table: Table, address: Ipv4): Route | undefined {
  for (let length = 32; length >= 0; length--) {
    if (table.lengths[length] === 0) continue;
    const id = world.netIds[length]?.get((address & netmask(length)) >>> 0);
    const route = id === undefined ? undefined : table.nets.get(id);
    if (route !== undefined) return route;
  }
  return undefined;
}

/**
 * In which order BIRD goes through the nets of a table: by the hash of each (net_hash_ip4(), bird lib/net.h), whatever the
 * size of the hash table, because its buckets are the hash's upper bits and sorted (FIB_INSERT, nest/rt-fib.c). It decides in
 * which order a neighbour is told, and thus which of two paths is the older one there.
 */
export function inFibOrder(world: World, a: number, b: number): number {
  return fibHash(netOf(world, a)) - fibHash(netOf(world, b));
}

function fibHash({ address, length }: Ipv4Prefix): number {
  return (Math.imul(address, 2902958171) ^ (length << 26)) >>> 0;
}

/** The routes to a net, the best first. */
export function* routesTo(table: Table, net: number): IterableIterator<Route> {
  for (let route = table.nets.get(net); route !== undefined; route = route.next) yield route;
}
