import { displayWidth, padEnd } from '../width.js';
import type {
  BgpAttributesRow,
  BgpFibRow,
  BgpNextHopRow,
  BgpRouteRow,
  BgpSessionRow,
  BgpSpeakerRow,
} from './bgp-rows.js';

/** Virtual time as `birdc` prints a time of day: 967 is `00:00:00.967`. */
export function formatTime(ms: number): string {
  const whole = Math.floor(ms);
  const part = (unit: number, modulo: number): string => String(Math.floor(whole / unit) % modulo).padStart(2, '0');
  return `${part(3_600_000, 1000)}:${part(60_000, 60)}:${part(1000, 60)}.${String(whole % 1000).padStart(3, '0')}`;
}

/** The columns of `birdc show protocols`. */
type Columns = readonly [name: string, proto: string, table: string, state: string, since: string, info: string];

/** proto_cmd_show() in BIRD nest/proto.c: `%-10s %-10s %-10s %-6s %-12s  %s`, with names as wide as the longest. */
function protocolLine([name, proto, table, state, since, info]: Columns, names: number): string {
  const columns = [padEnd(name, names), padEnd(proto, 10), padEnd(table, 10), padEnd(state, 6), padEnd(since, 13)];
  return `${columns.join(' ')} ${info}`.trimEnd();
}

/** A session's line. */
interface ProtocolLine {
  readonly text: string;
  readonly down: boolean;
}

/** `birdc show protocols` of a speaker. */
export function protocolLines({ protocols, sessions }: Pick<BgpSpeakerRow, 'protocols' | 'sessions'>): ProtocolLine[] {
  const names = Math.max(10, ...[...protocols, ...sessions].map(({ name }) => displayWidth(name)));
  const line = (columns: Columns, down = false): ProtocolLine => ({ text: protocolLine(columns, names), down });
  return [
    line(['Name', 'Proto', 'Table', 'State', 'Since', 'Info']),
    ...protocols.map(({ name, proto }) => line([name, proto, TABLE[proto], 'up', formatTime(0), ''])),
    ...sessions.map((session) => line(sessionColumns(session), session.state !== 'Established')),
  ];
}

/** Protocols without a channel have no table. */
const TABLE = { Static: 'master4', Kernel: 'master4', Device: '---', Direct: '---', Aggregator: '---' } as const;

/**
 * The state of a protocol that is not up: `start` while it tries, `down` when it was switched off (proto_state_name()).
 * Then bgp_get_status(), BIRD proto/bgp/bgp.c: the state of BGP, unless it is down, and the last error. Who the neighbour
 * is, and why it is not there, stands in brackets where birdc says nothing.
 */
function sessionColumns({ name, state, since, reason, lastError, neighborName }: BgpSessionRow): Columns {
  const whole = state === 'Established' ? 'up' : state === 'Down' ? 'down' : 'start';
  const error = state === 'Established' ? '' : (lastError ?? '');
  const info = (state === 'Down' ? error : `${padEnd(state, 13)} ${error}`).trimEnd();
  const more = [neighborName, reason === lastError ? undefined : reason]
    .filter((each) => each !== undefined)
    .join(': ');
  const brackets = more === '' ? '' : `(${more})`;
  return [name, 'BGP', '---', whole, formatTime(since), [info, brackets].filter((each) => each !== '').join('  ')];
}

const ORIGIN = { IGP: 'i', EGP: 'e', INCOMPLETE: '?' } as const;

/** What stands behind a route: preference, cost, the AS that it is from and ORIGIN (bgp_get_route_info(), proto/bgp/attrs.c). */
export function routeInfo({ preference, metric, attributes, originAs }: BgpRouteRow): string {
  const cost = metric === 'unknown' ? '/?' : '';
  const from = originAs === undefined ? '' : `AS${originAs}`;
  return `(${preference}${cost})${attributes === undefined ? '' : ` [${from}${ORIGIN[attributes.origin]}]`}`;
}

/** Lines of `birdc show route`, with `all` the attributes too: rt_show_rte(), nest/rt-show.c. When routes came is not told. */
export function routeLines(routes: readonly BgpRouteRow[], all: boolean, stale: string): readonly string[] {
  return routes.flatMap((route, i) => {
    const net = route.net === routes[i - 1]?.net ? '' : route.net;
    const from = route.from === undefined ? '' : ` from ${route.from}`;
    const marks = `${route.best ? ' *' : ''} ${routeInfo(route)}${route.stale ? `  ${stale}` : ''}`;
    return [
      `${padEnd(net, 20)} ${route.type} [${route.protocol}${from}]${marks}`,
      ...nextHopLines(route.nexthops),
      ...(all ? attributeLines(route) : []),
    ];
  });
}

function nextHopLines(nexthops: readonly BgpNextHopRow[]): readonly string[] {
  return nexthops.map((nexthop) => {
    const weight = nexthops.length > 1 ? ` weight ${nexthop.weight}` : '';
    return nexthop.via === undefined
      ? `\tdev ${nexthop.dev}${weight}`
      : `\tvia ${nexthop.via} on ${nexthop.dev}${weight}`;
  });
}

/** rta_src_names of nest/rt-attr.c, with `inherit` for what was learned from the kernel; of aggregates, BIRD 2.14. */
const TYPE = { device: 'device', static: 'static', kernel: 'inherit', aggregate: 'aggregated', bgp: 'BGP' } as const;

function attributeLines({ source, attributes }: BgpRouteRow): readonly string[] {
  const type = `\tType: ${TYPE[source]} univ`;
  return attributes === undefined ? [type] : [type, ...bgpAttributeLines(attributes)];
}

/** In the order of their codes, as ea_show_list() has them. */
function bgpAttributeLines(attributes: BgpAttributesRow): readonly string[] {
  const { med, localPref, aggregator, communities, largeCommunities, originatorId, clusterList } = attributes;
  const known: readonly (readonly [name: string, value: string | number | undefined])[] = [
    ['origin', attributes.origin],
    ['as_path', attributes.asPath],
    ['next_hop', attributes.nextHop],
    ['med', med],
    ['local_pref', localPref],
    ['atomic_aggr', attributes.atomicAggregate ? '' : undefined],
    ['aggregator', aggregator],
    ['community', communities.length === 0 ? undefined : communities.join(' ')],
    ['originator_id', originatorId],
    ['cluster_list', clusterList.length === 0 ? undefined : clusterList.join(' ')],
    ['large_community', largeCommunities.length === 0 ? undefined : largeCommunities.join(' ')],
  ];
  return known.flatMap(([name, value]) => (value === undefined ? [] : [`\tBGP.${name}: ${value}`]));
}

/** Where packets go, on one line: `via 192.168.56.12 on eth0`, `blackhole`, or several in order. */
export function formatWay({
  type,
  nexthops,
  tunnel,
}: Pick<BgpFibRow, 'type' | 'nexthops'> & { readonly tunnel?: BgpFibRow['tunnel'] }): string {
  if (type !== 'unicast') return type;
  return nexthops
    .map(({ via, dev }) => (via === undefined ? `dev ${tunnel ?? dev}` : `via ${via} on ${tunnel ?? dev}`))
    .join(', ');
}
