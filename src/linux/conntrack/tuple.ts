import type { Ipv4 } from '../../address/index.js';
import {
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  IPPROTO_ICMP,
  type IpHeader,
  isIcmpError,
  type L4,
  type Packet,
} from '../../packet/index.js';

/** Which of the two tuples of a connection a packet has (IP_CT_DIR_…). */
export type Direction = 'original' | 'reply';

/**
 * One direction of a connection (struct nf_conntrack_tuple).
 *
 * `sport` and `dport` are ports where the protocol has some. Of an ICMP query `sport` is the identifier and `dport`
 * type × 256 + code; of other protocols both are 0.
 */
export interface Tuple {
  readonly src: Ipv4;
  readonly dst: Ipv4;
  readonly protocol: number;
  readonly sport: number;
  readonly dport: number;
}

/** ICMP query types and their answers (invmap[], linux net/netfilter/nf_conntrack_proto_icmp.c). */
const INVERSE_ICMP = new Map([
  [ICMP_ECHO, ICMP_ECHOREPLY],
  [ICMP_ECHOREPLY, ICMP_ECHO],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
]);

/**
 * The tuple of a packet, or undefined when it can't have one: an ICMP message that is no query, or a packet whose
 * transport header is missing (nf_ct_get_tuple()).
 */
export function tupleOf(ip: IpHeader, l4: L4 | undefined): Tuple | undefined {
  const { src, dst, protocol } = ip;
  if (l4 === undefined) return { src, dst, protocol, sport: 0, dport: 0 };
  if (l4.l4 !== 'icmp') return { src, dst, protocol, sport: l4.sport, dport: l4.dport };
  if (isIcmpError(l4.type)) return undefined;
  return { src, dst, protocol, sport: l4.id, dport: l4.type * 256 + l4.code };
}

/** The tuple of the packet that an ICMP error quotes. */
export function quotedTuple(packet: Packet): Tuple | undefined {
  const quoted = packet.inner;
  return quoted?.ip === undefined ? undefined : tupleOf(quoted.ip, quoted.l4);
}

/** The tuple of the answers (nf_ct_invert_tuple()); undefined for an ICMP type that has none. */
export function invertTuple(t: Tuple): Tuple | undefined {
  if (t.protocol !== IPPROTO_ICMP)
    return { src: t.dst, dst: t.src, protocol: t.protocol, sport: t.dport, dport: t.sport };
  const type = INVERSE_ICMP.get(t.dport >> 8);
  if (type === undefined) return undefined;
  return { src: t.dst, dst: t.src, protocol: t.protocol, sport: t.sport, dport: type * 256 + (t.dport & 255) };
}

/** Whether two tuples are the same. */
export function sameTuple(a: Tuple, b: Tuple): boolean {
  return a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport && a.protocol === b.protocol;
}

/** A 32-bit mix of all fields, for hash tables of ours; it has nothing to do with the kernel's hash. */
export function hashTuple(t: Tuple, zone: number): number {
  let h = Math.imul(t.src, 0x9e3779b1) ^ t.protocol;
  h = Math.imul(h ^ (h >>> 15) ^ t.dst, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ (t.sport * 65536 + t.dport), 0xc2b2ae35);
  return (h ^ (h >>> 16) ^ zone) >>> 0;
}
