import { refeed, unfeed } from './announce.js';
import { DEFAULT_TIMERS } from './config.js';
import { beginRestart, endRestart, feedUnlessRecovering, recovered, resumeRestart } from './graceful.js';
import { receiveUpdate } from './import.js';
import { comesThrough, isInPlace, sessionWith } from './matching.js';
import { NOTIFICATIONS, type Notification } from './notification.js';
import { openOf, refusal } from './open.js';
import { flushRoutes } from './routes.js';
import {
  type Connection,
  changeState,
  type Delivery,
  type Incoming,
  type Open,
  type Session,
  type Timer,
  type World,
} from './state.js';
import { bring, schedule, send, startTimer, stopTimer, withJitter } from './transmit.js';

/** The state machine of a session (RFC 4271 §8), as bird proto/bgp/bgp.c and packets.c have it. */

/** The code of all that is no error (RFC 4271 §6.7). */
const CEASE = 6;

/** After so long without errors, waiting starts from the least again: `error forget time`, s. */
const ERROR_FORGET_TIME = 300;

const timersOf = (session: Session) => session.config.timers ?? DEFAULT_TIMERS;

function newConnection(session: Session, role: Connection['role'], state: Connection['state']): Connection {
  return {
    session,
    role,
    state,
    other: undefined,
    inbox: [],
    read: 0,
    stalled: 0,
    arriving: undefined,
    timer: undefined,
    hold: undefined,
    open: undefined,
  };
}

/** bgp_start(). */
function startSession(world: World, session: Session): void {
  changeState(world, session, 'start');
  session.ready = false;
  session.remoteId = 0 as Session['remoteId'];
  if (!isInPlace(session)) return;
  if (session.startupDelay > 0) {
    const delay = withJitter(world, session.startupDelay);
    session.startupTimer = startTimer(world, 'startup', { speaker: session.speaker, session }, delay);
  } else {
    startUp(world, session);
  }
}

/** bgp_startup(). */
function startUp(world: World, session: Session): void {
  session.ready = true;
  if (!session.config.passive) activate(world, session);
}

/** bgp_active(). */
function activate(world: World, session: Session): void {
  const connection = newConnection(session, 'outgoing', 'Active');
  session.outgoing = connection;
  const delay = withJitter(world, Math.max(1, timersOf(session).connectDelay));
  connection.timer = startTimer(world, 'connect', { speaker: session.speaker, session, connection }, delay);
}

/** bgp_connect(): a SYN is on its way, and is repeated when nothing comes back. */
function connect(world: World, session: Session): void {
  const connection = newConnection(session, 'outgoing', 'Connect');
  session.outgoing = connection;
  session.tried = true;
  schedule(world, { type: 'connect', from: connection }, 1);
  const delay = withJitter(world, timersOf(session).connectRetry);
  connection.timer = startTimer(world, 'connect', { speaker: session.speaker, session, connection }, delay);
}

/** A SYN arrives: bgp_incoming_connection(). What is not reachable, or is signed with another password, gets no answer. */
export function arrive(world: World, from: Connection): void {
  if (from.state !== 'Connect' || !comesThrough(world, from.session, from.role)) return;
  const { local, neighbor, password } = from.session.config;
  const owner = world.owners.get(neighbor);
  if (owner === undefined) return;
  if (!owner.running) {
    bring(world, from, { type: 'closed', reason: 'Socket: Connection refused' });
    return;
  }
  const session = sessionWith(owner, neighbor, local);
  if (session !== undefined && session.config.password !== password) return;
  bring(world, from, { type: 'connected' });
  if (session === undefined || !accepts(world, session)) {
    bring(world, from, { type: 'closed', reason: 'Socket: Connection closed' });
    return;
  }
  const connection = newConnection(session, 'incoming', 'Idle');
  session.incoming = connection;
  connection.other = from;
  from.other = connection;
  sendOpen(world, connection);
}

function accepts(world: World, session: Session): boolean {
  const { connection } = session;
  if (connection?.state === 'Established' && session.gracefulReady) {
    // The neighbour is there anew, and its old connection not yet known to be dead.
    session.lastError = 'Graceful restart';
    beginRestart(world, session);
    close(world, connection);
    if (session.incoming !== undefined) close(world, session.incoming);
    return true;
  }
  return session.state !== 'down' && session.ready && session.incoming === undefined;
}

