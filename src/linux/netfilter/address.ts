import { formatIpv4, type Ipv4, netmask, parseIpv4 } from '../../address/index.js';
import type { Words } from './words.js';

/** An address and the bits of it that count; unlike a prefix's, the bits need not be contiguous. */
export interface AddressMask {
  /** No bits set outside `mask`. */
  readonly address: Ipv4;
  /** uint32. */
  readonly mask: number;
}

/** Addresses from `min` to `max`, both included. */
export interface AddressRange {
  readonly min: Ipv4;
  readonly max: Ipv4;
}

/** Whether `address` is one of those that `wanted` stands for. */
export function hasAddress(wanted: AddressMask, address: Ipv4): boolean {
  return (address & wanted.mask) >>> 0 === wanted.address;
}

/** Reads `a.b.c.d`, `a.b.c.d/len` and `a.b.c.d/mask`. Missing octets are 0: `10/8`. */
export function parseAddressMask(text: string): AddressMask | undefined {
  const [head = '', tail, ...rest] = text.split('/');
  const octets = head.split('.').length;
  const address = parseIpv4(head + '.0'.repeat(Math.max(0, 4 - octets)));
  if (address === undefined || rest.length > 0) return undefined;
  if (tail === undefined) return { address, mask: 0xffffffff };
  const mask = /^(\d|[12]\d|3[0-2])$/.test(tail) ? netmask(Number(tail)) : parseIpv4(tail);
  return mask === undefined ? undefined : { address: ((address & mask) >>> 0) as Ipv4, mask };
}

/** Writes `a.b.c.d/len`, the length always said; a mask with holes is written out. */
export function formatAddressMask({ address, mask }: AddressMask): string {
  return `${formatIpv4(address)}/${maskLength(mask) ?? formatIpv4(mask as Ipv4)}`;
}

/** The prefix length that a netmask stands for; undefined for one with holes. */
function maskLength(mask: number): number | undefined {
  const length = Math.clz32(~mask >>> 0);
  return netmask(length) === mask ? length : undefined;
}

/** Takes a word as an address with mask. */
export function readAddressMask(words: Words): AddressMask {
  const word = words.next();
  const read = parseAddressMask(word);
  if (read !== undefined) return read;
  words.fail(`expected an address such as 10.0.0.0/8, found "${word}"`, 'bad-address');
  return { address: 0 as Ipv4, mask: 0 };
}

/** Reads `a.b.c.d` or `a.b.c.d-a.b.c.d`. A range that runs backwards is taken, as iptables takes it. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [first = '', second = first, ...rest] = text.split('-');
  const min = parseIpv4(first);
  const max = parseIpv4(second);
  return min === undefined || max === undefined || rest.length > 0 ? undefined : { min, max };
}

/** The opposite of {@link parseAddressRange}. */
export function formatAddressRange({ min, max }: AddressRange): string {
  return min === max ? formatIpv4(min) : `${formatIpv4(min)}-${formatIpv4(max)}`;
}
