import type { BridgeFdbEntry, VxlanFdbEntry } from './bridge/fdb.js';
import { DEFAULT_RULES, type RoutingRule } from './fib/rule.js';
import type { FibTable } from './fib/table.js';
import type { Ipset } from './ipset/ipset.js';
import type { VirtualService } from './ipvs/ipvs.js';
import { IPVS_TIMEOUTS, type IpvsTimeouts } from './ipvs/tcp.js';
import { type Inet6, type KeptEntry, NO_INET6 } from './kept.js';
import type { InetAddress, Link } from './link/link.js';
import type { Neighbour, ProxyNeighbour } from './neigh/neigh.js';
import type { ForeignRules } from './netfilter/foreign.js';
import type { Ruleset } from './netfilter/rule.js';
import type { Process, Socket } from './socket/socket.js';
import { Sysctls } from './sysctl/sysctl.js';

/** What a namespace stands for. Linux makes no difference; names and pictures do. */
export type Role = 'node' | 'pod' | 'router' | 'host' | 'switch';

/** The IPv4 part of a namespace. */
export interface Inet {
  /** By link, in the kernel's order within a link. */
  readonly addresses: readonly InetAddress[];
  /** In order of priority. */
  readonly rules: readonly RoutingRule[];
  readonly tables: ReadonlyMap<number, FibTable>;
  /** Configured ones, by `dev|ip`. */
  readonly neighbours: ReadonlyMap<string, Neighbour>;
  readonly proxies: readonly ProxyNeighbour[];
}

/**
 * All that is configured in one network namespace. What packets and time change is in `NetnsRuntime`.
 *
 * A value: whoever changes it makes a new one (`plan/apply`).
 */
export interface Netns {
  readonly name: string;
  readonly role: Role;
  /** Name of the node whose kernel it is on; its own name for a namespace that is a host. */
  readonly host: string;
  /** In order of ifindex. */
  readonly links: ReadonlyMap<string, Link>;
  readonly ipv4: Inet;
  readonly ipv6: Inet6;
  /** Configured stations of bridges, by `bridge|mac`. */
  readonly bridgeFdb: ReadonlyMap<string, BridgeFdbEntry>;
  /** By `dev|mac`. */
  readonly vxlanFdb: ReadonlyMap<string, VxlanFdbEntry>;
  /** Entries of `bridge fdb` that decide about no frame that is followed. */
  readonly otherFdb: readonly KeptEntry[];
  readonly sysctls: Sysctls;
  readonly iptables: Ruleset;
  readonly ip6tables: Ruleset;
  /** Rules for IPv4 beside those of `iptables`, which are not followed. */
  readonly foreignRules: readonly ForeignRules[];
  readonly ipsets: ReadonlyMap<string, Ipset>;
  /** Virtual services of IPVS, in the order in which they were added. */
  readonly ipvs: readonly VirtualService[];
  /** How long IPVS remembers connections. */
  readonly ipvsTimeouts: IpvsTimeouts;
  readonly sockets: readonly Socket[];
  readonly processes: readonly Process[];
}

/** A namespace as `ip netns add` leaves it, without even `lo`. */
export function createNetns(name: string, role: Role, host: string = name): Netns {
  return {
    name,
    role,
    host,
    links: new Map(),
    ipv4: { addresses: [], rules: DEFAULT_RULES, tables: new Map(), neighbours: new Map(), proxies: [] },
    ipv6: NO_INET6,
    bridgeFdb: new Map(),
    vxlanFdb: new Map(),
    otherFdb: [],
    sysctls: Sysctls.create(),
    iptables: new Map(),
    ip6tables: new Map(),
    foreignRules: [],
    ipsets: new Map(),
    ipvs: [],
    ipvsTimeouts: IPVS_TIMEOUTS,
    sockets: [],
    processes: [],
  };
}

/** The addresses of one link. */
export function addressesOf(ns: Netns, dev: string): readonly InetAddress[] {
  return ns.ipv4.addresses.filter((a) => a.dev === dev);
}
