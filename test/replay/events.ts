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
  /** The skb's mark as it was before the event: a rule that changes it is told of afterwards. */
  readonly markBefore: number;
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
  const marks = new Map<number, number>();
  const placed: PlacedEvent[] = [];
  for (const { netns, frame, events } of path.hops)
    for (const event of events) {
      const before = stacks.get(frame) ?? leg.packet;
      const headers = event.k === 'join' ? event.headers : applyDiff(before, event.diff);
      const meta = event.diff.find((diff) => diff.op === 'meta');
      const markBefore = meta?.from ?? marks.get(frame) ?? 0;
      placed.push({ netns, frame, event, leg, headers, markBefore });
      stacks.set(frame, headers);
      marks.set(frame, meta?.to ?? markBefore);
      if (event.k === 'split')
        for (const piece of event.pieces) {
          stacks.set(piece.frame, piece.headers);
          marks.set(piece.frame, marks.get(frame) ?? 0);
        }
    }
  return placed;
}
