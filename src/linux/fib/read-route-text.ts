import { type Problem, type Read, readResult } from '../../problem/index.js';
import type { Source } from '../source.js';
import { LineWords, type PlacedWord, splitLine } from '../words.js';
import { defaultScope, type Route, RT_SCOPE_UNIVERSE } from './route.js';
import { readRouteWords, routeOf, tableOf } from './route-words.js';
import { FibTable } from './table.js';

/**
 * Reads the text of `ip route show table all`, or of one table: IPv4 routes only, since the two families are printed
 * together. A route without a table is in `main`.
 */
export function readRouteText(source: Source): Read<ReadonlyMap<number, FibTable>> {
  const problems: Problem[] = [];
  const tables = new Map<number, FibTable>();
  for (const { line, words } of routeLines(source.text)) {
    if (isIpv6(words)) continue;
    const before = problems.length;
    const spoken = readRouteWords(new LineWords(words, { file: source.file, line, problems }));
    if (problems.length > before) continue;
    const route = routeOf(spoken);
    // What is not printed is the default: a global scope, but for types that can't have it.
    const scope = spoken.scope ?? (route.type === 'unicast' ? RT_SCOPE_UNIVERSE : defaultScope(route));
    addRoute(tables, tableOf(spoken), { ...route, scope, origin: { by: 'dump', file: source.file, line } });
  }
  return readResult(tables, problems);
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
    const last = lines.at(-1);
    if (words.length === 0 || content.startsWith('#')) return;
    if (/^\s+nexthop\b/.test(content) && last !== undefined) last.words.push(...words);
    else lines.push({ line: index + 1, words });
  });
  return lines;
}

function isIpv6(words: readonly PlacedWord[]): boolean {
  return words.some(
    (word, i) => (i < 2 && word.text.includes(':')) || word.text === 'pref' || /^[0-9a-f]*:.*:/.test(word.text),
  );
}
