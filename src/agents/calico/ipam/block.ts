import { contains, formatPrefix, type Ipv4, type Ipv4Prefix, overlaps, plus } from '../../../address/index.js';
import type { IPAMAllocation, IPAMBlock } from '../../../cluster/index.js';

/** Addresses that are never handed out automatically: those of IPReservations. */
export type Reservations = readonly Ipv4Prefix[];

/** Whether nothing of a block is left by the reservations together (addr_filter.go, MatchesWholeCIDR()). */
export function reservesWhole(reservations: Reservations, cidr: Ipv4Prefix): boolean {
  const within = reservations.filter((reserved) => overlaps(reserved, cidr));
  if (within.length === 0) return false;
  for (let ordinal = 0; ordinal < sizeOf(cidr); ordinal++)
    if (!isReserved(within, plus(cidr.address, ordinal))) return false;
  return true;
}

function isReserved(reservations: Reservations, address: Ipv4): boolean {
  return reservations.some((reserved) => contains(reserved, address));
}

/** How many addresses a block has: all of them can be handed out. */
export function sizeOf({ length }: Ipv4Prefix): number {
  return 2 ** (32 - length);
}

/**
 * A block while addresses are handed out of it (libcalico-go 3.21 lib/ipam/ipam_block.go). Free ordinals are a FIFO
 * list there; as nothing is given back here, the first of it is the lowest free one.
 */
export class AllocationBlock {
  readonly cidr: Ipv4Prefix;
  readonly affinity: string | undefined;
  state: IPAMBlock['state'];
  readonly #reservations: Reservations;
  readonly #allocations = new Map<Ipv4, IPAMAllocation>();
  #next = 0;

  constructor({ cidr, affinity, state, allocations }: IPAMBlock, reservations: Reservations) {
    this.cidr = cidr;
    this.affinity = affinity;
    this.state = state;
    this.#reservations = reservations.filter((reserved) => overlaps(reserved, cidr));
    for (const allocation of allocations) this.#allocations.set(allocation.address, allocation);
  }

  /** The block's name in that of its BlockAffinity, by which libcalico-go lists a host's (lib/names/cidr.go). */
  get name(): string {
    return formatPrefix(this.cidr).replace(/[./]/g, '-');
  }

  get empty(): boolean {
    return this.#allocations.size === 0;
  }

  /** Whoever has an address of it. */
  allocationOf(address: Ipv4): IPAMAllocation | undefined {
    return this.#allocations.get(address);
  }

  /** The first free address that is not reserved; undefined when there is none (autoAssign()). */
  first(): Ipv4 | undefined {
    for (; this.#next < sizeOf(this.cidr); this.#next++) {
      const address = plus(this.cidr.address, this.#next);
      if (!this.#allocations.has(address) && !isReserved(this.#reservations, address)) return address;
    }
    return undefined;
  }

  /** Takes an address that is free. */
  take(allocation: IPAMAllocation): void {
    this.#allocations.set(allocation.address, allocation);
  }

  /** Its object, allocations in order of their addresses. */
  object(): IPAMBlock {
    const { cidr, affinity, state } = this;
    const allocations = [...this.#allocations.values()].sort((a, b) => a.address - b.address);
    return { cidr, affinity, state, allocations };
  }
}
