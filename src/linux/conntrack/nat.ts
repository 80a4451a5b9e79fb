import type { Ipv4 } from '../../address/index.js';
import {
  ICMP_REDIRECT,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Packet,
} from '../../packet/index.js';
import type { Chooser } from '../chooser.js';
import type { Journal } from '../journal.js';
import type { Skb } from '../skb.js';
import type { Connection, Conntrack } from './table.js';
import { invertTuple, sameTuple, type Tuple } from './tuple.js';

/** Which end a manipulation changes (enum nf_nat_manip_type). */
export type Manip = 'src' | 'dst';

/** What a NAT rule allows (struct nf_nat_range2). Addresses and ports are inclusive bounds. */
export interface NatRange {
  /** undefined: the address stays. */
  readonly addresses: { readonly min: Ipv4; readonly max: Ipv4 } | undefined;
  /** Ports, or ICMP identifiers; undefined: the port stays if it can. */
  readonly ports: { readonly min: number; readonly max: number } | undefined;
  /** `--random-fully`: always a new port, never the old one. */
  readonly random: 'no' | 'random' | 'random-fully';
  /** `--persistent`: the same address for the same source whatever the destination. */
  readonly persistent: boolean;
}

/** A range that changes nothing (nf_nat_alloc_null_binding()): the port moves only if the tuple is taken. */
export function nullBinding(address: Ipv4): NatRange {
  return { addresses: { min: address, max: address }, ports: undefined, random: 'no', persistent: false };
}

/** What choosing a tuple needs. */
export interface NatContext {
  readonly conntrack: Conntrack;
  readonly journal: Journal;
  readonly choose: Chooser;
  /** The namespace's name, for the chooser. */
  readonly netns: string;
  /** ms of the virtual clock. */
  readonly now: number;
}

/**
 * Decides the manipulation of a new connection, once, and notes it in the expected reply
 * (nf_nat_setup_info(), linux net/netfilter/nf_nat_core.c).
 *
 * Where no tuple in the range is free it takes one that is not, and the packet is dropped when it is confirmed.
 */
export function setupNat(context: NatContext, ct: Connection, manip: Manip, range: NatRange): void {
  const { journal } = context;
  const current = inverse(ct.reply);
  const chosen = uniqueTuple(context, current, ct, manip, range);
  if (!sameTuple(chosen, current)) {
    journal.set(ct, 'reply', inverse(chosen));
    journal.set(ct, manip === 'src' ? 'srcNat' : 'dstNat', true);
  }
  journal.set(ct, manip === 'src' ? 'srcNatDone' : 'dstNatDone', true);
}

function inverse(tuple: Tuple): Tuple {
  const inverted = invertTuple(tuple);
  if (inverted === undefined) throw new Error(`a tracked tuple of protocol ${tuple.protocol} has no inverse`);
  return inverted;
}

/**
 * The answers to `tuple` would belong to another connection (nf_nat_used_tuple(), nf_conntrack_tuple_taken()). One with
 * the same original tuple is the same flow, which the confirmation sees to.
 */
function isTaken(context: NatContext, tuple: Tuple, ct: Connection): boolean {
  const found = context.conntrack.find(inverse(tuple), ct.zone, context.now);
  return found !== undefined && found.ct !== ct && !sameTuple(found.ct.original, ct.original);
}

/** get_unique_tuple(): the old tuple if it may stay, an earlier mapping of the same source, else a new one. */
function uniqueTuple(context: NatContext, old: Tuple, ct: Connection, manip: Manip, range: NatRange): Tuple {
  if (manip === 'src' && range.random === 'no') {
    if (inRange(old, manip, range)) {
      if (!isTaken(context, old, ct)) return old;
    } else {
      const same = mappingOfSource(context, old, ct);
      if (same !== undefined && inRange(same, manip, range) && !isTaken(context, same, ct)) return same;
    }
  }
  const moved = withAddress(old, manip, bestAddress(context, old, manip, range));
  if (range.random === 'no') {
    const port = moved[portOf(manip, moved)];
    const fixed = range.ports !== undefined && range.ports.min === range.ports.max;
    if (range.ports === undefined) {
      if (!isTaken(context, moved, ct)) return moved;
    } else if (port >= range.ports.min && port <= range.ports.max && (fixed || !isTaken(context, moved, ct))) {
      return moved;
    }
  }
  return uniquePort(context, moved, ct, manip, range);
}

function inRange(tuple: Tuple, manip: Manip, { addresses, ports }: NatRange): boolean {
  const address = tuple[manip];
  if (addresses !== undefined && (address < addresses.min || address > addresses.max)) return false;
  const port = tuple[portOf(manip, tuple)];
  return ports === undefined || (port >= ports.min && port <= ports.max);
}

/** The field that holds the changeable port; of ICMP it is the identifier in both directions. */
function portOf(manip: Manip, tuple: Tuple): 'sport' | 'dport' {
  return manip === 'src' || tuple.protocol === IPPROTO_ICMP ? 'sport' : 'dport';
}

