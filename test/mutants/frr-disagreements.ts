import { loadRecorded } from '../frr/recorded.js';
import { disagreementsOf } from '../frr/simulate.js';

/** The first recorded scenario of FRR in which the simulation that this was bundled with has something else. */
export function disagreements(): string[] {
  const first = loadRecorded().find((recorded) => disagreementsOf(recorded).length > 0);
  return first === undefined ? [] : [first.scenario.name];
}
