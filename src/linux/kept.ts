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

/** Entries without those of a device. */
export function keptWithout(entries: readonly KeptEntry[], dev: string): readonly KeptEntry[] {
  return entries.filter((entry) => entry.dev !== dev);
}

/** Entries, those of a device under its new name. */
export function keptRenamed(entries: readonly KeptEntry[], dev: string, name: string): readonly KeptEntry[] {
  return entries.map((entry) => {
    return { ...entry, dev: entry.dev === dev ? name : entry.dev, fields: fieldsRenamed(entry.fields, dev, name) };
  });
}

/** Fields, a device under its new name, also where it is that of a next hop. */
export function fieldsRenamed(fields: JsonObject, dev: string, name: string): JsonObject {
  const renamed = ([key, value]: [string, unknown]): [string, unknown] => {
    if (key === 'nexthops') return [key, objectsOf(value).map((hop) => fieldsRenamed(hop, dev, name))];
    return [key, (key === 'dev' || key === 'ifname') && value === dev ? name : value];
  };
  return Object.fromEntries(Object.entries(fields).map(renamed));
}

/** An IPv6 part without what is a device's: addresses, routes and neighbours. */
export function inet6Without(inet6: Inet6, dev: string): Inet6 {
  return ofDevices(inet6, (entries) => keptWithout(entries, dev));
}

/** An IPv6 part, what is a device's under its new name. */
export function inet6Renamed(inet6: Inet6, dev: string, name: string): Inet6 {
  return ofDevices(inet6, (entries) => keptRenamed(entries, dev, name));
}

function ofDevices(inet6: Inet6, change: (entries: readonly KeptEntry[]) => readonly KeptEntry[]): Inet6 {
  const { addresses, routes, neighbours } = inet6;
  return { ...inet6, addresses: change(addresses), routes: change(routes), neighbours: change(neighbours) };
}

/** An object of a tool's list, kept whole. */
export function keptRecord({ fields }: JsonRecord, file: string): KeptEntry {
  const dev = fields['dev'];
  return { dev: typeof dev === 'string' ? dev : undefined, fields, origin: { by: 'dump', file } };
}

/** `kept` of an entry: its fields but those that it is read into; nothing where there are no others. */
export function keptBut(
  fields: JsonObject,
  isRead: (key: string, value: unknown) => boolean,
): { readonly kept?: JsonObject } {
  const kept = Object.entries(fields).filter(([key, value]) => value !== undefined && !isRead(key, value));
  return kept.length === 0 ? {} : { kept: Object.fromEntries(kept) };
}

/** The objects among the members of a list: a dump may hold anything. */
export function objectsOf(list: unknown): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.filter((member): member is JsonObject => typeof member === 'object' && member !== null);
}

/** A field as a word of a line. */
export function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(' ');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
