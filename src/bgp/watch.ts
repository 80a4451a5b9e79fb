import type { Oscillation, Unsettled } from './oscillation.js';
import type { RibRoute } from './rib.js';
import { type Connection, netOf, type Route, type RouteWatch, type Table, type World } from './state.js';
import { ribRoute } from './status.js';

/** A round is a millisecond in which something happens. After so many in a row, routes are watched. */
const PATIENCE = 64;
/** Rounds of the first window. */
const SHORTEST = 8;
/** How often a state has to come back before chance gets its turn. */
const RETURNS = 2;
/** How often chance gets it at least, and until so many messages about the prefix were sent: a second's work. */
const SHAKES = 4;
const ENOUGH = 100_000;
/** For how long messages are then delayed at first, later for twice as long each time, and by how much at most, ms. */
const SHAKEN = 8;
const LONGEST_DELAY = 4;
/** So many messages about a prefix are always let pass. */
const MANY = 1_000_000;

/** What a speaker's routes to a net were when the window began, and the best ones since. */
interface Cell {
  readonly before: string;
  readonly bests: Map<string, Route | undefined>;
}

/**
 * Tells a network that never converges. The state of a prefix is all routes to it, in order, and the messages about it
 * that are under way. Where that comes back while no session changes and time alone has passed, repeating what has
 * happened in between is an order of messages in which each arrives and which never ends: a network that converges in
 * any order (one without dispute wheel: Griffin, Shepherd, Wilfong 2002) has none such, and is thus never told.
 *
 * Other networks may get out by chance: two speakers that each prefer the other's path do, where not both change at
 * once, and here all messages take the same time. That is why messages are then delayed at random for a while, and it
 * has to come back after each of several times.
 */
export class Watch implements RouteWatch {
  readonly #world: World;
  readonly #isUnsettled: () => boolean;
  #rounds = 0;
  /** Length of the window, rounds: doubled until a state comes back within. */
  #length = SHORTEST;
  #left = 0;
  #shakenUntil = 0;
  #shaken = SHAKEN;
  readonly #receivers = new Set<Connection>();
  readonly #cells = new Map<number, Map<Table, Cell>>();
  /** Nets that next hops were looked up in since the window began: what these lead to is part of the state. */
  readonly #hosts = new Set<number>();
  #flights: ReadonlyMap<number, string> = new Map();
  readonly #returns = new Map<number, number>();
  /** After how many shakes a net has come back. */
  readonly #shakes = new Map<number, number>();
  /** Messages about a net, as long as some are under way about any: two may take turns, by an aggregate or a next hop. */
  readonly #messages = new Map<number, number>();

  /** `isUnsettled` tells whether a session is still to be established. */
  constructor(world: World, isUnsettled: () => boolean) {
    this.#world = world;
    this.#isUnsettled = isUnsettled;
  }

  /** A round is over: what it had to do at its time is done. */
  endRound(): Unsettled | undefined {
    const { queue, watch } = this.#world;
    if (queue.work === 0) {
      this.#rounds = 0;
      this.stop();
      return undefined;
    }
    this.#rounds++;
    if (watch !== undefined) return this.#look();
    if (this.#rounds % PATIENCE === 0 && !this.#isUnsettled()) this.#start();
    return undefined;
  }

  stop(): void {
    this.#world.watch = undefined;
  }

  changes(table: Table, net: number): void {
    const best = table.nets.get(net);
    const tables = this.#cells.get(net) ?? new Map<Table, Cell>();
    this.#cells.set(net, tables);
    const cell = tables.get(table) ?? { before: routesText(best), bests: new Map() };
    tables.set(table, cell);
    cell.bests.set(best === undefined ? '' : routeText(best), best);
  }

  concernsHosts(net: number): void {
    this.#hosts.add(net);
  }

  brings(to: Connection): void {
    this.#receivers.add(to);
  }

  delay(): number {
    const { queue } = this.#world;
    return queue.now < this.#shakenUntil ? queue.random(LONGEST_DELAY) : 0;
  }

  #start(): void {
    this.#world.watch = this;
    this.#length = SHORTEST;
    this.#shaken = SHAKEN;
    this.#shakes.clear();
    this.#messages.clear();
    this.#receivers.clear();
    for (const { outgoing, incoming } of this.#world.sessions) {
      if (outgoing !== undefined) this.#receivers.add(outgoing);
      if (incoming !== undefined) this.#receivers.add(incoming);
    }
    this.#begin(this.#underWay());
  }

