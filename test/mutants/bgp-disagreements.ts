import { judge } from '../bird/compare.js';
import { loadCorpus } from '../bird/corpus.js';

/** The first recorded plan of BIRD that the simulation which this was bundled with ends otherwise. */
export function disagreements(): string[] {
  const first = loadCorpus().find((runs) => judge(runs).disagreements.length > 0);
  return first === undefined ? [] : [first.plan.name];
}
