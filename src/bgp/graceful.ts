import { feed, unfeed } from './announce.js';
import { rescanKernel } from './kernel.js';
import { flushStale, markStale } from './routes.js';
import { changeState, type Open, type Session, type Speaker, type World } from './state.js';
import { startTimer, stopTimer } from './transmit.js';

/** `graceful restart wait`, s: how long a recovery takes at most. */
const RECOVERY_WAIT = 240;

/** The neighbour is gone without a NOTIFICATION: bgp_handle_graceful_restart(), bird proto/bgp/bgp.c. */
export function beginRestart(world: World, session: Session): void {
  const { speaker, protocol } = session;
  if (session.gracefulActive) flushStale(world, speaker, protocol);
  session.gracefulActive = true;
  markStale(speaker, protocol);
  unfeed(world, session);
  changeState(world, session, 'start');
  const seconds = session.connection?.open?.restart?.time ?? 0;
  session.restartTimer = startTimer(world, 'restart', { speaker, session }, seconds * 1000);
}

/** What was not announced again goes: bgp_graceful_restart_done(). */
export function endRestart(world: World, session: Session): void {
  session.gracefulActive = false;
  session.restartTimer = stopTimer(session.restartTimer);
  flushStale(world, session.speaker, session.protocol);
}

/** A new session is up: bgp_conn_enter_established_state(). The neighbour has to say that it has kept its forwarding state. */
export function resumeRestart(world: World, session: Session, open: Open): void {
  session.restartTimer = stopTimer(session.restartTimer);
  if (session.gracefulActive && open.restart?.restarting !== true) endRestart(world, session);
}

/** Feeds a new session, unless the speaker itself recovers and this neighbour's routes are yet to come. */
export function feedUnlessRecovering(world: World, session: Session, open: Open): void {
  const { recovering } = session.speaker;
  if (recovering === undefined || !session.config.gracefulRestart) {
    feed(world, session);
    return;
  }
  if (open.restart !== undefined && !open.restart.restarting) {
    session.feedWaits = true;
    return;
  }
  feed(world, session);
  recovered(world, session);
}

/** The recovery does not wait for this session any more: channel_graceful_restart_unlock(), bird nest/proto.c. */
export function recovered(world: World, session: Session): void {
  const { speaker } = session;
  if (speaker.recovering?.delete(session) === true && speaker.recovering.size === 0) endRecovery(world, speaker);
}

/** `bird -R`: graceful_restart_init(). */
export function beginRecovery(world: World, speaker: Speaker): void {
  const waited = speaker.sessions.filter((s) => s.config.gracefulRestart && s.enabled);
  if (waited.length === 0) return;
  speaker.recovering = new Set(waited);
  speaker.recoveryTimer = startTimer(world, 'recovery', { speaker }, RECOVERY_WAIT * 1000);
}

/** graceful_restart_done(). */
export function endRecovery(world: World, speaker: Speaker): void {
  speaker.recovering = undefined;
  speaker.recoveryTimer = stopTimer(speaker.recoveryTimer);
  for (const session of speaker.sessions) if (session.feedWaits) feed(world, session);
  speaker.scanned = true;
  rescanKernel(world, speaker);
}
