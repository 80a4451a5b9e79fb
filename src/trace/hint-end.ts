import type { Hop, Leg, Path, TraceEvent } from './trace.js';

/** An event that a packet ended with. */
export type Drop = Extract<TraceEvent, { readonly k: 'drop' }>;

/** Where a packet ended. */
export interface End {
  readonly leg: Leg;
  readonly path: Path;
  readonly hop: Hop;
  readonly drop: Drop;
}

/** The drop of that id. */
export function findDrop(legs: readonly Leg[], id: string): End | undefined {
  for (const leg of legs)
    for (const path of leg.paths)
      for (const hop of path.hops)
        for (const event of hop.events)
          if (event.id === id && event.k === 'drop') return { leg, path, hop, drop: event };
  return undefined;
}

/** The path whose packet this leg answers, from its beginning where a program relayed it. */
export function requestOf({ of }: Leg, legs: readonly Leg[]): readonly Path[] {
  const found = legs.flatMap((leg) => leg.paths.map((path) => ({ leg, path }))).find(({ path }) => path.id === of);
  if (found === undefined) return [];
  return found.leg.kind === 'forward' ? [found.path] : [...requestOf(found.leg, legs), found.path];
}
