import type { Ipv4, Ipv4Prefix } from '../address/index.js';
import type { AdjRibOut } from './adj-rib-out.js';
import type { AggregateConfig, BgpConfig, LocalRoute, NextHop, SessionConfig, SpeakerConfig } from './config.js';
import type { Filter } from './filter.js';
import type { MessageLog } from './log.js';
import type { Notification } from './notification.js';
import type { Path, PathTable } from './path.js';
import type { EventQueue } from './queue.js';
import type { FibRoute } from './rib.js';

/** What a route leads to: RTD_* of bird nest/route.h. */
export type Dest = LocalRoute['type'];

/** What routes come from: a session, or one of the daemon's other protocols. */
export interface Protocol {
  readonly kind: 'device' | 'static' | 'kernel' | 'aggregate' | 'bgp';
  readonly name: string;
  readonly preference: number;
  session: Session | undefined;
  readonly speaker: Speaker;
  /** What the speaker calls its paths towards others, by what the neighbour calls them (RFC 7911 §3). */
  readonly sources: Map<number, number>;
  /** Routes in the table, and those that are best. */
  imported: number;
  preferred: number;
}

/** Where a route leads to. */
export interface Leads {
  /** What NEXT_HOP resolves to; undefined for routes that are not resolved recursively. */
  readonly host: HostEntry | undefined;
  readonly dest: Dest;
  /** Empty unless unicast. */
  readonly nexthops: readonly NextHop[];
  /** To the next hop (RFC 4271 §9.1.2.2 e). */
  readonly igpMetric: number;
}

/** A route of a speaker's table: `rte` of bird nest/route.h. Only what is mutable here ever changes. */
export class Route implements Leads {
  readonly net: number;
  readonly protocol: Protocol;
  /** What the neighbour calls it (RFC 7911); 0 without add-paths. */
  readonly pathId: number;
  readonly path: Path | undefined;
  readonly host: HostEntry | undefined;
  readonly dest: Dest;
  readonly nexthops: readonly NextHop[];
  readonly igpMetric: number;
  /** The next one to the same net; the first is the best one. */
  next: Route | undefined = undefined;
  /** Among the speaker's routes; kept by what replaces it. */
  id = -1;
  stale = false;
  /** What export made of it for the group of sessions that was last asked for. */
  exportGroup = -1;
  exported: Path | string = '';

  constructor(net: number, protocol: Protocol, pathId: number, path: Path | undefined, leads: Leads) {
    this.net = net;
    this.protocol = protocol;
    this.pathId = pathId;
    this.path = path;
    this.host = leads.host;
    this.dest = leads.dest;
    this.nexthops = leads.nexthops;
    this.igpMetric = leads.igpMetric;
  }
}

/** A next hop that routes are resolved through: `hostentry` of bird nest/route.h. */
export interface HostEntry extends Leads {
  readonly address: Ipv4;
  /** The best route to it; undefined: there is none, or none that may be used. */
  source: Route | undefined;
  /** Itself. */
  host: HostEntry | undefined;
  dest: Dest;
  nexthops: readonly NextHop[];
  igpMetric: number;
  /** Of the net that it was found in; a change of a longer one that holds the address may change it. */
  length: number;
}

/** The routes of a speaker. */
export interface Table {
  /** By net; the first of each is the best. */
  readonly nets: Map<number, Route>;
  /** How many nets of each length there are, 0 … 32. */
  readonly lengths: number[];
  /** Next hops that routes are resolved through, by `Path.hop`: each UPDATE looks one up, and an index is no hash. */
  readonly hosts: (HostEntry | undefined)[];
  /** The same by address, ascending where `hostsSorted`. */
  readonly hostsInOrder: HostEntry[];
  hostsSorted: boolean;
  lowestHost: number;
  highestHost: number;
  nextId: number;
  readonly freeIds: number[];
}

/** What a speaker aggregates. */
export interface Aggregation {
  readonly protocol: Protocol;
  /** Nets of routes of its own that are BGP's too. */
  readonly networks: ReadonlySet<number>;
  readonly aggregates: readonly Aggregate[];
}

