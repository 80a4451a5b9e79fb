import type { Ipv4, Ipv4Prefix } from '../address/index.js';
import type { BgpAttributes } from './attributes.js';
import type { NextHop } from './config.js';

/** A route of a speaker's table, as `birdc show route all` tells it. */
export interface RibRoute {
  readonly net: Ipv4Prefix;
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
  readonly source: 'device' | 'static' | 'kernel' | 'aggregate' | 'bgp';
  /** Name of the protocol instance: `direct1`, `static1`, `kernel1`, `aggregator1`, or of the session. */
  readonly protocol: string;
  /** Of protocols: 240 device, 200 static, 150 aggregate, 100 BGP, 10 kernel. */
  readonly preference: number;
  /**
   * Resolved; empty for one that cannot be. Its type is then `unreachable`, and it is best only where there is no other:
   * rte_resolvable() is a rule of the decision process in BIRD, not a condition for taking part in it (RFC 4271 §9.1.2.1).
   */
  readonly nexthops: readonly NextHop[];
  /** undefined for a route that is not BGP's. */
  readonly attributes: BgpAttributes | undefined;
  /** The neighbour that announced it, where it is not the next hop itself. */
  readonly from: Ipv4 | undefined;
  readonly best: boolean;
  /** Kept after its neighbour went, until the restart timer ends (RFC 4724). */
  readonly stale: boolean;
}

/** A route of the machine's forwarding table that the daemon has put there. */
export interface FibRoute {
  readonly net: Ipv4Prefix;
  readonly type: RibRoute['type'];
  readonly nexthops: readonly NextHop[];
  /** The device that a filter has chosen, `tunl0`; undefined: those of the next hops. */
  readonly tunnel: string | undefined;
  /** The instance whose route is best. */
  readonly protocol: string;
  readonly source: RibRoute['source'];
}

/** How a session stands, as `birdc show protocols all` tells it. */
export interface SessionStatus {
  readonly name: string;
  readonly neighbor: Ipv4;
  readonly neighborAs: number;
  readonly state: 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established' | 'Passive' | 'Down';
  /** Which side has opened the connection that it goes over; undefined: it is not Established. */
  readonly openedBy: 'this side' | 'neighbor' | undefined;
  /** Why it is not Established, in a word that a user would search for; undefined where nothing is wrong. */
  readonly reason: string | undefined;
  /** The last error as BIRD prints it after the state: `Socket: Connection closed`, `Received: Administrative shutdown`. */
  readonly lastError: string | undefined;
  /** When it last came up, or went, ms of virtual time: `last_state_change` of bird nest/protocol.h. */
  readonly since: number;
  readonly type: 'internal' | 'external';
  readonly rrClient: boolean;
  /** Counted in routes: Adj-RIB-In after the import filter, Adj-RIB-Out, and those that are best here. */
  readonly imported: number;
  readonly exported: number;
  readonly preferred: number;
}
