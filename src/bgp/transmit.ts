import type { Path } from './path.js';
import {
  type Connection,
  type Incoming,
  netOf,
  type Session,
  type Speaker,
  type Timer,
  type Update,
  type World,
  type WorldEvent,
} from './state.js';

/** How long a segment is under way, ms. */
const LATENCY = 1;

export function schedule(world: World, event: WorldEvent, delay: number): void {
  world.queue.work++;
  world.queue.add(event, delay);
}

/** Starts a timer; ms. */
export function startTimer(
  world: World,
  kind: Timer['kind'],
  of: { readonly speaker: Speaker; readonly session?: Session; readonly connection?: Connection },
  delay: number,
): Timer {
  const timer: Timer = {
    kind,
    speaker: of.speaker,
    session: of.session,
    connection: of.connection,
    cancelled: false,
  };
  world.queue.add({ type: 'timer', timer }, delay);
  return timer;
}

export function stopTimer(timer: Timer | undefined): undefined {
  if (timer !== undefined) timer.cancelled = true;
  return undefined;
}

/** Seconds, of which up to a quarter is left out (RFC 4271 §10; bgp_start_timer(), bird proto/bgp/bgp.c): ms. */
export function withJitter(world: World, seconds: number): number {
  return seconds * 1000 - world.queue.random(seconds * 250 + 1);
}

/** Brings something to an end of a connection, after all that is on its way there. */
export function bring(world: World, to: Connection, incoming: Incoming): void {
  const { now } = world.queue;
  to.inbox.push(incoming);
  world.watch?.brings(to);
  if (to.arriving?.sent === now) {
    to.arriving.count++;
    return;
  }
  to.arriving = { type: 'deliver', to, sent: now, count: 1 };
  schedule(world, to.arriving, LATENCY + (world.watch?.delay() ?? 0));
}

/** Sends a message to the other end, and counts it. */
export function send(
  world: World,
  from: Connection,
  message: Exclude<Incoming, { type: 'connected' | 'closed' }>,
): void {
  const { log, queue } = world;
  const { index } = from.session;
  if (message.type === 'UPDATE') {
    log.add(queue.now, index, message.path === undefined ? 'withdraw' : 'announce', message.nets);
  } else {
    log.add(queue.now, index, message.type, NO_NETS, message.type === 'NOTIFICATION' ? message : undefined);
  }
  if (from.other !== undefined) bring(world, from.other, message);
}

const NO_NETS: readonly number[] = [];

/** Announces (or withdraws) a net, with what else is to be said: bgp_rt_notify(), bird proto/bgp/attrs.c. */
export function enqueue(world: World, session: Session, update: Update): void {
  session.pending.push(update);
  scheduleFlush(world, session);
}

export function scheduleFlush(world: World, session: Session): void {
  if (session.flushing) return;
  session.flushing = true;
  schedule(world, { type: 'flush', session }, 0);
}

/** Sends what has come together: bgp_fire_tx(), bird proto/bgp/packets.c. */
export function flush(world: World, session: Session): void {
  session.flushing = false;
  const { connection, pending } = session;
  if (connection === undefined) return;
  session.pending = [];
  if (pending.length > 1) sendMany(world, session, connection, pending);
  else for (const update of pending) send(world, connection, update);
  if (session.endOfRib) {
    session.endOfRib = false;
    send(world, connection, { type: 'END-OF-RIB' });
  }
}

/**
 * Withdrawals first, then what has the same attributes together, in order of first use: bgp_create_update(). Of what
 * was said twice of a net, only the last counts.
 */
function sendMany(world: World, session: Session, connection: Connection, all: readonly Update[]): void {
  const buckets = new Map<Path | undefined, Update[]>([[undefined, []]]);
  for (const { path } of all) if (!buckets.has(path)) buckets.set(path, []);
  for (const update of latest(all)) buckets.get(update.path)?.push(update);
  for (const bucket of buckets.values()) {
    const [first, ...others] = bucket;
    if (first === undefined) continue;
    if (others.length === 0) send(world, connection, first);
    else for (const packed of inPackets(world, session, first.path, bucket)) send(world, connection, packed);
  }
}

/** Without what was said of a net before something else was. */
function latest(all: readonly Update[]): Iterable<Update> {
  const nets = new Set<number | undefined>();
  for (const {
    nets: [net],
  } of all)
    nets.add(net);
  if (nets.size === all.length) return all;
  const last = new Map<string, Update>();
  for (const update of all) {
    const key = `${update.nets[0]} ${update.pathIds[0]}`;
    last.delete(key);
    last.set(key, update);
  }
  return last.values();
}

/** A message has at most 4096 octets (RFC 4271 §4.1), of which the header and both lengths take 23. */
const ROOM = 4096 - 23;
/** BGP_NLRI_MAX: with less room than that, BIRD begins another message. */
const LONGEST_NLRI = 37;

function* inPackets(
  world: World,
  session: Session,
  path: Path | undefined,
  bucket: readonly Update[],
): IterableIterator<Update> {
  const empty = ROOM - (path?.octets ?? 0);
  let nets: number[] = [];
  let pathIds: number[] = [];
  let room = empty;
  for (const update of bucket) {
    if (room < LONGEST_NLRI) {
      yield { type: 'UPDATE', path, nets, pathIds };
      nets = [];
      pathIds = [];
      room = empty;
    }
    nets.push(...update.nets);
    pathIds.push(...update.pathIds);
    for (const net of update.nets) {
      room -= 1 + Math.ceil(netOf(world, net).length / 8) + (session.addPathsSend ? 4 : 0);
    }
  }
  if (nets.length > 0) yield { type: 'UPDATE', path, nets, pathIds };
}
