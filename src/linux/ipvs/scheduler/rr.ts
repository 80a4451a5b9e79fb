import { endText, type RealServer } from '../ipvs.js';
import { type IpvsScheduler, NOBODY } from './scheduler.js';

/**
 * Round robin: the next server of the list behind the last one that has a weight (ip_vs_rr_schedule(), linux
 * net/netfilter/ipvs/ip_vs_rr.c). What comes anew is put at the head, and so waits for its turn.
 */
export const rr: IpvsScheduler = {
  name: 'rr',
  unknown: { weighted: false, by: undefined },
  schedule({ servers, mark }) {
    const last = indexOf(servers, mark.at);
    for (let step = 1; step <= servers.length; step++) {
      const server = servers[(last + step + servers.length) % servers.length];
      if (server === undefined || server.weight <= 0) continue;
      const because = `the next of ${servers.length}`;
      return { server, mark: { at: endText(server), weight: 0 }, because };
    }
    return NOBODY;
  },
  // ip_vs_rr_del_dest(): the one before takes the place of the one that goes.
  changed(mark, before, after) {
    if (mark.at === undefined || indexOf(after, mark.at) >= 0) return mark;
    const previous = before[indexOf(before, mark.at) - 1];
    return { at: previous && endText(previous), weight: 0 };
  },
};

/** Place of a server in the list; −1, the head, when it is not there. */
export function indexOf(servers: readonly RealServer[], at: string | undefined): number {
  return at === undefined ? -1 : servers.findIndex((server) => endText(server) === at);
}
