import type { Ipv4Prefix } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import { type JsonRecord, jsonRecords } from '../json.js';
import { type KeptEntry, keptBut, keptRecord } from '../kept.js';
import type { Source } from '../source.js';
import { nameAdvice, namedFields, parseProtocol, parseScope, parseTable, typeName } from './names.js';
import { addRoute, type RouteDump } from './read-route-text.js';
import { tosOf } from './read-rules.js';
import { type Nexthop, parseDestination, type Route, RT_SCOPE_HOST, RT_SCOPE_LINK } from './route.js';
import type { FibTable } from './table.js';
import { isUnmodelledRecord, unmodelledRoute } from './unmodelled-route.js';

/**
 * Reads `ip -j route show table all`, with or without `-d`. A route without a type is unicast, one without a table is in
 * `main`.
 *
 * iproute2 6.1 does not say in JSON that an MTU is locked, nor where a route with an encapsulation leads, whose fields
 * it prints over the route's: the text does.
 */
export function readRoutes(source: Source): Read<RouteDump> {
  const problems: Problem[] = [];
  const tables = new Map<number, FibTable>();
  const inet6: KeptEntry[] = [];
  for (const record of jsonRecords(source, problems)) {
    if (isIpv6(record)) {
      const kept = keptRecord(record, source.file);
      inet6.push({ ...kept, fields: namedFields(kept.fields) });
      continue;
    }
    if (isUnmodelledRecord(record)) {
      keepRoute(tables, record, source.file);
      continue;
    }
    const table = named(record, 'table', 'main', parseTable);
    const route = readRoute(record, source.file);
    if (route !== undefined && table !== undefined) addRoute(tables, table, route);
  }
  return readResult({ tables, inet6 }, problems);
}

function keepRoute(tables: Map<number, FibTable>, record: JsonRecord, file: string): void {
  const read = unmodelledRoute(namedFields(record.fields), { by: 'dump', file });
  if (record.has('encap'))
    record.fail(
      'encap',
      'the JSON of a route with an encapsulation does not say where it leads: `ip route` without -j does',
    );
  else if (read === undefined) record.fail('', 'expected a route with an IPv4 prefix', 'bad-address');
  else addRoute(tables, read.table, read.route);
}

function isIpv6(record: JsonRecord): boolean {
  const holdsColon = (key: string): boolean => {
    const value = record.fields[key];
    return typeof value === 'string' && value.includes(':');
  };
  return record.has('pref') || ['dst', 'gateway', 'prefsrc'].some(holdsColon);
}

function readRoute(record: JsonRecord, file: string): Route | undefined {
  const type = typeName(record.string('type') ?? 'unicast');
  const dst = readPrefix(record);
  const protocol = named(record, 'protocol', 'boot', parseProtocol);
  const scope = named(record, 'scope', 'global', parseScope);
  if (dst === undefined || protocol === undefined || scope === undefined) return undefined;
  const common = {
    ...keptOf(record),
    dst,
    tos: tosOf(record),
    metric: record.number('metric') ?? 0,
    protocol,
    mtu: record
      .records('metrics')
      .map((metrics) => metrics.number('mtu'))
      .find((mtu) => mtu !== undefined),
    mtuLock: false,
    origin: { by: 'dump', file },
  };
  const prefsrc = record.ipv4('prefsrc');
  switch (type) {
    case 'unicast': {
      const hops = record.has('nexthops') ? record.records('nexthops') : [record];
      const [first, ...others] = hops.map(readNexthop);
      if (first === undefined) return record.fail('nexthops', 'a unicast route needs a next hop', 'missing');
      return { ...common, type, scope, nexthops: [first, ...others], prefsrc };
    }
    case 'local':
      return {
        ...common,
        type,
        scope: record.has('scope') ? scope : RT_SCOPE_HOST,
        dev: record.requiredString('dev'),
        prefsrc,
      };
    case 'broadcast':
      return {
        ...common,
        type,
        scope: record.has('scope') ? scope : RT_SCOPE_LINK,
        dev: record.requiredString('dev'),
        prefsrc,
      };
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
    case 'throw':
      return { ...common, type, scope };
    default:
      return record.fail('type', `routes of type "${type}" are not modelled`);
  }
}

/** What a route is read into, and flags, which say what the kernel makes of links. */
const READ: ReadonlySet<string> = new Set(
  'type dst tos gateway dev table protocol scope prefsrc metric flags weight nexthops'.split(' '),
);

function keptOf(record: JsonRecord): Pick<Route, 'kept'> {
  const lists = record.records('metrics').map(({ fields: { mtu: _, ...others } }) => others);
  const metrics = lists.some((others) => Object.keys(others).length > 0) ? lists : undefined;
  return keptBut({ ...record.fields, metrics }, (key) => READ.has(key));
}

function readNexthop(record: JsonRecord): Nexthop {
  return {
    dev: record.requiredString('dev'),
    via: record.ipv4('gateway'),
    onlink: record.strings('flags').includes('onlink'),
    weight: record.number('weight') ?? 1,
  };
}

function readPrefix(record: JsonRecord): Ipv4Prefix | undefined {
  const text = record.requiredString('dst');
  const dst = parseDestination(text);
  if (dst === undefined && text !== '') record.fail('dst', `expected an IPv4 prefix, found "${text}"`, 'bad-address');
  return dst;
}

/** A field that holds a name or a number spelled as text. */
function named<T>(
  record: JsonRecord,
  key: string,
  missing: string,
  parse: (text: string) => T | undefined,
): T | undefined {
  const value = record.fields[key];
  const text = typeof value === 'number' ? String(value) : (record.string(key) ?? missing);
  return (
    parse(text) ?? record.fail(key, `expected a name or number, found "${text}"${nameAdvice(key)}`, 'unknown-name')
  );
}
