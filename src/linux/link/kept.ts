import type { JsonObject } from '../write-json.js';
import { hasEthernet, type Link } from './link.js';

/** What a link's other fields hold, what `linkinfo` is kept for, and what goes on by itself. */
const HELD = new Set([
  ...['ifindex', 'ifname', 'flags', 'mtu', 'linkinfo', 'stats64', 'stats'],
  // Who listens is counted: a capture or a bridge raises these.
  ...['promiscuity', 'allmulti'],
]);

/** Where the other end of a veth pair is, or the device below. */
const LOWER = ['link', 'link_index', 'link_netnsid'];

/** What a record of `ip -j -d link` says of a device otherwise than the state does, which prints `own`. */
export function keptOfLink(link: Link, fields: JsonObject, own: JsonObject): JsonObject | undefined {
  const other = Object.entries(fields).filter(
    ([key, value]) =>
      !HELD.has(key) && !(key === 'address' && hasEthernet(link)) && JSON.stringify(value) !== JSON.stringify(own[key]),
  );
  return other.length === 0 ? undefined : Object.fromEntries(other);
}

/** The same without where the device is bound to: it has got to another place, or its other end is known. */
export function withoutLower(link: Link): Link {
  const { kept, ...rest } = link;
  if (kept === undefined) return link;
  const left = Object.entries(kept).filter(([key]) => !LOWER.includes(key));
  return left.length === 0 ? rest : { ...rest, kept: Object.fromEntries(left) };
}

/** What is kept of a link and still holds. */
export function keptNow({ kept, up, carrier }: Link): JsonObject {
  if (kept?.['operstate'] === undefined) return kept ?? {};
  const { operstate, ...others } = kept;
  // RFC 2863: up, or of a driver that does not tell, against all that wait for something below.
  const works = operstate === 'UP' || operstate === 'UNKNOWN';
  return works === (up && carrier) ? kept : others;
}

/** The device of the same namespace that one of a kind that is not modelled is bound to (`link va` of a macvlan). */
export function lowerOf(link: Link): string | undefined {
  if (link.kind !== 'unmodelled') return undefined;
  const lower = link.kept?.['link'] ?? link.data['link'];
  return typeof lower === 'string' ? lower : undefined;
}
