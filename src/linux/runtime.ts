import type { Ipv4, Mac } from '../address/index.js';
import type { VxlanRemote } from './bridge/fdb.js';
import { Conntrack } from './conntrack/table.js';
import { IpvsConnections } from './ipvs/connection.js';
import type { SchedulerMark } from './ipvs/scheduler/scheduler.js';
import { Journal } from './journal.js';
import type { NudState } from './neigh/neigh.js';
import type { Netns } from './netns.js';

/** A neighbour that ARP found or is looking for. Times are ms of the virtual clock. */
export interface LearnedNeighbour {
  lladdr: Mac;
  state: NudState;
  /** Whether it has ever been used to send: only then is its hardware header cached (neigh_hh_init()). */
  used: boolean;
  /** When it was last confirmed. */
  confirmed: number;
  /** When its state or address last changed: for the lock time after that, other answers are not believed. */
  updated: number;
}

/** A station that a bridge saw. */
export interface LearnedStation {
  /** The port. */
  dev: string;
  /** When it was last seen, ms. */
  updated: number;
}

/** Where a VXLAN device learned that a station is. */
export interface LearnedRemote extends VxlanRemote {
  /** When it was last seen, ms. */
  readonly updated: number;
}

/** What a FIB exception says of one destination (struct fib_nh_exception). */
export interface RouteException {
  /** Path MTU in bytes; undefined when it only redirects. */
  mtu: number | undefined;
  /** The MTU was too small to be believed, and changes no more (fnhe_mtu_locked). */
  mtuLock: boolean;
  /** The gateway that a redirect named. */
  gateway: Ipv4 | undefined;
  /** When it is forgotten, ms. */
  expires: number;
}

/** How a source has been told of nearer routers (struct inet_peer). */
export interface RedirectedPeer {
  /** Redirects since it last kept silent. */
  readonly sent: number;
  /** When it was last sent one; when too many were, when it last sent a packet that needs one. ms. */
  readonly last: number;
}

/** One source in a `recent` list: when it was seen, ms, oldest first, and the TTL of its last packet. */
export interface RecentEntry {
  readonly stamps: readonly number[];
  readonly ttl: number;
}

/** What ICMP errors said of a tunnel's far end of late. */
export interface TunnelErrors {
  /** Senders that are still to be told. */
  readonly count: number;
  /** When the last one came, ms. */
  readonly last: number;
}

/** A member that a SET target added. */
export interface AddedMember {
  /** When it leaves, ms; undefined means never. */
  readonly expires: number | undefined;
}

/** What packets and time change in one namespace. */
export interface NetnsRuntime {
  readonly conntrack: Conntrack;
  /** By `dev|ip`. */
  readonly neighbours: Map<string, LearnedNeighbour>;
  /** By `bridge|mac`. */
  readonly stations: Map<string, LearnedStation>;
  /** By `dev|mac`. */
  readonly vxlanStations: Map<string, LearnedRemote>;
  /** By destination. */
  readonly exceptions: Map<number, RouteException>;
  /** By source. */
  readonly redirected: Map<number, RedirectedPeer>;
  /** By device. */
  readonly tunnelErrors: Map<string, TunnelErrors>;
  /** By list name, then source. */
  readonly recent: Map<string, Map<number, RecentEntry>>;
  /** Packets seen by an nth match, tokens of a limit match: by the match itself. */
  readonly matchState: Map<object, number>;
  /** By set name, then member as `ipset save` spells it. undefined stands for one that was deleted. */
  readonly setMembers: Map<string, Map<string, AddedMember | 'deleted'>>;
  readonly ipvs: {
    readonly connections: IpvsConnections;
    /** What schedulers remember, by the key of the service as ipvsadm spells it; nothing before the first choice. */
    readonly marks: Map<string, SchedulerMark>;
  };
  /** Packets and bytes by rule. */
  readonly counters: Map<object, { readonly packets: number; readonly bytes: number }>;
}

/** One namespace as it stands: what is configured, what packets and time have made of it, and the clock. */
export interface NetnsState {
  readonly ns: Netns;
  readonly runtime: NetnsRuntime;
  /** ms of the virtual clock. */
  readonly now: number;
}

/** An empty runtime for one namespace. */
export function createNetnsRuntime(): NetnsRuntime {
  return {
    conntrack: new Conntrack(),
    neighbours: new Map(),
    stations: new Map(),
    vxlanStations: new Map(),
    exceptions: new Map(),
    redirected: new Map(),
    tunnelErrors: new Map(),
    recent: new Map(),
    matchState: new Map(),
    setMembers: new Map(),
    ipvs: { connections: new IpvsConnections(), marks: new Map() },
    counters: new Map(),
  };
}

/** What packets and time change: one record for each namespace that a packet has reached, and the clock. */
export class Runtime {
  readonly journal: Journal = new Journal();
  readonly #netns = new Map<string, NetnsRuntime>();
  /** Virtual time in ms since the simulation began; change it through the journal. */
  clock = 0;

  of(netns: string): NetnsRuntime {
    let runtime = this.#netns.get(netns);
    if (runtime === undefined) {
      runtime = createNetnsRuntime();
      this.#netns.set(netns, runtime);
    }
    return runtime;
  }

  /** The namespaces that have a record. */
  names(): string[] {
    return [...this.#netns.keys()];
  }
}
