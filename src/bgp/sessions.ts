import { ANY } from '../address/index.js';
import { AdjRibOut } from './adj-rib-out.js';
import type { SessionConfig } from './config.js';
import { placeSession } from './export.js';
import type { Protocol, Session, Speaker, World } from './state.js';

const PREFERENCE_BGP = 100;

/** A session that is configured and not started. */
export function addSession(world: World, speaker: Speaker, config: SessionConfig): Session {
  const session = newSession(world, speaker, config);
  world.sessions.push(session);
  speaker.sessions.push(session);
  const same = speaker.byNeighbor.get(config.neighbor);
  if (same === undefined) speaker.byNeighbor.set(config.neighbor, [session]);
  else same.push(session);
  if (!world.owners.has(config.local)) world.owners.set(config.local, speaker);
  placeSession(world, session);
  return session;
}

/** Forgets a session that has ended; what it has sent is still told by the log. */
export function dropSession(session: Session): void {
  const { speaker } = session;
  speaker.sessions = speaker.sessions.filter((s) => s !== session);
  const same = speaker.byNeighbor.get(session.config.neighbor)?.filter((s) => s !== session) ?? [];
  speaker.byNeighbor.set(session.config.neighbor, same);
}

function newSession(world: World, speaker: Speaker, config: SessionConfig): Session {
  const protocol: Protocol = {
    kind: 'bgp',
    name: config.name,
    preference: PREFERENCE_BGP,
    session: undefined,
    speaker,
    sources: new Map(),
    imported: 0,
    preferred: 0,
  };
  const session: Session = {
    index: world.sessions.length,
    speaker,
    config,
    protocol,
    internal: config.neighborAs === speaker.config.as,
    interface: undefined,
    group: -1,
    enabled: true,
    state: 'down',
    ready: false,
    outgoing: undefined,
    incoming: undefined,
    connection: undefined,
    remoteId: ANY,
    addPathsSend: false,
    addPathsReceive: false,
    gracefulReady: false,
    gracefulActive: false,
    restartTimer: undefined,
    startupTimer: undefined,
    startupDelay: 0,
    lastProtocolError: undefined,
    lastError: undefined,
    since: world.queue.now,
    tried: false,
    reach: undefined,
    feedWaits: false,
    feeding: false,
    out: new AdjRibOut(),
    pending: [],
    flushing: false,
    endOfRib: false,
  };
  protocol.session = session;
  return session;
}
