import { ANY, contains, formatIpv4, type Ipv4 } from '../address/index.js';
import type { SessionConfig, SpeakerConfig } from '../bgp/index.js';
import { type Link, Runtime } from '../linux/index.js';
import { Applier } from '../plan/index.js';
import { type Network, objectName } from '../topology/index.js';
import {
  createSimulation,
  type Probe,
  type Simulation,
  type Trace,
  type TraceEvent,
  traceStanding,
} from '../trace/index.js';

/** A connection that one side of a BGP session opens to the other. */
export interface Way {
  /** The machines of both sides. */
  readonly from: string;
  readonly to: string;
  readonly local: Ipv4;
  readonly neighbor: Ipv4;
  /** The only link that it may leave by; undefined for a multihop session. */
  readonly dev: string | undefined;
}

/** Whether a way leads there and back; a text tells why not. */
export type Through = true | string;

/** The connections that the sides of all sessions open: those that wait for their neighbour open none. */
export function waysOf(speakers: readonly SpeakerConfig[]): readonly Way[] {
  const sides = new Map<string, { readonly name: string; readonly session: SessionConfig }>();
  for (const { name, sessions } of speakers)
    for (const session of sessions) sides.set(`${session.local} ${session.neighbor}`, { name, session });
  return speakers.flatMap(({ name, interfaces, sessions }) =>
    sessions.flatMap(({ local, neighbor, passive, multihop }): readonly Way[] => {
      const other = sides.get(`${neighbor} ${local}`);
      if (passive || other === undefined) return [];
      const dev = interfaces.find(({ address, prefixLength }) => contains({ address, length: prefixLength }, neighbor));
      return [{ from: name, to: other.name, local, neighbor, dev: multihop ? undefined : dev?.name }];
    }),
  );
}

/** The name of a way among those of a lab. */
export function wayKey({ local, neighbor }: Pick<Way, 'local' | 'neighbor'>): string {
  return `${local} ${neighbor}`;
}

const BGP_PORT = 179;
/** Of a KEEPALIVE, bytes (RFC 4271 §4.4). */
const KEEPALIVE = 19;

/**
 * Asks a network whether it takes connections of BGP's from one end to the other, and what is said there and back, on one
 * branch of chance at least, as BIRD goes on trying and TCP sends again.
 */
export class WayTracer {
  readonly #network: Network;
  readonly #stage: Stage;
  /** Neighbours that one has asked for are known to the next. */
  readonly #warm: Simulation;

  constructor(network: Network, ways: readonly Way[], stage: Stage) {
    this.#network = listening(network, ways);
    this.#stage = stage;
    this.#warm = createSimulation(this.#network);
  }

