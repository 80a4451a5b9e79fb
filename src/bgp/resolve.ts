import { type Ipv4, type Ipv4Prefix, lastAddress } from '../address/index.js';
import type { NextHop, SpeakerConfig, SpeakerInterface } from './config.js';
import type { Path } from './path.js';
import { type HostEntry, type Leads, netOf, type Route, type Speaker, type Table, type World } from './state.js';
import { lookUp, sameHops } from './table.js';

/** IGP_METRIC_UNKNOWN, bird nest/route.h: of all that is not directly connected. */
const METRIC_UNKNOWN = 0x80000000;

/** The entry for a NEXT_HOP: rt_get_hostentry(), bird nest/rt-table.c. */
function hostEntry(world: World, speaker: Speaker, path: Path): HostEntry {
  const { table } = speaker;
  let entry = table.hosts[path.hop];
  if (entry === undefined) {
    const address = path.attributes.nextHop;
    entry = {
      address,
      source: undefined,
      host: undefined,
      dest: 'unreachable',
      nexthops: NONE,
      igpMetric: 0,
      length: 0,
    };
    entry.host = entry;
    update(world, speaker, entry);
    // Without holes: an array with large ones is a hash table to V8.
    while (table.hosts.length <= path.hop) table.hosts.push(undefined);
    table.hosts[path.hop] = entry;
    table.hostsInOrder.push(entry);
    table.hostsSorted = false;
    table.lowestHost = Math.min(table.lowestHost, address);
    table.highestHost = Math.max(table.highestHost, address);
  }
  return entry;
}

/**
 * Looks a next hop up in the speaker's own table: rt_update_hostentry(), bird nest/rt-table.c. A route that is itself
 * resolved recursively is not used, nor one that leads to an own address.
 *
 * @returns whether another route is used than before.
 */
function update(world: World, speaker: Speaker, entry: HostEntry): boolean {
  const old = entry.source;
  entry.source = undefined;
  entry.dest = 'unreachable';
  entry.nexthops = NONE;
  entry.igpMetric = 0;
  entry.length = 0;
  const route = lookUp(world, speaker.table, entry.address);
  if (route !== undefined && !dependsOnOthers(route)) {
    entry.length = netOf(world, route.net).length;
    if (!leadsToItself(speaker.config, route, entry.address)) {
      entry.source = route;
      entry.dest = route.dest;
      entry.nexthops = through(world, route.nexthops, entry.address);
      entry.igpMetric = route.protocol.kind === 'device' ? 0 : METRIC_UNKNOWN;
    }
  }
  return old !== entry.source;
}

/** Whether it, or one of the same net and at least its preference, is resolved recursively. */
function dependsOnOthers(best: Route): boolean {
  for (let route: Route | undefined = best; route !== undefined; route = route.next) {
    if (route.host !== undefined && route.protocol.preference >= best.protocol.preference) return true;
  }
  return false;
}

function leadsToItself(config: SpeakerConfig, route: Route, address: Ipv4): boolean {
  if (route.dest !== 'unicast') return false;
  return route.nexthops.some(
    (hop) => hop.via === undefined && config.interfaces.some((i) => i.name === hop.dev && i.address === address),
  );
}

/** Whether a route has to be made anew when next hops are updated: rta_next_hop_outdated(), bird nest/rt-table.c. */
export function isOutdated({ host, dest, igpMetric, nexthops }: Route): boolean {
  if (host === undefined) return false;
  const { source } = host;
  if (source === undefined) return dest !== 'unreachable';
  return dest !== host.dest || igpMetric !== host.igpMetric || isDirect(source) || !sameHops({ nexthops }, source);
}

/** `!nexthop_linkable`: such a one is made anew each time. */
function isDirect({ dest, nexthops }: Route): boolean {
  return dest === 'unicast' && nexthops.some((hop) => hop.via === undefined);
}

/** Whether a change of the best route to a net may change what next hops resolve to: rt_notify_hostcache(). */
export function concernsHosts(table: Table, net: Ipv4Prefix): boolean {
  const last = lastAddress(net);
  // Mostly pods' nets against nodes' addresses: nothing is sorted for those.
  if (last < table.lowestHost || net.address > table.highestHost) return false;
  const hosts = table.hostsInOrder;
  if (!table.hostsSorted) hosts.sort((a, b) => a.address - b.address);
  table.hostsSorted = true;
  for (let i = firstFrom(hosts, net.address); i < hosts.length; i++) {
    const host = hosts[i];
    if (host === undefined || host.address > last) return false;
    if (host.length <= net.length) return true;
  }
  return false;
}

/** Index of the first that is not below: addresses ascend. */
function firstFrom(hosts: readonly HostEntry[], address: Ipv4): number {
  let low = 0;
  let high = hosts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hosts[middle]?.address ?? 0) < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Looks all next hops up again: rt_update_hostcache(). Returns whether any has changed. */
export function updateHosts(world: World, speaker: Speaker): boolean {
  let changed = false;
  for (const entry of speaker.table.hostsInOrder) if (update(world, speaker, entry)) changed = true;
  return changed;
}

const NONE: readonly NextHop[] = [];

/** The next hops of a route to what is on-link lead to it itself: rta_apply_hostentry(), bird nest/rt-table.c. */
function through(world: World, nexthops: readonly NextHop[], address: Ipv4): readonly NextHop[] {
  const [first] = nexthops;
  if (nexthops.length === 1 && first?.via === undefined && first?.weight === 1)
    return onLink(world, first.dev, address);
  if (nexthops.every((hop) => hop.via !== undefined)) return nexthops;
  return nexthops.map((hop) => (hop.via === undefined ? { via: address, dev: hop.dev, weight: hop.weight } : hop));
}

/** A single gateway; one object for all speakers that have it on an interface of one name. */
function onLink(world: World, dev: string, via: Ipv4): readonly NextHop[] {
  const known = world.gateways.get(via);
  if (known?.[0]?.dev === dev) return known;
  const nexthops = [{ via, dev, weight: 1 }];
  world.gateways.set(via, nexthops);
  return nexthops;
}

/** bgp_apply_next_hop(), bird proto/bgp/packets.c, with `gateway recursive`. */
export function resolveRecursively(world: World, speaker: Speaker, path: Path): Leads {
  return hostEntry(world, speaker, path);
}

/** The same with `gateway direct`, of sessions on a link: a text tells why the route is withdrawn. */
export function resolveDirectly(config: SpeakerConfig, nextHop: Ipv4): Leads | string {
  const link = linkTo(config, nextHop);
  if (link === undefined) return 'NEXT_HOP is not directly reachable';
  if (config.interfaces.some((i) => i.address === nextHop)) return 'NEXT_HOP is an own address';
  const nexthops = [{ via: nextHop, dev: link.name, weight: 1 }];
  return { host: undefined, dest: 'unicast', nexthops, igpMetric: 0 };
}

/** The interface whose subnet holds an address: neigh_find(), bird nest/neighbor.c. */
export function linkTo(config: SpeakerConfig, address: Ipv4): SpeakerInterface | undefined {
  let best: SpeakerInterface | undefined;
  for (const link of config.interfaces) {
    const mask = link.prefixLength === 0 ? 0 : (-1 << (32 - link.prefixLength)) >>> 0;
    if ((link.address & mask) >>> 0 !== (address & mask) >>> 0) continue;
    if (best === undefined || link.prefixLength > best.prefixLength) best = link;
  }
  return best;
}
