import { ANY, contains } from '../address/index.js';
import type { AsPathSegment, BgpAttributes, Origin } from './attributes.js';
import type { AggregateConfig, SpeakerConfig } from './config.js';
import { ORIGIN_CODE, type Path } from './path.js';
import { type Aggregate, type Aggregation, netOf, type Route, type World } from './state.js';

/**
 * Whether aggregates are made of a route: those of FRR's BGP table, which are received ones and those of `network`, best or
 * not, as long as their next hop can be resolved (bgp_aggregate_increment() and BGP_PATH_HOLDDOWN, FRR 8.4.4 bgpd/bgp_route.c);
 * no aggregate is made of aggregates of the same speaker.
 */
export function contributes({ networks }: Aggregation, route: Route): boolean {
  const { kind } = route.protocol;
  if (kind === 'bgp') return route.dest !== 'unreachable';
  return kind !== 'aggregate' && networks.has(route.net);
}

/** Whether a net is more specific than an aggregate. */
export function isWithin(world: World, { config }: Aggregate, net: number): boolean {
  const { address, length } = netOf(world, net);
  return length > config.net.length && contains(config.net, address);
}

/** The aggregate that keeps a route from all neighbours (`summary-only`): bgp_path_suppressed(), FRR bgpd/bgp_route.c. */
export function suppressorOf(world: World, route: Route): AggregateConfig | undefined {
  const { aggregation } = route.protocol.speaker;
  if (aggregation === undefined || !contributes(aggregation, route)) return undefined;
  return aggregation.aggregates.find((each) => each.config.summaryOnly && isWithin(world, each, route.net))?.config;
}

/**
 * What an aggregate is announced with: bgp_attr_aggregate_intern(), FRR 8.4.4 bgpd/bgp_attr.c. Without `as-set` the AS_PATH is
 * empty and ATOMIC_AGGREGATE says so (RFC 4271 §5.1.6).
 *
 * @param paths - of the contributors, at least one; undefined for a route of the speaker's own
 */
export function aggregateOf(
  { as, routerId }: SpeakerConfig,
  { asSet, origin }: AggregateConfig,
  paths: readonly (Path | undefined)[],
): BgpAttributes {
  const parts = paths.map((path) => path?.attributes);
  return {
    origin: origin ?? worstOrigin(parts.map((part) => part?.origin ?? 'IGP')),
    asPath: asSet ? parts.map((part) => part?.asPath ?? []).reduce(joined) : [],
    nextHop: ANY,
    med: 0,
    localPref: undefined,
    atomicAggregate: !asSet,
    aggregator: { as, address: routerId },
    communities: asSet ? communitiesOf(parts) : [],
    largeCommunities: asSet ? largeCommunitiesOf(parts) : [],
    originatorId: undefined,
    clusterList: [],
  };
}

/** RFC 4271 §9.2.2.2: INCOMPLETE where one is, else EGP where one is. */
function worstOrigin(origins: readonly Origin[]): Origin {
  return origins.reduce((worst, each) => (ORIGIN_CODE[each] > ORIGIN_CODE[worst] ? each : worst));
}

/**
 * What two paths begin with alike, and behind it a set of the rest: aspath_aggregate(), FRR bgpd/bgp_aspath.c. For more than
 * two it is applied one after the other, in FRR in the order of a hash; paths without sets come out alike in any order.
 */
function joined(a: readonly AsPathSegment[], b: readonly AsPathSegment[]): readonly AsPathSegment[] {
  const leading: AsPathSegment[] = [];
  let [at, from] = [0, 0];
  for (; ; at++) {
    const [one, other] = [a[at], b[at]];
    if (one === undefined || one.type !== other?.type) break;
    const differs = one.as.findIndex((as, i) => as !== other.as[i]);
    const alike = differs === -1 ? one.as.length : differs;
    if (alike > 0) leading.push({ type: one.type, as: one.as.slice(0, alike) });
    if (alike < one.as.length || alike < other.as.length) {
      from = alike;
      break;
    }
  }
  const rest = [a, b].flatMap((path) => path.slice(at).flatMap(({ as }, i) => as.slice(i === 0 ? from : 0)));
  if (rest.length === 0) return leading;
  return [...leading, { type: 'set', as: [...new Set(rest)].sort((x, y) => x - y) }];
}

/** GRACEFUL_SHUTDOWN too: FRR means to leave it out, and community_del_val() does not find it on a little-endian machine. */
function communitiesOf(parts: readonly (BgpAttributes | undefined)[]): readonly number[] {
  return [...new Set(parts.flatMap((part) => part?.communities ?? []))].sort((a, b) => a - b);
}

function largeCommunitiesOf(parts: readonly (BgpAttributes | undefined)[]): BgpAttributes['largeCommunities'] {
  const all = new Map(parts.flatMap((part) => part?.largeCommunities ?? []).map((each) => [each.join(':'), each]));
  return [...all.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
}
