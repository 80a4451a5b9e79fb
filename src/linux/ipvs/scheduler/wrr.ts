import { endText, type RealServer } from '../ipvs.js';
import { indexOf } from './rr.js';
import { type IpvsScheduler, NOBODY, type SchedulerMark } from './scheduler.js';

/**
 * Weighted round robin: passes over the list, in each the servers of a weight that the pass asks for; the next pass asks
 * for less, by the greatest common divisor of all weights (ip_vs_wrr_schedule(), linux net/netfilter/ipvs/ip_vs_wrr.c).
 */
export const wrr: IpvsScheduler = {
  name: 'wrr',
  unknown: { weighted: true, by: undefined },
  schedule({ servers, mark }) {
    const most = mostOf(servers);
    if (most === 0) return NOBODY;
    let { weight } = mark;
    let from = indexOf(servers, mark.at) + 1;
    for (;;) {
      for (let i = from; i < servers.length; i++) {
        const server = servers[i];
        if (server === undefined || server.weight < weight) continue;
        const because = `the next of ${servers.length} with a weight of ${weight} or more`;
        return { server, mark: { at: endText(server), weight }, because };
      }
      weight -= divisorOf(servers);
      if (weight <= 0) weight = most;
      from = 0;
    }
  },
  changed: (mark, _, after) => wrrChanged(mark.weight, after),
};

/** ip_vs_wrr_dest_changed(): from the head again, and the weight asked for is one of the new passes. */
export function wrrChanged(weight: number, servers: readonly RealServer[]): SchedulerMark {
  const most = mostOf(servers);
  const divisor = divisorOf(servers);
  if (weight > most || weight === 0) return { at: undefined, weight: most };
  return { at: undefined, weight: divisor > 1 ? Math.trunc(weight / divisor) * divisor + 1 : weight };
}

/** What the first pass asks for: the last one is to ask for 1 (ip_vs_wrr_mark.mw). */
function mostOf(servers: readonly RealServer[]): number {
  return Math.max(0, ...servers.map(({ weight }) => weight)) - (divisorOf(servers) - 1);
}

function divisorOf(servers: readonly RealServer[]): number {
  return commonDivisor(servers.map(({ weight }) => weight)) || 1;
}

/** The greatest common divisor of those that are not 0; 0 when all are. */
export function commonDivisor(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => gcd(a, b), 0);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
