import { existsSync, readFileSync } from 'node:fs';
import type { BirdRuns, Run } from './compare.js';
import type { BirdPlan } from './plan.js';
import type { SeenLines } from './seen.js';

/** The version is part of the name: it is that of Debian 12. */
export const CORPUS: URL = new URL('../recordings/bird-random-2.0.12.json', import.meta.url);

/** Of a run what was seen first, and then what each event has changed; no lines: gone. */
export interface RecordedRuns {
  readonly plan: BirdPlan;
  readonly runs: readonly Run[];
}

export function loadCorpus(): BirdRuns[] {
  if (!existsSync(CORPUS)) return [];
  const recorded = JSON.parse(readFileSync(CORPUS, 'utf8')) as RecordedRuns[];
  return recorded.map(({ plan, runs }) => ({ plan, runs: runs.map(unpacked) }));
}

/** Runs that saw the same are one. */
export function packed({ plan, runs }: BirdRuns): RecordedRuns {
  const texts = runs.map((run) => JSON.stringify(changes(run)));
  return { plan, runs: [...new Set(texts)].map((text) => JSON.parse(text) as Run) };
}

function changes(run: Run): Run {
  return run.map((lines, step) => {
    const before = run[step - 1];
    // Sorted: two runs of BIRD show the same in another order.
    const keys = [...new Set([...Object.keys(lines), ...Object.keys(before ?? {})])].sort();
    const changed = keys.filter((key) => before === undefined || String(lines[key]) !== String(before[key]));
    return Object.fromEntries(changed.map((key) => [key, lines[key] ?? []]));
  });
}

function unpacked(changed: Run): Run {
  const run: SeenLines[] = [];
  for (const step of changed) {
    const all = Object.entries({ ...run.at(-1), ...step });
    run.push(Object.fromEntries(all.filter(([, lines]) => lines.length > 0)));
  }
  return run;
}
