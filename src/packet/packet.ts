import type { Ipv4, Mac } from '../address/index.js';
import type { Icmp } from './icmp.js';
import { TCP_HLEN, type Tcp } from './tcp.js';

/** Ethernet II header, 14 bytes (IEEE 802.3 clause 3). */
export interface Ethernet {
  src: Mac;
  dst: Mac;
  /** EtherType, uint16: one of {@link ETH_P_IP} and its neighbours. */
  type: number;
}

export const ETH_HLEN = 14;
export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_IPV6 = 0x86dd;

/** ARP for IPv4 over Ethernet, 28 bytes (RFC 826). */
export interface Arp {
  op: 'request' | 'reply';
  sha: Mac;
  spa: Ipv4;
  tha: Mac;
  tpa: Ipv4;
}

/** IPv4 header without options, 20 bytes (RFC 791 §3.1). */
export interface IpHeader {
  src: Ipv4;
  dst: Ipv4;
  /** uint8, IANA protocol number. */
  protocol: number;
  /** uint8. */
  ttl: number;
  /** The whole former TOS octet, uint8. */
  tos: number;
  /** Identification, uint16. */
  id: number;
  df: boolean;
  mf: boolean;
  /** Fragment offset in bytes, a multiple of 8. */
  offset: number;
  /** Total length in bytes, this header included; above 65535 only never, above the MTU only for a GSO packet. */
  length: number;
}

export const IP_HLEN = 20;
export const IPPROTO_ICMP = 1;
export const IPPROTO_IPIP = 4;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_SCTP = 132;

/** UDP header, 8 bytes (RFC 768). */
export interface Udp {
  l4: 'udp';
  sport: number;
  dport: number;
  /** Length field, bytes: this header and all that follows it in the whole datagram. */
  length: number;
}

export const UDP_HLEN = 8;

/** SCTP common header, 12 bytes (RFC 9260 §3.1); `chunk` is the first chunk's type. */
export interface Sctp {
  l4: 'sctp';
  sport: number;
  dport: number;
  chunk: 'INIT' | 'INIT-ACK' | 'ABORT' | 'DATA';
}

export const SCTP_HLEN = 12;

/** A transport header; a later fragment has none, nor has a protocol that is not modelled. */
export type L4 = Tcp | Udp | Sctp | Icmp;

/** VXLAN header, 8 bytes (RFC 7348 §5). */
export interface Vxlan {
  /** VXLAN Network Identifier, uint24. */
  vni: number;
}

export const VXLAN_HLEN = 8;

/**
 * What a VXLAN device takes from the underlay MTU over IPv4, bytes: the inner Ethernet header and three outer ones
 * (VXLAN_HEADROOM without the outer Ethernet header, linux include/net/vxlan.h).
 */
export const VXLAN_OVERHEAD: number = ETH_HLEN + VXLAN_HLEN + UDP_HLEN + IP_HLEN;

/**
 * A frame or packet as values: the headers from the outside in, then `payload` bytes.
 *
 * `inner` is what these payload bytes hold, where that is known: a tunnelled frame or packet, or the packet that an
 * ICMP error quotes. In a first fragment `inner` is whole though the payload is cut.
 */
export interface Packet {
  eth: Ethernet | undefined;
  arp: Arp | undefined;
  ip: IpHeader | undefined;
  l4: L4 | undefined;
  vxlan: Vxlan | undefined;
  /** Bytes after the headers above. */
  payload: number;
  inner: Packet | undefined;
}

/** A copy that shares nothing with `p`. */
export function clonePacket(p: Packet): Packet {
  return {
    eth: p.eth && { ...p.eth },
    arp: p.arp && { ...p.arp },
    ip: p.ip && { ...p.ip },
    l4: p.l4 && { ...p.l4 },
    vxlan: p.vxlan && { ...p.vxlan },
    payload: p.payload,
    inner: p.inner && clonePacket(p.inner),
  };
}

/** An ARP frame. */
export function arpFrame(src: Mac, dst: Mac, arp: Arp): Packet {
  return {
    eth: { src, dst, type: ETH_P_ARP },
    arp,
    ip: undefined,
    l4: undefined,
    vxlan: undefined,
    payload: 0,
    inner: undefined,
  };
}

/** What an IPv4 header needs besides addresses; the rest is as a socket's first packet has it. */
export type IpFields = Pick<IpHeader, 'src' | 'dst'> & Partial<Omit<IpHeader, 'src' | 'dst' | 'length' | 'protocol'>>;

/** An IPv4 packet with a transport header; lengths and the protocol follow from `l4` and `payload` (bytes). */
export function ipPacket(fields: IpFields, l4: L4, payload: number, inner?: Packet): Packet {
  const ip: IpHeader = {
    ttl: 64,
    tos: 0,
    id: 0,
    df: false,
    mf: false,
    offset: 0,
    ...fields,
    protocol: protocolOf(l4),
    length: IP_HLEN + l4Length(l4) + payload,
  };
  return { eth: undefined, arp: undefined, ip, l4, vxlan: undefined, payload, inner };
}

/** The IANA number of a transport header. */
function protocolOf(l4: L4): number {
  switch (l4.l4) {
    case 'tcp':
      return IPPROTO_TCP;
    case 'udp':
      return IPPROTO_UDP;
    case 'sctp':
      return IPPROTO_SCTP;
    case 'icmp':
      return IPPROTO_ICMP;
  }
}

/** Bytes of a transport header. */
export function l4Length(l4: L4 | undefined): number {
  switch (l4?.l4) {
    case undefined:
      return 0;
    case 'tcp':
      return TCP_HLEN + l4.options;
    case 'udp':
    case 'icmp':
      return 8;
    case 'sctp':
      return SCTP_HLEN;
  }
}

/** Bytes of the whole: the Ethernet header, if any, and all that follows it. */
export function packetLength(p: Packet): number {
  const l2 = p.eth === undefined ? 0 : ETH_HLEN;
  if (p.arp !== undefined) return l2 + 28;
  return l2 + (p.ip?.length ?? p.payload);
}