/** find_appropriate_src(): a connection from the same source that is translated already. */
function mappingOfSource(context: NatContext, old: Tuple, ct: Connection): Tuple | undefined {
  for (const other of context.conntrack.list(context.now)) {
    const { original } = other;
    if (other.zone !== ct.zone || !other.srcNatDone) continue;
    if (original.src !== old.src || original.sport !== old.sport || original.protocol !== old.protocol) continue;
    const mapped = inverse(other.reply);
    return { ...old, src: mapped.src, sport: mapped.sport };
  }
  return undefined;
}

function withAddress(tuple: Tuple, manip: Manip, address: Ipv4): Tuple {
  return manip === 'src' ? { ...tuple, src: address } : { ...tuple, dst: address };
}

/** find_best_ips_proto(): by hash of the source, and of the destination unless the range is persistent. */
function bestAddress(context: NatContext, tuple: Tuple, manip: Manip, range: NatRange): Ipv4 {
  const { addresses } = range;
  if (addresses === undefined) return tuple[manip];
  if (addresses.min === addresses.max) return addresses.min;
  const key = `${tuple.src}${range.persistent ? '' : `>${tuple.dst}`}`;
  const hash = context.choose.hash(context.netns, 'NAT address', key);
  const size = addresses.max - addresses.min + 1;
  return (addresses.min + Math.floor((hash / 0x1_0000_0000) * size)) as Ipv4;
}

const ATTEMPTS = 128;
const FEWEST_ATTEMPTS = 16;

/**
 * nf_nat_l4proto_unique_tuple(): a port from a random start, the next one while it is taken; from another start, with
 * half as many attempts, when that leads nowhere. The last one tried stays, be it free or not.
 */
function uniquePort(context: NatContext, tuple: Tuple, ct: Connection, manip: Manip, range: NatRange): Tuple {
  const { protocol } = tuple;
  const known = [IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP].includes(protocol);
  if (!known) return tuple;
  // Without a range of ports only the source port may change.
  if (range.ports === undefined && manip === 'dst' && protocol !== IPPROTO_ICMP) return tuple;
  const field = portOf(manip, tuple);
  const bounds = range.ports ?? freePorts(tuple[field], protocol);
  const size = bounds.max - bounds.min + 1;
  const draw = (): number => context.choose.value(`${context.netns} NAT port`, size);
  let start = manip === 'dst' && range.random === 'no' ? 0 : draw();
  let candidate = tuple;
  for (let attempts = Math.min(size, ATTEMPTS); ; attempts = Math.floor(attempts / 2)) {
    for (let i = 0; i < attempts; i++) {
      candidate = { ...tuple, [field]: bounds.min + ((start + i) % size) };
      if (!isTaken(context, candidate, ct)) return candidate;
    }
    if (attempts >= size || attempts < FEWEST_ATTEMPTS) return candidate;
    start = draw();
  }
}

/** Ports stay among their kind: below 512, below 1024, or above (a convention of the kernel's). */
function freePorts(port: number, protocol: number): { readonly min: number; readonly max: number } {
  if (protocol === IPPROTO_ICMP) return { min: 0, max: 65535 };
  if (port < 512) return { min: 1, max: 511 };
  return port < 1024 ? { min: 600, max: 1023 } : { min: 1024, max: 65535 };
}

/**
 * Rewrites one end of a packet as its connection says (nf_nat_packet(), nf_nat_manip_pkt()).
 *
 * @returns whether anything changed.
 */
export function manipulate(skb: Skb, ct: Connection, manip: Manip): boolean {
  const reply = skb.ctReply;
  const wanted = (manip === 'src') !== reply ? ct.srcNat : ct.dstNat;
  if (!wanted) return false;
  const target = inverse(reply ? ct.original : ct.reply);
  rewrite(skb, manip, target);
  return true;
}

function rewrite(packet: Packet, manip: Manip, target: Tuple): void {
  const { ip, l4 } = packet;
  if (ip === undefined) return;
  if (manip === 'src') ip.src = target.src;
  else ip.dst = target.dst;
  if (l4 === undefined) return;
  if (l4.l4 === 'icmp') l4.id = target.sport;
  else if (manip === 'src') l4.sport = target.sport;
  else l4.dport = target.dport;
}

/**
 * Rewrites an ICMP error about a translated connection: the packet that it quotes, and its own address
 * (nf_nat_icmp_reply_translation()).
 *
 * @returns `refused` when the packet must be dropped: a redirect about a translated connection.
 */
export function translateIcmpError(skb: Skb, ct: Connection, manip: Manip): 'translated' | 'as it was' | 'refused' {
  const { l4, inner } = skb;
  if (l4?.l4 !== 'icmp' || inner === undefined) return 'as it was';
  if (l4.type === ICMP_REDIRECT && (!ct.srcNatDone || !ct.dstNatDone || ct.srcNat || ct.dstNat)) return 'refused';
  const reply = skb.ctReply;
  const wanted = (manip === 'src') !== reply ? ct.srcNat : ct.dstNat;
  if (!wanted) return 'as it was';
  // What is quoted travels the other way, so its opposite end changes.
  rewrite(inner, manip === 'src' ? 'dst' : 'src', reply ? ct.original : ct.reply);
  // Change outer to look like the reply to an incoming packet.
  const target = inverse(reply ? ct.original : ct.reply);
  if (skb.ip !== undefined) {
    if (manip === 'src') skb.ip.src = target.src;
    else skb.ip.dst = target.dst;
  }
  return 'translated';
}
