import { formatIpv4, formatMac, type Ipv4, netmask, parseIpv4, parseMac } from '../../address/index.js';
import { icmpTypeName, parseIcmpMessage } from '../netfilter/icmp-type.js';
import { parsePort } from '../netfilter/port.js';
import { formatProtocol, parseProtocol } from '../netfilter/protocol.js';
import { parseUint, UINT32 } from '../netfilter/spelling.js';
import type { IpsetPart, IpsetType } from './type.js';

/** Members that one line may add: an IPv4 /16, and the default `maxelem`. */
const MOST = 65536;

/** Addresses from `min` to `max`, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Members as `ipset save` spells them, or what is wrong. */
export type Members = { readonly members: readonly string[] } | { readonly wrong: string };

/** What a set demands of the members that are added to it. */
export interface MemberRules {
  readonly type: IpsetType;
  readonly family: 'inet' | 'inet6';
  /** Bits of an address that count: `netmask`, `bitmask`. */
  readonly mask: number;
}

/**
 * Reads a member as `ipset add` takes it. Ranges and prefixes stand for many members where the type has single ones.
 *
 * Members of inet6 sets are taken as they are, but for the number of their parts.
 */
export function parseMembers(text: string, { type, family, mask }: MemberRules): Members {
  const given = text.split(',');
  const { parts } = type;
  if (given.length > parts.length || (given.length < parts.length && !(type.bitmap && given.length === 1)))
    return { wrong: `expected ${parts.length} part${parts.length === 1 ? '' : 's'}, found "${text}"` };
  if (family === 'inet6') return { members: [text] };
  let members: readonly string[] = [];
  for (const [i, word] of given.entries()) {
    const values = parsePart(word, parts[i] ?? 'ip', mask, shortestPrefix(type));
    if (values === undefined) return { wrong: `expected ${DESCRIPTIONS[parts[i] ?? 'ip']}, found "${word}"` };
    if (values.length * Math.max(1, members.length) > MOST)
      return { wrong: `"${text}" stands for more than ${MOST} members` };
    members = i === 0 ? values : members.flatMap((head) => values.map((value) => `${head},${value}`));
  }
  return { members };
}

const DESCRIPTIONS: Readonly<Record<IpsetPart, string>> = {
  ip: 'an IPv4 address, a range or a prefix',
  net: 'an IPv4 prefix, of most types not /0',
  port: 'a port such as tcp:80',
  'bare port': 'a port',
  mac: 'an Ethernet address',
  mark: 'a mark',
  iface: 'a device name',
  set: 'the name of a set',
};

/** 0.0.0.0/0 can be a member only with a device, or where two prefixes are compared. */
function shortestPrefix({ parts }: IpsetType): 0 | 1 {
  return parts.includes('iface') || parts.indexOf('net') !== parts.lastIndexOf('net') ? 0 : 1;
}

function parsePart(word: string, part: IpsetPart, mask: number, shortest: 0 | 1): string[] | undefined {
  switch (part) {
    case 'ip':
      return parseAddresses(word, mask);
    case 'net':
      return parseNetworks(word, shortest);
    case 'port':
      return parsePorts(word);
    case 'bare port':
      return parseBarePorts(word);
    case 'mac': {
      const mac = parseMac(word);
      return mac === undefined ? undefined : [formatMac(mac).toUpperCase()];
    }
    case 'mark': {
      const mark = parseUint(word, UINT32);
      return mark === undefined ? undefined : [formatMark(mark)];
    }
    case 'iface':
      return /^(physdev:)?[^/\s]{1,15}$/.test(word) ? [word] : undefined;
    case 'set':
      return [word];
  }
}

/** A mark as a part of a member. */
export function formatMark(mark: number): string {
  return `0x${mark.toString(16).padStart(8, '0')}`;
}

