import { ANY, formatIpv4, formatPrefix, type Ipv4 } from '../address/index.js';
import { suppressorOf } from './aggregate.js';
import { runFilter } from './evaluate.js';
import type { Filter } from './filter.js';
import { countAs, type Draft, draftOf, type Path, prepend } from './path.js';
import { linkTo } from './resolve.js';
import { netOf, type Route, type Session, type World } from './state.js';

/** RFC 1997: well-known communities. */
const NO_EXPORT = 0xffffff01;
const NO_ADVERTISE = 0xffffff02;
const NO_EXPORT_SUBCONFED = 0xffffff03;

const DEFAULT_LOCAL_PREF = 100;

/** Why a route is not announced: what tells the commonest causes apart. */
export const FILTERED = 'its export filter rejects it';
export const NOT_REFLECTED = 'it is from iBGP, and neither neighbour is a client (RFC 4271 §9.2)';

/** CLUSTER_ID of a session with a client: `rr_cluster_id`, which is 0 on others (bgp_start(), bird proto/bgp/bgp.c). */
function clusterIdOf(session: Session): Ipv4 | undefined {
  const { config, speaker } = session;
  return config.rrClient ? (config.clusterId ?? speaker.config.routerId) : undefined;
}

/** What decides how a session exports: sessions of one group export alike, but for the neighbour's own address. */
function exportGroup(world: World, session: Session): number {
  const { config: c, speaker } = session;
  const text = JSON.stringify([
    speaker.name,
    // In AS_PATH, and a reconfiguration changes it while the speaker's own routes stay.
    speaker.config.as,
    session.internal,
    clusterIdOf(session),
    c.local,
    c.multihop ? undefined : session.interface,
    c.nextHopSelf,
    c.nextHopKeep,
    filterId(world, c.export),
  ]);
  let group = world.groups.get(text);
  if (group === undefined) {
    group = world.groups.size;
    world.groups.set(text, group);
  }
  return group;
}

/** The same number for filters that say the same. */
function filterId(world: World, filter: Filter): number {
  let id = world.filters.get(filter);
  if (id === undefined) {
    const text = JSON.stringify(filter);
    id = world.filterTexts.get(text) ?? world.filterTexts.size;
    world.filterTexts.set(text, id);
    world.filters.set(filter, id);
  }
  return id;
}

/**
 * The attributes that a session announces a route with, or a text that tells why it does not.
 *
 * preexport() and the filter: export_filter_(), bird nest/rt-table.c; bgp_preexport() and bgp_update_attrs(),
 * proto/bgp/attrs.c.
 */
export function exportRoute(world: World, session: Session, route: Route): Path | string {
  return route.protocol === session.protocol ? 'it was learned from there' : exportToGroup(world, session, route);
}

/** The same for any session of a group that the route is not from. */
export function exportToGroup(world: World, session: Session, route: Route): Path | string {
  if (route.exportGroup === session.group) return route.exported;
  route.exported = compute(world, session, route);
  route.exportGroup = session.group;
  return route.exported;
}

/** bgp_update_next_hop_ip() refuses it: the route is withdrawn instead, yet counts as exported. */
export function isOwnNextHop(session: Session, path: Path): boolean {
  return path.attributes.nextHop === session.config.neighbor;
}

function compute(world: World, session: Session, route: Route): Path | string {
  const refused = suppressed(world, route) ?? refusedBefore(session, route);
  if (refused !== undefined) return refused;
  const draft = draftOf(route.path);
  const filtered = {
    net: netOf(world, route.net),
    source: route.protocol.kind,
    protocol: route.protocol.name,
    dev: route.nexthops[0]?.dev,
  };
  if (!runFilter(session.config.export, filtered, draft)) return FILTERED;
  return world.paths.intern(outgoing(session, route, draft));
}

/** subgroup_announce_check(), FRR bgpd/bgp_route.c. */
function suppressed(world: World, route: Route): string | undefined {
  const by = suppressorOf(world, route);
  return by === undefined ? undefined : `the aggregate ${formatPrefix(by.net)} stands for it (summary-only)`;
}

