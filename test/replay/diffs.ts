import { expect } from 'vitest';
import type { Header } from '../../src/packet/index.js';
import { applyDiff, type Path, type Trace } from '../../src/trace/index.js';

/**
 * The changes that events tell of, applied to the headers that a frame began with, give at each device the frame that
 * is shown there.
 */
export function replayDiffs(trace: Trace): void {
  for (const leg of trace.legs) for (const path of leg.paths) replayPath(leg.packet, path);
}

function replayPath(first: readonly Header[], path: Path): void {
  const stacks = new Map<number, readonly Header[]>();
  for (const hop of path.hops)
    for (const event of hop.events) {
      if (event.k === 'join') {
        stacks.set(hop.frame, event.headers);
        continue;
      }
      const stack = applyDiff(stacks.get(hop.frame) ?? first, event.diff);
      stacks.set(hop.frame, stack);
      if (event.k === 'rx' || event.k === 'tx') expect(stack).toEqual(event.headers);
      if (event.k === 'split') for (const piece of event.pieces) stacks.set(piece.frame, piece.headers);
    }
}
