import type { Run } from './explore.js';
import type { Outcome, TraceEvent } from './trace.js';

/** What became of one run's packet and of its answer. */
export interface RunVerdict {
  readonly forward: Outcome;
  readonly reply: Outcome | null;
  readonly exit: 0 | 1 | 3;
}

/** The verdict over several runs. */
export interface Decision<V extends RunVerdict> {
  readonly verdict: V | RunVerdict;
  /** The run that the verdict is of. */
  readonly run: number;
  /** Which of the run's forks nobody can answer though all depends on it; undefined when the verdict is known. */
  readonly fork: number | undefined;
  /** Probability that packet and answer arrive. */
  readonly delivered: number | undefined;
}

/**
 * The verdict over all runs, by the tree of their forks. Where chance decides, the worst branch speaks: 1 outweighs 3
 * outweighs 0. Where nobody can say how a fork goes, the verdict stands only if it is that of each branch; else it is
 * unknown.
 */
export function decide<V extends RunVerdict>(runs: readonly Run[], verdicts: readonly V[]): Decision<V> | undefined {
  const below = (within: readonly number[], depth: number): Decision<V> | undefined => {
    const [first] = within;
    const run = first === undefined ? undefined : runs[first];
    const verdict = first === undefined ? undefined : verdicts[first];
    if (first === undefined || run === undefined || verdict === undefined) return undefined;
    const fork = run.answered[depth];
    if (fork === undefined) return { verdict, run: first, fork: undefined, delivered: verdict.exit === 0 ? 1 : 0 };
    const branches = fork.options.flatMap(({ probability: p }, option) => {
      const probability = fork.by === 'pin' ? 1 : p;
      const same = within.filter((at) => runs[at]?.answered[depth]?.taken === option);
      const decision = below(same, depth + 1);
      return decision === undefined ? [] : [{ probability, decision }];
    });
    const decisions = branches.map(({ decision }) => decision);
    if (fork.by === 'unknown') return agreed(decisions, fork.options.length, first, depth);
    const worst = decisions.find(exits(1)) ?? decisions.find(exits(3)) ?? decisions[0];
    return worst === undefined ? undefined : { ...worst, delivered: total(branches) };
  };
  return below([...runs.keys()], 0);
}

function exits(code: 0 | 1 | 3): (decision: Decision<RunVerdict>) => boolean {
  return ({ verdict }) => verdict.exit === code;
}

/** What all branches of a fork say; unknown when they disagree or were not all explored. */
function agreed<V extends RunVerdict>(
  decisions: readonly Decision<V>[],
  options: number,
  run: number,
  fork: number,
): Decision<V> | undefined {
  const [first] = decisions;
  if (first === undefined) return undefined;
  const all = decisions.length === options ? decisions : [];
  const { forward, reply, exit } = first.verdict;
  const sameForward = all.length > 0 && all.every(({ verdict }) => verdict.forward === forward);
  const same = sameForward && all.every(({ verdict }) => verdict.reply === reply && verdict.exit === exit);
  const sameChance = all.length > 0 && all.every((each) => each.delivered === first.delivered);
  const delivered = sameChance ? first.delivered : undefined;
  if (same) return { ...first, delivered };
  const unknown = sameForward
    ? ({ forward, reply: 'unknown', exit: 3 } as const)
    : ({ forward: 'unknown', reply: null, exit: 3 } as const);
  return { verdict: unknown, run, fork, delivered };
}

function total(
  branches: readonly { readonly probability: number | undefined; readonly decision: Decision<RunVerdict> }[],
): number | undefined {
  let sum = 0;
  for (const { probability, decision } of branches) {
    if (decision.delivered === 0) continue;
    if (probability === undefined || decision.delivered === undefined) return undefined;
    sum += probability * decision.delivered;
  }
  return sum;
}

/** The events of a run that tell how its forks were answered, in order. */
export function forkEvents(run: Run | undefined): readonly TraceEvent[] {
  return eventsOf(run).filter((event) => event.k === 'fork');
}

/** The event that names what nobody can say: the match which the fork is about. */
export function unsupportedAt(run: Run | undefined, fork: number): TraceEvent | undefined {
  const asked = forkEvents(run)[fork];
  const events = eventsOf(run);
  const from = asked === undefined ? 0 : events.indexOf(asked);
  return events.slice(from).find((event) => event.k === 'unsupported');
}

/** All events of a run as they happened. */
function eventsOf(run: Run | undefined): TraceEvent[] {
  const events = (run?.recorder.legs ?? []).flatMap((leg) => leg.hops.flatMap((hop) => hop.events));
  return events.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
}
