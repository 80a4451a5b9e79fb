import type { Ipv4, Ipv4Prefix } from '../address/index.js';
import {
  type ChildLink,
  childrenAmong,
  isChild,
  type Learned,
  type Link,
  type Netns,
  type Origin,
  type Peer,
} from '../linux/index.js';
import { Directory } from './directory.js';

/** A call that the kernel refused when the network was built, so that what it was to write is missing. */
export interface RefusedCall {
  readonly origin: Origin;
  /** As a command. */
  readonly command: string;
  /** Of a route: its destination, and its gateway where that is what was wrong. */
  readonly dst: Ipv4Prefix | undefined;
  readonly badGateway: Ipv4 | undefined;
  readonly errno: string;
  readonly message: string;
}

/** Where a route got lost that BGP should have brought. */
export interface LostRoute {
  readonly cause: /** The daemon of `at` does not run. */
    | 'daemon-down'
    /** No session is configured between `from` and `to`. */
    | 'no-session'
    /** An operator has disabled the session, on `at`. */
    | 'disabled'
    /** The session is not established for another reason. */
    | 'session-down'
    /** The export filter of `from`. */
    | 'export-filter'
    /** `from` has it from iBGP, and neither it nor `to` is a client of the other (RFC 4271 §9.2). */
    | 'not-reflected'
    /** `from` keeps it, or `to` drops it, for another reason. */
    | 'withheld'
    /** It came, and the forwarding table has no room for it. */
    | 'fib-full'
    /** It came, and is kept out of the forwarding table for another reason. */
    | 'not-installed'
    /** It came, and was written: it is no longer there. */
    | 'removed';
  /** The machine to look at. */
  readonly at: string;
  /** Who knows the route; and who does not get it from there. */
  readonly from: string;
  readonly to: readonly string[];
  /** The session of `at`; empty where there is none, or several. */
  readonly session: string;
  /** The cause in words of BGP; empty where the code says all. */
  readonly because: string;
}

/** A route that a speaker of BGP should have learned, and lacks. */
export interface UnlearnedRoute {
  readonly net: Ipv4Prefix;
  /** Where it was lost; the most telling last. */
  readonly lost: readonly LostRoute[];
}

/** Where a network's namespaces come from. */
export interface NetworkSource {
  /** All of them, materialised or not. */
  readonly names: readonly string[];
  /**
   * Makes one when it is first needed. Pure: what it returns depends on the source alone, so making one is no change
   * of the network.
   */
  materialise(name: string): Netns;
  readonly directory: Directory;
  readonly unmodelled?: readonly Unmodelled[];
  /** The calls on a namespace that were refused; left out where that is not known. */
  refusedIn?(name: string): readonly RefusedCall[];
  /**
   * Why a machine that speaks BGP, and whose kernel has no route of BGP's for an address, has none; left out where nobody
   * speaks BGP, undefined where nobody announces the address.
   */
  unlearned?(name: string, dst: Ipv4): UnlearnedRoute | undefined;
  /** What is assumed of a namespace, as a trace that reaches it says it: what a dump does not tell. */
  assumedIn?(name: string): readonly string[];
  /** What packets had taught a namespace when it was dumped; left out, or undefined, where no dump tells. */
  learnedIn?(name: string): Learned | undefined;
  /** Devices of other namespaces that take frames from one (macvlan, ipvlan), or may do so; left out where none does. */
  childrenElsewhere?(netns: string, dev: string): readonly Peer[];
}

/** Something that changes packets' paths on the real network, and that this one leaves out. */
export interface Unmodelled {
  /** `sessionAffinity: ClientIP`, `NetworkPolicy`, `net.ipv4.conf.all.bc_forwarding = 1`. */
  readonly what: string;
  /** The object that has it: `service/default/web`, `node-1`. */
  readonly where: string;
}

/** A link and the namespace that it is in. */
export interface Place {
  readonly netns: Netns;
  readonly link: Link;
}

/** A device that takes frames from the one below, and the namespace that it is in. */
export interface ChildPlace extends Place {
  readonly link: ChildLink;
}

const NO_CHILDREN: readonly ChildPlace[] = [];

/**
 * The configured state of all namespaces, as a value.
 *
 * Namespaces are made when first asked for. {@link with} gives another network that shares everything else.
 */
export class Network {
  readonly directory: Directory;
  readonly #source: NetworkSource;
  /** Made so far; shared by all networks that come from one source. */
  readonly #made: Map<string, Netns>;
  /** What has been changed since, which wins. */
  readonly #changed: ReadonlyMap<string, Netns>;

