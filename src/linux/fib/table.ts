import type { Ipv4, Ipv4Prefix } from '../../address/index.js';
import { PrefixTable } from '../../lookup/index.js';
import type { Route } from './route.js';

/** What a route must be to be taken for a packet that its prefix matches; see fib_table_lookup(). */
export type Usable = (route: Route) => boolean;

/**
 * One routing table. Routes of one prefix are ordered as the kernel's fib_alias list: higher TOS first, then lower
 * metric, then insertion (linux net/ipv4/fib_trie.c).
 */
export class FibTable {
  readonly #prefixes = new PrefixTable<Route[]>();
  #customLocal = 0;

  /** Whether it has a local route that no address made (net->ipv4.fib_has_custom_local_routes). */
  get hasCustomLocal(): boolean {
    return this.#customLocal > 0;
  }

  /** The routes of exactly this prefix, in order of choice. */
  at(prefix: Ipv4Prefix): readonly Route[] {
    return this.#prefixes.get(prefix) ?? [];
  }

  /** Adds behind the routes of equal prefix, TOS and metric, as `ip route append` does. */
  append(route: Route): void {
    this.#count(route, 1);
    const list = this.#prefixes.get(route.dst);
    if (list === undefined) {
      this.#prefixes.set(route.dst, [route]);
      return;
    }
    const at = list.findIndex((r) => r.tos < route.tos || (r.tos === route.tos && r.metric > route.metric));
    list.splice(at < 0 ? list.length : at, 0, route);
  }

  /** Adds before the routes of equal prefix, TOS and metric, as `ip route prepend` does. */
  prepend(route: Route): void {
    this.#count(route, 1);
    const list = this.#prefixes.get(route.dst);
    if (list === undefined) {
      this.#prefixes.set(route.dst, [route]);
      return;
    }
    const at = list.findIndex((r) => r.tos < route.tos || (r.tos === route.tos && r.metric >= route.metric));
    list.splice(at < 0 ? list.length : at, 0, route);
  }

  /** Puts `route` in the place of `old`; throws when `old` is not in the table. */
  replace(old: Route, route: Route): void {
    const list = this.#prefixes.get(old.dst);
    const at = list?.indexOf(old) ?? -1;
    if (list === undefined || at < 0) throw new Error('replace: the old route is not in the table');
    list[at] = route;
    this.#count(old, -1);
    this.#count(route, 1);
  }

  /** Removes this very route; false when it is not in the table. */
  delete(route: Route): boolean {
    const list = this.#prefixes.get(route.dst);
    const at = list?.indexOf(route) ?? -1;
    if (list === undefined || at < 0) return false;
    list.splice(at, 1);
    this.#count(route, -1);
    if (list.length === 0) this.#prefixes.delete(route.dst);
    return true;
  }

  /**
   * The first usable route of the longest prefix that has one.
   *
   * A `throw` route is returned as such: the caller goes on with the next rule.
   */
  lookup(dst: Ipv4, tos: number, usable: Usable): Route | undefined {
    for (let found = this.#prefixes.lookup(dst); found !== undefined; ) {
      for (const route of found.value) if ((route.tos === 0 || route.tos === tos) && usable(route)) return route;
      if (found.length === 0) return undefined;
      found = this.#prefixes.lookup(dst, found.length - 1);
    }
    return undefined;
  }

  /** All routes, shortest prefix first. */
  *[Symbol.iterator](): IterableIterator<Route> {
    for (const [, list] of this.#prefixes.entries()) yield* list;
  }

  /** A copy that can be changed without changing this one. */
  clone(): FibTable {
    const copy = new FibTable();
    for (const [prefix, list] of this.#prefixes.entries()) copy.#prefixes.set(prefix, [...list]);
    copy.#customLocal = this.#customLocal;
    return copy;
  }

  #count({ type, protocol }: Route, by: 1 | -1): void {
    if (type === 'local' && protocol !== 'kernel') this.#customLocal += by;
  }
}
