import type { RealServer } from '../ipvs.js';
import { type ConnectionCounts, type IpvsScheduler, NOBODY, type Scheduled, type Scheduling } from './scheduler.js';

const UNKNOWN = { weighted: false, by: undefined } as const;
const UNKNOWN_WEIGHTED = { weighted: true, by: undefined } as const;

/** An active connection is as much work as 256 that are not (ip_vs_dest_conn_overhead(), include/net/ip_vs.h). */
function overhead({ active, inactive }: ConnectionCounts): number {
  return active * 256 + inactive;
}

function chosen({ counts }: Scheduling, server: RealServer | undefined, what: string): Scheduled {
  if (server === undefined) return NOBODY;
  const { active, inactive } = counts(server);
  return { server, because: `${what}: ${active} active, ${inactive} inactive` };
}

/** Least connections, whatever the weights (ip_vs_lc_schedule(), linux net/netfilter/ipvs/ip_vs_lc.c). */
export const lc: IpvsScheduler = {
  name: 'lc',
  unknown: UNKNOWN,
  schedule(scheduling) {
    let least: RealServer | undefined;
    for (const server of scheduling.servers) {
      if (server.weight === 0) continue;
      if (least === undefined || overhead(scheduling.counts(server)) < overhead(scheduling.counts(least)))
        least = server;
    }
    return chosen(scheduling, least, 'the fewest connections');
  },
};

/** The least load for its weight; of several the first. */
function leastLoaded(
  { servers, counts }: Scheduling,
  load: (counts: ConnectionCounts) => number,
): RealServer | undefined {
  let least: RealServer | undefined;
  for (const server of servers) {
    if (least === undefined) {
      if (server.weight > 0) least = server;
    } else if (load(counts(least)) * server.weight > load(counts(server)) * least.weight) least = server;
  }
  return least;
}

/** Weighted least connections (ip_vs_wlc_schedule(), linux net/netfilter/ipvs/ip_vs_wlc.c). */
export const wlc: IpvsScheduler = {
  name: 'wlc',
  unknown: UNKNOWN_WEIGHTED,
  schedule: (scheduling) =>
    chosen(scheduling, leastLoaded(scheduling, overhead), 'the fewest connections for its weight'),
};

/** Shortest expected delay: as if the connection were there already (ip_vs_sed_dest_overhead(), ip_vs_sed.c). */
export const sed: IpvsScheduler = {
  name: 'sed',
  unknown: UNKNOWN_WEIGHTED,
  schedule: (scheduling) =>
    chosen(
      scheduling,
      leastLoaded(scheduling, ({ active }) => active + 1),
      'the shortest delay for its weight',
    ),
};

/** Never queue: the first that is idle, else as {@link sed} (ip_vs_nq_schedule(), ip_vs_nq.c). */
export const nq: IpvsScheduler = {
  name: 'nq',
  unknown: UNKNOWN_WEIGHTED,
  schedule(scheduling) {
    const { servers, counts } = scheduling;
    const idle = servers.find((server) => server.weight > 0 && counts(server).active === 0);
    if (idle !== undefined) return chosen(scheduling, idle, 'the first that is idle');
    return chosen(
      scheduling,
      leastLoaded(scheduling, ({ active }) => active + 1),
      'the shortest delay for its weight',
    );
  },
};

/** The greatest weight; of several the first (ip_vs_fo_schedule(), linux net/netfilter/ipvs/ip_vs_fo.c). */
export const fo: IpvsScheduler = {
  name: 'fo',
  unknown: UNKNOWN_WEIGHTED,
  schedule: (scheduling) => chosen(scheduling, heaviest(scheduling.servers), 'the greatest weight'),
};

/** The greatest weight that has no more active connections than that (ip_vs_ovf_schedule(), ip_vs_ovf.c). */
export const ovf: IpvsScheduler = {
  name: 'ovf',
  unknown: UNKNOWN_WEIGHTED,
  schedule(scheduling) {
    const free = scheduling.servers.filter((server) => scheduling.counts(server).active <= server.weight);
    return chosen(scheduling, heaviest(free), 'the greatest weight that is not used up');
  },
};

function heaviest(servers: readonly RealServer[]): RealServer | undefined {
  let most: RealServer | undefined;
  for (const server of servers) if (server.weight > (most?.weight ?? 0)) most = server;
  return most;
}
