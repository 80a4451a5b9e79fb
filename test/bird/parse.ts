import { type Ipv4, parseIpv4, parsePrefix } from '../../src/address/index.js';
import type { BgpAttributes, NextHop, RibRoute, SessionStatus } from '../../src/bgp/index.js';
import { TUNNEL } from './filter-conf.js';

/** A route as BIRD shows it, with the number of the device that the kernel filter chose. */
export type ShownRoute = RibRoute & { readonly tunnel: number | undefined };

/** Preference, then what a protocol adds: `-` and `s` of LLGR, the metric of the next hop. */
const HEAD =
  /^(\S+)?\s+(unicast|blackhole|unreachable|prohibit) \[(\S+) \S+(?: \d\S*)?(?: from (\S+))?\]( \*)? \((\d+)\S*\)/;
const SOURCES: Readonly<Record<string, RibRoute['source']>> = {
  device: 'device',
  static: 'static',
  inherit: 'kernel',
  BGP: 'bgp',
};

interface Entry {
  readonly head: RegExpExecArray;
  readonly net: string;
  readonly nexthops: NextHop[];
  readonly attributes: Map<string, string>;
}

/** The answer to `show route all`. */
export function parseRoutes(text: string): ShownRoute[] {
  const entries: Entry[] = [];
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line);
    const last = entries.at(-1);
    if (head !== null) entries.push({ head, net: head[1] ?? last?.net ?? '', nexthops: [], attributes: new Map() });
    else if (line.startsWith('\t') && last !== undefined) readLine(line.slice(1), last);
    else if (line !== '' && !line.startsWith('Table ')) throw new Error(`BIRD shows a route as "${line}"`);
  }
  return entries.map(routeOf);
}

function readLine(line: string, { nexthops, attributes }: Entry): void {
  const hop = /^(?:via (\S+) on|dev) (\S+)(?: onlink)?(?: weight (\d+))?$/.exec(line.trimEnd());
  const [, name, value] = /^([\w.]+): ?(.*)$/.exec(line) ?? [];
  if (hop !== null) {
    const [, via, dev = '', weight = '1'] = hop;
    nexthops.push({ via: via === undefined ? undefined : ip(via), dev, weight: Number(weight) });
  } else if (name !== undefined) attributes.set(name, (value ?? '').trim());
  else throw new Error(`BIRD shows an attribute as "${line}"`);
}

function routeOf({ head, net, nexthops, attributes }: Entry): ShownRoute {
  const [, , type, protocol = '', from, star, preference] = head;
  const source = SOURCES[attributes.get('Type')?.split(' ')[0] ?? ''];
  const prefix = parsePrefix(net);
  if (source === undefined || prefix === undefined) throw new Error(`BIRD shows "${head[0]}"`);
  const tunnel = attributes.get(TUNNEL);
  return {
    net: prefix,
    type: type as RibRoute['type'],
    source,
    protocol,
    preference: Number(preference),
    nexthops,
    attributes: source === 'bgp' ? attributesOf(attributes) : undefined,
    from: from === undefined ? undefined : ip(from),
    best: star !== undefined,
    // `birdc` does not show it.
    pathId: undefined,
    // It does not show that: see withStale().
    stale: false,
    tunnel: tunnel === undefined ? undefined : Number(tunnel),
  };
}

function attributesOf(attributes: ReadonlyMap<string, string>): BgpAttributes {
  const get = (name: string): string | undefined => attributes.get(`BGP.${name}`);
  const number = (name: string): number | undefined => (get(name) === undefined ? undefined : Number(get(name)));
  const address = (name: string): Ipv4 | undefined => (get(name) === undefined ? undefined : ip(get(name) ?? ''));
  const [aggregator, aggregatorAs] = (get('aggregator') ?? '').split(' AS');
  return {
    origin: { IGP: 'IGP', EGP: 'EGP', Incomplete: 'INCOMPLETE' }[get('origin') ?? ''] as BgpAttributes['origin'],
    asPath: pathOf(get('as_path') ?? ''),
    nextHop: ip(get('next_hop') ?? ''),
    med: number('med'),
    localPref: number('local_pref'),
    atomicAggregate: get('atomic_aggr') !== undefined,
    aggregator:
      aggregator === '' || aggregatorAs === undefined
        ? undefined
        : { as: Number(aggregatorAs), address: ip(aggregator ?? '') },
    communities: numbers(get('community')).map(([high = 0, low = 0]) => high * 65536 + low),
    largeCommunities: numbers(get('large_community')).map(([a = 0, b = 0, c = 0]) => [a, b, c] as const),
    originatorId: address('originator_id'),
    clusterList: (get('cluster_list') ?? '').split(' ').filter(Boolean).map(ip),
  };
}

/** `65001 65002`, and `{1 2}` for a set. */
function pathOf(text: string): BgpAttributes['asPath'] {
  const parts = text.split(/[{}]/).map((part) => part.split(' ').filter(Boolean).map(Number));
  return parts
    .map((as, n) => ({ type: n % 2 === 0 ? ('sequence' as const) : ('set' as const), as }))
    .filter(({ as }) => as.length > 0);
}

/** `(64512,100) (64512,101)`. */
function numbers(text: string | undefined): number[][] {
  return [...(text ?? '').matchAll(/\(([^)]*)\)/g)].map(([, inner = '']) => inner.split(',').map(Number));
}

/** A session as BIRD shows it, and whether it keeps the routes of a neighbour that is to come back (RFC 4724). */
export type ShownSession = ShownStatus & { readonly restarting: boolean };

/** What of a session BIRD shows and does not depend on the moment. */
export type ShownStatus = Pick<
  SessionStatus,
  'name' | 'neighbor' | 'neighborAs' | 'state' | 'type' | 'rrClient' | 'imported' | 'exported' | 'preferred'
>;

/** The answer to `show protocols all`: its BGP sessions. */
export function parseSessions(text: string): ShownSession[] {
  // Each begins at the margin.
  const blocks = text.split(/\n(?=\S)/).filter((block) => /^\S+\s+BGP\s/.test(block));
  return blocks.map((block) => {
    const get = (name: string): string => new RegExp(`^ +${name}: +(.*)$`, 'm').exec(block)?.[1]?.trim() ?? '';
    const routes = get('Routes');
    const count = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(routes)?.[1] ?? 0);
    const session = get('Session').split(' ');
    return {
      name: /^\S+/.exec(block)?.[0] ?? '',
      neighbor: ip(get('Neighbor address').replace(/%.*/, '')),
      neighborAs: Number(get('Neighbor AS')),
      state: get('BGP state') as SessionStatus['state'],
      type: session.includes('internal') ? 'internal' : 'external',
      rrClient: session.includes('route-reflector'),
      imported: count('imported'),
      exported: count('exported'),
      preferred: count('preferred'),
      restarting: block.includes('Neighbor graceful restart active'),
    };
  });
}

/** Stale are the routes of a session that waits for its neighbour to come back: BIRD marks them, and does not show it. */
export function withStale(routes: readonly RibRoute[], sessions: readonly ShownSession[]): RibRoute[] {
  const waiting = new Set(sessions.filter(({ restarting }) => restarting).map(({ name }) => name));
  return routes.map((route) => ({ ...route, stale: route.source === 'bgp' && waiting.has(route.protocol) }));
}

function ip(text: string): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`BIRD shows the address "${text}"`);
  return address;
}
