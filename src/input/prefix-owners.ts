import { type Ipv4Prefix, prefixOf } from '../address/index.js';

/** Prefixes and who has them, to find an overlap without comparing all with all. */
export class PrefixOwners {
  /** By length and address, of each prefix and of all prefixes that hold it: the first owner. */
  readonly #within = new Map<number, Map<number, string>>();
  readonly #exact = new Map<number, Map<number, string>>();

  add(prefix: Ipv4Prefix, owner: string): void {
    put(this.#exact, prefix, owner);
    for (let length = 0; length <= prefix.length; length++) put(this.#within, prefixOf(prefix.address, length), owner);
  }

  /** Whose prefix shares an address with `prefix`; undefined when nobody's does. */
  overlapping(prefix: Ipv4Prefix): string | undefined {
    const inside = this.#within.get(prefix.length)?.get(prefix.address);
    if (inside !== undefined) return inside;
    for (const [length, owners] of this.#exact) {
      const owner = length < prefix.length ? owners.get(prefixOf(prefix.address, length).address) : undefined;
      if (owner !== undefined) return owner;
    }
    return undefined;
  }
}

function put(table: Map<number, Map<number, string>>, { address, length }: Ipv4Prefix, owner: string): void {
  let owners = table.get(length);
  if (owners === undefined) {
    owners = new Map();
    table.set(length, owners);
  }
  if (!owners.has(address)) owners.set(address, owner);
}
