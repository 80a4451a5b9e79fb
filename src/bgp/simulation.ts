import type { Ipv4Prefix } from '../address/index.js';
import type { BgpConfig, BgpEvent, SpeakerConfig } from './config.js';
import { explain } from './explain.js';
import type { Explanation } from './explanation.js';
import { arrive, decide, expire, receive, stopSession } from './fsm.js';
import { endRecovery } from './graceful.js';
import { noteReachability } from './hold.js';
import { addSessions, addSpeaker, killSpeaker, shutDownSpeaker, startSpeaker } from './lifecycle.js';
import { type Logged, MessageLog } from './log.js';
import { isUnsettled } from './matching.js';
import { NOTIFICATIONS, type Notification } from './notification.js';
import { BgpOscillationError } from './oscillation.js';
import { PathTable } from './path.js';
import { EventQueue } from './queue.js';
import { reconfigure, rescan } from './reconfigure.js';
import type { FibRoute, RibRoute, SessionStatus } from './rib.js';
import { resolveAgain } from './routes.js';
import { inOrder, netId, netOf, type Session, type Speaker, type World, type WorldEvent } from './state.js';
import { announcedRoute, ribRoute, statusOf } from './status.js';
import { flush } from './transmit.js';
import { Watch } from './watch.js';

/** A BGP message on its way (RFC 4271 §4). */
export interface Message {
  /** When it is sent, ms of virtual time. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** Session by its name on the sender. */
  readonly session: string;
  readonly type: 'OPEN' | 'UPDATE' | 'KEEPALIVE' | 'NOTIFICATION' | 'ROUTE-REFRESH' | 'END-OF-RIB';
  readonly announced: readonly Ipv4Prefix[];
  readonly withdrawn: readonly Ipv4Prefix[];
  /** What a NOTIFICATION tells; undefined for other types. */
  readonly notification: Notification | undefined;
}

/** How many messages were sent, of all speakers or between two. */
export interface MessageCounts {
  readonly open: number;
  /** UPDATEs that announce. */
  readonly announce: number;
  /** UPDATEs that only withdraw. */
  readonly withdraw: number;
  readonly endOfRib: number;
  readonly notification: number;
  /** Prefixes in those that announce, and in those that withdraw. */
  readonly nlri: number;
  readonly withdrawn: number;
}

/**
 * Speakers, the messages between them and what they make of them, in virtual time. Deterministic: the same
 * configuration, seed and events lead to the same tables.
 */
export class BgpSimulation {
  #config: BgpConfig;
  readonly #world: World;
  /** Where a search for sessions that are not established has come to. */
  #unsettled = 0;

