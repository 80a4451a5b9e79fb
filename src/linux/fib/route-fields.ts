import { wordsOf } from '../kept.js';
import type { LineWords } from '../words.js';
import type { JsonObject } from '../write-json.js';

/** Words that are followed by a value, and the fields of `ip -j route` that hold it. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ['from', 'from'],
  ['nhid', 'nhid'],
  ['encap', 'encap'],
  ['tos', 'tos'],
  ['via', 'gateway'],
  ['dev', 'dev'],
  ['table', 'table'],
  ['proto', 'protocol'],
  ['scope', 'scope'],
  ['src', 'prefsrc'],
  ['metric', 'metric'],
  ['weight', 'weight'],
  ['realm', 'flow'],
  ['realms', 'flow'],
  ['expires', 'expires'],
  ['error', 'error'],
  ['iif', 'iif'],
  ['pref', 'pref'],
]);
const WORDS: ReadonlyMap<string, string> = new Map([...VALUES].map(([word, key]) => [key, word]));
/** What JSON has as a number. */
const NUMBERS: ReadonlySet<string> = new Set(['nhid', 'metric', 'weight', 'expires', 'error']);
/** Of a list of their own, `metrics`, behind `mtu`. */
const METRICS: ReadonlySet<string> = new Set(
  'mtu window rtt rttvar ssthresh cwnd advmss reordering hoplimit initcwnd rto_min initrwnd quickack congctl'.split(
    ' ',
  ),
);
/** Metrics that text has with `ms`. */
const TIMES: ReadonlySet<string> = new Set(['rtt', 'rttvar', 'rto_min', 'rto_min lock']);
const FLAGS: ReadonlySet<string> = new Set(
  'dead onlink pervasive offload trap notify linkdown unresolved rt_offload rt_trap rt_offload_failed'.split(' '),
);
const TYPES: ReadonlySet<string> = new Set(
  'unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve'.split(' '),
);
/** What comes behind the flags, which JSON always has (print_route(), iproute2 ip/iproute.c). */
const BEHIND_FLAGS: ReadonlySet<string> = new Set(['flow', 'expires', 'error', 'metrics', 'iif', 'nexthops', 'pref']);

/**
 * The words of one route in the text of `ip route`, of whichever family, as the fields that `ip -j route` would print:
 * without knowing what they mean, so that they can be kept.
 */
export function readRouteFields(words: LineWords): JsonObject {
  const fields: Record<string, unknown> = {};
  if (TYPES.has(words.peek() ?? '')) fields['type'] = words.take('type');
  fields['dst'] = words.take('destination');
  const flags: string[] = [];
  const hops: Record<string, unknown>[] = [];
  while (words.has()) {
    const word = words.take('word');
    const hop = hops.at(-1);
    const key = VALUES.get(word);
    if (word === 'nexthop') hops.push({ flags: [] });
    else if (key !== undefined) Object.assign(hop ?? fields, readValue(words, word, key));
    else if (FLAGS.has(word)) (hop === undefined ? flags : (hop['flags'] as string[])).push(word);
    else if (METRICS.has(word) || word === 'features') readMetric(words, word, metricsOf(fields));
    else if (word in fields) words.fail(`"${word}" is there twice`);
    else fields[word] = null;
  }
  if (hops.length > 0) fields['nexthops'] = hops.map(({ flags: of, ...rest }) => ({ ...rest, flags: of }));
  const entries = Object.entries(fields);
  const at = entries.findIndex(([key]) => BEHIND_FLAGS.has(key));
  return Object.fromEntries(entries.toSpliced(at < 0 ? entries.length : at, 0, ['flags', flags]));
}

function readValue(words: LineWords, word: string, key: string): JsonObject {
  if (key === 'encap') return { encap: readEncap(words) };
  if (key === 'flow') return { flow: readRealm(words) };
  if (key !== 'gateway' || !words.accept('inet6')) return { [key]: readNumber(words.take(word), NUMBERS.has(key)) };
  return { via: { family: 'inet6', host: words.take(word) } };
}

/** The words of an encapsulation, which some that are a route's are among: `ip id 5 src 0.0.0.0 dst 10.0.0.7 ttl 0`. */
function readEncap(words: LineWords): string {
  const encap: string[] = [];
  while (words.has() && !['via', 'dev', 'nexthop'].includes(words.peek() ?? '')) encap.push(words.take('encap'));
  return encap.join(' ');
}

/** The realm behind its word: `3`, or `4/3`, the source's before it. */
export function readRealm(words: LineWords): JsonObject {
  const [to, from] = words.take('realm').split('/').toReversed();
  return from === undefined ? { to } : { from, to };
}

function readNumber(text: string, isNumber: boolean): string | number {
  const bare = text.replace(/(sec|ms)$/, '');
  return isNumber && /^-?\d+$/.test(bare) ? Number(bare) : text;
}

function metricsOf(fields: Record<string, unknown>): Record<string, unknown> {
  const metrics = (fields['metrics'] ?? [{}]) as [Record<string, unknown>];
  fields['metrics'] = metrics;
  return metrics[0];
}

/** One metric behind its word, into those of a route. That it is locked JSON does not say: its name does here. */
export function readMetric(words: LineWords, word: string, metrics: Record<string, unknown>): void {
  if (word === 'features') metrics[words.take(word)] = null;
  else if (word === 'congctl') metrics['congestion'] = words.take(word);
  else metrics[words.accept('lock') ? `${word} lock` : word] = readNumber(words.take(word), true);
}

/** A route of these fields as a line of `ip route` has it, and a line for each of several next hops. */
export function formatRouteFields({ type, dst, nexthops, ...fields }: JsonObject): string {
  const words = [...(type === undefined || type === 'unicast' ? [] : [wordsOf(type)]), wordsOf(dst)];
  const lines = [
    [...words, ...fieldWords(fields)],
    ...objectsOf(nexthops).map((hop) => ['\tnexthop', ...fieldWords(hop)]),
  ];
  return lines.map((line) => line.join(' ')).join('\n');
}

/** Fields of a route as words of a line. */
export function fieldWords(fields: JsonObject): string[] {
  return Object.entries(fields).flatMap(([key, value]): string[] => {
    if (value === undefined) return [];
    if (value === null) return [key];
    if (key === 'flags') return Array.isArray(value) ? value.map(wordsOf) : [];
    if (key === 'metrics') return objectsOf(value).flatMap(metricWords);
    const parts = objectsOf([value]).flatMap((object) => Object.values(object).map(wordsOf));
    if (key === 'via') return ['via', ...parts];
    if (key === 'flow') return ['realm', parts.join('/')];
    return [WORDS.get(key) ?? key, key === 'expires' ? `${wordsOf(value)}sec` : wordsOf(value)];
  });
}

/** The objects among the members of a list: a dump may hold anything. */
function objectsOf(list: unknown): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.filter((member): member is JsonObject => typeof member === 'object' && member !== null);
}

/** Metrics of a route as words of a line. */
function metricWords(metrics: JsonObject): string[] {
  return Object.entries(metrics).flatMap(([key, value]): string[] => {
    if (value === null) return ['features', key];
    if (key === 'congestion') return ['congctl', wordsOf(value)];
    const unit = TIMES.has(key) && typeof value === 'number' ? 'ms' : '';
    return [...key.split(' '), `${wordsOf(value)}${unit}`];
  });
}
