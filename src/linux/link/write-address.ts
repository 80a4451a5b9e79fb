import { formatIpv4 } from '../../address/index.js';
import { formatScope } from '../fib/names.js';
import { type KeptEntry, wordsOf } from '../kept.js';
import { addressesOf, type Netns } from '../netns.js';
import type { JsonObject } from '../write-json.js';
import type { InetAddress } from './link.js';

/** How long addresses that do not expire are valid, seconds. */
export const FOREVER = 4294967295;

/** `addr_info` of one link, as `ip -j addr` of iproute2 6.1 prints it: first the addresses of IPv4. */
export function addressFields(ns: Netns, dev: string): JsonObject[] {
  return [...addressesOf(ns, dev).map(inetFields), ...inet6AddressesOf(ns, dev).map(({ fields }) => fields)];
}

/** The IPv6 addresses of one link. */
function inet6AddressesOf({ ipv6 }: Netns, dev: string): readonly KeptEntry[] {
  return ipv6.addresses.filter((address) => address.dev === dev);
}

function inetFields({ local, peer, prefixLength, broadcast, scope, secondary, label, kept }: InetAddress): JsonObject {
  const { metric, valid_life_time = FOREVER, preferred_life_time = FOREVER, ...flags } = kept ?? {};
  return {
    family: 'inet',
    local: formatIpv4(local),
    address: local === peer ? undefined : formatIpv4(peer),
    prefixlen: prefixLength,
    metric,
    broadcast: broadcast === undefined ? undefined : formatIpv4(broadcast),
    scope: formatScope(scope),
    secondary: secondary ? true : undefined,
    ...flags,
    label,
    valid_life_time,
    preferred_life_time,
  };
}

/** `inet 10.0.0.1/24 brd 10.0.0.255 scope global secondary eth0`. */
export function formatAddress(address: InetAddress): string {
  return addressWords(inetFields(address));
}

/** The same of an IPv6 address: `inet6 fe80::1/64 scope link`. */
export function formatInet6Address({ fields }: KeptEntry): string {
  return addressWords(fields);
}

/** The two lines of an address in `ip addr`. Behind what has no label iproute2 leaves a blank. */
export function addressLines(fields: JsonObject): string[] {
  const { label, valid_life_time: valid, preferred_life_time: preferred } = fields;
  return [
    `    ${addressWords(fields)}${label === undefined ? ' ' : ''}`,
    `       valid_lft ${lifetime(valid)} preferred_lft ${lifetime(preferred)}`,
  ];
}

function lifetime(seconds: unknown): string {
  return seconds === FOREVER || seconds === undefined ? 'forever' : `${wordsOf(seconds)}sec`;
}

/** Words that stand before a value, where they are not the field's name. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['broadcast', 'brd'],
  ['anycast', 'any'],
  ['ifa_flags', 'flags'],
  ['protocol', 'proto'],
]);

/** Fields of `ip -j addr` as the first line of `ip addr` has them (print_addrinfo(), iproute2 ip/ipaddress.c). */
function addressWords(fields: JsonObject): string {
  const { family, local, address, prefixlen, valid_life_time: _, preferred_life_time: __, label, ...rest } = fields;
  const length = prefixlen === undefined ? '' : `/${wordsOf(prefixlen)}`;
  const words = [wordsOf(family), wordsOf(local) + (address === undefined ? length : '')];
  if (address !== undefined) words.push('peer', wordsOf(address) + length);
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    words.push(WORDS.get(key) ?? key, ...(value === true || value === null ? [] : [wordsOf(value)]));
  }
  return [...words, ...(label === undefined ? [] : [wordsOf(label)])].join(' ');
}
