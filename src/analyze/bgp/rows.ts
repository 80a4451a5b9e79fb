import { contains, formatIpv4, formatPrefix, type Ipv4 } from '../../address/index.js';
import type {
  AsPathSegment,
  BgpAttributes,
  BgpConfig,
  BgpSimulation,
  FibRoute,
  NextHop,
  RibRoute,
  SpeakerConfig,
} from '../../bgp/index.js';
import type { BgpAttributesRow, BgpFibRow, BgpNextHopRow, BgpRouteRow } from '../../output/index.js';

/** What is asked of a simulation. */
export type BgpView = Pick<
  BgpSimulation,
  'config' | 'now' | 'running' | 'rib' | 'fib' | 'sessions' | 'explain' | 'messages'
>;

/** The configuration of a speaker by its name. */
export function speakerOf({ config }: BgpView, name: string): SpeakerConfig {
  const found = indexOf(config).speakers.get(name);
  if (found === undefined) throw new Error(`no speaker is called ${name}`);
  return found;
}

/** Whose address that is, of all speakers; what a session speaks from is its speaker's too. */
export function ownersOf({ config }: BgpView): ReadonlyMap<Ipv4, string> {
  return indexOf(config).owners;
}

interface Index {
  readonly speakers: ReadonlyMap<string, SpeakerConfig>;
  readonly owners: ReadonlyMap<Ipv4, string>;
}

/** A mesh of 1,000 has a million sessions: what they are looked up by is made once. */
const indexes = new WeakMap<BgpConfig, Index>();

function indexOf(config: BgpConfig): Index {
  const known = indexes.get(config);
  if (known !== undefined) return known;
  const owners = new Map<Ipv4, string>();
  for (const { name, interfaces, sessions } of config.speakers) {
    for (const { local } of sessions) owners.set(local, name);
    for (const { address } of interfaces) owners.set(address, name);
  }
  const made = { speakers: new Map(config.speakers.map((each) => [each.name, each])), owners };
  indexes.set(config, made);
  return made;
}

/** Makes rows of the routes of one speaker. */
export function routeRows(view: BgpView, speaker: string): (route: RibRoute) => BgpRouteRow {
  const recursive = new Set(
    speakerOf(view, speaker)
      .sessions.filter(({ multihop }) => multihop)
      .map(({ name }) => name),
  );
  const rib = view.rib(speaker);
  return (route) => routeRow(route, recursive.has(route.protocol) ? metricOf(route, rib) : undefined);
}

function routeRow(route: RibRoute, metric: BgpRouteRow['metric']): BgpRouteRow {
  const { attributes, from, nexthops, type, source } = route;
  return {
    net: formatPrefix(route.net),
    type,
    source,
    protocol: route.protocol,
    preference: route.preference,
    metric,
    nexthops: nexthops.map(nextHopRow),
    attributes: attributes === undefined ? undefined : attributesRow(attributes),
    originAs: attributes === undefined ? undefined : originAs(attributes.asPath),
    from: from === undefined ? undefined : formatIpv4(from),
    best: route.best,
    stale: route.stale,
  };
}

/** as_path_get_last(), BIRD nest/a-path.c: of a path that ends in a set nobody knows. */
function originAs(path: readonly AsPathSegment[]): number | undefined {
  const last = path.at(-1);
  return last?.type === 'sequence' ? last.as.at(-1) : undefined;
}

/** Connected networks cost 0, what else leads to a next hop has no cost that can be compared (rt_get_igp_metric(), nest/rt-table.c). */
function metricOf({ attributes, nexthops }: RibRoute, rib: readonly RibRoute[]): BgpRouteRow['metric'] {
  if (attributes === undefined) return undefined;
  if (nexthops.length === 0) return 'unresolvable';
  return longestMatch(rib, attributes.nextHop)?.source === 'device' ? 'direct' : 'unknown';
}

/** The best path to the longest prefix that an address is in. */
export function longestMatch(rib: readonly RibRoute[], address: Ipv4): RibRoute | undefined {
  let longest: RibRoute | undefined;
  for (const route of rib)
    if (route.best && contains(route.net, address) && route.net.length > (longest?.net.length ?? -1)) longest = route;
  return longest;
}

/** A route of the forwarding table. */
export function fibRow({ net, type, nexthops, tunnel, protocol }: FibRoute): BgpFibRow {
  return { net: formatPrefix(net), type, nexthops: nexthops.map(nextHopRow), tunnel, protocol };
}

function nextHopRow({ via, dev, weight }: NextHop): BgpNextHopRow {
  return { via: via === undefined ? undefined : formatIpv4(via), dev, weight };
}

function attributesRow(attributes: BgpAttributes): BgpAttributesRow {
  const { aggregator, originatorId } = attributes;
  return {
    origin: attributes.origin,
    asPath: formatAsPath(attributes.asPath),
    nextHop: formatIpv4(attributes.nextHop),
    med: attributes.med,
    localPref: attributes.localPref,
    atomicAggregate: attributes.atomicAggregate,
    aggregator: aggregator === undefined ? undefined : `${formatIpv4(aggregator.address)} AS${aggregator.as}`,
    communities: attributes.communities.map((each) => `(${Math.floor(each / 0x10000)},${each % 0x10000})`),
    largeCommunities: attributes.largeCommunities.map((each) => `(${each.join(', ')})`),
    originatorId: originatorId === undefined ? undefined : formatIpv4(originatorId),
    clusterList: attributes.clusterList.map(formatIpv4),
  };
}

/** As as_path_format() writes it (BIRD nest/a-path.c): sets in braces. */
function formatAsPath(path: readonly AsPathSegment[]): string {
  return path.map(({ type, as }) => (type === 'set' ? `{${as.join(' ')}}` : as.join(' '))).join(' ');
}
