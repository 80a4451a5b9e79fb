import { Address6 } from 'ip-address';
import { formatIpv4, type Ipv4 } from './ipv4.js';

declare const ipv6: unique symbol;

/** An IPv6 address as four uint32 words, most significant first. */
export type Ipv6 = readonly [number, number, number, number] & { readonly [ipv6]: true };

/** An IPv6 prefix; `address` has no bits set outside `length` (0 … 128). */
export interface Ipv6Prefix {
  readonly address: Ipv6;
  readonly length: number;
}

/** Reads any text form of RFC 4291 §2.2 but a zone; undefined when `text` is not an IPv6 address. */
export function parseIpv6(text: string): Ipv6 | undefined {
  if (!text.includes(':') || /[/%]/.test(text) || !Address6.isValid(text)) return undefined;
  let rest = new Address6(text).bigInt();
  const words = [0, 0, 0, 0];
  for (let i = 3; i >= 0; i--) {
    words[i] = Number(rest & 0xffffffffn);
    rest >>= 32n;
  }
  return words as unknown as Ipv6;
}

/** Whether a text is an IPv6 address, also in brackets and with a port behind. */
export function isIpv6(text: string): boolean {
  return parseIpv6(/^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? text) !== undefined;
}

/**
 * Writes the canonical text of RFC 5952. As inet_ntop(3) does, the last 32 bits are written as an IPv4 address where
 * only they are set, or where they follow ::ffff.
 */
export function formatIpv6(address: Ipv6): string {
  const [a, b, c, d] = address;
  if (a === 0 && b === 0 && ((c === 0 && d > 0xffff) || c === 0xffff))
    return `::${c === 0 ? '' : 'ffff:'}${formatIpv4(d as Ipv4)}`;
  const big = address.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return Address6.fromBigInt(big).correctForm();
}

/** Reads `address/len`; a bare address is a /128. Host bits are cleared. */
export function parseIpv6Prefix(text: string): Ipv6Prefix | undefined {
  const [head = '', tail, ...rest] = text.split('/');
  const address = parseIpv6(head);
  if (address === undefined || rest.length > 0) return undefined;
  if (tail !== undefined && !/^(\d|[1-9]\d|1[01]\d|12[0-8])$/.test(tail)) return undefined;
  const length = tail === undefined ? 128 : Number(tail);
  const masked = address.map((word, i) => {
    const bits = Math.min(32, Math.max(0, length - 32 * i));
    return bits === 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;
  });
  return { address: masked as unknown as Ipv6, length };
}

/** Writes `address/len`, the length always said. */
export function formatIpv6Prefix(prefix: Ipv6Prefix): string {
  return `${formatIpv6(prefix.address)}/${prefix.length}`;
}