  constructor(config: BgpConfig) {
    this.#config = config;
    this.#world = {
      queue: new EventQueue(config.seed),
      log: new MessageLog(),
      paths: new PathTable(),
      nets: [],
      netIds: Array.from({ length: 33 }, () => new Map()),
      speakers: new Map(),
      owners: new Map(),
      sessions: [],
      groups: new Map(),
      filters: new WeakMap(),
      filterTexts: new Map(),
      reachable: config.reachable,
      gateways: new Map(),
      said: undefined,
      watch: undefined,
    };
    const speakers = config.speakers.map((speaker) => addSpeaker(this.#world, speaker));
    for (const speaker of speakers) addSessions(this.#world, speaker);
    for (const speaker of speakers) startSpeaker(this.#world, speaker, false);
  }

  /** What it was made of, with the configurations that speakers have got since. */
  get config(): BgpConfig {
    return this.#config;
  }

  /** Milliseconds since the speakers were started. */
  get now(): number {
    return this.#world.queue.now;
  }

  /**
   * Runs until no message is under way and no session is still to be tried: timers that only wait are left.
   *
   * @throws BgpOscillationError where routes go on changing for ever.
   */
  converge(): void {
    const { queue } = this.#world;
    this.#unsettled = 0;
    const end = queue.now + LONGEST;
    const watch = new Watch(this.#world, () => this.#isUnsettled());
    while (queue.work > 0 || this.#isUnsettled()) {
      if (queue.next() !== queue.now) {
        const unsettled = watch.endRound();
        if (unsettled !== undefined) {
          watch.stop();
          throw new BgpOscillationError(unsettled);
        }
      }
      if (queue.now > end) throw new Error('BGP does not converge: sessions come and go');
      if (!this.#step()) break;
    }
    watch.stop();
  }

  /** Lets that much time pass, ms: timers end. */
  advance(ms: number): void {
    const { queue } = this.#world;
    const end = queue.now + ms;
    while ((queue.next() ?? Number.POSITIVE_INFINITY) <= end) this.#step();
    queue.now = end;
  }

  /** Something happens now; its consequences come with `converge` or `advance`. */
  apply(event: BgpEvent): void {
    const world = this.#world;
    switch (event.type) {
      case 'kill':
      case 'shutdown': {
        const speaker = this.#speaker(event.speaker);
        if (!speaker.running) return;
        if (event.type === 'kill') killSpeaker(world, speaker);
        else shutDownSpeaker(world, speaker);
        break;
      }
      case 'start': {
        const speaker = this.#speaker(event.speaker);
        if (!speaker.running) startSpeaker(world, speaker, event.recover ?? false);
        break;
      }
      case 'disable': {
        const session = this.#session(event.speaker, event.session);
        session.enabled = false;
        // bgp_shutdown(), bird proto/bgp/bgp.c: BE_MAN_DOWN takes the place of what went wrong before.
        session.lastError = undefined;
        if (session.speaker.running) stopSession(world, session, NOTIFICATIONS.shutdown);
        break;
      }
      case 'enable': {
        const session = this.#session(event.speaker, event.session);
        session.enabled = true;
        session.startupDelay = 0;
        decide(world, session);
        break;
      }
      case 'reconfigure':
        reconfigure(world, this.#speaker(event.config.name), event.config);
        this.#config = withSpeaker(this.#config, event.config);
        break;
      case 'rescan': {
        const speaker = this.#speaker(event.speaker);
        rescan(world, speaker, event);
        this.#config = withSpeaker(this.#config, speaker.config);
        break;
      }
      case 'reachable':
        world.reachable = event.reachable;
        for (const speaker of world.speakers.values()) {
          for (const session of speaker.sessions) noteReachability(world, session);
        }
    }
  }

  /** Whether the daemon of that speaker runs. */
  running(speaker: string): boolean {
    return this.#speaker(speaker).running;
  }

  /** Its whole table in order of prefixes, the best path of each first. */
  rib(speaker: string): readonly RibRoute[] {
    const world = this.#world;
    const { nets } = this.#speaker(speaker).table;
    const routes: RibRoute[] = [];
    for (const id of inOrder(world, nets.keys())) {
      const best = nets.get(id);
      for (let route = best; route !== undefined; route = route.next)
        routes.push(ribRoute(world, route, route === best));
    }
    return routes;
  }

  /** What it announces to a neighbour now (Adj-RIB-Out), by the session's name. */
  announced(speaker: string, session: string): readonly RibRoute[] {
    const world = this.#world;
    const { out, speaker: owner } = this.#session(speaker, session);
    const { nets } = owner.table;
    const routes: RibRoute[] = [];
    for (const id of inOrder(world, nets.keys())) {
      const best = nets.get(id);
      for (let route = best; route !== undefined; route = route.next) {
        const path = out.get(route.id);
        if (path === undefined) continue;
        routes.push(announcedRoute(world, route, route === best, world.paths.at(path).attributes));
      }
    }
    return routes;
  }

  /** What it has put into the forwarding table. */
  fib(speaker: string): readonly FibRoute[] {
    const { kernel } = this.#speaker(speaker);
    const routes: FibRoute[] = [];
    for (const id of inOrder(this.#world, kernel.keys())) {
      const route = kernel.get(id);
      if (route !== undefined) routes.push(route);
    }
    return routes;
  }

  sessions(speaker: string): readonly SessionStatus[] {
    return this.#speaker(speaker).sessions.map((session) => statusOf(this.#world, session));
  }

  explain(speaker: string, net: Ipv4Prefix): Explanation {
    return explain(this.#world, this.#speaker(speaker), netId(this.#world, net));
  }

  /** Since the start; between two where they are given. */
  counts(from?: string, to?: string): MessageCounts {
    const { log } = this.#world;
    const counts = { open: 0, announce: 0, withdraw: 0, endOfRib: 0, notification: 0, nlri: 0, withdrawn: 0 };
    for (let i = 0; i < log.length; i++) {
      const session = this.#sessionAt(log.session(i));
      if (from !== undefined && session.speaker.name !== from) continue;
      if (to !== undefined && this.#neighborOf(session) !== to) continue;
      count(counts, log.kind(i), log.netCount(i));
    }
    return counts;
  }

  /** All messages in order of sending. */
  messages(): readonly Message[] {
    const { log } = this.#world;
    return Array.from({ length: log.length }, (_, i) => this.#message(i));
  }

  #message(i: number): Message {
    const { log } = this.#world;
    const session = this.#sessionAt(log.session(i));
    const kind = log.kind(i);
    const error = log.error(i);
    const nets = log.nets(i).map((net) => netOf(this.#world, net));
    return {
      at: log.at(i),
      from: session.speaker.name,
      to: this.#neighborOf(session),
      session: session.config.name,
      type: kind === 'announce' || kind === 'withdraw' ? 'UPDATE' : kind,
      announced: kind === 'announce' ? nets : [],
      withdrawn: kind === 'withdraw' ? nets : [],
      notification: error === undefined ? undefined : { code: error.code, subcode: error.subcode, text: error.text },
    };
  }

  #step(): boolean {
    const world = this.#world;
    const event = world.queue.take();
    if (event === undefined) return false;
    if (event.type !== 'timer') world.queue.work--;
    run(world, event);
    return true;
  }

  /** Whether a session is still to be established or tried; starts where the last search has ended. */
  #isUnsettled(): boolean {
    const { sessions } = this.#world;
    for (let tries = 0; tries < sessions.length; tries++) {
      const session = this.#sessionAt(this.#unsettled);
      if (session.speaker.sessions.includes(session) && isUnsettled(this.#world, session)) return true;
      this.#unsettled = (this.#unsettled + 1) % sessions.length;
    }
    return false;
  }

  #speaker(name: string): Speaker {
    const speaker = this.#world.speakers.get(name);
    if (speaker === undefined) throw new Error(`there is no speaker ${name}`);
    return speaker;
  }

  #session(speaker: string, name: string): Session {
    const session = this.#speaker(speaker).sessions.find((s) => s.config.name === name);
    if (session === undefined) throw new Error(`${speaker} has no session ${name}`);
    return session;
  }

  #sessionAt(index: number): Session {
    const session = this.#world.sessions[index];
    if (session === undefined) throw new Error(`there is no session ${index}`);
    return session;
  }

  #neighborOf(session: Session): string {
    return this.#world.owners.get(session.config.neighbor)?.name ?? '';
  }
}

function withSpeaker(config: BgpConfig, changed: SpeakerConfig): BgpConfig {
  return { ...config, speakers: config.speakers.map((each) => (each.name === changed.name ? changed : each)) };
}

/** More than any timer that leads to a session: after so much time, ms, something goes in circles. */
const LONGEST = 3_600_000;

function run(world: World, event: WorldEvent): void {
  switch (event.type) {
    case 'deliver':
      receive(world, event);
      break;
    case 'connect':
      arrive(world, event.from);
      break;
    case 'flush':
      flush(world, event.session);
      break;
    case 'resolve':
      if (event.speaker.running) resolveAgain(world, event.speaker);
      break;
    case 'timer':
      if (event.timer.cancelled) return;
      if (event.timer.kind === 'recovery') endRecovery(world, event.timer.speaker);
      else expire(world, event.timer);
  }
}

function count(counts: { -readonly [K in keyof MessageCounts]: number }, kind: Logged, nets: number): void {
  switch (kind) {
    case 'OPEN':
      counts.open++;
      break;
    case 'NOTIFICATION':
      counts.notification++;
      break;
    case 'END-OF-RIB':
      counts.endOfRib++;
      break;
    case 'announce':
      counts.announce++;
      counts.nlri += nets;
      break;
    case 'withdraw':
      counts.withdraw++;
      counts.withdrawn += nets;
      break;
    case 'KEEPALIVE':
    case 'ROUTE-REFRESH':
  }
}
