import { expect } from 'vitest';
import { applyDiff, type Trace } from '../../src/trace/index.js';

/**
 * The changes that events tell of, applied to the headers that a frame began with, give at each device the frame that
 * is shown there.
 */
export function replayDiffs(trace: Trace): void {
  for (const leg of trace.legs)
    for (const path of leg.paths) {
      const stacks = new Map<number, Trace['legs'][number]['packet']>();
      for (const hop of path.hops) {
        for (const event of hop.events) {
          if (event.k === 'join') {
            stacks.set(hop.frame, event.headers);
            continue;
          }
          const stack = applyDiff(stacks.get(hop.frame) ?? leg.packet, event.diff);
          stacks.set(hop.frame, stack);
          if (event.k === 'rx' || event.k === 'tx') expect(stack).toEqual(event.headers);
          if (event.k === 'split') for (const piece of event.pieces) stacks.set(piece.frame, piece.headers);
        }
      }
    }
}
