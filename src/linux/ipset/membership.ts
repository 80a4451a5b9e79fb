import { formatIpv4, formatMac, type Ipv4, netmask } from '../../address/index.js';
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../packet/index.js';
import type { NfContext } from '../netfilter/context.js';
import { icmpTypeName } from '../netfilter/icmp-type.js';
import { formatProtocol } from '../netfilter/protocol.js';
import type { AddedMember } from '../runtime.js';
import type { Ipset } from './ipset.js';
import { formatMark, formatNetwork } from './member.js';
import { isInRange, maskOf, timeoutOf } from './options.js';
import { IPSET_TYPES, type IpsetType } from './type.js';

/** Which end of a packet a part of a member is compared with. */
export type IpsetDimension = 'src' | 'dst';

/** What a lookup finds: a member, an exception (`nomatch`), or neither. */
type Found = 'member' | 'nomatch' | 'none' | 'unsupported';

/**
 * Whether a packet is in a set (ip_set_test(), linux net/netfilter/ipset/ip_set_core.c).
 *
 * `wanted` turns the meaning of exceptions around (`--return-nomatch`). A rule that names fewer dimensions than the
 * set has, or a set of another family, finds nothing. Timeouts of configured members count from the clock's zero.
 *
 * @returns unsupported for a set that is not known, or whose type is not.
 */
export function testIpset(
  name: string,
  dimensions: readonly IpsetDimension[],
  wanted: 'match' | 'nomatch',
  context: NfContext,
): boolean | 'unsupported' {
  const set = context.ns.ipsets.get(name);
  if (set === undefined) return 'unsupported';
  if (set.type === 'list:set') {
    let unknown = false;
    for (const member of setNames(set, context)) {
      const found = testIpset(member, dimensions, wanted, context);
      if (found === true) return true;
      unknown ||= found === 'unsupported';
    }
    return unknown ? 'unsupported' : false;
  }
  const found = find(set, dimensions, context);
  if (found === 'unsupported') return found;
  const turned = wanted === 'nomatch' && IPSET_TYPES.get(set.type)?.nomatch === true;
  return found === (turned ? 'nomatch' : 'member');
}

/** What of the packet is looked up in the set: `10.244.1.5,tcp:80 is not in set X`. For people. */
export function describeIpset(name: string, dimensions: readonly IpsetDimension[], context: NfContext): string {
  const set = context.ns.ipsets.get(name);
  if (set === undefined) return `set ${name} is not known`;
  const parts = IPSET_TYPES.get(set.type)?.parts ?? [];
  const values = parts.map((part, i) => {
    const dimension = dimensions[i] ?? 'src';
    if (part === 'net' || part === 'set') return formatIpv4(addressOf(dimension, context));
    return partOf(set, part, dimension, context) ?? 'nothing';
  });
  const found = testIpset(name, dimensions, 'match', context);
  return `${values.join(',')} is ${found === true ? '' : 'not '}in set ${name}`;
}

/**
 * Puts the packet into a set (`-j SET --add-set`; ip_set_add()). A member that is there already stays as it is, unless
 * `exist` lets it get a new timeout.
 *
 * @param timeout in s; undefined for the set's own.
 */
export function addToIpset(
  name: string,
  dimensions: readonly IpsetDimension[],
  exist: 'keep' | 'renew',
  timeout: number | undefined,
  context: NfContext,
): 'added' | 'present' | 'impossible' {
  const set = context.ns.ipsets.get(name);
  if (set === undefined) return 'impossible';
  if (set.type === 'list:set') {
    // The first set of the list that takes it.
    for (const member of setNames(set, context))
      if (addToIpset(member, dimensions, exist, timeout, context) === 'added') return 'added';
    return 'impossible';
  }
  const key = keyToAdd(set, dimensions, context);
  if (key === undefined) return 'impossible';
  const present = state(set, key, context) !== 'absent';
  if (present && exist === 'keep') return 'present';
  const own = timeoutOf(set);
  const seconds = own === undefined ? 0 : (timeout ?? own);
  write(set.name, key, { expires: seconds === 0 ? undefined : context.now + seconds * 1000 }, context);
  return 'added';
}

