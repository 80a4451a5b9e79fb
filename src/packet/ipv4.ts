import type { Ipv4 } from '../address/index.js';

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
