import { type Problem, type Read, readResult } from '../../problem/index.js';
import type { KeptEntry } from '../kept.js';
import type { Source } from '../source.js';
import { LineWords, type PlacedWord, splitLine } from '../words.js';
import { namedFields, typeName } from './names.js';
import { defaultScope, type Route, RT_SCOPE_UNIVERSE } from './route.js';
import { readRouteFields } from './route-fields.js';
import { readRouteWords, routeOf, tableOf } from './route-words.js';
import { FibTable } from './table.js';
import { isUnmodelled, unmodelledRoute } from './unmodelled-route.js';

/** What `ip route` prints, which is both families together. */
export interface RouteDump {
  readonly tables: ReadonlyMap<number, FibTable>;
  readonly inet6: readonly KeptEntry[];
}

/** Reads the text of `ip route show table all`, or of one table. A route without a table is in `main`. */
export function readRouteText(source: Source): Read<RouteDump> {
  const problems: Problem[] = [];
  const tables = new Map<number, FibTable>();
  const inet6: KeptEntry[] = [];
  for (const { line, words } of routeLines(source.text)) {
    const before = problems.length;
    const lineWords = new LineWords(words, { file: source.file, line, problems });
    const origin = { by: 'dump', file: source.file, line };
    if (isIpv6(words)) {
      const fields = namedFields(readRouteFields(lineWords));
      inet6.push({ dev: fields['dev'] as string | undefined, fields, origin });
      continue;
    }
    if (isUnmodelled(words.map(({ text }) => text))) {
      const read = unmodelledRoute(namedFields(readRouteFields(lineWords)), origin);
      if (read === undefined) lineWords.fail('expected a route with an IPv4 prefix', 'bad-address');
      else addRoute(tables, read.table, read.route);
      continue;
    }
    const spoken = readRouteWords(lineWords);
    if (problems.length > before) continue;
    const route = routeOf(spoken);
    // What is not printed is the default: a global scope, but for types that can't have it.
    const scope = spoken.scope ?? (route.type === 'unicast' ? RT_SCOPE_UNIVERSE : defaultScope(route));
    addRoute(tables, tableOf(spoken), { ...route, scope, origin });
  }
  return readResult({ tables, inet6 }, problems);
}

/** Adds behind the routes of equal prefix, TOS and metric. */
export function addRoute(tables: Map<number, FibTable>, table: number, route: Route): void {
  let fib = tables.get(table);
  if (fib === undefined) {
    fib = new FibTable();
    tables.set(table, fib);
  }
  fib.append(route);
}

/** Lines of the text; the next hops of a multipath route are on lines of their own, indented. */
function routeLines(text: string): { readonly line: number; readonly words: PlacedWord[] }[] {
  const lines: { line: number; words: PlacedWord[] }[] = [];
  text.split('\n').forEach((content, index) => {
    const words = splitLine(content);
    const [type, dst] = words;
    // `ip -N` prints the type's number, which no destination is.
    if (type !== undefined && dst !== undefined && /^\d+$/.test(type.text))
      words[0] = { ...type, text: typeName(type.text) };
    const last = lines.at(-1);
    if (words.length === 0 || content.startsWith('#')) return;
    if (/^\s+nexthop\b/.test(content) && last !== undefined) last.words.push(...words);
    else lines.push({ line: index + 1, words });
  });
  return lines;
}

/** Whether the destination is of IPv6, or what only its routes have is said. */
function isIpv6(words: readonly PlacedWord[]): boolean {
  return words.some(({ text }, i) => (i < 2 && text.includes(':')) || text === 'pref');
}