/** Takes the packet out of a set (`-j SET --del-set`; ip_set_del()). */
export function deleteFromIpset(name: string, dimensions: readonly IpsetDimension[], context: NfContext): void {
  const set = context.ns.ipsets.get(name);
  if (set === undefined) return;
  if (set.type === 'list:set') {
    for (const member of setNames(set, context)) deleteFromIpset(member, dimensions, context);
    return;
  }
  const key = keyToAdd(set, dimensions, context);
  if (key !== undefined && state(set, key, context) !== 'absent') write(set.name, key, 'deleted', context);
}

function write(name: string, key: string, member: AddedMember | 'deleted', { runtime, journal }: NfContext): void {
  let members = runtime.setMembers.get(name);
  if (members === undefined) {
    members = new Map();
    journal.put(runtime.setMembers, name, members);
  }
  journal.put(members, key, member);
}

/** The sets in a list, those that are still in it. */
function setNames(set: Ipset, context: NfContext): string[] {
  return [...set.members.keys()].filter((name) => state(set, name, context) !== 'absent');
}

/** Whether a member is there now, and whether it is an exception. */
function state(set: Ipset, key: string, { runtime, now }: NfContext): 'member' | 'nomatch' | 'absent' {
  const written = runtime.setMembers.get(set.name)?.get(key);
  if (written === 'deleted') return 'absent';
  if (written !== undefined) return written.expires === undefined || now < written.expires ? 'member' : 'absent';
  const member = set.members.get(key);
  if (member === undefined) return 'absent';
  const timeout = member.options[member.options.indexOf('timeout') + 1];
  const seconds = member.options.includes('timeout') ? Number(timeout) : 0;
  if (seconds > 0 && now >= seconds * 1000) return 'absent';
  return member.options.includes('nomatch') ? 'nomatch' : 'member';
}

/** Tries every prefix length that the set has, the longest first (mtype_test_cidrs(), ip_set_hash_gen.h). */
function find(set: Ipset, dimensions: readonly IpsetDimension[], context: NfContext): Found {
  const type = IPSET_TYPES.get(set.type);
  if (type === undefined) return 'unsupported';
  if (set.family === 'inet6' || dimensions.length < type.dimension) return 'none';
  if (hasWildcard(set, type)) return 'unsupported';
  if (set.type === 'bitmap:ip,mac' && fillsIn(set, dimensions, context)) return 'member';
  return findFrom(set, type, dimensions, context, 0, '', lengthsOf(set, type, context));
}

/**
 * An address that was added without one gets the hardware address of the first packet that it is asked about
 * (bitmap_ipmac_do_test(): MAC_UNSET, linux net/netfilter/ipset/ip_set_bitmap_ipmac.c).
 */
function fillsIn(set: Ipset, dimensions: readonly IpsetDimension[], context: NfContext): boolean {
  const address = formatIpv4(addressOf(dimensions[0] ?? 'src', context));
  if (state(set, address, context) === 'absent') return false;
  const mac = partOf(set, 'mac', dimensions[1] ?? 'src', context);
  if (mac === undefined) return false;
  write(set.name, address, 'deleted', context);
  write(set.name, `${address},${mac}`, { expires: undefined }, context);
  return true;
}

/** Members whose device name is only a beginning are not modelled. */
function hasWildcard(set: Ipset, type: IpsetType): boolean {
  if (!type.parts.includes('iface')) return false;
  for (const { options } of set.members.values()) if (options.includes('wildcard')) return true;
  return false;
}

function findFrom(
  set: Ipset,
  type: IpsetType,
  dimensions: readonly IpsetDimension[],
  context: NfContext,
  at: number,
  head: string,
  lengths: readonly (readonly number[])[],
): Found {
  const part = type.parts[at];
  if (part === undefined) {
    const found = state(set, head, context);
    return found === 'absent' ? 'none' : found;
  }
  const dimension = dimensions[at] ?? 'src';
  const join = at === 0 ? '' : `${head},`;
  if (part !== 'net') {
    const value = partOf(set, part, dimension, context);
    if (value === undefined) return 'none';
    return findFrom(set, type, dimensions, context, at + 1, join + value, lengths);
  }
  const address = addressOf(dimension, context);
  for (const length of lengths[at] ?? []) {
    const network = formatNetwork(((address & netmask(length)) >>> 0) as Ipv4, length);
    const found = findFrom(set, type, dimensions, context, at + 1, join + network, lengths);
    if (found !== 'none') return found;
  }
  return 'none';
}

