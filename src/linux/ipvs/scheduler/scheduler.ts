import type { Ipv4 } from '../../../address/index.js';
import type { RealServer, VirtualService } from '../ipvs.js';

/** What a scheduler remembers from one choice to the next (svc->sched_data). */
export interface SchedulerMark {
  /** The server that it chose last, as {@link endText} names it; undefined: the head of the list. */
  readonly at: string | undefined;
  /** Of wrr: the least weight that counts now (ip_vs_wrr_mark.cw); 0 for others. */
  readonly weight: number;
}

/** What a scheduler chooses by. */
export interface Scheduling {
  readonly service: VirtualService;
  /** The kernel's list: newest first. */
  readonly servers: readonly RealServer[];
  readonly mark: SchedulerMark;
  readonly src: Ipv4;
  readonly sport: number;
  /** The destination in the header: the service, but the client where an ICMP error quotes an answer. */
  readonly dst: Ipv4;
  /** Connections of a server. */
  counts(server: RealServer): ConnectionCounts;
}

/** Connections of a server (ip_vs_dest.activeconns, inactconns). */
export interface ConnectionCounts {
  readonly active: number;
  readonly inactive: number;
}

/** What a scheduler said. */
export interface Scheduled {
  /** undefined: there is none for this packet. */
  readonly server: RealServer | undefined;
  /** What it remembers from now on; undefined: as before. */
  readonly mark?: SchedulerMark;
  /** In words, for the trace. */
  readonly because: string;
}

/** One scheduler of IPVS (struct ip_vs_scheduler). */
export interface IpvsScheduler {
  readonly name: string;
  schedule(scheduling: Scheduling): Scheduled;
  /** How a choice is spread where what was remembered and the order of the list are not known. */
  readonly unknown: {
    /** Whether the weight makes a server more likely. */
    readonly weighted: boolean;
    /** What a packet must share with another one to be sure of the same server; undefined for nothing. */
    readonly by: ((scheduling: Scheduling) => string) | undefined;
  };
  /** What is remembered after the list has changed from `before` to `after`, both newest first. */
  changed?(mark: SchedulerMark, before: readonly RealServer[], after: readonly RealServer[]): SchedulerMark;
}

/** A scheduler at its start. */
export const AT_HEAD: SchedulerMark = { at: undefined, weight: 0 };

/** Without a server that takes connections. */
export const NOBODY: Scheduled = { server: undefined, because: 'no server has a weight' };
