import { ETH_HLEN } from './ethernet.js';
import { IP_HLEN } from './ipv4.js';
import { UDP_HLEN } from './udp.js';

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
