import type { JsonObject } from '../write-json.js';
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_SITE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
} from './route.js';

const SCOPES: ReadonlyMap<string, number> = new Map([
  ['global', RT_SCOPE_UNIVERSE],
  ['nowhere', RT_SCOPE_NOWHERE],
  ['host', RT_SCOPE_HOST],
  ['link', RT_SCOPE_LINK],
  ['site', RT_SCOPE_SITE],
]);

const TABLES: ReadonlyMap<string, number> = new Map([
  ['default', RT_TABLE_DEFAULT],
  ['main', RT_TABLE_MAIN],
  ['local', RT_TABLE_LOCAL],
]);

/** Protocols of iproute2's rt_protos, by number. */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'unspec'],
  [1, 'redirect'],
  [2, 'kernel'],
  [3, 'boot'],
  [4, 'static'],
  [8, 'gated'],
  [9, 'ra'],
  [10, 'mrt'],
  [11, 'zebra'],
  [12, 'bird'],
  [13, 'dnrouted'],
  [14, 'xorp'],
  [15, 'ntk'],
  [16, 'dhcp'],
  [18, 'keepalived'],
  [42, 'babel'],
  [99, 'openr'],
  [186, 'bgp'],
  [187, 'isis'],
  [188, 'ospf'],
  [189, 'rip'],
  [192, 'eigrp'],
]);

/** DSCP and ECN together, as iproute2's rt_dsfield names them. */
const TOS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    default: 0,
    ...{ AF11: 0x28, AF12: 0x30, AF13: 0x38, AF21: 0x48, AF22: 0x50, AF23: 0x58 },
    ...{ AF31: 0x68, AF32: 0x70, AF33: 0x78, AF41: 0x88, AF42: 0x90, AF43: 0x98 },
    ...{ CS1: 0x20, CS2: 0x40, CS3: 0x60, CS4: 0x80, CS5: 0xa0, CS6: 0xc0, CS7: 0xe0, EF: 0xb8 },
  }),
);

/** RTN_… by number (enum, linux include/uapi/linux/rtnetlink.h). */
const TYPES: readonly string[] =
  'unspec unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve'.split(' ');

const PROTOCOL_NAMES = new Set(PROTOCOLS.values());

/** The names that iproute2 knows of its own (`/etc/iproute2/rt_scopes`). */
export const SCOPE_NAMES: readonly string[] = [...SCOPES.keys()];
/** Of `/etc/iproute2/rt_tables`. */
export const TABLE_NAMES: readonly string[] = [...TABLES.keys()];

/** RT_SCOPE_… by name or number; undefined for anything else. */
export function parseScope(text: string): number | undefined {
  return SCOPES.get(text) ?? parseNumber(text, 255);
}

/** `global`, `link`, `host` …, or the number. */
export function formatScope(scope: number): string {
  return nameOf(SCOPES, scope) ?? String(scope);
}

/** A table's number by name or number, uint32; undefined for anything else. */
export function parseTable(text: string): number | undefined {
  return TABLES.get(text) ?? parseNumber(text, 0xffffffff);
}

/** `main`, `local`, `default`, or the number. */
export function formatTable(table: number): string {
  return nameOf(TABLES, table) ?? String(table);
}

/** A route's protocol as `ip` prints it: a name for the numbers that have one. Undefined when it is neither. */
export function parseProtocol(text: string): string | undefined {
  if (PROTOCOL_NAMES.has(text)) return text;
  const number = parseNumber(text, 255);
  return number === undefined ? undefined : (PROTOCOLS.get(number) ?? String(number));
}

/** The TOS byte by name, or as a number, which iproute2 writes in hexadecimal; undefined for anything else. */
export function parseTos(text: string): number | undefined {
  return TOS.get(text) ?? parseNumber(text, 255);
}

/** The type of a route, or what a rule does, by its name: `ip -N` prints the number. */
export function typeName(text: string): string {
  return (/^\d+$/.test(text) ? TYPES[Number(text)] : undefined) ?? text;
}

/** Fields as `ip -j` prints them where `ip -N -j` has printed numbers. */
export function namedFields(fields: JsonObject): JsonObject {
  const named = Object.entries(fields).map(([key, value]) => {
    const name = typeof value === 'string' ? NAMED.get(key)?.(value) : undefined;
    return [key, name ?? value] as const;
  });
  return Object.fromEntries(named);
}

const NAMED: ReadonlyMap<string, (text: string) => string | undefined> = new Map([
  ['type', typeName],
  ['action', typeName],
  ['protocol', parseProtocol],
  ['table', (text: string) => formatted(parseTable(text), formatTable)],
  ['scope', (text: string) => formatted(parseScope(text), formatScope)],
]);

function formatted(value: number | undefined, format: (value: number) => string): string | undefined {
  return value === undefined ? undefined : format(value);
}

/** Files of /etc/iproute2 where a machine may give names of its own to numbers. */
const NAME_FILES: ReadonlyMap<string, string> = new Map([
  ['table', 'rt_tables'],
  ['lookup', 'rt_tables'],
  ['scope', 'rt_scopes'],
  ['proto', 'rt_protos'],
  ['protocol', 'rt_protos'],
  ['tos', 'rt_dsfield'],
  ['dsfield', 'rt_dsfield'],
]);

/** What to do about a name that is not known here. */
export function nameAdvice(key: string): string {
  const file = NAME_FILES.get(key);
  return file === undefined ? '' : ` (its number is in /etc/iproute2/${file}; \`ip -N\` prints numbers)`;
}

function parseNumber(text: string, max: number): number | undefined {
  const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
  return value <= max ? value : undefined;
}

function nameOf(names: ReadonlyMap<string, number>, wanted: number): string | undefined {
  for (const [name, value] of names) if (value === wanted) return name;
  return undefined;
}
