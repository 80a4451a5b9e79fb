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

function parseNumber(text: string, max: number): number | undefined {
  const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
  return value <= max ? value : undefined;
}

function nameOf(names: ReadonlyMap<string, number>, wanted: number): string | undefined {
  for (const [name, value] of names) if (value === wanted) return name;
  return undefined;
}
