import type { Runtime } from '../linux/index.js';
import type { Unmodelled } from '../topology/index.js';
import { type Answered, type Branching, SeededChooser, type Undecided } from './chance.js';
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
  /** What is assumed of where it came, each with the namespace. */
  readonly assumed: readonly Unmodelled[];
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
  readonly assumed: readonly Unmodelled[];
};

/** How a conversation is run. */
export interface ExploreOptions {
  readonly branching: Branching;
  readonly seed: number;
  readonly detail: 'hits' | 'all';
}

/**
 * Runs a conversation once for each combination of answers, the runtime put back in between, up to the cap. With a seed
 * or a pin one run is given, and the runtime keeps what happened in it.
 *
 * @param pick which of all runs a pin is about; throws where it is about none.
 */
export function explore(
  runtime: Runtime,
  converse: Converse,
  options: ExploreOptions,
  pick: (runs: readonly [Run, ...Run[]], name: string) => Run,
): Run[] {
  const { branching } = options;
  if (branching.branches === 'seed') return [runOnce(converse, options, branching, [])];
  const runs = exploreAll(runtime, converse, options);
  if (branching.branches === 'all') return runs;
  const { answered } = pick(runs, branching.name);
  const again = runOnce(
    converse,
    options,
    'first',
    answered.map(({ taken }) => taken),
  );
  return [{ ...again, answered: again.answered.map((fork) => pinnedFork(fork, branching.name)) }];
}

/** A pin decides what chance would; what nobody can know only where it says so. */
function pinnedFork(fork: Answered, name: string): Answered {
  const named = fork.by === 'chance' || fork.options[fork.taken]?.label === name;
  return named ? { ...fork, by: 'pin' } : fork;
}

function exploreAll(runtime: Runtime, converse: Converse, options: ExploreOptions): [Run, ...Run[]] {
  const explored = (prefix: readonly number[]): Run => {
    runtime.journal.start();
    const run = runOnce(converse, options, 'first', prefix);
    runtime.journal.rollback();
    return run;
  };
  const runs: [Run, ...Run[]] = [explored([])];
  let prefix = nextPrefix(runs[0]);
  while (prefix !== undefined && runs.length < MAX_BRANCHES) {
    const run = explored(prefix);
    runs.push(run);
    prefix = nextPrefix(run);
  }
  runtime.journal.commit();
  return runs;
}

function runOnce(
  converse: Converse,
  { seed, detail }: ExploreOptions,
  undecided: Undecided,
  prefix: readonly number[],
): Run {
  const recorder = new Recorder(detail);
  const chooser = new SeededChooser(seed, undecided, prefix, recorder.fork.bind(recorder));
  const { conversation, connections, unmodelled, assumed } = converse({ chooser, recorder });
  const { answered } = chooser;
  const probability = probabilityOf(chooser);
  return { recorder, conversation, connections, unmodelled, assumed, probability, answered };
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
function nextPrefix({ answered }: Run): readonly number[] | undefined {
  for (let i = answered.length - 1; i >= 0; i--) {
    const { options, taken } = answered[i] ?? { options: [], taken: 0 };
    const next = options.findIndex((o, at) => at > taken && o.probability !== 0);
    if (next >= 0) return [...answered.slice(0, i).map((a) => a.taken), next];
  }
  return undefined;
}
