import type { Runtime } from '../linux/index.js';
import type { Unmodelled } from '../topology/index.js';
import { type Answered, type Branching, SeededChooser } from './chance.js';
import type { Conversation } from './conversation.js';
import { Recorder } from './record.js';
import type { TracedConnection } from './trace.js';

/** Branches explored before the rest is given up. */
export const MAX_BRANCHES = 64;

/** One run of the conversation, with one answer to every fork. */
export interface Run {
  readonly recorder: Recorder;
  readonly conversation: Conversation;
  readonly connections: readonly TracedConnection[];
  /** Settings that it met and that are not modelled. */
  readonly unmodelled: readonly Unmodelled[];
  /** Product of the probabilities of its choices; undefined when one of them is unknown. */
  readonly probability: number | undefined;
  /** Its forks, in order. */
  readonly answered: readonly Answered[];
}

/** What a conversation is given to run with. */
export interface RunInput {
  readonly chooser: SeededChooser;
  readonly recorder: Recorder;
}

/** Starts the conversation and lets it run to its end. */
export type Converse = (input: RunInput) => {
  readonly conversation: Conversation;
  readonly connections: readonly TracedConnection[];
  readonly unmodelled: readonly Unmodelled[];
};

/**
 * Runs a conversation once for each combination of answers, the runtime put back in between, up to the cap; with a
 * seed or a pin once, and the runtime keeps what happened.
 */
export function explore(
  runtime: Runtime,
  converse: Converse,
  options: { readonly branching: Branching; readonly seed: number; readonly detail: 'hits' | 'all' },
): Run[] {
  const runs: Run[] = [];
  const all = options.branching.branches === 'all';
  let prefix: readonly number[] | undefined = [];
  while (prefix !== undefined && runs.length < MAX_BRANCHES) {
    const recorder = new Recorder(options.detail);
    const told = recorder.fork.bind(recorder);
    const chooser: SeededChooser = new SeededChooser(options.seed, options.branching, prefix, told);
    if (all) runtime.journal.start();
    const { conversation, connections, unmodelled } = converse({ chooser, recorder });
    const { answered } = chooser;
    runs.push({ recorder, conversation, connections, unmodelled, probability: probabilityOf(chooser), answered });
    if (!all) return runs;
    runtime.journal.rollback();
    prefix = nextPrefix(chooser);
  }
  if (all) runtime.journal.commit();
  return runs;
}

function probabilityOf(chooser: SeededChooser): number | undefined {
  let product = 1;
  for (const { options, taken } of chooser.answered) {
    const p = options[taken]?.probability;
    if (p === undefined) return undefined;
    product *= p;
  }
  return product;
}

/** The answers up to the last fork that has another option, with that option; undefined when all were tried. */
function nextPrefix(chooser: SeededChooser): readonly number[] | undefined {
  const { answered } = chooser;
  for (let i = answered.length - 1; i >= 0; i--) {
    const { options, taken } = answered[i] ?? { options: [], taken: 0 };
    const next = options.findIndex((o, at) => at > taken && o.probability !== 0);
    if (next >= 0) return [...answered.slice(0, i).map((a) => a.taken), next];
  }
  return undefined;
}
