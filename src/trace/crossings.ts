import type { Header } from '../packet/index.js';
import { checkTrace } from './arguments.js';
import type { LegKind, Trace } from './trace.js';

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

/**
 * Each frame at each device, in the order of capture time stamps. Of a trace with several branches: those of `run`.
 */
export function crossings(trace: Trace, run = 0): Crossing[] {
  checkTrace(trace);
  const found: (Crossing & { readonly order: number })[] = [];
  for (const leg of trace.legs)
    for (const path of leg.paths) {
      if (!belongsTo(leg.id, path.id, run)) continue;
      for (const hop of path.hops)
        for (const event of hop.events) {
          if (event.k !== 'rx' && event.k !== 'tx') continue;
          const { dev, dir, headers, gsoSize, time, order } = event;
          found.push({ netns: hop.netns, dev, dir, headers, gsoSize, time, leg: leg.id, kind: leg.kind, order });
        }
    }
  found.sort((a, b) => a.order - b.order);
  return found.map(({ order: _order, ...crossing }) => crossing);
}

function belongsTo(leg: string, path: string, run: number): boolean {
  if (leg === 'l1') return path === `l1.p${run}`;
  return run === 0 ? leg.startsWith('l') : leg.startsWith(`b${run}.`);
}
