import { argumentProblem, nearest, type Problem } from '../problem/index.js';
import type { Lab } from './lab.js';

/** Problems with faults that a lab does not have; of dumps, which have no lab, with all. */
export function checkFaults(lab: Lab | undefined, names: readonly string[]): readonly Problem[] {
  const known = (lab?.faults ?? []).map((fault) => fault.name);
  return names
    .filter((name) => !known.includes(name))
    .map((name): Problem => {
      const near = nearest(name, known);
      const has =
        known.length === 0 ? `${lab === undefined ? 'a snapshot' : 'the lab'} has none` : `it has ${known.join(', ')}`;
      const message = `no fault is called "${name}"; ${near === undefined ? has : `did you mean "${near}"?`}`;
      return argumentProblem('options', ['faults'], 'unknown-name', message);
    });
}
