import {
  type BridgeFdbEntry,
  FibTable,
  type Inet6,
  type InetAddress,
  type Ipset,
  type IpvsTimeouts,
  type KeptEntry,
  type Link,
  type Neighbour,
  type Netns,
  type Process,
  type ProxyNeighbour,
  type RoutingRule,
  type Ruleset,
  type Socket,
  type Sysctls,
  type VirtualService,
  type VxlanFdbEntry,
} from '../../linux/index.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One namespace while calls change it. Each table is copied when it is first written to, and only then, so that a
 * thousand calls cost one copy and what nobody touches stays shared.
 */
export class NetnsDraft {
  /** What was handed in, or out, last. */
  #base: Netns;
  #state: Mutable<Netns>;
  /** The parts that are copies of this draft's own. */
  #own = new Set<string>();
  /** The index handed out last: a free one is not used again (xa_alloc_cyclic() in dev_index_reserve()). */
  #lastIndex: number;

  constructor(ns: Netns) {
    this.#base = ns;
    this.#state = { ...ns, ipv4: { ...ns.ipv4 } };
    this.#lastIndex = Math.max(0, ...[...ns.links.values()].map((link) => link.ifindex));
  }

  get name(): string {
    return this.#state.name;
  }

  /** The namespace as it is now. A view: it changes with the next call. */
  get ns(): Netns {
    return this.#state;
  }

  /** The namespace as it is now, for keeps: what is written next is copied first. The same as before if nothing was. */
  freeze(): Netns {
    if (sameParts(this.#base, this.#state)) return this.#base;
    this.#base = this.#state;
    this.#state = { ...this.#base, ipv4: { ...this.#base.ipv4 } };
    this.#own.clear();
    return this.#base;
  }

  link(dev: string): Link | undefined {
    return this.#state.links.get(dev);
  }

  /** Puts a link in the place of the one of the same name, or adds it. Links stay in order of ifindex. */
  setLink(link: Link): void {
    const links = this.#map('links', this.#state.links, (copy) => {
      this.#state.links = copy;
    });
    const old = links.get(link.name);
    links.set(link.name, link);
    if (old?.ifindex === link.ifindex) return;
    this.#state.links = new Map([...links].sort(([, a], [, b]) => a.ifindex - b.ifindex));
  }

  /** Changes some fields of a link. */
  changeLink(link: Link, fields: Partial<Omit<Link, 'kind' | 'name'>>): Link {
    const changed = { ...link, ...fields } as Link;
    this.setLink(changed);
    return changed;
  }

  deleteLink(dev: string): void {
    this.#map('links', this.#state.links, (copy) => {
      this.#state.links = copy;
    }).delete(dev);
  }

  /** A number for a new link: `wanted` if it is free, else the next one. */
  nextIndex(wanted?: number): number {
    const taken = new Set([...this.#state.links.values()].map((link) => link.ifindex));
    if (wanted !== undefined && !taken.has(wanted)) return wanted;
    do this.#lastIndex++;
    while (taken.has(this.#lastIndex));
    return this.#lastIndex;
  }

  /** The addresses, to be written to. */
  get addresses(): InetAddress[] {
    return this.#list('addresses', this.#state.ipv4.addresses, (addresses) => {
      this.#state.ipv4 = { ...this.#state.ipv4, addresses };
    });
  }

  set addresses(addresses: InetAddress[]) {
    this.#state.ipv4 = { ...this.#state.ipv4, addresses };
    this.#own.add('addresses');
  }

  set rules(rules: readonly RoutingRule[]) {
    this.#state.ipv4 = { ...this.#state.ipv4, rules };
  }

  /** A routing table, to be written to; made when there is none. */
  table(id: number): FibTable {
    const tables = this.#map('tables', this.#state.ipv4.tables, (copy) => {
      this.#state.ipv4 = { ...this.#state.ipv4, tables: copy };
    });
    const old = tables.get(id);
    const key = `table ${id}`;
    if (old !== undefined && this.#own.has(key)) return old;
    const table = old?.clone() ?? new FibTable();
    tables.set(id, table);
    this.#own.add(key);
    return table;
  }

  set ipv6(ipv6: Inet6) {
    this.#state.ipv6 = ipv6;
  }

  get neighbours(): Map<string, Neighbour> {
    return this.#map('neighbours', this.#state.ipv4.neighbours, (neighbours) => {
      this.#state.ipv4 = { ...this.#state.ipv4, neighbours };
    });
  }

  set proxies(proxies: readonly ProxyNeighbour[]) {
    this.#state.ipv4 = { ...this.#state.ipv4, proxies };
  }

  get bridgeFdb(): Map<string, BridgeFdbEntry> {
    return this.#map('bridgeFdb', this.#state.bridgeFdb, (copy) => {
      this.#state.bridgeFdb = copy;
    });
  }

  get vxlanFdb(): Map<string, VxlanFdbEntry> {
    return this.#map('vxlanFdb', this.#state.vxlanFdb, (copy) => {
      this.#state.vxlanFdb = copy;
    });
  }

  set otherFdb(entries: readonly KeptEntry[]) {
    this.#state.otherFdb = entries;
  }

  get sysctls(): Sysctls {
    if (!this.#own.has('sysctls')) {
      this.#state.sysctls = this.#state.sysctls.clone();
      this.#own.add('sysctls');
    }
    return this.#state.sysctls;
  }

  setRuleset(family: 'ip' | 'ip6', ruleset: Ruleset): void {
    if (family === 'ip') this.#state.iptables = ruleset;
    else this.#state.ip6tables = ruleset;
  }

  set ipsets(ipsets: ReadonlyMap<string, Ipset>) {
    this.#state.ipsets = ipsets;
  }

  set ipvs(services: readonly VirtualService[]) {
    this.#state.ipvs = services;
  }

  set ipvsTimeouts(timeouts: IpvsTimeouts) {
    this.#state.ipvsTimeouts = timeouts;
  }

  set sockets(sockets: readonly Socket[]) {
    this.#state.sockets = sockets;
  }

  set processes(processes: readonly Process[]) {
    this.#state.processes = processes;
  }

  #map<K, V>(key: string, map: ReadonlyMap<K, V>, keep: (copy: Map<K, V>) => void): Map<K, V> {
    // What is ours has been made here, as a Map.
    if (this.#own.has(key)) return map as Map<K, V>;
    const copy = new Map(map);
    keep(copy);
    this.#own.add(key);
    return copy;
  }

  #list<T>(key: string, list: readonly T[], keep: (copy: T[]) => void): T[] {
    if (this.#own.has(key)) return list as T[];
    const copy = [...list];
    keep(copy);
    this.#own.add(key);
    return copy;
  }
}

/** Whether two namespaces are made of the very same parts. */
function sameParts(a: Netns, b: Netns): boolean {
  const same = <T extends object>(x: T, y: T, keys: readonly (keyof T)[]): boolean => keys.every((k) => x[k] === y[k]);
  const keys = (Object.keys(a) as (keyof Netns)[]).filter((key) => key !== 'ipv4');
  return same(a, b, keys) && same(a.ipv4, b.ipv4, Object.keys(a.ipv4) as (keyof Netns['ipv4'])[]);
}
