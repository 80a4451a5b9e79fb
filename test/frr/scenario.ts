/**
 * A small network for FRR and for our speakers: the nth has the address 10.0.0.(n + 1) on a subnet that all share, that as
 * its router id, and the name `n0`, `n1` and so on.
 */
export interface Scenario {
  readonly name: string;
  readonly speakers: readonly Router[];
  readonly links: readonly Link[];
  /** What happens one after the other, each after all is quiet. */
  readonly events: readonly Event[];
}

/** `router bgp AS`. */
export interface Router {
  readonly as: number;
  /** `network NET route-map …`, by prefix: how it originates them. */
  readonly networks: Readonly<Record<string, Originated>>;
  /** `10.1.0.0/16 as-set summary-only`: what stands behind `aggregate-address`. */
  readonly aggregates: readonly string[];
}

/** What a route map sets; AS numbers are put in front of the path in that order. */
export interface Originated {
  readonly origin?: 'IGP' | 'EGP' | 'INCOMPLETE';
  readonly prepend?: readonly number[];
  readonly med?: number;
  /** `65001:100`. */
  readonly communities?: readonly string[];
  readonly largeCommunities?: readonly string[];
}

/** A session, of two speakers by number; the second is a client that the first reflects to. */
export type Link = readonly [number, number, 'client'?];

/** Another configuration of a speaker, or a session that is shut down on its first speaker's side, or is to come back. */
export type Event =
  | { readonly speaker: number; readonly networks: Router['networks'] }
  | { readonly speaker: number; readonly aggregates: Router['aggregates'] }
  | { readonly shut: readonly [number, number] }
  | { readonly open: readonly [number, number] };

/** What speakers have when all is quiet, by name: a line for each best path, see `lineOf`; at the start, then after each event. */
export type Seen = Readonly<Record<string, readonly string[]>>;

export interface RecordedScenario {
  readonly scenario: Scenario;
  readonly seen: readonly Seen[];
}

/** A best path. Numbers that are absent are what they stand for: LOCAL_PREF 100, MED 0. */
export interface BestPath {
  readonly net: string;
  /** A `network` of the speaker: its attributes are those of the announcement, which neighbours tell. */
  readonly own: boolean;
  /** `65001 {65002,65003}`. */
  readonly asPath: string;
  readonly origin: 'IGP' | 'EGP' | 'INCOMPLETE';
  readonly med: number;
  readonly localPref: number;
  readonly atomicAggregate: boolean;
  /** `65001 10.0.0.1`; undefined for what is no aggregate. */
  readonly aggregator: string | undefined;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  /** By an aggregate of this speaker. */
  readonly suppressed: boolean;
}

/** Of what is no aggregate nothing is told in which FRR and BIRD differ: FRR announces its own with MED 0. */
export function lineOf(path: BestPath): string {
  const { aggregator, atomicAggregate, communities, largeCommunities } = path;
  const suppressed = path.suppressed ? ['suppressed'] : [];
  if (path.own) return [path.net, 'own', ...suppressed].join(' ');
  return [
    path.net,
    `[${path.asPath}]`,
    path.origin,
    ...(aggregator === undefined ? [] : [`med ${path.med} pref ${path.localPref} by ${aggregator}`]),
    ...(atomicAggregate ? ['atomic'] : []),
    ...[...communities, ...largeCommunities],
    ...suppressed,
  ].join(' ');
}
