import type { Run } from './explore.js';
import { MAX_BRANCHES } from './explore.js';
import type { Leg, Outcome, Path, Verdict } from './trace.js';
import { type Decision, decide, type RunVerdict, unsupportedAt } from './undecided.js';

interface JudgedRun extends RunVerdict {
  /** The path that failed first; undefined when nothing did. */
  readonly failed: Path | undefined;
}

/** The answer in short, over all runs; see {@link decide}. */
export function judge(runs: readonly Run[], legs: readonly Leg[]): Omit<Verdict, 'hints'> {
  const decision = decide(
    runs,
    runs.map((run, i) => judgeRun(run, i, legs)),
  );
  const total = sum(runs.map((run) => run.probability));
  const { forward = 'unknown', reply = null, exit = 3 } = decision?.verdict ?? {};
  const notExplored = runs.length < MAX_BRANCHES ? 0 : restOf(total);
  return {
    forward,
    reply,
    ...reasonOf(runs, decision),
    branches: runs.length,
    pDelivered: decision?.delivered ?? null,
    notExplored,
    // What arrives on all branches that were followed need not on the others.
    exit: exit === 0 && notExplored !== 0 ? 3 : exit,
  };
}

/** What caused the verdict, and what the program gets. */
function reasonOf(
  runs: readonly Run[],
  decision: Decision<JudgedRun> | undefined,
): Pick<Verdict, 'code' | 'event' | 'errno'> {
  const errnos = runs.map(errnoOf);
  if (decision?.fork !== undefined) {
    const event = unsupportedAt(runs[decision.run], decision.fork);
    const id = decision.run === 0 ? event?.id : event && `b${decision.run}.${event.id}`;
    const [first] = errnos;
    const errno = errnos.every((each) => each === first) ? first : undefined;
    return { code: 'UNSUPPORTED', event: id ?? null, errno: errno ?? null };
  }
  const { verdict } = decision ?? {};
  const failed = verdict !== undefined && 'failed' in verdict ? verdict.failed : undefined;
  return {
    code: failed?.code ?? null,
    event: failed === undefined ? null : (lastDrop(failed) ?? null),
    errno: errnos.find((errno) => errno !== undefined) ?? null,
  };
}

/** What the program gets: the errno of its call, or of the first error that its socket was told of. */
function errnoOf({ conversation }: Run): string | undefined {
  return conversation.errno ?? conversation.errors[0]?.errno;
}

/** What is missing to 1; null where that is not known. Products of probabilities do not add up to 1 exactly. */
function restOf(total: number | undefined): number | null {
  if (total === undefined) return null;
  return total > 1 - 1e-9 ? 0 : 1 - total;
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    total += value;
  }
  return total;
}

function judgeRun(run: Run, index: number, legs: readonly Leg[]): JudgedRun {
  const mine = pathsOfRun(index, legs);
  const root = mine.find(({ path }) => path.id === `l1.p${index}`);
  if (root === undefined) return { forward: 'unknown', reply: null, failed: undefined, exit: 3 };
  const forward = follow(root, mine);
  // A RST or an ABORT in answer to what was refused is no answer.
  const taken = forward.end.outcome === 'delivered';
  const answers = ({ leg }: Placed): boolean =>
    leg.kind === 'reply' && leg.of !== null && forward.passed.includes(leg.of);
  const reply = taken ? mine.find(answers) : undefined;
  const back = reply === undefined ? undefined : follow(reply, mine);
  const failed = taken ? back?.end : forward.end;
  const exit = exitOf(forward.end.outcome, back?.end.outcome, run);
  return {
    forward: forward.end.outcome,
    reply: back === undefined ? null : back.end.outcome,
    failed: failed?.outcome === 'delivered' ? undefined : failed,
    exit,
  };
}

interface Placed {
  readonly leg: Leg;
  readonly path: Path;
}

function pathsOfRun(index: number, legs: readonly Leg[]): Placed[] {
  const prefix = index === 0 ? 'l' : `b${index}.`;
  return legs.flatMap((leg) =>
    leg.paths
      .filter(
        (path) => path.id === `l1.p${index}` || (path.id !== 'l1.p0' && leg.id !== 'l1' && leg.id.startsWith(prefix)),
      )
      .map((path) => ({ leg, path })),
  );
}

/** A packet's end: through the programs that relay it, and of a flooded one that of the copy that arrived. */
function follow(start: Placed, all: readonly Placed[]): { readonly end: Path; readonly passed: readonly string[] } {
  const passed = [start.path.id];
  if (start.path.outcome === 'relayed') {
    const next = all.find(({ leg }) => leg.kind === 'proxied' && leg.of === start.path.id);
    if (next === undefined) return { end: start.path, passed };
    const further = follow(next, all);
    return { end: further.end, passed: [...passed, ...further.passed] };
  }
  if (start.path.outcome !== 'delivered') {
    for (const copy of all) {
      if (copy.leg.kind !== 'copy' || copy.leg.of !== start.path.id) continue;
      const further = follow(copy, all);
      if (further.end.outcome === 'delivered') return { end: further.end, passed: [...passed, ...further.passed] };
    }
  }
  return { end: start.path, passed };
}

function exitOf(forward: Outcome, reply: Outcome | undefined, run: Run): 0 | 1 | 3 {
  if (run.conversation.errno !== undefined && forward !== 'delivered') return 1;
  if (forward === 'unknown' || forward === 'left-scope') return 3;
  if (forward !== 'delivered') return 1;
  if (reply === undefined) return 0;
  if (reply === 'unknown' || reply === 'left-scope') return 3;
  return reply === 'delivered' ? 0 : 1;
}

function lastDrop(path: Path): string | undefined {
  return path.hops
    .flatMap((hop) => hop.events)
    .filter((event) => event.k === 'drop')
    .at(-1)?.id;
}
