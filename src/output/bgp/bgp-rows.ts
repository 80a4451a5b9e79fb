/** A session as one of its sides has it. Addresses are text, times ms of virtual time. */
export interface BgpSessionRow {
  readonly name: string;
  readonly local: string;
  readonly neighbor: string;
  /** The speaker that has this address; undefined: none here. */
  readonly neighborName: string | undefined;
  readonly neighborAs: number;
  readonly type: 'internal' | 'external';
  /** The neighbour is a client of this reflector. */
  readonly rrClient: boolean;
  readonly state: 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established' | 'Passive' | 'Down';
  /** Why it is not Established; undefined where nothing is wrong. */
  readonly reason: string | undefined;
  /** What went wrong last, as birdc prints it behind the state. */
  readonly lastError: string | undefined;
  /** When it came up, or went: `Since` of birdc. */
  readonly since: number;
  /** Routes: Adj-RIB-In after the import filter, Adj-RIB-Out, those that are best here. */
  readonly imported: number;
  readonly exported: number;
  readonly preferred: number;
}

/** A protocol instance that is no session, as `birdc show protocols` lists it besides. */
export interface BgpProtocolRow {
  readonly name: string;
  readonly proto: 'Static' | 'Kernel' | 'Device' | 'Direct' | 'Aggregator';
}

/** A speaker and its sessions. */
export interface BgpSpeakerRow {
  readonly name: string;
  readonly as: number;
  readonly routerId: string;
  /** Whether its daemon runs. */
  readonly running: boolean;
  readonly protocols: readonly BgpProtocolRow[];
  readonly sessions: readonly BgpSessionRow[];
}

/** What speakers' sessions are like. */
export interface BgpSessions {
  readonly show: 'sessions';
  /** Virtual time of all this, ms since the speakers were started. */
  readonly now: number;
  readonly speakers: readonly BgpSpeakerRow[];
}

/** A next hop. */
export interface BgpNextHopRow {
  /** undefined: on-link. */
  readonly via: string | undefined;
  readonly dev: string;
  readonly weight: number;
}

/** Path attributes as `birdc show route all` spells them; undefined is absent. */
export interface BgpAttributesRow {
  readonly origin: 'IGP' | 'EGP' | 'INCOMPLETE';
  /** `65001 65002 {65003 65004}`. */
  readonly asPath: string;
  readonly nextHop: string;
  readonly med: number | undefined;
  readonly localPref: number | undefined;
  readonly atomicAggregate: boolean;
  /** `192.0.2.1 AS65001`. */
  readonly aggregator: string | undefined;
  /** `(64512,100)`. */
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly originatorId: string | undefined;
  readonly clusterList: readonly string[];
}

/** A path in a speaker's table. */
export interface BgpRouteRow {
  readonly net: string;
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
  readonly source: 'device' | 'static' | 'kernel' | 'aggregate' | 'bgp';
  readonly protocol: string;
  readonly preference: number;
  /** What the way to the next hop costs, where the speaker looks for it in its table. */
  readonly metric: 'direct' | 'unknown' | 'unresolvable' | undefined;
  /** Empty: unresolvable, or no unicast. */
  readonly nexthops: readonly BgpNextHopRow[];
  readonly attributes: BgpAttributesRow | undefined;
  /** The AS that the path ends in; undefined: this one. */
  readonly originAs: number | undefined;
  /** Who announced it, where that is not the next hop. */
  readonly from: string | undefined;
  readonly best: boolean;
  /** Kept after its neighbour went (RFC 4724). */
  readonly stale: boolean;
}

/** A route that the daemon has put into the forwarding table. */
export interface BgpFibRow {
  readonly net: string;
  readonly type: BgpRouteRow['type'];
  readonly nexthops: readonly BgpNextHopRow[];
  /** The device that a filter chose in place of the next hops' own. */
  readonly tunnel: string | undefined;
  readonly protocol: string;
}

/** What the forwarding table has for a prefix, where that is not just the best path. */
export interface BgpFibDifference {
  readonly net: string;
  /** undefined: nothing. */
  readonly fib: BgpFibRow | undefined;
  /** Why there is nothing. */
  readonly why: string | undefined;
}

/** The table of a speaker, or what was asked of it. */
export interface BgpRib {
  readonly show: 'rib';
  readonly now: number;
  readonly speaker: string;
  readonly running: boolean;
  /** A prefix or address; undefined: all of it. */
  readonly asked: string | undefined;
  readonly routes: readonly BgpRouteRow[];
  /** Best paths that the forwarding table does not have, or has otherwise. */
  readonly differences: readonly BgpFibDifference[];
}

/** The rules of the decision process. */
export type BgpRule =
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

/** A path, and the rule by which it lost. */
export interface BgpCandidateRow {
  readonly route: BgpRouteRow;
  /** The speaker that announced it; undefined for one of its own. */
  readonly neighbor: string | undefined;
  /** undefined: it is the best. */
  readonly lostBy: BgpRule | undefined;
  /** What the rule compared, of the best path and of this one. */
  readonly compared: { readonly best: string; readonly own: string } | undefined;
  /** It lost, and packets go over it too: it is as good up to the cost of the next hop (`merge paths`). */
  readonly merged: boolean;
}

