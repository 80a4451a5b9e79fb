import { reaggregate } from './aggregation.js';
import { refeed, regroup } from './announce.js';
import type { SessionConfig, SpeakerConfig } from './config.js';
import { placeSession } from './export.js';
import { askRefresh, decide, stopSession } from './fsm.js';
import { rescanKernel } from './kernel.js';
import { checkAs, localRoutes } from './lifecycle.js';
import { NOTIFICATIONS } from './notification.js';
import { linkTo } from './resolve.js';
import { addRoute, removeRoute, routesOf } from './routes.js';
import { addSession, dropSession } from './sessions.js';
import type { Session, Speaker, World } from './state.js';

/** A speaker gets a new configuration: `birdc configure`. */
export function reconfigure(world: World, speaker: Speaker, config: SpeakerConfig): void {
  checkAs(config);
  const old = speaker.config;
  speaker.config = config;
  for (const { address } of old.interfaces) world.owners.delete(address);
  for (const { address } of config.interfaces) world.owners.set(address, speaker);
  for (const session of speaker.sessions) world.owners.set(session.config.local, speaker);
  const changes = updateSessions(world, speaker, old);
  if (!speaker.running) return;
  const aggregates = reaggregate(world, speaker, old);
  updateLocalRoutes(world, speaker);
  if (!isEqual(old.kernel, config.kernel)) rescanKernel(world, speaker);
  for (const { session, refilter } of changes) {
    if (refilter.import) askRefresh(world, session);
    if ((refilter.export || aggregates) && session.feeding) refeed(world, session);
  }
  for (const session of speaker.sessions) decide(world, session);
}

/** What a speaker finds on its machine is not what it was: `if_change_flags()`, `krt_scan()` of bird. */
export function rescan(world: World, speaker: Speaker, found: Pick<SpeakerConfig, 'interfaces' | 'routes'>): void {
  const { interfaces, routes } = found;
  for (const { address } of speaker.config.interfaces) world.owners.delete(address);
  speaker.config = { ...speaker.config, interfaces, routes };
  for (const { address } of interfaces) world.owners.set(address, speaker);
  for (const session of speaker.sessions) world.owners.set(session.config.local, speaker);
  for (const session of speaker.sessions) replaceLink(world, session);
  if (!speaker.running) return;
  updateLocalRoutes(world, speaker);
  for (const session of speaker.sessions) decide(world, session);
}

/** bgp_neigh_notify(), bird proto/bgp/bgp.c. */
function replaceLink(world: World, session: Session): void {
  if (session.config.multihop) return;
  session.interface = linkTo(session.speaker.config, session.config.neighbor)?.name;
  if (session.interface !== undefined || session.state === 'down') return;
  session.lastError = 'Neighbor lost';
  stopSession(world, session, undefined);
}

/** Static routes and those of interfaces and of the kernel: what is gone goes, what is new comes. */
function updateLocalRoutes(world: World, speaker: Speaker): void {
  const wanted = localRoutes(world, speaker);
  const keys = new Set(wanted.map((r) => `${r.protocol.kind} ${r.protocol.name} ${r.net} ${r.pathId}`));
  for (const [key, protocol] of speaker.locals) {
    for (const route of routesOf(speaker, protocol)) {
      if (!keys.has(`${key} ${route.net} ${route.pathId}`)) removeRoute(world, speaker, route);
    }
  }
  for (const route of wanted) addRoute(world, speaker, route);
}

interface Refiltered {
  readonly session: Session;
  readonly refilter: { readonly import: boolean; readonly export: boolean };
}

/** Ends what is gone, restarts what has changed, and tells which of the others have other filters. */
function updateSessions(world: World, speaker: Speaker, old: SpeakerConfig): readonly Refiltered[] {
  const { config } = speaker;
  const restartsAll = old.as !== config.as || old.routerId !== config.routerId;
  const wanted = new Map(config.sessions.map((s) => [s.name, s]));
  const refiltered: Refiltered[] = [];
  for (const session of [...speaker.sessions]) {
    const next = wanted.get(session.config.name);
    // One that `birdc disable` stopped starts anew: the file does not say so (proto_reconfigure(), bird nest/proto.c).
    if (next !== undefined && session.enabled && !restartsAll && !needsRestart(session.config, next)) {
      wanted.delete(session.config.name);
      refiltered.push(refilter(world, session, next));
      continue;
    }
    stopSession(world, session, next === undefined ? NOTIFICATIONS.deconfigured : NOTIFICATIONS.reconfigured);
    dropSession(session);
    if (next !== undefined) {
      wanted.delete(next.name);
      addSession(world, speaker, next);
    }
  }
  for (const session of wanted.values()) addSession(world, speaker, session);
  const order = new Map(config.sessions.map((s, i) => [s.name, i]));
  speaker.sessions.sort((a, b) => (order.get(a.config.name) ?? 0) - (order.get(b.config.name) ?? 0));
  return refiltered;
}

/** bgp_channel_reconfigure(), bird proto/bgp/bgp.c: what can change while a session is up. */
function refilter(world: World, session: Session, next: SessionConfig): Refiltered {
  const old = session.config;
  session.config = next;
  const isExportNew =
    old.nextHopSelf !== next.nextHopSelf || old.nextHopKeep !== next.nextHopKeep || !isEqual(old.export, next.export);
  regroup(session, () => placeSession(world, session));
  return { session, refilter: { import: !isEqual(old.import, next.import), export: isExportNew } };
}

/** bgp_reconfigure(): anything else has the session restarted. */
function needsRestart(old: SessionConfig, next: SessionConfig): boolean {
  return !isEqual(fixed(old), fixed(next));
}

function fixed(config: SessionConfig): object {
  const { nextHopSelf, nextHopKeep, import: _import, export: _export, ...rest } = config;
  return rest;
}

function isEqual(a: object, b: object): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
