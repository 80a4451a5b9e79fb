import { readdirSync, readFileSync } from 'node:fs';
import type { KernelRun } from './kernel-run.js';
import type { Plan } from './plan.js';

/** A plan, and what a kernel did. */
export interface RecordedPlan {
  readonly name: string;
  readonly plan: Plan;
  readonly kernel: KernelRun;
}

/** What is recorded in `corpus/`. */
export function loadCorpus(): readonly RecordedPlan[] {
  return loadPlans(new URL('corpus/', import.meta.url));
}

/** All plans that are recorded in a directory (`record.ts`). */
export function loadPlans(directory: URL): readonly RecordedPlan[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const { plan, kernel } = JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as {
        plan: Plan;
        kernel: KernelRun;
      };
      return { name: plan.name, plan, kernel };
    });
}
