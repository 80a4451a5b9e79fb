import fc from 'fast-check';
import { type Backend, runPlans } from './backend.js';
import { type Comparison, compare, type Disagreement } from './compare.js';
import type { KernelRun } from './kernel-run.js';
import type { Plan } from './plan.js';
import { simulate } from './simulate.js';

/** A plan on which kernel and simulation differ, made as small as it gets. */
export interface Counterexample {
  readonly plan: Plan;
  readonly kernel: KernelRun;
  readonly disagreement: Disagreement;
}

/** What came of a batch. */
export interface BatchResult {
  readonly packets: number;
  readonly plans: number;
  /** What was met that can't be compared, and how often it ended a plan. */
  readonly left: ReadonlyMap<string, number>;
  readonly failed: readonly { readonly plan: Plan; readonly disagreement: Disagreement }[];
  /** Each plan with what the kernel did. */
  readonly done: readonly { readonly plan: Plan; readonly kernel: KernelRun }[];
}

/** Runs a plan in the simulation and compares with what the kernel of a backend did. */
export function judge(plan: Plan, kernel: KernelRun, backend: Backend = 'host'): Comparison {
  try {
    return compare(plan, kernel, simulate(plan, kernel, backend));
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { disagreement: { layer: 'refused', at: undefined, text: `we threw: ${text}` }, agreed: 0, left: undefined };
  }
}

/** Where a batch runs, and how many of its plans are traced. */
export interface BatchOptions {
  readonly backend?: Backend;
  /** From 0 to 1. */
  readonly traced?: number;
}

/** How many of the plans are traced, unless somebody says: at least one of each batch. */
export const TRACED_SHARE = 0.1;

/** A plan that differs is run so often again: what a kernel does but once is that of a machine too busy to be in time. */
const AGAIN = 2;

/** Draws `count` plans by a seed, and compares all of them; the first of them, as many as `traced` says, are traced. */
export function runBatch(
  plans: fc.Arbitrary<Plan>,
  count: number,
  seed: number,
  { backend = 'host', traced = backend === 'host' ? TRACED_SHARE : 0 }: BatchOptions = {},
): BatchResult {
  const most = Math.ceil(count * traced);
  const drawn = fc
    .sample(plans, { numRuns: count, seed })
    .map((plan, i): Plan => (i < most ? { ...plan, traced: true } : plan));
  const runs = runPlans(drawn, backend);
  const left = new Map<string, number>();
  const leave = (text: string): void => {
    left.set(reasonOf(text), (left.get(reasonOf(text)) ?? 0) + 1);
  };
  const failed: { plan: Plan; disagreement: Disagreement }[] = [];
  let packets = 0;
  const done = drawn.map((plan, i) => {
    const first = runs[i];
    if (first === undefined) throw new Error('a plan was not run');
    const { kernel, result, late } = repeated({ plan, kernel: first, result: judge(plan, first, backend) }, backend);
    packets += result.agreed;
    if (late) leave('what the kernel did but once');
    if (result.left !== undefined) leave(result.left);
    if (result.disagreement !== undefined) failed.push({ plan, disagreement: result.disagreement });
    return { plan, kernel };
  });
  return { packets, plans: drawn.length, left, failed, done };
}

interface Judged {
  readonly plan: Plan;
  readonly kernel: KernelRun;
  readonly result: Comparison;
}

/** Of several runs of a plan that differs the first that differs as well; `late`, and the last one, where none does. */
function repeated(first: Judged, backend: Backend): Judged & { readonly late: boolean } {
  if (first.result.disagreement === undefined) return { ...first, late: false };
  const { plan } = first;
  let last = first;
  for (let n = 0; n < AGAIN; n++) {
    const [kernel] = runPlans([plan], backend);
    if (kernel === undefined) throw new Error('a plan was not run');
    last = { plan, kernel, result: judge(plan, kernel, backend) };
    if (last.result.disagreement !== undefined) return { ...last, late: false };
  }
  return { ...last, late: true };
}

/** The words of what is not modelled, without ids. */
function reasonOf(text: string): string {
  return /"what":"([^"]*)"/.exec(text)?.[1] ?? /"text":"([^"]*)"/.exec(text)?.[1] ?? text.slice(0, 200);
}

/** For how long; a plan takes a tenth of a second on the host, one to two in user-mode Linux. */
const SHRINK_MS: Readonly<Record<Backend, number>> = { host: 10_000, uml: 120_000 };

/** Leaves out commands and cases for as long as the same layer goes on to differ. */
export function shrink(first: Plan, disagreement: Disagreement, backend: Backend = 'host'): Counterexample | undefined {
  const end = performance.now() + SHRINK_MS[backend];
  let best: Counterexample | undefined;
  let plan = disagreement.at === undefined ? first : { ...first, cases: first.cases.slice(0, disagreement.at + 1) };
  let size = Math.max(plan.cases.length, plan.random.length);
  while (performance.now() < end) {
    const candidates = best === undefined ? [plan] : smaller(plan, size);
    const found = firstFailing(candidates, disagreement.layer, backend);
    if (found !== undefined) {
      best = found;
      plan = found.plan;
      continue;
    }
    if (best === undefined || size <= 1) break;
    size = Math.ceil(size / 2);
  }
  return best;
}

/** The plan without a run of `size` commands or cases, in every place. */
function smaller(plan: Plan, size: number): Plan[] {
  const without = <T>(list: readonly T[]): T[][] =>
    Array.from({ length: Math.ceil(list.length / size) }, (_, i) => [
      ...list.slice(0, i * size),
      ...list.slice((i + 1) * size),
    ]);
  return [
    ...without(plan.cases)
      .filter((cases) => cases.length > 0)
      .map((cases) => ({ ...plan, cases })),
    ...without(plan.random).map((random) => ({ ...plan, random })),
  ];
}

function firstFailing(
  plans: readonly Plan[],
  layer: Disagreement['layer'],
  backend: Backend,
): Counterexample | undefined {
  if (plans.length === 0) return undefined;
  for (const [i, kernel] of runPlans(plans, backend).entries()) {
    const plan = plans[i];
    if (plan === undefined) continue;
    const { disagreement } = judge(plan, kernel, backend);
    if (disagreement?.layer === layer) return { plan, kernel, disagreement };
  }
  return undefined;
}
