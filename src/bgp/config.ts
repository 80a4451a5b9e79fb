import type { Ipv4, Ipv4Prefix } from '../address/index.js';
import type { Origin } from './attributes.js';
import type { Filter } from './filter.js';

/** A router that speaks BGP, as the configuration of its daemon describes it. */
export interface SpeakerConfig {
  /** Of the machine; no two speakers have one. */
  readonly name: string;
  /** AS number, uint32. */
  readonly as: number;
  /** Compared as an uint32 in the decision process and sent in OPEN (RFC 4271 §4.2). */
  readonly routerId: Ipv4;
  /** A direct route follows from each, and next hops are resolved through it. */
  readonly interfaces: readonly SpeakerInterface[];
  /** Routes that are not BGP's: static ones, and those that the daemon learns from the kernel. */
  readonly routes: readonly LocalRoute[];
  readonly sessions: readonly SessionConfig[];
  /** Prefixes that stand for what is in them, each once; BIRD 2.0.12 has none, so they are as in FRR. */
  readonly aggregates?: readonly AggregateConfig[];
  /** Prefixes of `routes` and interfaces that aggregates are made of and suppress: `network` of FRR. Filters announce them. */
  readonly networks?: readonly Ipv4Prefix[];
  /** What it puts into the machine's forwarding table. */
  readonly kernel: KernelConfig;
}

/**
 * `aggregate-address NET [as-set] [summary-only] [origin ORIGIN]` of FRR 8.4.4 (bgpd/bgp_route.c). It is there while the
 * speaker has at least one more specific route that came by BGP and has a usable next hop, or that `networks` names; other
 * aggregates of the speaker do not count. All of these routes contribute, not only the best to each prefix, which is all
 * that RFC 4271 §9.1.4 asks for.
 */
export interface AggregateConfig {
  /** Shorter than /32. */
  readonly net: Ipv4Prefix;
  /**
   * AS_PATH is what those of the contributors begin with, and a set of the rest; their communities are taken over.
   * Otherwise both are empty and ATOMIC_AGGREGATE tells that something was left out.
   */
  readonly asSet: boolean;
  /** Neighbours are not told of what it is made of. */
  readonly summaryOnly: boolean;
  /** undefined: the worst of the contributors. */
  readonly origin?: Origin;
}

/** A network interface of a speaker. */
export interface SpeakerInterface {
  /** `eth0`. */
  readonly name: string;
  readonly address: Ipv4;
  readonly prefixLength: number;
}

/** Where a route that is not BGP's leads to. */
export interface LocalRoute {
  readonly net: Ipv4Prefix;
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
  /** `static` has preference 200 and a daemon's own; `kernel` was learned from the forwarding table, preference 10. */
  readonly source: 'static' | 'kernel';
  /** Name of the instance, `blocks` or `kernel1`, as `birdc show route` prints it. */
  readonly protocol: string;
  /** Empty unless unicast. */
  readonly nexthops: readonly NextHop[];
}

/** One next hop of a route. */
export interface NextHop {
  /** undefined for what is on-link. */
  readonly via: Ipv4 | undefined;
  readonly dev: string;
  /** 1 for each unless the route says otherwise. */
  readonly weight: number;
}

/** One side of a session, as its own speaker configures it. */
export interface SessionConfig {
  /** `Mesh_192_168_56_12`. */
  readonly name: string;
  /** The address that it speaks from. */
  readonly local: Ipv4;
  readonly neighbor: Ipv4;
  readonly neighborAs: number;
  /** Whether the neighbour need not be on a common subnet; next hops are then resolved recursively. */
  readonly multihop: boolean;
  /** Waits for the neighbour to connect. */
  readonly passive: boolean;
  /** The neighbour is a client of this reflector (RFC 4456). */
  readonly rrClient: boolean;
  /** CLUSTER_ID; undefined: the router id. */
  readonly clusterId: Ipv4 | undefined;
  /** Announcements get this speaker's own address for their NEXT_HOP; those of eBGP get it anyway where they must. */
  readonly nextHopSelf: boolean;
  /** NEXT_HOP stays what it was, also towards another AS. */
  readonly nextHopKeep: boolean;
  /** All accepted paths are sent and received (RFC 7911), where both sides have it. */
  readonly addPaths: boolean;
  /** Whether routes of a neighbour that went without NOTIFICATION are kept (RFC 4724). */
  readonly gracefulRestart: boolean;
  /** How long, seconds; BIRD's default is 120. */
  readonly restartTime: number;
  /** Hold time that is offered, seconds; BIRD's default is 240. */
  readonly holdTime: number;
  /** How often the own AS may stand in a received AS_PATH (`allow local as`). */
  readonly allowLocalAs: number;
  /** When connections are tried; undefined: as BIRD does unless told otherwise, see `DEFAULT_TIMERS`. */
  readonly timers?: SessionTimers;
  /** TCP MD5 (RFC 2385): both sides need the same. */
  readonly password: string | undefined;
  readonly import: Filter;
  readonly export: Filter;
}

