import { readdirSync, readFileSync } from 'node:fs';
import { recording } from '../recordings/load.js';
import { SHIPPED, type Shipped } from '../shipped.js';
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

/** What Linux 6.1 does with pods of Calico and IP in IP (`record-tunnels.ts`). */
export function loadTunnels(): readonly RecordedPlan[] {
  const plans = JSON.parse(recording('tunnels-6.1.json').text) as Omit<RecordedPlan, 'name'>[];
  return plans.map((one) => ({ ...one, name: one.plan.name }));
}

/** What kernels do with the packets of Calico's shipped labs (`record-calico.ts`). */
export function loadCalico(): readonly (RecordedPlan & { readonly lab: Shipped })[] {
  return loadPlans(new URL('../recordings/calico/', import.meta.url)).map((one) => {
    const lab = SHIPPED.find((each) => each === one.name);
    if (lab === undefined) throw new Error(`${one.name} is no shipped lab`);
    return { ...one, lab };
  });
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
