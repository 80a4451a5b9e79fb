import { inside, type LabContext, type Place } from './context.js';
import type { LabFile } from './lab-file.js';

/**
 * How many entries a lab may have. Far above any that is meant, and low enough that checking all of them against each
 * other ends.
 */
const MOST: Readonly<Partial<Record<keyof LabFile, number>>> = {
  nodes: 10_000,
  pods: 200_000,
  services: 20_000,
  segments: 1000,
  routers: 1000,
  hosts: 1000,
  sysctl: 1000,
  links: 1000,
  commands: 1000,
  faults: 1000,
  expect: 1000,
};

/** Whether a lab is small enough to be read on. */
export function checkLimits(file: LabFile, root: Place, context: LabContext): boolean {
  const before = context.problems.length;
  for (const [key, most] of Object.entries(MOST)) {
    const entries = Object.keys(file[key as keyof LabFile] ?? {}).length;
    if (entries > most)
      context.complain(inside(root, key), 'bad-value', `expected at most ${most} entries, found ${entries}`);
  }
  return context.problems.length === before;
}
