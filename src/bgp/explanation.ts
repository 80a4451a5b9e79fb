import type { Ipv4Prefix } from '../address/index.js';
import type { FibRoute, RibRoute } from './rib.js';

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
  /** It is not the best, and its next hops are used beside those of the best (`merge paths`). */
  readonly merged: boolean;
}

/** Why a neighbour that knows a prefix has not brought it here. */
export type WithheldCause =
  /** One side has no session with the other. */
  | 'no-session'
  /** An operator has disabled the session, on this side or the other. */
  | 'disabled'
  /** The session is not established for another reason. */
  | 'session-down'
  | 'export-filter'
  /** From iBGP to iBGP, and nobody is a client (RFC 4271 §9.2). */
  | 'not-reflected'
  | 'other';

/** A prefix that a neighbour knows and that has not come from it. */
export interface Withheld {
  /** The neighbour. */
  readonly speaker: string;
  readonly session: string;
  readonly cause: WithheldCause;
  /** The cause in words. */
  readonly why: string;
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
  readonly withheld: readonly Withheld[];
  /** Of an aggregate of its own: the routes that it is made of, none while it is not there. undefined: it is none. */
  readonly contributors: readonly RibRoute[] | undefined;
  /** The aggregate that the speaker announces in place of its best path (`summary-only`). */
  readonly suppressedBy: Ipv4Prefix | undefined;
  /** What is in the forwarding table, or why there is nothing; `full`: for want of room. */
  readonly fib: FibRoute | { readonly missing: string; readonly full: boolean } | undefined;
}