/** A speaker on the way of an announcement. */
export interface BgpStepRow {
  readonly speaker: string;
  /** The session that it got it on; undefined for the one that originated it. */
  readonly session: string | undefined;
}

/** A speaker that has a prefix of its own. */
export interface BgpOriginRow {
  readonly speaker: string;
  readonly source: 'device' | 'static' | 'kernel' | 'aggregate';
  readonly protocol: string;
  readonly net: string;
}

/** A route that an aggregate is made of. */
export interface BgpContributorRow {
  readonly net: string;
  /** The speaker that announced it; undefined for one of its own. */
  readonly neighbor: string | undefined;
  readonly protocol: string;
}

/** A place where an announcement does not go on. */
export interface BgpLostRow {
  readonly from: string;
  readonly to: string;
  /** By its name on `to`. */
  readonly session: string;
  readonly why: string;
}

/** Why a speaker sends packets to a prefix where it sends them. */
export interface BgpExplanation {
  readonly show: 'explain';
  readonly now: number;
  readonly speaker: string;
  readonly running: boolean;
  /** A prefix or address. */
  readonly asked: string;
  /** Of an address the longest match; undefined: the speaker has none. */
  readonly net: string | undefined;
  /**
   * A longer prefix than `net`, which another speaker originates and which has not come here: a route of the machine's
   * own, such as its default route, is all that is left for the address. undefined: no such.
   */
  readonly insteadOf: string | undefined;
  /** The best first. */
  readonly candidates: readonly BgpCandidateRow[];
  readonly way: readonly BgpStepRow[];
  /** Neighbours that know it and do not announce it here. */
  readonly withheld: readonly BgpLostRow[];
  /** Of an aggregate of this speaker; empty: it is not there for want of them. undefined: it is none. */
  readonly contributors: readonly BgpContributorRow[] | undefined;
  /** The aggregate of this speaker that neighbours are told of in place of it (`summary-only`). */
  readonly suppressedBy: string | undefined;
  readonly fib: BgpFibRow | undefined;
  /** Why there is nothing in the forwarding table. */
  readonly missing: string | undefined;
  /** Speakers anywhere that have what was asked for of their own. */
  readonly origins: readonly BgpOriginRow[];
  /** Between who knows it and a speaker that does not: where it gets lost. Empty when the speaker knows it. */
  readonly lost: readonly BgpLostRow[];
  /** Of the speaker and those that originate what gets lost, who has no session configured at all. */
  readonly sessionless: readonly string[];
}

/** A message. */
export interface BgpMessageRow {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly session: string;
  readonly type: 'OPEN' | 'UPDATE' | 'KEEPALIVE' | 'NOTIFICATION' | 'ROUTE-REFRESH' | 'END-OF-RIB';
  readonly announced: readonly string[];
  readonly withdrawn: readonly string[];
  /** What a NOTIFICATION tells: its code and subcode (RFC 4271 §4.5, RFC 4486 §3), and BIRD's words for them. */
  readonly notification: BgpNotificationRow | undefined;
}

/** An error, or why a session is closed without one. */
export interface BgpNotificationRow {
  readonly code: number;
  readonly subcode: number;
  readonly text: string;
}

/** How many messages there are, those that are not shown too. */
export interface BgpCountsRow {
  readonly open: number;
  /** UPDATEs that announce. */
  readonly announce: number;
  /** UPDATEs that only withdraw. */
  readonly withdraw: number;
  readonly endOfRib: number;
  readonly notification: number;
  readonly keepalive: number;
  readonly routeRefresh: number;
  /** Prefixes announced, prefixes withdrawn. */
  readonly nlri: number;
  readonly withdrawn: number;
}

/** What was said. */
export interface BgpMessages {
  readonly show: 'messages';
  readonly now: number;
  /** Only of this sender, to this receiver. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The last ones where there is a limit. */
  readonly messages: readonly BgpMessageRow[];
  readonly counts: BgpCountsRow;
}

/** All that can be told of BGP in a network. */
export type BgpReport = BgpSessions | BgpRib | BgpExplanation | BgpMessages;

/** Whether nothing is wrong: each session is established; the prefix that was asked for is known and can be reached. */
export function bgpOk(report: BgpReport): boolean {
  switch (report.show) {
    case 'sessions':
      return report.speakers.every(
        ({ running, sessions }) => running && sessions.every(({ state }) => state === 'Established'),
      );
    case 'rib':
      return report.running && (report.asked === undefined || report.routes.length > 0);
    case 'explain':
      return (
        report.insteadOf === undefined &&
        report.candidates.some(({ route }) => route.best && route.type !== 'unreachable')
      );
    case 'messages':
      return true;
  }
}
