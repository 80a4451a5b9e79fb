import type { Ipv4, Ipv4Prefix } from '../address/index.js';
import type { Origin } from './attributes.js';

/** Decides which routes pass, and how they are changed: the first term that matches and ends decides. */
export interface Filter {
  readonly terms: readonly FilterTerm[];
  /** What becomes of a route that no term has ended. */
  readonly otherwise: 'accept' | 'reject';
}

/** `if MATCH then { ACTIONS; THEN; }`. */
export interface FilterTerm {
  /** All of it has to hold; empty matches all. */
  readonly match: FilterMatch;
  readonly actions: readonly FilterAction[];
  readonly then: 'accept' | 'reject' | 'next';
}

/** A prefix set's item: `10.0.0.0/8{8,32}` has ge 8 and le 32; one without bounds matches itself alone. */
export interface PrefixRange {
  readonly prefix: Ipv4Prefix;
  readonly ge: number;
  readonly le: number;
}

/** Conditions on a route; what is left out may be anything. Of a list, one has to hold. */
export interface FilterMatch {
  readonly nets?: readonly PrefixRange[];
  readonly notNets?: readonly PrefixRange[];
  /** Where the route is from. */
  readonly source?: readonly ('device' | 'static' | 'kernel' | 'aggregate' | 'bgp')[];
  /** Name of the protocol instance. */
  readonly protocol?: string;
  /** The route's first next hop leaves by one of these; `cali*` ends in a star. */
  readonly interfaces?: readonly string[];
  readonly notInterfaces?: readonly string[];
  /** NEXT_HOP within this prefix. */
  readonly nextHop?: Ipv4Prefix;
  readonly notNextHop?: Ipv4Prefix;
  /** The AS_PATH starts with this: the neighbour that it was learned from. */
  readonly asPathFirst?: number;
  readonly asPathContains?: number;
  /** A community that it has, uint32: 64512:100 is 64512 * 65536 + 100. */
  readonly community?: number;
}

/** What a term changes. */
export type FilterAction =
  | { readonly set: 'med' | 'localPref'; readonly value: number }
  | { readonly set: 'origin'; readonly value: Origin }
  | { readonly set: 'nextHop'; readonly value: Ipv4 }
  /** Adds this AS in front, that many times. */
  | { readonly set: 'prepend'; readonly as: number; readonly times: number }
  | { readonly set: 'addCommunity' | 'deleteCommunity'; readonly value: number }
  | { readonly set: 'addLargeCommunity'; readonly value: readonly [number, number, number] }
  /** The device that the kernel's route goes through, whatever the next hop's own is (Calico's `krt_tunnel`). */
  | { readonly set: 'tunnel'; readonly dev: string };

export const ACCEPT_ALL: Filter = { terms: [], otherwise: 'accept' };
export const REJECT_ALL: Filter = { terms: [], otherwise: 'reject' };
