import { applyFaults, type Expectation, type Faulted, type Lab } from '../lab/index.js';
import { InputError, type Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { checkProbe, type Probe, type Trace, trace, type Verdict } from '../trace/index.js';

/** An expectation and what happened. */
export interface Checked {
  readonly expectation: Expectation;
  readonly passed: boolean;
  /** What happened, in the words of an expectation: `dropped (NO_ROUTE)`, `reply dropped`. */
  readonly got: string;
  readonly trace: Trace;
  /** What the kernel refused of the faults: then it has not passed, whatever happened. */
  readonly problems: readonly Problem[];
}

/**
 * Follows the packet of each expectation of a lab, with its faults.
 *
 * @throws InputError before the first, when a name or port in an expectation means nothing.
 */
export function* checkLab(lab: Lab, network: Network): Generator<Checked> {
  const broken = new Map<string, Faulted>();
  const wrong = checkExpectations(lab, network);
  if (wrong.length > 0) throw new InputError(wrong);
  for (const expectation of lab.expect) {
    const { faults } = expectation;
    const key = faults.join(' ');
    const faulty = broken.get(key) ?? applyFaults(network, lab, faults);
    broken.set(key, faulty);
    const { problems } = faulty;
    const result = trace(faulty.network, probeOf(expectation));
    const passed = problems.length === 0 && holds(expectation, result.verdict);
    const got = problems.length === 0 ? wordsFor(result.verdict) : problems.map(({ message }) => message).join('; ');
    yield { expectation, passed, got, trace: result, problems };
  }
}

/** Expectations whose target has no such port, or that say something else that can't be sent: where they stand. */
export function checkExpectations(lab: Lab, network: Network): readonly Problem[] {
  return lab.expect.flatMap((expectation) => problemsOf(expectation, network));
}

function problemsOf(expectation: Expectation, network: Network): Problem[] {
  const { file, line } = expectation;
  return checkProbe(network, probeOf(expectation)).map(
    (problem): Problem => ({ ...problem, file, path: ['expect', ...problem.path], line, col: 1 }),
  );
}

function probeOf({ from, to, proto, size, df }: Expectation): Probe {
  return {
    from,
    to,
    ...(proto === undefined ? {} : { proto }),
    ...(size === undefined ? {} : { payload: size }),
    ...(df ? { df } : {}),
  };
}

function holds({ outcome, leg, code }: Expectation, verdict: Verdict): boolean {
  if (outcome === 'delivered') return leg === 'forward' ? verdict.exit === 0 : verdict.reply === 'delivered';
  const same =
    leg === 'forward' ? verdict.forward === outcome : verdict.forward === 'delivered' && verdict.reply === outcome;
  return same && (code === undefined || verdict.code === code);
}

/** A verdict as an expectation would say it. */
function wordsFor({ forward, reply, code }: Verdict): string {
  const why = code === null ? '' : ` (${code})`;
  if (forward !== 'delivered') return `${forward}${why}`;
  return reply === null || reply === 'delivered' ? 'delivered' : `reply ${reply}${why}`;
}

/** An expectation as it is written in a lab. */
export function formatExpectation(expectation: Expectation): string {
  const { from, to, proto, size, df, faults, outcome, leg, code } = expectation;
  const words = [proto ?? '', size === undefined ? '' : `size ${size}`, df ? 'df' : ''];
  const flow = [`${from} -> ${to}`, ...words.filter((word) => word !== '')].join(' ');
  const broken = faults.length === 0 ? '' : ` with ${faults.join(', ')}`;
  return `${flow}${broken}: ${leg === 'reply' ? 'reply ' : ''}${outcome}${code === undefined ? '' : ` (${code})`}`;
}
