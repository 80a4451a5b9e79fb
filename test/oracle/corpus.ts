import { readdirSync, readFileSync } from 'node:fs';
import type { KernelRun } from './kernel-run.js';
import type { Plan } from './plan.js';

const CORPUS = new URL('corpus/', import.meta.url);

/** What is recorded in `corpus/`: plans, and what the kernel did. */
export function loadCorpus(): readonly { readonly name: string; readonly plan: Plan; readonly kernel: KernelRun }[] {
  return readdirSync(CORPUS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const { plan, kernel } = JSON.parse(readFileSync(new URL(file, CORPUS), 'utf8')) as {
        plan: Plan;
        kernel: KernelRun;
      };
      return { name: plan.name, plan, kernel };
    });
}
