import type { Ipv4 } from '../address/index.js';

/** ORIGIN (RFC 4271 §5.1.1), best first. */
export type Origin = 'IGP' | 'EGP' | 'INCOMPLETE';

/** A segment of AS_PATH: AS numbers in order, or what an aggregate has put together (RFC 4271 §4.3). */
export interface AsPathSegment {
  readonly type: 'sequence' | 'set';
  readonly as: readonly number[];
}

/** The path attributes of a route (RFC 4271 §5, RFC 4456 §8, RFC 1997, RFC 8092). */
export interface BgpAttributes {
  readonly origin: Origin;
  readonly asPath: readonly AsPathSegment[];
  readonly nextHop: Ipv4;
  readonly med: number | undefined;
  /** undefined where it came from another AS and nothing has set it. */
  readonly localPref: number | undefined;
  readonly atomicAggregate: boolean;
  readonly aggregator: { readonly as: number; readonly address: Ipv4 } | undefined;
  /** uint32 each. */
  readonly communities: readonly number[];
  readonly largeCommunities: readonly (readonly [number, number, number])[];
  readonly originatorId: Ipv4 | undefined;
  /** The latest first. */
  readonly clusterList: readonly Ipv4[];
}