/** When a session tries to connect, seconds each; up to a quarter less is waited (RFC 4271 §10). */
export interface SessionTimers {
  /** Before the first try, and after one that was refused. */
  readonly connectDelay: number;
  /** After one that was not answered. */
  readonly connectRetry: number;
  /** After an error: twice as long each time, up to the second. */
  readonly errorWait: readonly [number, number];
}

/** `connect delay time`, `connect retry time` and `error wait time` of BIRD 2.0.12; Calico has 2, 5 and 5, 30. */
export const DEFAULT_TIMERS: SessionTimers = { connectDelay: 5, connectRetry: 120, errorWait: [60, 300] };

/** The channel to the forwarding table: BIRD's `protocol kernel`. */
export interface KernelConfig {
  readonly export: Filter;
  /** Routes that are equal up to the router id become one with several next hops (`merge paths`). */
  readonly mergePaths: boolean;
  /** Routes that there is room for; undefined: all. Those that come when it is full stay out. */
  readonly limit: number | undefined;
  /** The routes stay when the daemon goes (`persist`). */
  readonly persist: boolean;
}

/** Tells of two addresses whether TCP from the first comes through to the second and back. */
export type Reach = (from: Ipv4, to: Ipv4) => boolean | string;

/** Speakers that may reach one another, and how what is left to chance is decided. */
export interface BgpConfig {
  readonly speakers: readonly SpeakerConfig[];
  /**
   * Whether a connection that `from` opens to TCP 179 of `to` comes through and is answered; a text: it does not, and why.
   * Asked when a session is to be established, and again after an event; undefined: all speakers reach one another.
   */
  readonly reachable: Reach | undefined;
  /** Decides the order of messages that are under way at the same time. */
  readonly seed: number;
}

/** What befalls speakers after they have started. */
export type BgpEvent =
  /** SIGKILL, a crash: TCP is closed without a NOTIFICATION. */
  | { readonly type: 'kill'; readonly speaker: string }
  /** SIGTERM: a NOTIFICATION to each neighbour (Cease, RFC 4486). */
  | { readonly type: 'shutdown'; readonly speaker: string }
  /**
   * The daemon of a speaker that went starts anew; with `recover` as `bird -R` does, which asks its neighbours to keep
   * its routes until it has announced them again, announces nothing before all of them have sent theirs, and until then
   * leaves the forwarding table as it is (RFC 4724 §4.1). Calico's nodes run it so (calico/node 3.21,
   * filesystem/etc/service/available/bird/run).
   */
  | { readonly type: 'start'; readonly speaker: string; readonly recover?: boolean }
  /** `birdc disable SESSION`, `birdc enable SESSION`. */
  | { readonly type: 'disable' | 'enable'; readonly speaker: string; readonly session: string }
  /** A new configuration of the speaker with that name: sessions that it changes are restarted. */
  | { readonly type: 'reconfigure'; readonly config: SpeakerConfig }
  /**
   * The daemon's scans find other links and routes of the kernel's on its machine. A session with a neighbour on-link ends
   * at once when the link is gone.
   */
  | ({ readonly type: 'rescan'; readonly speaker: string } & Pick<SpeakerConfig, 'interfaces' | 'routes'>)
  /** From now on TCP goes through where this says so; what is cut off runs into the hold timer. */
  | { readonly type: 'reachable'; readonly reachable: BgpConfig['reachable'] };
