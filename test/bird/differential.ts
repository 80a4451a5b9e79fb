import { type BirdRuns, type Disagreement, judge, runBird } from './compare.js';
import { NeverQuiet } from './lab.js';
import type { BirdPlan } from './plan.js';

/** What came of one plan. */
export interface Outcome {
  readonly plan: BirdPlan;
  /** How many things were compared: sessions, prefixes in the table, prefixes in the kernel, at each step. */
  readonly compared: number;
  /** Where BIRD differed from itself. */
  readonly timed: number;
  /** What only another order of the simulation's messages met. */
  readonly ordered: number;
  readonly disagreements: readonly Disagreement[];
  /** Why BIRD itself came to no end; undefined: it did. */
  readonly restless: string | undefined;
  /** How often BIRD went through it: more than once where the first time differed. */
  readonly runs: number;
}

/** A plan that differs goes through BIRD so often: what differs between these depends on timing. */
const RUNS = 4;

async function compareWithBird(plan: BirdPlan): Promise<Outcome> {
  let runs: BirdRuns['runs'] = [];
  try {
    for (let n = 0; ; n++) {
      runs = [...runs, await runBird(plan, n)];
      const judgement = judge({ plan, runs });
      if (judgement.disagreements.length === 0 || runs.length === RUNS)
        return { plan, ...judgement, restless: undefined, runs: runs.length };
    }
  } catch (error) {
    if (error instanceof NeverQuiet)
      return {
        plan,
        compared: 0,
        timed: 0,
        ordered: 0,
        disagreements: [],
        restless: error.message,
        runs: runs.length + 1,
      };
    throw error;
  }
}

/** Plans by seeds from one on, two at a time, as long as more are wanted. */
export async function compareMany(
  plans: (seed: number) => BirdPlan,
  first: number,
  on: (outcome: Outcome) => void,
  more: (begun: number) => boolean,
): Promise<number> {
  let seed = first;
  const worker = async (): Promise<void> => {
    while (more(seed - first)) on(await compareWithBird(plans(seed++)));
  };
  await Promise.all([worker(), worker()]);
  return seed - first;
}