  private constructor(
    source: NetworkSource,
    made: Map<string, Netns>,
    changed: ReadonlyMap<string, Netns>,
    directory: Directory,
  ) {
    this.#source = source;
    this.#made = made;
    this.#changed = changed;
    this.directory = directory;
  }

  static from(source: NetworkSource): Network {
    return new Network(source, new Map(), new Map(), source.directory);
  }

  /** A network of namespaces that are there already. */
  static of(namespaces: Iterable<Netns>, directory: Directory = new Directory([])): Network {
    const byName = new Map([...namespaces].map((ns) => [ns.name, ns]));
    const materialise = (name: string): Netns => {
      const ns = byName.get(name);
      if (ns === undefined) throw new Error(`no namespace ${name}`);
      return ns;
    };
    return Network.from({ names: [...byName.keys()], materialise, directory });
  }

  /** What it leaves out: an assumption of every trace. */
  get unmodelled(): readonly Unmodelled[] {
    return this.#source.unmodelled ?? [];
  }

  /** Names of all namespaces. */
  names(): string[] {
    return [...new Set([...this.#source.names, ...this.#changed.keys()])];
  }

  has(name: string): boolean {
    return this.#changed.has(name) || this.#source.names.includes(name);
  }

  /** The namespace of that name; undefined when there is none. */
  netns(name: string): Netns | undefined {
    return this.#changed.get(name) ?? this.asMade(name);
  }

  /** The namespace as it was made, whatever has been changed since; undefined for one that was added later. */
  asMade(name: string): Netns | undefined {
    const before = this.#made.get(name);
    if (before !== undefined || !this.#source.names.includes(name)) return before;
    const made = this.#source.materialise(name);
    this.#made.set(name, made);
    return made;
  }

  /** The calls on a namespace that the kernel refused when it was made. */
  refusedIn(name: string): readonly RefusedCall[] {
    return this.#source.names.includes(name) ? (this.#source.refusedIn?.(name) ?? []) : [];
  }

  /** Why a machine has not learned a route for an address, which its kernel lacks; undefined where BGP has none to bring. */
  unlearned(name: string, dst: Ipv4): UnlearnedRoute | undefined {
    return this.#source.unlearned?.(name, dst);
  }

  /** What is assumed of a namespace, as a trace that reaches it says it. */
  assumedIn(name: string): readonly string[] {
    return this.#source.assumedIn?.(name) ?? [];
  }

  /** What packets had taught a namespace when it was dumped. */
  learnedIn(name: string): Learned | undefined {
    return this.#source.learnedIn?.(name);
  }

  /** The namespaces that have been made, in order of their names' list. */
  materialised(): Netns[] {
    return this.names().flatMap((name) => this.#changed.get(name) ?? this.#made.get(name) ?? []);
  }

  /** The same network with other namespaces in place of those of the same name, or more of them. */
  with(namespaces: Iterable<Netns>): Network {
    const changed = new Map(this.#changed);
    for (const ns of namespaces) changed.set(ns.name, ns);
    return new Network(this.#source, this.#made, changed, this.directory);
  }

  /** The same network with other names for its objects. */
  named(directory: Directory): Network {
    return new Network(this.#source, this.#made, this.#changed, directory);
  }

  /** The devices that take frames from a device below, in its namespace or another. */
  childrenOf(name: string, dev: string): readonly ChildPlace[] {
    const own = this.netns(name);
    const among = own === undefined ? [] : childrenAmong(own.links, dev);
    const peers = this.#source.childrenElsewhere?.(name, dev) ?? [];
    // Asked for each frame that is received, and hardly any device has one.
    if (own === undefined || (among.length === 0 && peers.length === 0)) return NO_CHILDREN;
    const here = among.map((link) => ({ netns: own, link }));
    const elsewhere = peers.flatMap((peer): ChildPlace[] => {
      const netns = this.netns(peer.netns);
      const link = netns?.links.get(peer.dev);
      return netns !== undefined && isChild(link) ? [{ netns, link }] : [];
    });
    return [...here, ...elsewhere];
  }

  /** The other end of a veth pair or cable; undefined when there is none, or it is not in this network. */
  peerOf(link: Link): Place | undefined {
    if (link.kind !== 'veth' || link.peer === undefined) return undefined;
    const netns = this.netns(link.peer.netns);
    const peer = netns?.links.get(link.peer.dev);
    return netns === undefined || peer === undefined ? undefined : { netns, link: peer };
  }
}