  #begin(flights: ReadonlyMap<number, string>): void {
    this.#left = this.#length;
    this.#flights = flights;
    this.#cells.clear();
    this.#hosts.clear();
    this.#returns.clear();
  }

  #look(): Unsettled | undefined {
    const { queue } = this.#world;
    const flights = this.#underWay();
    const endless = this.#endless(flights);
    if (endless.length > 0) return { oscillations: this.#tell(endless), recurs: false };
    if (queue.now < this.#shakenUntil) {
      this.#begin(flights);
      return undefined;
    }
    this.#noteReturns(flights);
    const back = [...this.#returns].filter(([, times]) => times >= RETURNS).map(([net]) => net);
    if (back.length > 0) {
      for (const net of back) this.#shakes.set(net, (this.#shakes.get(net) ?? -1) + 1);
      if (back.some((net) => this.#hadItsChance(net)))
        return { oscillations: this.#tell([...this.#returns.keys()]), recurs: true };
      this.#shakenUntil = queue.now + this.#shaken;
      this.#shaken *= 2;
      this.#length = SHORTEST;
    } else if (--this.#left === 0) {
      this.#length *= 2;
      if (this.#isUnsettled()) this.stop();
      else this.#begin(flights);
    }
    return undefined;
  }

  #hadItsChance(net: number): boolean {
    return (this.#shakes.get(net) ?? 0) >= SHAKES && (this.#messages.get(net) ?? 0) >= ENOUGH;
  }

  /** What is said about each net and has not arrived yet. */
  #underWay(): ReadonlyMap<number, string> {
    const receivers = [...this.#receivers].filter(isReceiving);
    this.#receivers.clear();
    for (const each of receivers) this.#receivers.add(each);
    receivers.sort((a, b) => a.session.index - b.session.index || (a.role < b.role ? -1 : 1));
    const texts = new Map<number, string>();
    for (const { session, role, inbox, read, stalled } of receivers) {
      // It waits until TCP comes through again.
      if (stalled > 0) continue;
      for (let i = read; i < inbox.length; i++) {
        const message = inbox[i];
        if (message?.type !== 'UPDATE') continue;
        for (const [n, net] of message.nets.entries()) {
          const text = `${session.index} ${role} ${message.path?.number} ${message.pathIds[n]};`;
          texts.set(net, (texts.get(net) ?? '') + text);
        }
      }
    }
    return texts;
  }

  /** Nets about which there were more messages than `MANY`, and than in rounds as many as a path of all speakers has. */
  #endless(flights: ReadonlyMap<number, string>): readonly number[] {
    const { sessions, speakers } = this.#world;
    const most = Math.max(MANY, (100 + 2 * speakers.size) * sessions.length);
    const endless: number[] = [];
    for (const [net, text] of flights) {
      const messages = (this.#messages.get(net) ?? 0) + count(text);
      this.#messages.set(net, messages);
      if (messages > most) endless.push(net);
    }
    return endless;
  }

  #noteReturns(flights: ReadonlyMap<number, string>): void {
    const isBack = (net: number): boolean => flights.get(net) === this.#flights.get(net) && this.#isAsBefore(net);
    for (const net of this.#hosts) if (!isBack(net)) return;
    for (const net of flights.keys()) if (isBack(net)) this.#returns.set(net, (this.#returns.get(net) ?? 0) + 1);
  }

  #isAsBefore(net: number): boolean {
    for (const [table, { before }] of this.#cells.get(net) ?? [])
      if (routesText(table.nets.get(net)) !== before) return false;
    return true;
  }

  #tell(nets: readonly number[]): readonly Oscillation[] {
    const world = this.#world;
    return nets
      .map((id): Oscillation => {
        const cells = this.#cells.get(id);
        const speakers = [...world.speakers.values()].flatMap(({ name, table }) => {
          const bests = cells?.get(table)?.bests;
          if (bests === undefined || bests.size < 2) return [];
          return [
            {
              name,
              routes: [...bests.values()].map((best): RibRoute | undefined => best && ribRoute(world, best, true)),
            },
          ];
        });
        return { net: netOf(world, id), speakers };
      })
      .sort((a, b) => a.net.address - b.net.address || a.net.length - b.net.length);
  }
}

function isReceiving({ state, inbox, read }: Connection): boolean {
  return state !== 'Idle' && read < inbox.length;
}

function count(text: string): number {
  let n = 0;
  for (let at = text.indexOf(';'); at !== -1; at = text.indexOf(';', at + 1)) n++;
  return n;
}

/** All that the decision process and exports look at. */
function routeText({ protocol, pathId, path, dest, igpMetric, nexthops, stale }: Route): string {
  const hops = nexthops.map(({ via, dev, weight }) => `${via} ${dev} ${weight}`).join();
  return `${protocol.kind} ${protocol.name} ${pathId} ${path?.number} ${dest} ${igpMetric} ${hops} ${stale}`;
}

function routesText(best: Route | undefined): string {
  let text = '';
  for (let route = best; route !== undefined; route = route.next) text += `${routeText(route)};`;
  return text;
}
