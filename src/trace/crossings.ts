import type { Header } from '../packet/index.js';
import { checkTrace } from './arguments.js';
import type { Hop, Leg, LegKind, Trace, TraceEvent } from './trace.js';

/** One frame at one device, as a capture there sees it. */
export interface Crossing {
  readonly netns: string;
  readonly dev: string;
  readonly dir: 'in' | 'in-bcast' | 'in-mcast' | 'in-otherhost' | 'out';
  /** The whole header stack, inner headers included. */
  readonly headers: readonly Header[];
  /** Payload bytes of each segment that a GSO packet stands for; 0 for an ordinary one. */
  readonly gsoSize: number;
  /** Virtual time, ms. */
  readonly time: number;
  readonly leg: string;
  readonly kind: LegKind;
}

/** A crossing, by where the trace tells of it. */
export interface PlacedCrossing {
  readonly leg: Leg;
  readonly hop: Hop;
  /** Which of the hop's events. */
  readonly at: number;
  readonly event: Extract<TraceEvent, { readonly k: 'rx' | 'tx' }>;
}

/**
 * Each frame at each device, in the order of capture time stamps. Of a trace with several branches: those of `run`.
 */
export function crossings(trace: Trace, run = 0): Crossing[] {
  return placedCrossings(trace, run).map(({ leg, hop, event: { dev, dir, headers, gsoSize, time } }) => ({
    netns: hop.netns,
    dev,
    dir,
    headers,
    gsoSize,
    time,
    leg: leg.id,
    kind: leg.kind,
  }));
}

/** As {@link crossings}, with where the trace tells of them. */
export function placedCrossings(trace: Trace, run = 0): PlacedCrossing[] {
  checkTrace(trace);
  const found = trace.legs.flatMap((leg) =>
    leg.paths
      .filter((path) => belongsTo(leg.id, path.id, run))
      .flatMap((path) => path.hops.flatMap((hop) => crossingsOfHop(leg, hop))),
  );
  return found.sort((a, b) => a.event.order - b.event.order);
}

function crossingsOfHop(leg: Leg, hop: Hop): PlacedCrossing[] {
  return hop.events.flatMap((event, at) => (event.k === 'rx' || event.k === 'tx' ? [{ leg, hop, at, event }] : []));
}

function belongsTo(leg: string, path: string, run: number): boolean {
  if (leg === 'l1') return path === `l1.p${run}`;
  return run === 0 ? leg.startsWith('l') : leg.startsWith(`b${run}.`);
}
