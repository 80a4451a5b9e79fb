import { comesThrough } from './matching.js';
import type { Connection, Session, World } from './state.js';
import { schedule, startTimer, stopTimer, withJitter } from './transmit.js';

/** `initial hold time`, s. */
const INITIAL_HOLD_TIME = 240;

/** Reachability has changed: what is cut off waits for the hold timer, what comes through again goes on. */
export function noteReachability(world: World, session: Session): void {
  for (const connection of [session.outgoing, session.incoming]) {
    if (connection?.other === undefined) continue;
    if (comesThrough(world, session, connection.role)) {
      connection.hold = stopTimer(connection.hold);
      resume(world, connection);
    } else {
      startHold(world, connection);
    }
  }
}

/** TCP sends again what did not come through. */
function resume(world: World, connection: Connection): void {
  const { stalled: count } = connection;
  if (count > 0) schedule(world, { type: 'deliver', to: connection, sent: world.queue.now, count }, 1);
  connection.stalled = 0;
}

/** Counted from when nothing comes any more; the lesser one of both is used (RFC 4271 §4.2), 0 means never. */
function startHold(world: World, connection: Connection): void {
  const { open, session } = connection;
  const seconds = open === undefined ? INITIAL_HOLD_TIME : Math.min(open.holdTime, session.config.holdTime);
  if (connection.hold !== undefined || seconds === 0) return;
  const of = { speaker: session.speaker, session, connection };
  connection.hold = startTimer(world, 'hold', of, withJitter(world, seconds));
}
