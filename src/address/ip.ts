import { formatIpv4, formatPrefix, type Ipv4, type Ipv4Prefix, parseIpv4, parsePrefix } from './ipv4.js';
import { formatIpv6, formatIpv6Prefix, type Ipv6, type Ipv6Prefix, parseIpv6, parseIpv6Prefix } from './ipv6.js';

/** An address of either family: an IPv4 one is a number, an IPv6 one four of them. */
export type IpAddress = Ipv4 | Ipv6;

/** A prefix of either family. */
export type IpPrefix = Ipv4Prefix | Ipv6Prefix;

/** Whether an address is one of IPv4. */
export function isIpv4Address(address: IpAddress): address is Ipv4 {
  return typeof address === 'number';
}

/** Whether a prefix is one of IPv4. */
export function isIpv4Prefix(prefix: IpPrefix): prefix is Ipv4Prefix {
  return typeof prefix.address === 'number';
}

/** Reads an address of either family; undefined when `text` is none. */
export function parseAddress(text: string): IpAddress | undefined {
  return parseIpv4(text) ?? parseIpv6(text);
}

/** Reads a prefix of either family; undefined when `text` is none. */
export function parseAnyPrefix(text: string): IpPrefix | undefined {
  return parsePrefix(text) ?? parseIpv6Prefix(text);
}

/** Writes an address of either family. */
export function formatAddress(address: IpAddress): string {
  return isIpv4Address(address) ? formatIpv4(address) : formatIpv6(address);
}

/** Writes a prefix of either family. */
export function formatAnyPrefix(prefix: IpPrefix): string {
  return isIpv4Prefix(prefix) ? formatPrefix(prefix) : formatIpv6Prefix(prefix);
}

/** Whether `address` is in `prefix`; false when they are of different families. */
export function covers(prefix: IpPrefix, address: IpAddress): boolean {
  const [bits, all] = [words(address), words(prefix.address)];
  if (bits.length !== all.length) return false;
  return bits.every((word, i) => {
    const left = Math.min(32, Math.max(0, prefix.length - 32 * i));
    return left === 0 || word >>> (32 - left) === (all[i] ?? 0) >>> (32 - left);
  });
}

function words(address: IpAddress): readonly number[] {
  return isIpv4Address(address) ? [address] : address;
}
