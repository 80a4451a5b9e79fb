import type { FelixConfiguration } from '../../../cluster/index.js';

/** Bits of the packet mark that Felix uses. */
export interface FelixMarks {
  /** A policy or profile has accepted the packet. */
  readonly accept: number;
  /** A policy passed the packet on to the profiles. */
  readonly pass: number;
  readonly scratch0: number;
  readonly scratch1: number;
  /** Which endpoint a packet of IPVS comes from: all bits that are left; 0 where none is. */
  readonly endpoint: number;
  /** Of those, the number for interfaces that are no endpoints. */
  readonly nonCaliEndpoint: number;
}

/**
 * The bits of IptablesMarkMask from the lowest up, in the order in which they are asked for (felix 3.21
 * dataplane/driver.go, markbits/mark_bits.go). With WireGuard, which is not modelled, one more goes before the last.
 *
 * undefined: Felix ends, as there are too few.
 */
export function felixMarks({ iptablesMarkMask }: Pick<FelixConfiguration, 'iptablesMarkMask'>): FelixMarks | undefined {
  const [accept, pass, scratch0, scratch1, ...rest] = bitsOf(iptablesMarkMask);
  if (accept === undefined || pass === undefined || scratch0 === undefined || scratch1 === undefined) return undefined;
  const endpoint = rest.reduce((sum, bit) => sum + bit, 0);
  return { accept, pass, scratch0, scratch1, endpoint, nonCaliEndpoint: rest[0] ?? 0 };
}

/** All but the endpoint's (allCalicoMarkBits()). */
export function allBits({ accept, pass, scratch0, scratch1 }: FelixMarks): number {
  return accept + pass + scratch0 + scratch1;
}

/** A mark as Go's `%#x` writes it. */
export function hexMark(mark: number): string {
  return `0x${mark.toString(16)}`;
}

function bitsOf(mask: number): number[] {
  return Array.from({ length: 32 }, (_, shift) => 2 ** shift).filter((bit) => Math.floor(mask / bit) % 2 === 1);
}

/** The interface name that stands for all that are no endpoints (rules/epmark.go). */
const NON_CALI = '/cali/Pseudo/NonCali/Endpoint/';

/**
 * A mark for each endpoint, by its interface's name: its FNV-1 hash chooses a number, the next free one is taken, and its
 * bits are spread over those of the mask (felix 3.21 rules/epmark.go GetEndpointMark()). One that finds no number is left
 * out. In reality the order of asking is that of a Go map; here it is the one given.
 */
export function endpointMarks(interfaces: readonly string[], marks: FelixMarks): ReadonlyMap<string, number> {
  const bits = bitsOf(marks.endpoint);
  const positions = 2 ** bits.length;
  const taken = new Map([[1, NON_CALI]]);
  const found = new Map<string, number>();
  for (const name of interfaces) {
    if (found.has(name)) continue;
    const position = freePosition(fnv1(name), positions, taken);
    if (position === undefined) continue;
    taken.set(position, name);
    found.set(name, spread(position, bits));
  }
  return found;
}

function freePosition(hash: number, positions: number, taken: ReadonlyMap<number, string>): number | undefined {
  for (let i = 0; i < positions; i++) {
    const position = (hash + i) % positions;
    if (position !== 0 && !taken.has(position)) return position;
  }
  return undefined;
}

/** MapNumberToMark(). */
function spread(position: number, bits: readonly number[]): number {
  return bits.reduce((mark, bit, i) => mark + (Math.floor(position / 2 ** i) % 2) * bit, 0);
}

/** FNV-1, 32 bits (Go's hash/fnv New32()). */
function fnv1(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  return hash >>> 0;
}