/** bgp_send_open(). */
function sendOpen(world: World, connection: Connection): void {
  const { session } = connection;
  connection.timer = stopTimer(connection.timer);
  connection.state = 'OpenSent';
  send(world, connection, openOf(session));
}

/** What has come on a connection, in order. */
export function receive(world: World, { to: connection, count }: Delivery): void {
  for (let i = 0; i < count; i++) {
    const incoming = connection.inbox[connection.read];
    if (incoming === undefined) throw new Error('nothing has come');
    if (incoming.type !== 'connected' && !comesThrough(world, connection.session, connection.role)) {
      connection.stalled += count - i;
      return;
    }
    connection.read++;
    if (connection.read === connection.inbox.length) {
      connection.inbox = [];
      connection.read = 0;
    }
    if (connection.state === 'Idle') continue;
    handle(world, connection, incoming);
    decide(world, connection.session);
  }
}

function handle(world: World, connection: Connection, incoming: Incoming): void {
  const { session } = connection;
  switch (incoming.type) {
    case 'connected':
      sendOpen(world, connection);
      return;
    case 'closed':
      lose(world, connection, incoming.reason);
      return;
    case 'OPEN':
      receiveOpen(world, connection, incoming);
      return;
    case 'NOTIFICATION':
      receiveNotification(world, connection, incoming);
      return;
  }
  if (connection.state === 'OpenConfirm') establish(world, connection);
  switch (incoming.type) {
    case 'UPDATE':
      receiveUpdate(world, session, incoming);
      return;
    case 'END-OF-RIB':
      recovered(world, session);
      if (session.gracefulActive) endRestart(world, session);
      return;
    case 'ROUTE-REFRESH':
      if (session.feeding) refeed(world, session);
      return;
    case 'KEEPALIVE':
  }
}

/** bgp_rx_open(). */
function receiveOpen(world: World, connection: Connection, open: Open): void {
  const { session } = connection;
  const { config, speaker } = session;
  if (connection.state !== 'OpenSent') return;
  const error = refusal(session, open);
  if (error !== undefined) {
    fail(world, connection, error);
    return;
  }
  const other = connection === session.outgoing ? session.incoming : session.outgoing;
  if (other?.state === 'Connect' || other?.state === 'Active') close(world, other);
  if (other?.state === 'OpenConfirm') {
    // The connection is kept that the router with the higher id has opened (RFC 4271 §6.8, RFC 6286 §2.3).
    const { as, routerId } = speaker.config;
    const theirs = routerId < open.routerId || (routerId === open.routerId && as < config.neighborAs);
    if (theirs !== (connection.role === 'incoming')) {
      fail(world, connection, NOTIFICATIONS.collision);
      return;
    }
    fail(world, other, NOTIFICATIONS.collision);
  }
  if (other?.state === 'Established') {
    fail(world, connection, NOTIFICATIONS.collision);
    return;
  }
  connection.open = open;
  session.remoteId = open.routerId;
  connection.state = 'OpenConfirm';
  send(world, connection, { type: 'KEEPALIVE' });
}

/** bgp_conn_enter_established_state(). */
function establish(world: World, connection: Connection): void {
  const { session } = connection;
  const { open } = connection;
  if (open === undefined) throw new Error('established without an OPEN');
  const { config } = session;
  connection.state = 'Established';
  session.connection = connection;
  changeState(world, session, 'up');
  session.lastError = undefined;
  session.addPathsSend = config.addPaths && open.addPaths;
  session.addPathsReceive = session.addPathsSend;
  session.gracefulReady = config.gracefulRestart && open.restart !== undefined;
  resumeRestart(world, session, open);
  feedUnlessRecovering(world, session, open);
  if (open.restart === undefined) recovered(world, session);
}

/** bgp_rx_notification(). */
function receiveNotification(world: World, connection: Connection, { code, text }: Notification): void {
  const { session } = connection;
  note(session, connection, `Received: ${text}`);
  const wasUp = connection.state === 'Established';
  close(world, connection);
  if (code !== CEASE) delayStartup(world, session);
  if (code !== CEASE || wasUp) stopSession(world, session, undefined);
}

/** bgp_error(): tells the neighbour and closes; what `birdc` prints of it is bgp_last_errmsg(). */
function fail(world: World, connection: Connection, error: Notification): void {
  const { session } = connection;
  const { code, text } = error;
  note(session, connection, `BGP Error: ${text}`);
  const wasUp = connection.state === 'Established';
  send(world, connection, { type: 'NOTIFICATION', ...error });
  close(world, connection);
  if (code !== CEASE) delayStartup(world, session);
  if (code !== CEASE || wasUp) stopSession(world, session, undefined);
}