/** Reads `a.b.c.d`, `a.b.c.d-a.b.c.d` and `a.b.c.d/len` as a range. */
export function parseAddressSpan(word: string): Range | undefined {
  const [first = '', last, ...more] = word.split('-');
  const [head = '', length, ...rest] = first.split('/');
  const start = parseIpv4(head);
  if (start === undefined || more.length > 0 || rest.length > 0) return undefined;
  if (last !== undefined) {
    const end = parseIpv4(last);
    if (end === undefined || length !== undefined) return undefined;
    return { min: Math.min(start, end), max: Math.max(start, end) };
  }
  if (length === undefined) return { min: start, max: start };
  if (!/^(\d|[12]\d|3[0-2])$/.test(length)) return undefined;
  const mask = netmask(Number(length));
  return { min: (start & mask) >>> 0, max: (start | ~mask) >>> 0 };
}

function parseAddresses(word: string, mask: number): string[] | undefined {
  const span = parseAddressSpan(word);
  if (span === undefined || span.max - span.min >= MOST) return undefined;
  const found = new Set<string>();
  for (let ip = span.min; ip <= span.max; ip++) found.add(formatIpv4(((ip & mask) >>> 0) as Ipv4));
  return [...found];
}

/** A range becomes the largest prefixes that fill it exactly (ip_set_range_to_cidr()). */
function parseNetworks(word: string, shortest: 0 | 1): string[] | undefined {
  const span = parseAddressSpan(word);
  if (span === undefined || (shortest > 0 && span.min === 0 && span.max === UINT32)) return undefined;
  const found: string[] = [];
  for (let at = span.min; at <= span.max; ) {
    let length = 32;
    while (length > 0) {
      const size = 2 ** (33 - length);
      if (at % size !== 0 || at + size - 1 > span.max) break;
      length--;
    }
    found.push(formatNetwork(at as Ipv4, length));
    at += 2 ** (32 - length);
  }
  return found;
}

/** A prefix as a part of a member: that of a single address has no length. */
export function formatNetwork(address: Ipv4, length: number): string {
  return length === 32 ? formatIpv4(address) : `${formatIpv4(address)}/${length}`;
}

/** Protocols whose members have a port. */
const WITH_PORTS = new Set([6, 17, 132, 136]);
const IPPROTO_ICMP = 1;

/** `tcp:80`, `udp:53-55`, `icmp:echo-request`, `gre:0`, or a port alone, which is TCP's. */
function parsePorts(word: string): string[] | undefined {
  const colon = word.indexOf(':');
  const protocol = colon < 0 ? 6 : parseProtocol(word.slice(0, colon));
  if (protocol === undefined || protocol === 0) return undefined;
  const value = word.slice(colon + 1);
  if (protocol === IPPROTO_ICMP) {
    const message = parseIcmpMessage(value);
    return message === undefined ? undefined : [`icmp:${icmpTypeName(message.type, message.code)}`];
  }
  if (!WITH_PORTS.has(protocol)) return value === '0' ? [`${formatProtocol(protocol)}:0`] : undefined;
  const ports = portRange(value);
  if (ports === undefined) return undefined;
  const name = formatProtocol(protocol);
  return Array.from({ length: ports.max - ports.min + 1 }, (_, i) => `${name}:${ports.min + i}`);
}

function parseBarePorts(word: string): string[] | undefined {
  const range = portRange(word.replace(/^(tcp|udp):/, ''));
  return range && Array.from({ length: range.max - range.min + 1 }, (_, i) => `${range.min + i}`);
}

/** Reads `80` or `80-90`, in either order. */
export function portRange(value: string): Range | undefined {
  const whole = parsePort(value);
  if (whole !== undefined) return { min: whole, max: whole };
  const [first = '', last = '', ...rest] = value.split('-');
  const a = parsePort(first);
  const b = parsePort(last);
  return a === undefined || b === undefined || rest.length > 0
    ? undefined
    : { min: Math.min(a, b), max: Math.max(a, b) };
}
