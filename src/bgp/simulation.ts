import type { Ipv4Prefix } from '../address/index.js';
import type { BgpConfig, BgpEvent } from './config.js';
import type { FibRoute, RibRoute, SessionStatus } from './rib.js';

/** A BGP message on its way (RFC 4271 §4). */
export interface Message {
  /** When it is sent, ms of virtual time. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** Session by its name on the sender. */
  readonly session: string;
  readonly type: 'OPEN' | 'UPDATE' | 'KEEPALIVE' | 'NOTIFICATION' | 'END-OF-RIB';
  readonly announced: readonly Ipv4Prefix[];
  readonly withdrawn: readonly Ipv4Prefix[];
}

/** How many messages were sent, of all speakers or between two. */
export interface MessageCounts {
  readonly open: number;
  /** UPDATEs that announce. */
  readonly announce: number;
  /** UPDATEs that only withdraw. */
  readonly withdraw: number;
  readonly endOfRib: number;
  readonly notification: number;
  /** Prefixes in those that announce, and in those that withdraw. */
  readonly nlri: number;
  readonly withdrawn: number;
}

/** The rules of the decision process, in BIRD's order (nest/rt-table.c rte_better(), proto/bgp/attrs.c bgp_rte_better()). */
export type DecisionRule =
  | 'preference'
  | 'nexthop-unresolvable'
  | 'stale'
  | 'local-pref'
  | 'as-path-length'
  | 'origin'
  | 'med'
  | 'ebgp-over-ibgp'
  | 'igp-metric'
  | 'router-id'
  | 'cluster-list-length'
  | 'neighbor-address'
  | 'older';

/** A path to a prefix, and why it is not the best one. */
export interface Candidate {
  readonly route: RibRoute;
  /** The rule by which it loses against the best; undefined for the best itself. */
  readonly lostBy: DecisionRule | undefined;
}

/** Why a speaker uses the path that it uses. */
export interface Explanation {
  readonly speaker: string;
  readonly net: Ipv4Prefix;
  /** The best first. Empty when it knows none. */
  readonly candidates: readonly Candidate[];
  /** The way that the best one came: from the speaker that originated it to this one. */
  readonly way: readonly { readonly speaker: string; readonly session: string | undefined }[];
  /** Neighbours that know the prefix and do not announce it here, and why. */
  readonly withheld: readonly { readonly speaker: string; readonly session: string; readonly why: string }[];
  /** What is in the forwarding table; undefined: nothing, for the reason given. */
  readonly fib: FibRoute | { readonly missing: string } | undefined;
}

/**
 * Speakers, the messages between them and what they make of them, in virtual time. Deterministic: the same
 * configuration, seed and events lead to the same tables.
 */
export class BgpSimulation {
  /** Milliseconds since the speakers were started. */
  readonly now: number = 0;

  readonly config: BgpConfig;

  constructor(config: BgpConfig) {
    this.config = config;
  }

  /** Runs until no message is under way and no session is still to be tried: timers that only wait are left. */
  converge(): void {
    throw new Error('not there yet');
  }

  /** Lets that much time pass, ms: timers end. */
  advance(_ms: number): void {
    throw new Error('not there yet');
  }

  /** Something happens now; its consequences come with `converge` or `advance`. */
  apply(_event: BgpEvent): void {
    throw new Error('not there yet');
  }

  /** Whether the daemon of that speaker runs. */
  running(_speaker: string): boolean {
    throw new Error('not there yet');
  }

  /** Its whole table in order of prefixes, the best path of each first. */
  rib(_speaker: string): readonly RibRoute[] {
    throw new Error('not there yet');
  }

  /** What it announces to a neighbour now (Adj-RIB-Out), by the session's name. */
  announced(_speaker: string, _session: string): readonly RibRoute[] {
    throw new Error('not there yet');
  }

  /** What it has put into the forwarding table. */
  fib(_speaker: string): readonly FibRoute[] {
    throw new Error('not there yet');
  }

  sessions(_speaker: string): readonly SessionStatus[] {
    throw new Error('not there yet');
  }

  explain(_speaker: string, _net: Ipv4Prefix): Explanation {
    throw new Error('not there yet');
  }

  /** Since the start; between two where they are given. */
  counts(_from?: string, _to?: string): MessageCounts {
    throw new Error('not there yet');
  }

  /** All messages in order of sending. */
  messages(): readonly Message[] {
    throw new Error('not there yet');
  }
}
