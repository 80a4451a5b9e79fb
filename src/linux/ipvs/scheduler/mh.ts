import { addressFold, lastWeight, type RealServer } from '../ipvs.js';
import { hsiphash } from './hash.js';
import { type IpvsScheduler, NOBODY } from './scheduler.js';
import { clientOf } from './sh.js';
import { commonDivisor } from './wrr.js';

/** primes[CONFIG_IP_VS_MH_TAB_INDEX − 8], and half of that index, which is 12 unless configured. */
const IP_VS_MH_TAB_SIZE = 4093;
const IP_VS_MH_TAB_BITS = 6;

/** generate_hash_secret() */
const HASH1 = 2654435761n;
const HASH2 = 2654446892n;

/**
 * Maglev hashing: of the client's address, with `mh-port` its port too, and with `mh-fallback` another server where that
 * has no weight now (ip_vs_mh_schedule(), linux net/netfilter/ipvs/ip_vs_mh.c).
 */
export const mh: IpvsScheduler = {
  name: 'mh',
  unknown: { weighted: true, by: clientOf },
  schedule(scheduling) {
    const { service, servers, src, sport } = scheduling;
    const table = tableOf(servers);
    const number = src + (service.schedulerFlags.includes('mh-port') ? sport : 0);
    const place = (offset: number): number => hsiphash(number + offset, HASH1) % IP_VS_MH_TAB_SIZE;
    const because = `the hash of ${clientOf(scheduling)}`;
    const start = place(0);
    const first = table[start];
    if (first === undefined) return NOBODY;
    if (first.weight > 0) return { server: first, because };
    if (!service.schedulerFlags.includes('mh-fallback')) return { ...NOBODY, because: `${because} has no weight` };
    for (let offset = 0; offset < IP_VS_MH_TAB_SIZE; offset++) {
      const server = table[place((offset + start) % IP_VS_MH_TAB_SIZE)];
      if (server !== undefined && server.weight > 0) return { server, because: `another one than ${because}` };
    }
    return NOBODY;
  },
};

const TABLES = new WeakMap<readonly RealServer[], readonly RealServer[]>();

/** ip_vs_mh_reassign(): the servers in turn take the places that they like best, more of them for more weight. */
function tableOf(servers: readonly RealServer[]): readonly RealServer[] {
  let table = TABLES.get(servers);
  if (table === undefined) {
    table = populate(servers);
    TABLES.set(servers, table);
  }
  return table;
}

function populate(servers: readonly RealServer[]): readonly RealServer[] {
  const weights = servers.map(lastWeight);
  const divisor = commonDivisor(weights);
  if (divisor < 1) return [];
  const greatest = Math.max(...weights) / divisor;
  // fls() of it, less the bits of the table (ip_vs_mh_shift_weight()).
  const shift = Math.max(0, 32 - Math.clz32(greatest) - IP_VS_MH_TAB_BITS);
  const takers = servers.map((server, i) => {
    const number = addressFold(server) + server.port;
    const weight = weights[i] ?? 0;
    return {
      server,
      skip: (hsiphash(number, HASH2) % (IP_VS_MH_TAB_SIZE - 1)) + 1,
      turns: (weight / divisor) >> shift || (weight === 0 ? 0 : 1),
      next: hsiphash(number, HASH1) % IP_VS_MH_TAB_SIZE,
    };
  });
  const table: (RealServer | undefined)[] = Array.from({ length: IP_VS_MH_TAB_SIZE }, () => undefined);
  for (let taken = 0; taken < IP_VS_MH_TAB_SIZE; )
    for (const taker of takers)
      for (let turn = 0; turn < taker.turns && taken < IP_VS_MH_TAB_SIZE; turn++) {
        while (table[taker.next] !== undefined) taker.next = (taker.next + taker.skip) % IP_VS_MH_TAB_SIZE;
        table[taker.next] = taker.server;
        taken++;
      }
  return table.filter((server) => server !== undefined);
}
