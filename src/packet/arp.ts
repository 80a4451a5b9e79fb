import type { Ipv4, Mac } from '../address/index.js';

/** ARP for IPv4 over Ethernet, 28 bytes (RFC 826). */
export interface Arp {
  op: 'request' | 'reply';
  sha: Mac;
  spa: Ipv4;
  tha: Mac;
  tpa: Ipv4;
}
