import { type Ipv4, type Ipv4Prefix, netmask } from '../address/index.js';

/**
 * Values by IPv4 prefix, found longest prefix first.
 *
 * One Map for each prefix length in use: a lookup costs at most 33 probes, whatever the size, and allocates nothing.
 */
export class PrefixTable<V> {
  readonly #byLength: (Map<number, V> | undefined)[] = new Array(33).fill(undefined);

  get(prefix: Ipv4Prefix): V | undefined {
    return this.#byLength[prefix.length]?.get(prefix.address);
  }

  set(prefix: Ipv4Prefix, value: V): void {
    let map = this.#byLength[prefix.length];
    if (map === undefined) {
      map = new Map();
      this.#byLength[prefix.length] = map;
    }
    map.set(prefix.address, value);
  }

  delete(prefix: Ipv4Prefix): boolean {
    const map = this.#byLength[prefix.length];
    if (map === undefined || !map.delete(prefix.address)) return false;
    if (map.size === 0) this.#byLength[prefix.length] = undefined;
    return true;
  }

  /**
   * The value of the longest prefix, of at most `maxLength` bits, that holds `address`.
   *
   * Going on with a shorter `maxLength` walks back through the less specific prefixes, as fib_table_lookup() does
   * when no route of a leaf can be used.
   */
  lookup(address: Ipv4, maxLength = 32): { readonly length: number; readonly value: V } | undefined {
    for (let length = maxLength; length >= 0; length--) {
      const value = this.#byLength[length]?.get((address & netmask(length)) >>> 0);
      if (value !== undefined) return { length, value };
    }
    return undefined;
  }

  /** All entries, shortest prefix first, in insertion order within a length. */
  *entries(): IterableIterator<[Ipv4Prefix, V]> {
    for (let length = 0; length <= 32; length++) {
      const map = this.#byLength[length];
      if (map === undefined) continue;
      for (const [address, value] of map) yield [{ address: address as Ipv4, length }, value];
    }
  }
}
