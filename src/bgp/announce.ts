import { exportRoute, exportToGroup, isOwnNextHop } from './export.js';
import { notifyKernel } from './kernel.js';
import type { Path } from './path.js';
import { concernsHosts } from './resolve.js';
import { netOf, type Route, type Session, type Speaker, type World } from './state.js';
import { type Change, inFibOrder } from './table.js';
import { enqueue, schedule, scheduleFlush } from './transmit.js';

/** Tells all that listen to a table: rte_announce(), bird nest/rt-table.c. */
export function announce(world: World, speaker: Speaker, change: Change): void {
  const { added, removed, best, oldBest, net } = change;
  if (best !== oldBest) {
    if (best !== undefined) best.protocol.preferred++;
    if (oldBest !== undefined) oldBest.protocol.preferred--;
    noteHosts(world, speaker, net);
  }
  for (const sessions of speaker.feeding.values()) {
    if (sessions[0]?.addPathsSend === true) notifyAll(world, sessions, added, removed);
    else if (best !== oldBest) notifyAll(world, sessions, best, oldBest);
  }
  if (speaker.scanned) notifyKernel(world, speaker, change);
}

/** Has next hops looked up again, when the change concerns any. */
export function noteHosts(world: World, speaker: Speaker, net: number): void {
  if (!concernsHosts(speaker.table, netOf(world, net))) return;
  world.watch?.concernsHosts(net);
  if (speaker.resolving) return;
  speaker.resolving = true;
  schedule(world, { type: 'resolve', speaker }, 0);
}

/** Tells sessions that export alike; what none of them announces costs one look. */
export function notifyAll(
  world: World,
  sessions: readonly Session[],
  added: Route | undefined,
  removed: Route | undefined,
): void {
  const first = sessions[0];
  if (first === undefined) return;
  if (removed === undefined && added !== undefined && typeof exportToGroup(world, first, added) === 'string') return;
  for (const session of sessions) notify(world, session, added, removed);
}

/** rt_notify_basic() and do_rt_notify(), bird nest/rt-table.c; bgp_rt_notify(), proto/bgp/attrs.c. */
function notify(world: World, session: Session, added: Route | undefined, removed: Route | undefined): void {
  const { out } = session;
  const result = added === undefined ? '' : exportRoute(world, session, added);
  const had = removed !== undefined && out.has(removed.id);
  if (removed !== undefined) out.delete(removed.id);
  if (added !== undefined && typeof result !== 'string') {
    const path = isOwnNextHop(session, result) ? undefined : result;
    out.set(added.id, path);
    say(world, session, added, path);
  } else if (removed !== undefined && had) {
    say(world, session, removed, undefined);
  }
}

/** Sessions that are told one after the other of one route share what they send. */
function say(world: World, session: Session, route: Route, path: Path | undefined): void {
  const pathId = session.addPathsSend ? sourceOf(route) : 0;
  let update = world.said;
  if (update?.path !== path || update?.nets[0] !== route.net || update.pathIds[0] !== pathId) {
    update = { type: 'UPDATE', path, nets: [route.net], pathIds: [pathId] };
    world.said = update;
  }
  enqueue(world, session, update);
}

/** What a speaker calls where a route is from (RFC 7911 §3): `global_id` of bird nest/route.h. */
function sourceOf(route: Route): number {
  const { sources, speaker } = route.protocol;
  let id = sources.get(route.pathId);
  if (id === undefined) {
    id = speaker.nextSource++;
    sources.set(route.pathId, id);
  }
  return id;
}

/** Announces the whole table to a neighbour, then End-of-RIB (RFC 4724 §2): rt_feed_channel(), bird nest/rt-table.c. */
export function feed(world: World, session: Session): void {
  const { feeding } = session.speaker;
  world.watch?.stop();
  session.feedWaits = false;
  session.feeding = true;
  const key = feedingKey(session);
  const alike = feeding.get(key);
  if (alike === undefined) feeding.set(key, [session]);
  else alike.push(session);
  notifyOfAll(world, session, 'first');
  session.endOfRib = session.config.gracefulRestart;
  scheduleFlush(world, session);
}

/** Announces all again, and takes back what is not to be announced any more: a filter has changed. */
export function refeed(world: World, session: Session): void {
  notifyOfAll(world, session, 'again');
}

function notifyOfAll(world: World, session: Session, which: 'first' | 'again'): void {
  const before = session.pending;
  session.pending = [];
  for (const best of session.speaker.table.nets.values()) {
    notify(world, session, best, which === 'first' ? undefined : best);
    if (!session.addPathsSend) continue;
    for (let route = best.next; route !== undefined; route = route.next) {
      notify(world, session, route, which === 'first' ? undefined : route);
    }
  }
  // Only what is said is put into order: that is mostly much less than the table.
  const said = session.pending.sort((a, b) => inFibOrder(world, a.nets[0] ?? 0, b.nets[0] ?? 0));
  session.pending = before.length === 0 ? said : [...before, ...said];
}

/** Of sessions that export alike and are told of the same changes. */
function feedingKey(session: Session): number {
  return 2 * session.group + (session.addPathsSend ? 1 : 0);
}

/** The group of a session has changed. */
export function regroup(session: Session, place: () => void): void {
  const { feeding } = session.speaker;
  if (!session.feeding) {
    place();
    return;
  }
  const key = feedingKey(session);
  feeding.set(
    key,
    (feeding.get(key) ?? []).filter((s) => s !== session),
  );
  place();
  const next = feedingKey(session);
  feeding.set(next, [...(feeding.get(next) ?? []), session]);
}

/** Ends announcing. */
export function unfeed(world: World, session: Session): void {
  world.watch?.stop();
  if (session.feeding) {
    const { feeding } = session.speaker;
    const key = feedingKey(session);
    const alike = feeding.get(key)?.filter((s) => s !== session) ?? [];
    if (alike.length > 0) feeding.set(key, alike);
    else feeding.delete(key);
  }
  session.feeding = false;
  session.feedWaits = false;
  session.endOfRib = false;
  session.out.clear();
  session.pending = [];
}