/** bgp_store_error(): not what befalls a second connection while one is established. */
function note(session: Session, connection: Connection, text: string): void {
  if (session.state !== 'up' || connection === session.connection) session.lastError = text;
}

/** bgp_update_startup_delay(): ever longer after errors. */
function delayStartup(world: World, session: Session): void {
  const { now } = world.queue;
  const [least, most] = timersOf(session).errorWait;
  const last = session.lastProtocolError;
  if (last !== undefined && now - last >= ERROR_FORGET_TIME * 1000) session.startupDelay = 0;
  session.lastProtocolError = now;
  session.startupDelay = session.startupDelay === 0 ? least : Math.min(2 * session.startupDelay, most);
}

/** TCP is gone: bgp_sock_err(). */
function lose(world: World, connection: Connection, reason: string): void {
  const { session } = connection;
  note(session, connection, reason);
  const wasUp = connection.state === 'Established';
  if (wasUp) session.tried = false;
  if (wasUp && session.gracefulReady) {
    beginRestart(world, session);
    close(world, connection);
  } else {
    close(world, connection);
    if (wasUp) stopSession(world, session, undefined);
  }
}

/** bgp_conn_enter_idle_state(), and the neighbour's end learns of it. */
function close(world: World, connection: Connection): void {
  const { session, other } = connection;
  connection.state = 'Idle';
  connection.timer = stopTimer(connection.timer);
  connection.hold = stopTimer(connection.hold);
  if (session.connection === connection) session.connection = undefined;
  if (session.outgoing === connection) session.outgoing = undefined;
  if (session.incoming === connection) session.incoming = undefined;
  if (other !== undefined && other.state !== 'Idle') {
    bring(world, other, { type: 'closed', reason: 'Socket: Connection closed' });
  }
}

/**
 * Ends a session, its routes go: bgp_stop(). Connections are closed with a Cease, which may tell why; the session
 * starts anew when it is enabled (see `decide`).
 */
export function stopSession(world: World, session: Session, notification: Notification | undefined): void {
  session.startupTimer = stopTimer(session.startupTimer);
  session.restartTimer = stopTimer(session.restartTimer);
  // What fails before it is up fails again as long as nothing happens.
  session.tried = session.enabled && session.state !== 'up';
  for (const connection of [session.outgoing, session.incoming]) {
    if (connection === undefined) continue;
    if (connection.state !== 'Connect' && connection.state !== 'Active') {
      send(world, connection, { type: 'NOTIFICATION', ...(notification ?? NOTIFICATIONS.cease) });
    }
    close(world, connection);
  }
  changeState(world, session, 'down');
  session.ready = false;
  session.gracefulActive = false;
  session.gracefulReady = false;
  unfeed(world, session);
  flushRoutes(world, session.speaker, session.protocol);
}

/** What follows when a connection has ended: bgp_decision(). */
export function decide(world: World, session: Session): void {
  if (!session.speaker.running || !session.enabled) return;
  if (session.state === 'down') startSession(world, session);
  else if (
    session.state === 'start' &&
    session.ready &&
    session.outgoing === undefined &&
    session.incoming?.state !== 'OpenConfirm' &&
    session.incoming?.state !== 'OpenSent' &&
    !session.config.passive
  ) {
    activate(world, session);
  }
}

/** A timer has run out. */
export function expire(world: World, timer: Timer): void {
  const { session, connection } = timer;
  if (session === undefined) return;
  switch (timer.kind) {
    case 'startup':
      session.startupTimer = undefined;
      startUp(world, session);
      break;
    case 'connect':
      // bgp_connect_timeout(): the first try, or the next.
      if (connection !== undefined && session.state === 'start') {
        connection.state = 'Idle';
        connect(world, session);
      }
      break;
    case 'hold':
      if (connection !== undefined) fail(world, connection, NOTIFICATIONS.holdTimer);
      break;
    case 'restart':
      stopSession(world, session, undefined);
      break;
    case 'recovery':
  }
  decide(world, session);
}

/** Asks the neighbour to announce all again (RFC 2918): the import filter has changed. */
export function askRefresh(world: World, session: Session): void {
  const { connection } = session;
  if (connection !== undefined) send(world, connection, { type: 'ROUTE-REFRESH' });
}