/** `struct bgp_aggregate` of FRR bgpd/bgp_route.h. */
export interface Aggregate {
  readonly config: AggregateConfig;
  readonly net: number;
  /** How many of the routes that it is made of have each path; undefined is that of the speaker's own. */
  readonly paths: Map<Path | undefined, number>;
  /** What it was made of them last; undefined: there are none. */
  installed: Path | undefined;
}

/** One end of a TCP connection: `bgp_conn` of bird proto/bgp/bgp.h. */
export interface Connection {
  readonly session: Session;
  readonly role: 'outgoing' | 'incoming';
  state: ConnectionState;
  /** The other end, once there is one. */
  other: Connection | undefined;
  /** What has arrived or is on its way here, in order. */
  inbox: Incoming[];
  /** Where `inbox` starts. */
  read: number;
  /** Messages that wait until TCP comes through again. */
  stalled: number;
  /** What was sent here last: more of the same time comes together. */
  arriving: Delivery | undefined;
  /** Until the next try. */
  timer: Timer | undefined;
  hold: Timer | undefined;
  open: Open | undefined;
}

export type ConnectionState = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established';

/** An OPEN message's contents (RFC 4271 §4.2, RFC 5492). */
export interface Open {
  readonly type: 'OPEN';
  readonly as: number;
  readonly routerId: Ipv4;
  readonly holdTime: number;
  readonly addPaths: boolean;
  /** Graceful restart (RFC 4724 §3): undefined without the capability. */
  readonly restart: { readonly time: number; readonly restarting: boolean } | undefined;
}

/** What TCP brings. */
export type Incoming =
  | { readonly type: 'connected' }
  | { readonly type: 'closed'; readonly reason: string }
  | Open
  | { readonly type: 'KEEPALIVE' }
  | { readonly type: 'END-OF-RIB' }
  | { readonly type: 'ROUTE-REFRESH' }
  | ({ readonly type: 'NOTIFICATION' } & Notification)
  | Update;

/** An UPDATE: announces where it has a path, withdraws otherwise. Sessions that say the same share it. */
export interface Update {
  readonly type: 'UPDATE';
  readonly path: Path | undefined;
  readonly nets: readonly number[];
  readonly pathIds: readonly number[];
}

/** One side of a session: `bgp_proto` of bird proto/bgp/bgp.h. */
export interface Session {
  readonly index: number;
  readonly speaker: Speaker;
  config: SessionConfig;
  readonly protocol: Protocol;
  readonly internal: boolean;
  /** The interface to a neighbour on-link; undefined for multihop. */
  interface: string | undefined;
  /** Sessions of one group export the same. */
  group: number;
  enabled: boolean;
  /** `proto_state` of bird nest/protocol.h. */
  state: 'down' | 'start' | 'up';
  /** Whether connections are accepted. */
  ready: boolean;
  outgoing: Connection | undefined;
  incoming: Connection | undefined;
  /** The established one. */
  connection: Connection | undefined;
  remoteId: Ipv4;
  addPathsSend: boolean;
  addPathsReceive: boolean;
  gracefulReady: boolean;
  /** The neighbour is gone and its routes are kept. */
  gracefulActive: boolean;
  restartTimer: Timer | undefined;
  startupTimer: Timer | undefined;
  /** Seconds. */
  startupDelay: number;
  lastProtocolError: number | undefined;
  lastError: string | undefined;
  /** When `state` changed last. */
  since: number;
  /** Whether a connection was tried since the last event. */
  tried: boolean;
  /** What `reachable` of the world said, and which one that was: there are as many messages as routes. */
  reach: ({ readonly by: BgpConfig['reachable'] } & Readonly<Record<Connection['role'], boolean | string>>) | undefined;
  /** Whether it is told of changes. */
  feeding: boolean;
  /** Feeding waits for the speaker's own recovery (RFC 4724 §4.1). */
  feedWaits: boolean;
  readonly out: AdjRibOut;
  /** Of one net each: `bgp_prefix` in its `bgp_bucket`. */
  pending: Update[];
  flushing: boolean;
  endOfRib: boolean;
}

