import { judge } from '../oracle/differential.js';
import type { KernelRun } from '../oracle/kernel-run.js';
import type { Plan } from '../oracle/plan.js';

/** The first plan that the interpreter which this was bundled with gets wrong; -1 when there is none. */
export function firstWrong(done: readonly { readonly plan: Plan; readonly kernel: KernelRun }[]): number {
  return done.findIndex(({ plan, kernel }) => judge(plan, kernel).disagreement !== undefined);
}
