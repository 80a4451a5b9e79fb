import type { Mac } from '../address/index.js';
import type { Arp } from './arp.js';
import { ETH_HLEN, ETH_P_ARP, type Ethernet } from './ethernet.js';
import type { Icmp } from './icmp.js';
import { IP_HLEN, IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, type IpHeader } from './ipv4.js';
import { SCTP_HLEN, type Sctp } from './sctp.js';
import { TCP_HLEN, type Tcp } from './tcp.js';
import type { Udp } from './udp.js';
import type { Vxlan } from './vxlan.js';

/** A transport header; a later fragment has none, nor has a protocol that is not modelled. */
export type L4 = Tcp | Udp | Sctp | Icmp;

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
