import { formatIpv4, type Ipv4Prefix } from '../address/index.js';
import type { BgpSimulation, FibRoute, Reach, SpeakerConfig } from '../bgp/index.js';
import type { Install } from '../plan/index.js';
import type { Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import type { Override } from './lab.js';
import { type Scanned, scan } from './scan.js';
import { changedNets, type Ways } from './touched.js';
import { type Through, type Way, WayTracer, wayKey } from './ways.js';

/** What commands have made of BGP. */
export interface Found {
  /** Of the ways between speakers, by {@link wayKey}; what is not in it is as the underlay has it. */
  readonly ways: ReadonlyMap<string, Through>;
  /** Of what speakers find on their machines, by name; what is not in it is as the lab has it. */
  readonly scans: ReadonlyMap<string, Scanned>;
}

/** Where no command was run. */
export const NOTHING: Found = { ways: new Map(), scans: new Map() };

/** A network on which commands were run, and the sessions that they may have touched. */
export interface Unsettled {
  readonly ways: Ways;
  readonly touched: readonly Way[];
  /** All commands that were run, earlier ones too. */
  readonly commands: readonly Install[];
  /** What the underlay says where no command counts. */
  readonly underlay: Reach;
  /** What earlier commands have made of it. */
  readonly found: Found;
  /** The network with the commands. */
  readonly network: Network;
  /** The same without them: asked where a session was not through before. */
  readonly before: () => Network;
  /** Networks on which sessions were opened that may stand. */
  readonly earlier: () => readonly Network[];
  /** The speakers as they stand before the commands: run when it is first asked for, and changed. */
  readonly simulation: () => BgpSimulation | undefined;
  /** The network with the commands, made anew of what the speakers then know. */
  readonly again: () => Network;
}

/** How it ends. */
export interface Settled {
  readonly found: Found;
  /** Whether sessions have fallen or come: the speakers were told, and the network is that of `again`. */
  readonly changed: boolean;
  readonly network: Network;
  /** Sessions that would go on coming and going; empty where all settles. */
  readonly restless: readonly Way[];
}

/**
 * Lets the sessions of BGP follow the network that commands have made. Commands come when the sessions stand: those whose
 * TCP no longer comes through fall when their hold timers end, their routes go, and that may take others along, or open a
 * way again that a route had led astray. So it is asked again, until nothing changes, or all ways are as they were once. A session that stands falls only where
 * the connection that it has is cut too; one that has fallen needs a new one.
 */
export function settle(start: Unsettled): Settled {
  const found = new Map(start.found.ways);
  const scans = new Map(start.found.scans);
  const isThrough = (way: Way): boolean => (found.get(wayKey(way)) ?? start.underlay(way.local, way.neighbor)) === true;
  // What is not carried before the commands is opened by them alone.
  const closed = new Set(start.touched.filter((way) => !isThrough(way)).map(wayKey));
  const machines = new Set(start.commands.map(({ netns }) => netns));
  const stage = start.ways.stage(machines, start.commands);
  const wasThrough = (way: Way): boolean =>
    closed.has(wayKey(way)) && new WayTracer(start.before(), [way], stage).follow(way) === true;
  let { touched, network } = start;
  let restless: readonly Way[] = [];
  const states = new Set<string>();
  while (touched.length > 0 && restless.length === 0) {
    const tracer = new WayTracer(network, touched, stage);
    const others = touched.filter((way) => {
      const through = tracer.follow(way);
      if (through === undefined || (through === true) === isThrough(way)) return false;
      if (through === true ? wasThrough(way) : goesOn(start, tracer, way)) return false;
      found.set(wayKey(way), through);
      return true;
    });
    const scanned = states.size === 0 ? rescanned(start, machines, scans) : [];
    if (others.length === 0 && scanned.length === 0) break;
    for (const [name, each] of scanned) scans.set(name, each);
    touched = start.ways.touchedByRoutes(tell(start, new Map(found), scanned));
    network = start.again();
    const state = stateOf(found);
    if (states.has(state)) restless = others;
    states.add(state);
  }
  return { found: { ways: found, scans }, changed: states.size > 0, network, restless };
}

function stateOf(found: Found['ways']): string {
  const open = [...found].filter(([, through]) => through === true).map(([way]) => way);
  return `${found.size} ${open.sort().join()}`;
}

/** Whether the connection of a session that stands is still one, though no new one comes through, or may be. */
function goesOn({ simulation: of, earlier }: Unsettled, tracer: WayTracer, way: Way): boolean {
  const simulation = of();
  const speaker = simulation?.config.speakers.find(({ name }) => name === way.from);
  const own = speaker?.sessions.find(({ local, neighbor }) => local === way.local && neighbor === way.neighbor);
  const status = simulation?.sessions(way.from).find(({ name }) => name === own?.name);
  if (status?.state !== 'Established' || status.openedBy !== 'this side') return false;
  return earlier().some((network) => tracer.goesOn(way, network) !== false);
}

/** Which speakers find something else on their machines than they did, and what. */
function rescanned(
  { ways, network, before }: Unsettled,
  machines: ReadonlySet<string>,
  known: ReadonlyMap<string, Scanned>,
): readonly (readonly [string, Scanned])[] {
  return ways.speakers
    .filter(({ name }) => machines.has(name))
    .map((config) => ({ old: known.get(config.name) ?? config, name: config.name, now: scan(config, network, before) }))
    .filter(({ old: { interfaces, routes }, now }) => JSON.stringify({ interfaces, routes }) !== JSON.stringify(now))
    .map(({ name, now }) => [name, now] as const);
}

/** Tells the speakers what comes through, and lets time pass until no timer waits for it; the prefixes that have changed. */
function tell(
  { simulation: of, underlay }: Unsettled,
  found: Found['ways'],
  scanned: readonly (readonly [string, Scanned])[],
): readonly Ipv4Prefix[] {
  const simulation = of();
  if (simulation === undefined) throw new Error('sessions without speakers');
  const { speakers } = simulation.config;
  const fibs = (): readonly (readonly FibRoute[])[] => speakers.map(({ name }) => simulation.fib(name));
  const before = fibs();
  for (const [speaker, found] of scanned) simulation.apply({ type: 'rescan', speaker, ...found });
  simulation.apply({
    type: 'reachable',
    reachable: (from, to) => found.get(wayKey({ local: from, neighbor: to })) ?? underlay(from, to),
  });
  simulation.advance(longestWait(speakers) * 1000);
  simulation.converge();
  const after = fibs();
  return before.flatMap((routes, i) => changedNets(routes, after[i] ?? []));
}

/** The initial hold time of a session that is just being opened, s; more than that: a second for what the timers cause. */
const LEAST_WAIT = 241;

/** After so long the hold timers of what was cut have ended, and then the restart timers of what ended so: s. */
function longestWait(speakers: readonly SpeakerConfig[]): number {
  const sessions = speakers.flatMap((speaker) => speaker.sessions);
  const hold = sessions.reduce((most, { holdTime }) => Math.max(most, holdTime), LEAST_WAIT);
  return hold + sessions.reduce((most, { restartTime }) => Math.max(most, restartTime), 0);
}

/** Sessions that never settle, as a problem of the command that has begun it. */
export function restlessProblems(restless: readonly Way[], commands: readonly Override[]): readonly Problem[] {
  const [command] = commands;
  const [way] = restless;
  if (command === undefined || way === undefined) return [];
  const { file, path, line, col } = command;
  const which = `the BGP session of ${way.from} with ${formatIpv4(way.neighbor)}`;
  const message = `${which} would come and go for ever: its own routes take away what it goes over`;
  return [{ code: 'conflict', message, file, path, line, col }];
}
