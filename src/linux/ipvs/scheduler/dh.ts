import { formatIpv4 } from '../../../address/index.js';
import { hash32 } from './hash.js';
import { type IpvsScheduler, NOBODY } from './scheduler.js';

const IP_VS_DH_TAB_BITS = 8;

/**
 * Destination hashing: the server that the address of the service is hashed to, if it has a weight
 * (ip_vs_dh_schedule(), linux net/netfilter/ipvs/ip_vs_dh.c). The table has one server after the other.
 */
export const dh: IpvsScheduler = {
  name: 'dh',
  unknown: { weighted: false, by: ({ dst }) => formatIpv4(dst) },
  schedule({ servers, dst }) {
    const server = servers[hash32(dst, IP_VS_DH_TAB_BITS) % servers.length];
    if (server === undefined || server.weight <= 0) return NOBODY;
    return { server, because: `the hash of ${formatIpv4(dst)}` };
  },
};
