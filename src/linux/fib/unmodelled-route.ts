import type { JsonRecord } from '../json.js';
import { wordsOf } from '../kept.js';
import type { Origin } from '../origin.js';
import type { JsonObject } from '../write-json.js';
import { parseProtocol, parseScope, parseTable, parseTos, typeName } from './names.js';
import { parseDestination, type Route } from './route.js';

const TYPES: ReadonlySet<string> = new Set(['multicast', 'anycast', 'nat', 'xresolve']);

/** Whether a route leads where no packet is followed to: what it is, how it encapsulates, or to whom it sends. */
export function isUnmodelled(words: readonly string[]): boolean {
  return (
    TYPES.has(words[0] ?? '') ||
    words.some((word, i) => word === 'encap' || (word === 'via' && words[i + 1] === 'inet6'))
  );
}

/** The same of the fields of `ip -j route`. */
export function isUnmodelledRecord(record: JsonRecord): boolean {
  const { type, via, encap } = record.fields;
  if (TYPES.has(typeName(wordsOf(type ?? ''))) || via !== undefined || encap !== undefined) return true;
  return record.records('nexthops').some(isUnmodelledRecord);
}

/** A route of IPv4 that is kept, in its place in its table; undefined where the fields do not say which. */
export function unmodelledRoute(
  fields: JsonObject,
  origin: Origin,
): { readonly table: number; readonly route: Route } | undefined {
  const text = (key: string, otherwise: string): string => wordsOf(fields[key] ?? otherwise);
  const dst = parseDestination(text('dst', ''));
  const table = parseTable(text('table', 'main'));
  const scope = parseScope(text('scope', 'global'));
  const protocol = parseProtocol(text('protocol', 'boot'));
  const [tos, metric] = [parseTos(text('tos', '0')), Number(text('metric', '0'))];
  if (dst === undefined || table === undefined || scope === undefined || protocol === undefined) return undefined;
  if (tos === undefined || !Number.isInteger(metric)) return undefined;
  const route: Route = {
    type: 'unmodelled',
    dst,
    tos,
    metric,
    protocol,
    scope,
    mtu: undefined,
    mtuLock: false,
    fields,
    origin,
  };
  return { table, route };
}
