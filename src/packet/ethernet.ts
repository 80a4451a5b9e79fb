import type { Mac } from '../address/index.js';

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