  /** Whether a new connection comes through; what nobody can say is undefined. */
  follow(way: Way): Through | undefined {
    const probe = probeOf(this.#network, way);
    if (typeof probe === 'string') return probe;
    // Who asks for a neighbour asks all of a segment: most of them have no part in it, but take their time.
    const alone = createSimulation(withFew(this.#network, this.#stage, way)).send(probe);
    if (arrives(alone, way)) return true;
    const among = this.#warm.send(probe);
    if (arrives(among, way)) return true;
    if (!isOpen(alone) && !isOpen(among)) return whereItEnds(among, way);
    const all = createSimulation(this.#network, { branching: { branches: 'all' } }).send(probe);
    return arrives(all, way) || (all.verdict.exit === 3 ? undefined : whereItEnds(all, way));
  }

  /**
   * Whether a connection that was opened on an earlier network goes on: what is for new ones (`--syn`, a ctstate of NEW, the
   * nat table) does not end it, and its ends have one another's MAC. undefined: nobody can say. Who has opened it speaks
   * first: that decides where conntrack sees it only now.
   */
  goesOn(way: Way, earlier: Network): boolean | undefined {
    const probe = probeOf(earlier, way);
    if (typeof probe === 'string' || typeof probeOf(this.#network, way) === 'string') return false;
    const before = withFew(listening(earlier, [way]), this.#stage, way);
    const trace = traceStanding(before, withFew(this.#network, this.#stage, way), probe);
    return arrives(trace, way) || (trace.verdict.exit === 3 ? undefined : false);
  }
}

/** The machines that may have a part in any way, and the segments of all. */
export interface Stage {
  readonly machines: ReadonlySet<string>;
  readonly segments: readonly string[];
}

/** A network in which something listens where these ways lead to, as BIRD does. */
function listening(network: Network, ways: readonly Way[]): Network {
  const applier = new Applier(network, new Runtime());
  const origin = { by: 'bird', object: 'BGP' };
  const socket = { protocol: 'tcp', address: ANY, port: BGP_PORT, behaviour: 'reply', bytes: undefined } as const;
  for (const netns of new Set(ways.map(({ to }) => to)))
    applier.apply({ netns, origin, call: { call: 'socket listen', socket } });
  return applier.network();
}

/** A network in which the machines alone are plugged in that may have a part in a way. */
function withFew(network: Network, { machines, segments }: Stage, { from, to }: Way): Network {
  const isIn = (link: Link): boolean => {
    if (link.kind !== 'veth' || link.peer === undefined) return true;
    const { netns } = link.peer;
    return netns === from || netns === to || machines.has(netns);
  };
  return network.with(
    segments.flatMap((name) => {
      const ns = network.netns(name);
      return ns === undefined ? [] : [{ ...ns, links: new Map([...ns.links].filter(([, link]) => isIn(link))) }];
    }),
  );
}

/** Whether chance or something unknown has a say in it. */
function isOpen({ verdict, legs }: Trace): boolean {
  return verdict.exit === 3 || legs.some(({ paths }) => paths.some(({ choices }) => choices.length > 0));
}

/** Whether what is said comes to the neighbour and is answered, on any branch. */
function arrives({ legs }: Trace, way: Way): boolean {
  const ends = deliveries(legs);
  if (!ends.some(({ netns, event }) => isAsSent(netns, event, way))) return false;
  return legs.some(
    ({ kind, packet, paths }) =>
      kind === 'reply' &&
      packet.some((header) => header.l === 'tcp' && header.payload > 0) &&
      paths.some(({ outcome }) => outcome === 'delivered'),
  );
}

/**
 * As bgp_connect() of bird 2.0.12 proto/bgp/bgp.c opens it: from the session's own address, of the class of network
 * control; to a neighbour on-link with TTL 1, by its link alone. A text: bind() or setsockopt() would refuse.
 */
function probeOf(network: Network, { from, local, neighbor, dev }: Way): Probe | string {
  const ns = network.netns(from);
  if (ns === undefined) throw new Error(`no namespace ${from}`);
  if (![...ns.ipv4.addresses].some((address) => address.local === local))
    return `${formatIpv4(local)} is no address of ${from}`;
  if (dev !== undefined && !ns.links.has(dev)) return `${from} has no ${dev}`;
  const object = network.directory.ofNetns(from);
  return {
    from: object === undefined ? from : objectName(object),
    to: formatIpv4(neighbor),
    proto: 'tcp',
    port: BGP_PORT,
    source: formatIpv4(local),
    tos: 0xc0,
    payload: KEEPALIVE,
    // A SYN that is lost once is lost again: BIRD's next try is another connection.
    timeout: 900,
    ttl: dev === undefined ? 64 : 1,
    ...(dev === undefined ? {} : { oif: dev }),
  };
}

type Delivery = Extract<TraceEvent, { readonly k: 'deliver' }>;

/** Where packets came that were not answers. */
function deliveries(legs: Trace['legs']): readonly { readonly netns: string; readonly event: Delivery }[] {
  return legs
    .filter(({ kind }) => kind === 'forward')
    .flatMap(({ paths }) => paths.flatMap(({ hops }) => hops))
    .flatMap(({ netns, events }) => events.flatMap((event) => (event.k === 'deliver' ? [{ netns, event }] : [])));
}

/** BIRD knows its neighbour by both addresses (bgp_find_proto(), proto/bgp/bgp.c): nobody may translate one of them. */
function isAsSent(netns: string, { local, remote }: Delivery, way: Way): boolean {
  return (
    netns === way.to &&
    local === `${formatIpv4(way.neighbor)}:${BGP_PORT}` &&
    remote.startsWith(`${formatIpv4(way.local)}:`)
  );
}

/** `TCP 179 from node-1 ends on node-2 (NF_DROP, rule 3 of filter INPUT)`. */
function whereItEnds({ verdict, legs }: Trace, way: Way): string {
  const { from, to } = way;
  const astray = deliveries(legs).find(({ netns, event }) => !isAsSent(netns, event, way));
  if (astray !== undefined) {
    const { netns, event } = astray;
    return `TCP 179 from ${from} comes to ${event.local} of ${netns} as from ${event.remote}`;
  }
  // After a handshake the verdict tells no drop: the first is that of what was said then.
  const drops = legs.flatMap(({ kind, paths }) =>
    paths.flatMap(({ hops }) =>
      hops.flatMap(({ netns, events }) =>
        events.flatMap((event) => (event.k === 'drop' ? [{ kind, netns, event }] : [])),
      ),
    ),
  );
  const drop = drops.find(({ event }) => event.id === verdict.event) ?? drops[0];
  if (drop === undefined)
    return `TCP 179 from ${from} is not answered (${verdict.code ?? verdict.errno ?? 'no packet'})`;
  const { rule, code } = drop.event;
  const where = rule?.n === 0 ? 'the policy' : `rule ${rule?.n}`;
  const place = rule === null ? '' : `, ${where} of ${rule.table} ${rule.chain}`;
  const what = drop.kind === 'reply' ? `the answer of ${to} to TCP 179` : `TCP 179 from ${from}`;
  return `${what} ends on ${drop.netns} (${code}${place})`;
}
