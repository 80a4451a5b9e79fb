import type { JsonRecord } from './json.js';
import type { Origin } from './origin.js';
import type { JsonObject } from './write-json.js';

/** An entry that is not modelled: kept as its dump has it, to be printed back and compared. */
export interface KeptEntry {
  /** The device that it is of. */
  readonly dev: string | undefined;
  /** Its fields as iproute2 names them with `-j`, in that order; a field of null is a word that stands alone. */
  readonly fields: JsonObject;
  readonly origin: Origin;
}

/** The IPv6 part of a namespace: no packet of IPv6 is followed, and nothing here changes a packet of IPv4. */
export interface Inet6 {
  /** `addr_info` of `ip -j addr`. */
  readonly addresses: readonly KeptEntry[];
  readonly routes: readonly KeptEntry[];
  readonly rules: readonly KeptEntry[];
  /** Configured and learned, and proxies, which have a field `proxy`. */
  readonly neighbours: readonly KeptEntry[];
  /** The columns of `ss`. */
  readonly sockets: readonly KeptEntry[];
}

export const NO_INET6: Inet6 = { addresses: [], routes: [], rules: [], neighbours: [], sockets: [] };

/** Entries without those of a device or, with `name`, with those under the device's new name. */
export function keptOfOthers(entries: readonly KeptEntry[], dev: string, name?: string): readonly KeptEntry[] {
  if (!entries.some((entry) => entry.dev === dev)) return entries;
  if (name === undefined) return entries.filter((entry) => entry.dev !== dev);
  return entries.map((entry) => (entry.dev === dev ? renamed(entry, name) : entry));
}

/** The same of the entries of an IPv6 part that are a device's: addresses, routes and neighbours. */
export function inet6OfOthers(inet6: Inet6, dev: string, name?: string): Inet6 {
  const others = (entries: readonly KeptEntry[]): readonly KeptEntry[] => keptOfOthers(entries, dev, name);
  const { addresses, routes, neighbours } = inet6;
  return { ...inet6, addresses: others(addresses), routes: others(routes), neighbours: others(neighbours) };
}

function renamed({ fields, origin }: KeptEntry, name: string): KeptEntry {
  const named = ['dev', 'ifname'].filter((key) => key in fields).map((key) => [key, name]);
  return { dev: name, fields: { ...fields, ...Object.fromEntries(named) }, origin };
}

/** An object of a tool's list, kept whole. */
export function keptRecord({ fields }: JsonRecord, file: string): KeptEntry {
  const dev = fields['dev'];
  return { dev: typeof dev === 'string' ? dev : undefined, fields, origin: { by: 'dump', file } };
}

/** A field as a word of a line. */
export function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(' ');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
