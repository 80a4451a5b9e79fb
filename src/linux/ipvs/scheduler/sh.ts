import { formatIpv4 } from '../../../address/index.js';
import type { RealServer } from '../ipvs.js';
import { hash32 } from './hash.js';
import { type IpvsScheduler, NOBODY, type Scheduling } from './scheduler.js';

const IP_VS_SH_TAB_BITS = 8;
const IP_VS_SH_TAB_SIZE = 1 << IP_VS_SH_TAB_BITS;

/**
 * Source hashing: the server that the client's address is hashed to; with `sh-port` its port too, and with `sh-fallback`
 * another one where that has no weight (ip_vs_sh_schedule(), linux net/netfilter/ipvs/ip_vs_sh.c).
 */
export const sh: IpvsScheduler = {
  name: 'sh',
  unknown: { weighted: true, by: clientOf },
  schedule(scheduling) {
    const { service, servers } = scheduling;
    const table = tableOf(servers);
    const number = scheduling.src + (service.schedulerFlags.includes('sh-port') ? scheduling.sport : 0);
    const bucket = (offset: number): number => (offset + hash32(number, IP_VS_SH_TAB_BITS)) % IP_VS_SH_TAB_SIZE;
    const because = `the hash of ${clientOf(scheduling)}`;
    const first = table[bucket(0)];
    if (first === undefined || first.weight > 0) return first === undefined ? NOBODY : { server: first, because };
    if (!service.schedulerFlags.includes('sh-fallback')) return { ...NOBODY, because: `${because} has no weight` };
    for (let offset = 0; offset < IP_VS_SH_TAB_SIZE; offset++) {
      const server = table[bucket((offset + bucket(0)) % IP_VS_SH_TAB_SIZE)];
      if (server !== undefined && server.weight > 0) return { server, because: `another one than ${because}` };
    }
    return NOBODY;
  },
};

/** What is hashed, in words. */
export function clientOf({ service, src, sport }: Scheduling): string {
  const port = service.schedulerFlags.some((flag) => flag === 'sh-port' || flag === 'mh-port');
  return port ? `${formatIpv4(src)}:${sport}` : formatIpv4(src);
}

const TABLES = new WeakMap<readonly RealServer[], readonly RealServer[]>();

/** ip_vs_sh_reassign(): the list again and again, each server as often as its weight, and at least once. */
function tableOf(servers: readonly RealServer[]): readonly RealServer[] {
  let table = TABLES.get(servers);
  if (table === undefined) {
    const once = servers.flatMap((server) =>
      Array<RealServer>(Math.min(Math.max(server.weight, 1), IP_VS_SH_TAB_SIZE)).fill(server),
    );
    table = Array.from({ length: once.length === 0 ? 0 : IP_VS_SH_TAB_SIZE }, (_, i) => once[i % once.length]).filter(
      (server) => server !== undefined,
    );
    TABLES.set(servers, table);
  }
  return table;
}
