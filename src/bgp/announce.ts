import { exportRoute, isOwnNextHop } from './export.js';
import { notifyKernel } from './kernel.js';
import type { Path } from './path.js';
import { concernsHosts } from './resolve.js';
import { netOf, type Route, type Session, type Speaker, type World } from './state.js';
import type { Change } from './table.js';
import { enqueue, schedule, scheduleFlush } from './transmit.js';

/** Tells all that listen to a table: rte_announce(), bird nest/rt-table.c. */
export function announce(world: World, speaker: Speaker, change: Change): void {
  const { added, removed, best, oldBest, net } = change;
  if (best !== oldBest) {
    if (best !== undefined) best.protocol.preferred++;
    if (oldBest !== undefined) oldBest.protocol.preferred--;
    noteHosts(world, speaker, net);
  }
  for (const session of speaker.feeding) {
    if (session.addPathsSend) notify(world, session, added, removed);
    else if (best !== oldBest) notify(world, session, best, oldBest);
  }
  if (speaker.scanned) notifyKernel(world, speaker, change);
}

/** Has next hops looked up again, when the change concerns any. */
export function noteHosts(world: World, speaker: Speaker, net: number): void {
  if (speaker.resolving || !concernsHosts(speaker.table, netOf(world, net))) return;
  speaker.resolving = true;
  schedule(world, { type: 'resolve', speaker }, 0);
}

/** rt_notify_basic() and do_rt_notify(), bird nest/rt-table.c; bgp_rt_notify(), proto/bgp/attrs.c. */
export function notify(world: World, session: Session, added: Route | undefined, removed: Route | undefined): void {
  const result = added === undefined ? '' : exportRoute(world, session, added);
  const had = removed !== undefined && session.out[removed.id] !== undefined;
  if (removed !== undefined && had) {
    session.out[removed.id] = undefined;
    session.exported--;
  }
  if (added !== undefined && typeof result !== 'string') {
    session.exported++;
    const invalid = isOwnNextHop(session, result);
    session.out[added.id] = invalid ? 'its NEXT_HOP is the neighbour itself' : result;
    // Without add-paths, it takes the place of the old one.
    say(world, session, added, invalid ? undefined : result);
  } else if (removed !== undefined && had) {
    say(world, session, removed, undefined);
  }
}

function say(world: World, session: Session, route: Route, path: Path | undefined): void {
  const pathId = session.addPathsSend ? sourceOf(route) : 0;
  enqueue(world, session, { net: route.net, pathId, path });
}

/** What a speaker calls where a route is from (RFC 7911 §3): `global_id` of bird nest/route.h. */
export function sourceOf(route: Route): number {
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
  const { speaker } = session;
  session.feedWaits = false;
  speaker.feeding.push(session);
  speaker.feeding.sort((a, b) => a.group - b.group || a.index - b.index);
  for (const best of speaker.table.nets.values()) {
    if (!session.addPathsSend) notify(world, session, best, undefined);
    else
      for (let route: Route | undefined = best; route !== undefined; route = route.next)
        notify(world, session, route, undefined);
  }
  session.endOfRib = session.config.gracefulRestart;
  scheduleFlush(world, session);
}

/** Announces all again, and takes back what is not to be announced any more: a filter has changed. */
export function refeed(world: World, session: Session): void {
  for (const best of session.speaker.table.nets.values()) {
    if (!session.addPathsSend) notify(world, session, best, best);
    else
      for (let route: Route | undefined = best; route !== undefined; route = route.next)
        notify(world, session, route, route);
  }
}

/** Ends announcing. */
export function unfeed(session: Session): void {
  const { feeding } = session.speaker;
  const index = feeding.indexOf(session);
  if (index >= 0) feeding.splice(index, 1);
  session.feedWaits = false;
  session.endOfRib = false;
  session.out = [];
  session.exported = 0;
  session.pending = [];
}