/** bgp_preexport(). */
function refusedBefore(session: Session, route: Route): string | undefined {
  const from = route.protocol.session;
  const path = route.path?.attributes;
  if (from === undefined || path === undefined) return undefined;
  if (session.internal && from.internal) {
    if (!session.config.rrClient && !from.config.rrClient) {
      return NOT_REFLECTED;
    }
    const cluster = clusterIdOf(session);
    if (cluster !== undefined && path.clusterList.includes(cluster)) {
      return `its CLUSTER_LIST has the cluster id ${formatIpv4(cluster)} (RFC 4456 §8)`;
    }
  }
  if (path.communities.includes(NO_ADVERTISE)) return 'it has the community NO_ADVERTISE';
  if (session.internal) return undefined;
  if (path.communities.includes(NO_EXPORT)) return 'it has the community NO_EXPORT';
  return path.communities.includes(NO_EXPORT_SUBCONFED) ? 'it has the community NO_EXPORT_SUBCONFED' : undefined;
}

/** bgp_update_attrs(). */
function outgoing(session: Session, route: Route, draft: Draft): Path['attributes'] {
  const { internal, speaker } = session;
  const from = route.protocol.session;
  const before = route.path?.attributes;
  const reflected = internal && from?.internal === true;
  return {
    origin: draft.origin ?? (from === undefined ? 'IGP' : 'INCOMPLETE'),
    asPath: internal ? (draft.asPath ?? []) : prepend(draft.asPath ?? [], speaker.config.as),
    nextHop: nextHopFor(session, route, draft),
    // That of another AS stays there (RFC 4271 §5.1.4); an aggregate has one of its own.
    med: internal || draft.medSet || from === undefined ? draft.med : undefined,
    localPref: internal ? (draft.localPref ?? DEFAULT_LOCAL_PREF) : undefined,
    atomicAggregate: before?.atomicAggregate ?? false,
    aggregator: before?.aggregator,
    communities: draft.communities.toSorted((a, b) => a - b),
    largeCommunities: draft.largeCommunities.toSorted(byNumbers),
    originatorId: reflected ? (before?.originatorId ?? from.remoteId) : internal ? before?.originatorId : undefined,
    clusterList: reflected
      ? reflectedBy(from, session, before?.clusterList ?? [])
      : internal
        ? (before?.clusterList ?? [])
        : [],
  };
}

/** The clusters of the session that it came by and of the one that it goes by, the latest first (RFC 4456 §8). */
function reflectedBy(from: Session, to: Session, list: readonly Ipv4[]): readonly Ipv4[] {
  const source = clusterIdOf(from);
  const target = clusterIdOf(to);
  const first = source === undefined ? list : [source, ...list];
  return target === undefined || target === source ? first : [target, ...first];
}

function byNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [i, n] of a.entries()) {
    const difference = n - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** bgp_update_next_hop_ip(), bird proto/bgp/packets.c. */
function nextHopFor(session: Session, route: Route, draft: Draft): Ipv4 {
  const { config, internal } = session;
  if (draft.nextHop !== undefined && usesNextHop(session, route, draft)) return draft.nextHop;
  const hops = route.nexthops;
  const gateway = hops[0]?.via;
  if (config.nextHopSelf || route.dest !== 'unicast' || hops.length !== 1 || gateway === undefined) return config.local;
  if (internal) return gateway;
  return !config.multihop && session.interface === hops[0]?.dev ? gateway : config.local;
}

/** bgp_use_next_hop(): also that of a third party, between neighbours on one link (RFC 4271 §5.1.3). */
function usesNextHop(session: Session, route: Route, draft: Draft): boolean {
  const { config, internal, interface: link } = session;
  // An aggregate has no next hop of its own.
  if (config.nextHopSelf || draft.nextHop === ANY) return false;
  if (config.nextHopKeep || draft.nextHopSet || internal) return true;
  const from = route.protocol.session;
  return !config.multihop && link !== undefined && from?.config.multihop === false && from.interface === link;
}

/** How BIRD's protocols see a received announcement: a text tells why it is dropped. bgp_decode_attrs(), attrs.c. */
export function refusedOnImport(session: Session, path: Path): string | undefined {
  const a = path.attributes;
  const { as, routerId } = session.speaker.config;
  if (countAs(a.asPath, as) > session.config.allowLocalAs) return `its AS_PATH has the own AS ${as} (RFC 4271 §9)`;
  if (session.internal && a.originatorId === routerId) return 'its ORIGINATOR_ID is the own router id (RFC 4456 §8)';
  const cluster = clusterIdOf(session);
  if (cluster !== undefined && a.clusterList.includes(cluster)) {
    return `its CLUSTER_LIST has the own cluster id ${formatIpv4(cluster)} (RFC 4456 §8)`;
  }
  return undefined;
}

/** Sets what depends on the interface of a session. */
export function placeSession(world: World, session: Session): void {
  const { config, speaker } = session;
  session.interface = config.multihop ? undefined : linkTo(speaker.config, config.neighbor)?.name;
  session.group = exportGroup(world, session);
}
