import type { Ipv4 } from '../address/index.js';
import type { AsPathSegment, BgpAttributes, Origin } from './attributes.js';

/** LLGR_STALE (RFC 9494 §2): a route that has it is worse than any that has not. */
const LLGR_STALE = 0xffff0006;

/** Attributes of which each set exists once: two routes have equal ones where they have the same object. */
export interface Path {
  /** In order of first occurrence. */
  readonly number: number;
  readonly attributes: BgpAttributes;
  /** Number of its NEXT_HOP, in order of first occurrence. */
  readonly hop: number;
  /** For the decision process (RFC 4271 §9.1.2.2 a): a set counts as one. */
  readonly length: number;
  /** The AS that it was learned from; undefined where the path is empty or starts with a set. */
  readonly neighborAs: number | undefined;
  readonly llgrStale: boolean;
  /** Of the attributes in an UPDATE, octets (RFC 4271 §4.3). */
  readonly octets: number;
}

/** The attributes that have occurred, each once. */
export class PathTable {
  readonly #byText = new Map<string, Path>();
  readonly #paths: Path[] = [];
  readonly #hops = new Map<Ipv4, number>();

  /** The path with that number. */
  at(number: number): Path {
    const path = this.#paths[number];
    if (path === undefined) throw new Error(`there is no path ${number}`);
    return path;
  }

  intern(attributes: BgpAttributes): Path {
    const text = textOf(attributes);
    let path = this.#byText.get(text);
    if (path === undefined) {
      path = {
        number: this.#paths.length,
        attributes,
        hop: this.#hop(attributes.nextHop),
        length: asPathLength(attributes.asPath),
        neighborAs: firstAs(attributes.asPath),
        llgrStale: attributes.communities.includes(LLGR_STALE),
        octets: octetsOf(attributes),
      };
      this.#byText.set(text, path);
      this.#paths.push(path);
    }
    return path;
  }

  #hop(nextHop: Ipv4): number {
    let hop = this.#hops.get(nextHop);
    if (hop === undefined) {
      hop = this.#hops.size;
      this.#hops.set(nextHop, hop);
    }
    return hop;
  }
}

function textOf(a: BgpAttributes): string {
  const asPath = a.asPath.map((s) => `${s.type === 'set' ? 's' : ''}${s.as.join(' ')}`).join(',');
  const aggregator = a.aggregator === undefined ? '' : `${a.aggregator.as} ${a.aggregator.address}`;
  return [
    a.origin,
    asPath,
    a.nextHop,
    a.med,
    a.localPref,
    a.atomicAggregate,
    aggregator,
    a.communities.join(' '),
    a.largeCommunities.join(' '),
    a.originatorId,
    a.clusterList.join(' '),
  ].join('|');
}

/** as_path_getlen(), bird nest/a-path.c. */
function asPathLength(asPath: readonly AsPathSegment[]): number {
  return asPath.reduce((sum, s) => sum + (s.type === 'set' ? 1 : s.as.length), 0);
}

/** None where a set comes first: as_path_get_first(), as_path_get_first_regular(), bird nest/a-path.c. */
export function firstAs(asPath: readonly AsPathSegment[]): number | undefined {
  const first = asPath[0];
  return first?.type === 'sequence' ? first.as[0] : undefined;
}

/** How often an AS stands in a path. */
export function countAs(asPath: readonly AsPathSegment[], as: number): number {
  let count = 0;
  for (const segment of asPath) for (const each of segment.as) if (each === as) count++;
  return count;
}

/** A sequence holds at most so many AS numbers (RFC 4271 §4.3: its length is one octet). */
const LONGEST_SEQUENCE = 255;

/** The path with an AS in front (RFC 4271 §5.1.2 b): as_path_prepend2(), bird nest/a-path.c. */
export function prepend(asPath: readonly AsPathSegment[], as: number): readonly AsPathSegment[] {
  const [first, ...rest] = asPath;
  if (first?.type === 'sequence' && first.as.length < LONGEST_SEQUENCE) {
    return [{ type: 'sequence', as: [as, ...first.as] }, ...rest];
  }
  return [{ type: 'sequence', as: [as] }, ...asPath];
}

/** Best first, as the number that is sent (RFC 4271 §4.3). */
export const ORIGIN_CODE: Readonly<Record<Origin, number>> = { IGP: 0, EGP: 1, INCOMPLETE: 2 };

/** Flags, type and length of an attribute; the length takes two octets above 255. */
function attribute(octets: number): number {
  return octets === 0 ? 0 : octets + (octets > 255 ? 4 : 3);
}

function octetsOf(a: BgpAttributes): number {
  const asPath = a.asPath.reduce((sum, s) => sum + 2 + 4 * s.as.length, 0);
  return (
    4 +
    (3 + asPath + (asPath > 255 ? 1 : 0)) +
    7 +
    (a.med === undefined ? 0 : 7) +
    (a.localPref === undefined ? 0 : 7) +
    (a.atomicAggregate ? 3 : 0) +
    (a.aggregator === undefined ? 0 : 11) +
    attribute(4 * a.communities.length) +
    attribute(12 * a.largeCommunities.length) +
    (a.originatorId === undefined ? 0 : 7) +
    attribute(4 * a.clusterList.length)
  );
}

/** Attributes while a filter works on them: a route that is not BGP's has none yet. */
export interface Draft {
  origin: Origin | undefined;
  asPath: readonly AsPathSegment[] | undefined;
  nextHop: Ipv4 | undefined;
  med: number | undefined;
  localPref: number | undefined;
  communities: readonly number[];
  largeCommunities: readonly (readonly [number, number, number])[];
  /** Whether this filter has set it: it is then kept towards another AS, too. */
  medSet: boolean;
  nextHopSet: boolean;
  /** What the kernel's route goes through. */
  tunnel: string | undefined;
}

export function draftOf(path: Path | undefined): Draft {
  const a = path?.attributes;
  return {
    origin: a?.origin,
    asPath: a?.asPath,
    nextHop: a?.nextHop,
    med: a?.med,
    localPref: a?.localPref,
    communities: a?.communities ?? [],
    largeCommunities: a?.largeCommunities ?? [],
    medSet: false,
    nextHopSet: false,
    tunnel: undefined,
  };
}
