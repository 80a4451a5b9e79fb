import { formatIpv4, formatPrefix, type Ipv4Prefix } from '../../address/index.js';
import { wordsOf } from '../kept.js';
import type { Netns } from '../netns.js';
import { formatScope, formatTable } from './names.js';
import { type Nexthop, type Route, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from './route.js';
import { fieldWords, formatRouteFields } from './route-fields.js';

/** Tables are found by the low bits of their number, and printed in that order (FIB_TABLE_HASHSZ). */
const TABLE_HASH = 256;

/** `ip route show table all`: all tables, the name of each but `main` said in every line, and behind them IPv6. */
export function formatAllRoutes(ns: Netns): string {
  const inet = tableIds(ns).map((id) => lines(ns, id, 'say-table'));
  return [...inet, ...ns.ipv6.routes.map(({ fields }) => `${formatRouteFields(fields)}\n`)].join('');
}

/** All routes with their tables, in the order of `ip route show table all`. */
export function allRoutes(ns: Netns): (readonly [table: number, route: Route])[] {
  return tableIds(ns).flatMap((id) => inTrieOrder(ns, id).map((route) => [id, route] as const));
}

function tableIds(ns: Netns): number[] {
  return [...ns.ipv4.tables.keys()].sort((a, b) => (a % TABLE_HASH) - (b % TABLE_HASH) || a - b);
}

/** `ip route show table TABLE`; `ip route` for {@link RT_TABLE_MAIN}. */
export function formatTableRoutes(ns: Netns, table: number = RT_TABLE_MAIN): string {
  return lines(ns, table, 'leave-out-table');
}

function lines(ns: Netns, table: number, say: 'say-table' | 'leave-out-table'): string {
  const name = say === 'say-table' && table !== RT_TABLE_MAIN ? formatTable(table) : undefined;
  return inTrieOrder(ns, table)
    .map((route) => `${formatRoute(route, name, ns)}\n`)
    .join('');
}

/** As the kernel walks its trie: by address, the longer prefix of the same address first. Stable for equal prefixes. */
function inTrieOrder(ns: Netns, table: number): Route[] {
  const routes = [...(ns.ipv4.tables.get(table) ?? [])];
  return routes.sort((a, b) => a.dst.address - b.dst.address || b.dst.length - a.dst.length);
}

/** A destination as `ip route` prints it: `default`, an address, or a prefix. */
export function formatDestination(dst: Ipv4Prefix): string {
  if (dst.length === 0) return 'default';
  return dst.length === 32 ? formatIpv4(dst.address) : formatPrefix(dst);
}

/**
 * One line of `ip route`, with a blank at its end as iproute2 leaves there. With `ns`, next hops whose link is down or
 * has no carrier are marked `dead` and `linkdown`, as the kernel does.
 */
export function formatRoute(route: Route, table: string | undefined, ns?: Netns): string {
  if (route.type === 'unmodelled') {
    const { table: _, ...fields } = route.fields;
    return `${formatRouteFields(table === undefined ? fields : route.fields)} `;
  }
  const words: string[] = [];
  const multipath = route.type === 'unicast' && route.nexthops.length > 1;
  if (route.type !== 'unicast') words.push(route.type);
  words.push(formatDestination(route.dst));
  const { nhid, metrics, ...kept } = route.kept ?? {};
  if (nhid !== undefined) words.push('nhid', wordsOf(nhid));
  if (route.tos !== 0) words.push('tos', formatTos(route.tos));
  if (route.type === 'unicast' && !multipath) words.push(...nexthopWords(route.nexthops[0]));
  else if (route.type === 'local' || route.type === 'broadcast') words.push('dev', route.dev);
  if (table !== undefined) words.push('table', table);
  if (route.protocol !== 'boot') words.push('proto', route.protocol);
  if (route.scope !== RT_SCOPE_UNIVERSE) words.push('scope', formatScope(route.scope));
  if ('prefsrc' in route && route.prefsrc !== undefined) words.push('src', formatIpv4(route.prefsrc));
  if (route.metric !== 0) words.push('metric', String(route.metric));
  words.push(...routeFlags(route, ns), ...fieldWords(kept));
  if (route.mtu !== undefined) words.push('mtu', ...(route.mtuLock ? ['lock'] : []), String(route.mtu));
  words.push(...fieldWords({ metrics }));
  const line = `${words.join(' ')} `;
  if (!multipath) return line;
  return `${line}${route.nexthops.map((nexthop) => `\n\t${nexthopLine(nexthop, ns)}`).join('')}`;
}

function nexthopLine(nexthop: Nexthop, ns: Netns | undefined): string {
  const words = [
    'nexthop',
    ...nexthopWords(nexthop),
    'weight',
    String(nexthop.weight),
    ...routeNexthopFlags(nexthop, ns),
  ];
  return `${words.join(' ')} `;
}

function nexthopWords({ dev, via }: Nexthop): string[] {
  return [...(via === undefined ? [] : ['via', formatIpv4(via)]), ...(dev === '' ? [] : ['dev', dev])];
}

/** `onlink`, and what the kernel makes of the links' state, of a route without further next hops. */
export function routeFlags(route: Route, ns: Netns | undefined): string[] {
  if (route.type === 'unicast') return route.nexthops.length > 1 ? [] : routeNexthopFlags(route.nexthops[0], ns);
  // The kernel follows the state of a link for every next hop but those of host scope.
  return route.type === 'broadcast' ? linkFlags(route.dev, ns) : [];
}

/** The same of one next hop. */
export function routeNexthopFlags({ dev, onlink }: Nexthop, ns: Netns | undefined): string[] {
  const state = linkFlags(dev, ns);
  return [...state.filter((f) => f === 'dead'), ...(onlink ? ['onlink'] : []), ...state.filter((f) => f !== 'dead')];
}

function linkFlags(dev: string, ns: Netns | undefined): string[] {
  const link = ns?.links.get(dev);
  if (link === undefined || (link.up && link.carrier)) return [];
  return link.up ? ['linkdown'] : ['dead', 'linkdown'];
}

/** `0x10`, two digits at least. */
export function formatTos(tos: number): string {
  return `0x${tos.toString(16).padStart(2, '0')}`;
}
