import { prefixOf } from '../address/index.js';
import { newAggregation } from './aggregation.js';
import { unfeed } from './announce.js';
import type { LocalRoute, SpeakerConfig, SpeakerInterface } from './config.js';
import { decide, stopSession } from './fsm.js';
import { beginRecovery } from './graceful.js';
import { rescanKernel } from './kernel.js';
import { NOTIFICATIONS } from './notification.js';
import { addRoute } from './routes.js';
import { addSession } from './sessions.js';
import { netId, type Protocol, Route, type Session, type Speaker, type World } from './state.js';
import { emptyTable } from './table.js';
import { bring, stopTimer } from './transmit.js';

/** Preferences of protocols: DEF_PREF_* of bird nest/protocol.h. */
const PREFERENCE = { device: 240, static: 200, kernel: 10 } as const;

/** A speaker whose daemon does not run. */
export function addSpeaker(world: World, config: SpeakerConfig): Speaker {
  const speaker: Speaker = {
    name: config.name,
    config,
    running: false,
    table: emptyTable(),
    locals: new Map(),
    aggregation: undefined,
    sessions: [],
    byNeighbor: new Map(),
    feeding: new Map(),
    kernel: new Map(),
    waiting: new Map(),
    scanned: false,
    resolving: false,
    recovering: undefined,
    recoveryTimer: undefined,
    nextSource: 1,
  };
  checkAs(config);
  if (world.speakers.has(config.name)) throw new Error(`two speakers are called ${config.name}`);
  world.speakers.set(config.name, speaker);
  for (const { address } of config.interfaces) world.owners.set(address, speaker);
  return speaker;
}

/** AS 0 is nobody's (RFC 7607): as bgp_postconfig() refuses it, bird 2.0.12 proto/bgp/bgp.c. */
export function checkAs({ name, as, sessions }: SpeakerConfig): void {
  if (as === 0) throw new Error(`${name}: local AS number must be set`);
  for (const session of sessions)
    if (session.neighborAs === 0) throw new Error(`${name}, ${session.name}: remote AS number must be set`);
}

/** The daemon of a speaker starts: with `recover` as `bird -R`. */
export function startSpeaker(world: World, speaker: Speaker, recover: boolean): void {
  speaker.running = true;
  // What `birdc disable` has said is in no configuration file.
  for (const session of speaker.sessions) session.enabled = true;
  speaker.scanned = !recover;
  if (recover) beginRecovery(world, speaker);
  speaker.scanned = speaker.recovering === undefined;
  speaker.aggregation = newAggregation(world, speaker);
  for (const route of localRoutes(world, speaker)) addRoute(world, speaker, route);
  if (speaker.scanned) rescanKernel(world, speaker);
  for (const session of speaker.sessions) decide(world, session);
}

/** The daemon is gone, and TCP tells the neighbours: the machine's kernel closes what it had open. */
export function killSpeaker(world: World, speaker: Speaker): void {
  for (const session of speaker.sessions) {
    for (const connection of [session.outgoing, session.incoming]) {
      if (connection === undefined) continue;
      connection.state = 'Idle';
      connection.timer = stopTimer(connection.timer);
      connection.hold = stopTimer(connection.hold);
      if (connection.other !== undefined) {
        bring(world, connection.other, { type: 'closed', reason: 'Socket: Connection closed' });
      }
    }
  }
  forget(world, speaker);
}

/** SIGTERM: each neighbour is told (RFC 4486 §4: administrative shutdown). */
export function shutDownSpeaker(world: World, speaker: Speaker): void {
  // The table no longer tells the kernel of what it loses (krt_rt_notify(), bird sysdep/unix/krt.c).
  speaker.scanned = false;
  for (const session of speaker.sessions) stopSession(world, session, NOTIFICATIONS.shutdown);
  forget(world, speaker);
  if (speaker.config.kernel.persist) return;
  // krt_flush_routes().
  speaker.kernel.clear();
  speaker.waiting.clear();
}

/** What was in the daemon's memory. */
function forget(world: World, speaker: Speaker): void {
  speaker.running = false;
  speaker.scanned = false;
  speaker.table = emptyTable();
  speaker.locals = new Map();
  speaker.aggregation = undefined;
  speaker.feeding.clear();
  // What waited for room was known to the daemon alone.
  speaker.waiting.clear();
  speaker.recovering = undefined;
  speaker.recoveryTimer = stopTimer(speaker.recoveryTimer);
  for (const session of speaker.sessions) forgetSession(world, session);
}

function forgetSession(world: World, session: Session): void {
  session.state = 'down';
  session.ready = false;
  session.outgoing = undefined;
  session.incoming = undefined;
  session.connection = undefined;
  session.gracefulActive = false;
  session.gracefulReady = false;
  session.restartTimer = stopTimer(session.restartTimer);
  session.startupTimer = stopTimer(session.startupTimer);
  session.startupDelay = 0;
  session.lastError = undefined;
  session.tried = false;
  unfeed(world, session);
  session.protocol.imported = 0;
  session.protocol.preferred = 0;
  session.protocol.sources.clear();
}

/** The routes of a speaker that are not BGP's: one to each subnet, the static ones, and those of the kernel. */
export function localRoutes(world: World, speaker: Speaker): readonly Route[] {
  const { interfaces, routes } = speaker.config;
  return [
    ...interfaces.map((link, i) => deviceRoute(world, speaker, link, i)),
    ...routes.map((route) => localRoute(world, speaker, route)),
  ];
}

function deviceRoute(world: World, speaker: Speaker, link: SpeakerInterface, index: number): Route {
  const net = netId(world, prefixOf(link.address, link.prefixLength));
  const nexthops = [{ via: undefined, dev: link.name, weight: 1 }];
  // One route for each interface, also on one subnet: dev_ifa_notify(), bird nest/rt-dev.c.
  return new Route(net, localProtocol(speaker, 'device', 'direct1'), index, undefined, {
    host: undefined,
    dest: 'unicast',
    nexthops,
    igpMetric: 0,
  });
}

function localRoute(world: World, speaker: Speaker, route: LocalRoute): Route {
  const protocol = localProtocol(speaker, route.source, route.protocol);
  return new Route(netId(world, route.net), protocol, 0, undefined, {
    host: undefined,
    dest: route.type,
    nexthops: route.nexthops,
    igpMetric: 0,
  });
}

function localProtocol(speaker: Speaker, kind: 'device' | 'static' | 'kernel', name: string): Protocol {
  const key = `${kind} ${name}`;
  let protocol = speaker.locals.get(key);
  if (protocol === undefined) {
    protocol = {
      kind,
      name,
      preference: PREFERENCE[kind],
      session: undefined,
      speaker,
      sources: new Map(),
      imported: 0,
      preferred: 0,
    };
    speaker.locals.set(key, protocol);
  }
  return protocol;
}

/** Configures the sessions of a speaker. */
export function addSessions(world: World, speaker: Speaker): void {
  for (const config of speaker.config.sessions) addSession(world, speaker, config);
}