export interface Speaker {
  readonly name: string;
  config: SpeakerConfig;
  running: boolean;
  table: Table;
  locals: Map<string, Protocol>;
  /** undefined: it has no aggregates. */
  aggregation: Aggregation | undefined;
  /** In order of configuration. */
  sessions: Session[];
  readonly byNeighbor: Map<Ipv4, Session[]>;
  /** Those that are fed, by group. */
  readonly feeding: Map<number, Session[]>;
  /** What is in the forwarding table, by net. */
  readonly kernel: Map<number, FibRoute>;
  /** What came when it was full, in order of arrival. */
  readonly waiting: Map<number, FibRoute>;
  /** Whether the daemon changes the forwarding table yet: it does after its first scan. */
  scanned: boolean;
  /** The next hops have to be looked at again. */
  resolving: boolean;
  /** Sessions whose End-of-RIB the recovery waits for; undefined when it is over. */
  recovering: Set<Session> | undefined;
  recoveryTimer: Timer | undefined;
  nextSource: number;
}

export interface Timer {
  readonly kind: 'connect' | 'startup' | 'hold' | 'restart' | 'recovery';
  readonly session: Session | undefined;
  readonly speaker: Speaker;
  readonly connection: Connection | undefined;
  cancelled: boolean;
}

/** So many messages arrive. */
export interface Delivery {
  readonly type: 'deliver';
  readonly to: Connection;
  readonly sent: number;
  count: number;
}

export type WorldEvent =
  | Delivery
  | { readonly type: 'connect'; readonly from: Connection }
  | { readonly type: 'flush'; readonly session: Session }
  | { readonly type: 'resolve'; readonly speaker: Speaker }
  | { readonly type: 'timer'; readonly timer: Timer };

/** Is told of all that makes the state of a prefix; see `Watch`. */
export interface RouteWatch {
  /** Sessions change, and the state is another one. */
  stop(): void;
  /** The routes to a net are about to change. */
  changes(table: Table, net: number): void;
  /** The routes to a net tell where next hops lead. */
  concernsHosts(net: number): void;
  /** Something is under way to there. */
  brings(to: Connection): void;
  /** By how much a message is delayed, ms. */
  delay(): number;
}

/** All that a simulation is made of. */
export interface World {
  readonly queue: EventQueue<WorldEvent>;
  readonly log: MessageLog;
  readonly paths: PathTable;
  readonly nets: Ipv4Prefix[];
  /** By length, then by address. */
  readonly netIds: readonly Map<number, number>[];
  readonly speakers: Map<string, Speaker>;
  /** Whose address it is. */
  readonly owners: Map<Ipv4, Speaker>;
  readonly sessions: Session[];
  readonly groups: Map<string, number>;
  readonly filters: WeakMap<Filter, number>;
  readonly filterTexts: Map<string, number>;
  reachable: BgpConfig['reachable'];
  /** Next hops that have been used, by address. */
  readonly gateways: Map<Ipv4, readonly NextHop[]>;
  /** What was announced last. */
  said: Update | undefined;
  /** Looks for routes that never settle, once some have gone on changing for long. */
  watch: RouteWatch | undefined;
}

/** The number of a net, the same for all speakers. */
export function netId(world: World, net: Ipv4Prefix): number {
  const ids = world.netIds[net.length];
  if (ids === undefined) throw new Error(`a prefix of ${net.length} bits`);
  let id = ids.get(net.address);
  if (id === undefined) {
    id = world.nets.length;
    world.nets.push(net);
    ids.set(net.address, id);
  }
  return id;
}

/** The prefix of a number that `netId` gave. */
export function netOf(world: World, id: number): Ipv4Prefix {
  const net = world.nets[id];
  if (net === undefined) throw new Error(`net ${id} is not known`);
  return net;
}

/** Nets in order of addresses, shorter ones first. */
export function inOrder(world: World, nets: Iterable<number>): readonly number[] {
  return [...nets].sort((a, b) => {
    const [x, y] = [netOf(world, a), netOf(world, b)];
    return x.address - y.address || x.length - y.length;
  });
}

/** proto_notify_state(), bird nest/proto.c. */
export function changeState(world: World, session: Session, state: Session['state']): void {
  if (session.state === state) return;
  session.state = state;
  session.since = world.queue.now;
}