const LENGTHS = new WeakMap<Ipset, readonly (readonly number[])[]>();

/** For each part that is a prefix, the lengths that members have, longest first. */
function lengthsOf(set: Ipset, type: IpsetType, { runtime }: NfContext): readonly (readonly number[])[] {
  if (!type.parts.includes('net')) return [];
  let configured = LENGTHS.get(set);
  if (configured === undefined) {
    configured = collectLengths(type, set.members.keys());
    LENGTHS.set(set, configured);
  }
  const written = runtime.setMembers.get(set.name);
  if (written === undefined) return configured;
  const more = collectLengths(type, written.keys());
  return configured.map((lengths, i) => [...new Set([...lengths, ...(more[i] ?? [])])].sort((a, b) => b - a));
}

function collectLengths(type: IpsetType, members: Iterable<string>): number[][] {
  const found = type.parts.map(() => new Set<number>());
  for (const member of members)
    for (const [i, part] of member.split(',').entries()) {
      const slash = part.indexOf('/');
      if (type.parts[i] === 'net') found[i]?.add(slash < 0 ? 32 : Number(part.slice(slash + 1)));
    }
  return found.map((lengths) => [...lengths].sort((a, b) => b - a));
}

/** The member that the packet would be: as prefix it gets the longest length that the set has (INIT_CIDR()). */
function keyToAdd(set: Ipset, dimensions: readonly IpsetDimension[], context: NfContext): string | undefined {
  const type = IPSET_TYPES.get(set.type);
  if (type === undefined || set.family === 'inet6' || dimensions.length < type.dimension) return undefined;
  const lengths = lengthsOf(set, type, context);
  const values: string[] = [];
  for (const [i, part] of type.parts.entries()) {
    const dimension = dimensions[i] ?? 'src';
    const length = lengths[i]?.[0] ?? 32;
    const value =
      part === 'net'
        ? formatNetwork(((addressOf(dimension, context) & netmask(length)) >>> 0) as Ipv4, length)
        : partOf(set, part, dimension, context);
    if (value === undefined) return undefined;
    values.push(value);
  }
  const key = values.join(',');
  return isInRange(set, key) ? key : undefined;
}

function addressOf(dimension: IpsetDimension, { skb }: NfContext): Ipv4 {
  if (skb.ip === undefined) throw new Error('an IP set asked about a packet without an IPv4 header');
  return skb.ip[dimension];
}

/** The text of one part for a packet; undefined when the packet has no such thing, so that it is in no such set. */
function partOf(set: Ipset, part: string, dimension: IpsetDimension, context: NfContext): string | undefined {
  const { skb } = context;
  switch (part) {
    case 'ip': {
      const address = (addressOf(dimension, context) & maskOf(set)) >>> 0;
      // A hash can't hold 0.0.0.0 alone (hash_ip4_kadt()).
      return address === 0 && set.type === 'hash:ip' ? undefined : formatIpv4(address as Ipv4);
    }
    case 'port':
      return portOf(dimension, context);
    case 'bare port': {
      const { l4 } = skb;
      if (l4?.l4 !== 'tcp' && l4?.l4 !== 'udp') return undefined;
      return `${dimension === 'src' ? l4.sport : l4.dport}`;
    }
    case 'mac':
      return skb.eth && formatMac(dimension === 'src' ? skb.eth.src : skb.eth.dst).toUpperCase();
    case 'mark':
      return formatMark(skb.mark);
    case 'iface': {
      const dev = dimension === 'src' ? context.in : context.out;
      return dev === '' ? undefined : dev;
    }
    default:
      return undefined;
  }
}

/** ip_set_get_ip4_port(): a later fragment of a protocol with ports has none. */
function portOf(dimension: IpsetDimension, { skb }: NfContext): string | undefined {
  const { ip, l4 } = skb;
  if (ip === undefined) return undefined;
  if (l4 === undefined) return HAS_PORTS.has(ip.protocol) ? undefined : `${formatProtocol(ip.protocol)}:0`;
  if (l4.l4 === 'icmp') return `icmp:${icmpTypeName(l4.type, l4.code)}`;
  return `${l4.l4}:${dimension === 'src' ? l4.sport : l4.dport}`;
}

const HAS_PORTS = new Set([IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP, 136]);
