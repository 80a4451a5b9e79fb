import type { Header } from '../../src/packet/index.js';
import { applyDiff, type Leg, type Path, type Trace, type TraceEvent } from '../../src/trace/index.js';

/** An event, and the packet that it is about. */
export interface PlacedEvent {
  readonly netns: string;
  readonly frame: number;
  readonly event: TraceEvent;
  readonly leg: Leg;
  /** As the event left them. */
  readonly headers: readonly Header[];
}

/** What happened in the first run of a trace, in the order in which it did. */
export function placedEvents(trace: Trace): PlacedEvent[] {
  const found = trace.legs
    .filter((leg) => leg.id.startsWith('l'))
    .flatMap((leg) => leg.paths.slice(0, 1).flatMap((path) => eventsOfPath(leg, path)));
  return found.sort((a, b) => numberOf(a.event) - numberOf(b.event));
}

function numberOf({ id }: TraceEvent): number {
  return Number(id.slice(1));
}

function eventsOfPath(leg: Leg, path: Path): PlacedEvent[] {
  const stacks = new Map<number, readonly Header[]>();
  const placed: PlacedEvent[] = [];
  for (const { netns, frame, events } of path.hops)
    for (const event of events) {
      const before = stacks.get(frame) ?? leg.packet;
      const headers = event.k === 'join' ? event.headers : applyDiff(before, event.diff);
      placed.push({ netns, frame, event, leg, headers });
      stacks.set(frame, headers);
      if (event.k === 'split') for (const piece of event.pieces) stacks.set(piece.frame, piece.headers);
    }
  return placed;
}
