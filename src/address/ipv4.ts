/**
 * IPv4 addresses and prefixes as unsigned 32-bit numbers.
 *
 * An address is a plain number in 0 … 2^32-1, most significant octet first, so
 * `10.244.1.5` is `0x0af40105`. Every bitwise result ends in `>>> 0`, because
 * JavaScript's bit operators give *signed* 32-bit numbers.
 */
declare const ipv4: unique symbol;

/** An IPv4 address, uint32 in network order. */
export type Ipv4 = number & { readonly [ipv4]: true };

/** An IPv4 prefix; `address` has no bits set outside `length` (0 … 32). */
export interface Ipv4Prefix {
  readonly address: Ipv4;
  readonly length: number;
}

/** 0.0.0.0: INADDR_ANY. */
export const ANY = 0 as Ipv4;

/** 224.0.0.1: INADDR_ALLHOSTS_GROUP. */
export const ALL_HOSTS = 0xe0000001 as Ipv4;
/** 255.255.255.255: INADDR_BROADCAST. */
export const BROADCAST = 0xffffffff as Ipv4;
/** 127.0.0.1. */
export const LOOPBACK = 0x7f000001 as Ipv4;

const ZERO = '0'.charCodeAt(0);

/**
 * Reads dotted decimal, the form that `ip -j` prints.
 *
 * Leading zeros are refused: inet_pton(3) refuses them, inet_aton(3) reads octal.
 *
 * @returns the address, or undefined when `text` is not an IPv4 address.
 */
export function parseIpv4(text: string): Ipv4 | undefined {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9 && (digits === 0 || octet > 0)) {
      octet = octet * 10 + digit;
      digits++;
      if (octet > 255) return undefined;
    } else if (text[i] === '.' && digits > 0 && dots < 3) {
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
      dots++;
    } else return undefined;
  }
  return dots === 3 && digits > 0 ? ((value * 256 + octet) as Ipv4) : undefined;
}

/** Writes dotted decimal. */
export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The netmask of a prefix length: 24 gives 0xffffff00. A shift by 32 is a shift by 0, hence the test. */
export function netmask(length: number): number {
  return length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
}

/** The prefix of `length` bits that holds `address`; host bits are cleared. */
export function prefixOf(address: Ipv4, length: number): Ipv4Prefix {
  return { address: ((address & netmask(length)) >>> 0) as Ipv4, length };
}

/** The address `n` places after `address`, modulo 2^32. */
export function plus(address: Ipv4, n: number): Ipv4 {
  return ((address + n) >>> 0) as Ipv4;
}

/** Whether `prefix` holds `address`. */
export function contains(prefix: Ipv4Prefix, address: Ipv4): boolean {
  return (address & netmask(prefix.length)) >>> 0 === prefix.address;
}

/** The last address of `prefix`: of a subnet its directed broadcast address. */
export function lastAddress(prefix: Ipv4Prefix): Ipv4 {
  return ((prefix.address | ~netmask(prefix.length)) >>> 0) as Ipv4;
}

/** Whether two prefixes share an address, which is when one holds the other. */
export function overlaps(a: Ipv4Prefix, b: Ipv4Prefix): boolean {
  return a.length <= b.length ? contains(a, b.address) : contains(b, a.address);
}

/**
 * Reads `a.b.c.d/len`, or `a.b.c.d/a.b.c.d` with a contiguous netmask as iptables takes it; a bare address is a /32.
 *
 * Host bits are cleared, as iptables does.
 */
export function parsePrefix(text: string): Ipv4Prefix | undefined {
  const [head, tail, ...rest] = text.split('/');
  if (head === undefined || rest.length > 0) return undefined;
  const address = parseIpv4(head);
  const length = tail === undefined ? 32 : parseLength(tail);
  return address === undefined || length === undefined ? undefined : prefixOf(address, length);
}

function parseLength(text: string): number | undefined {
  if (/^(\d|[12]\d|3[0-2])$/.test(text)) return Number(text);
  const mask = parseIpv4(text);
  if (mask === undefined) return undefined;
  const length = 32 - Math.log2(0x1_0000_0000 - mask);
  return Number.isInteger(length) ? length : undefined;
}

/** Writes `a.b.c.d/len`, the length always said. */
export function formatPrefix(prefix: Ipv4Prefix): string {
  return `${formatIpv4(prefix.address)}/${prefix.length}`;
}

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3). */
export function isLoopback(address: Ipv4): boolean {
  return address >>> 24 === 127;
}

/** 224.0.0.0/4 (RFC 5771). */
export function isMulticast(address: Ipv4): boolean {
  return address >>> 28 === 14;
}

/** 0.0.0.0/8, "this network" (RFC 1122 §3.2.1.3). */
export function isZeronet(address: Ipv4): boolean {
  return address >>> 24 === 0;
}
