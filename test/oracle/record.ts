import { writeFileSync } from 'node:fs';
import { runPlans } from './backend.js';
import { judge } from './differential.js';
import type { Plan } from './plan.js';

/**
 * Runs plans on the kernel of this machine and writes each, with what it did, into a directory; those that are named, or
 * all. Tells of what we do otherwise.
 */
export function recordPlans(plans: readonly Plan[], directory: URL, named: readonly string[]): void {
  const chosen = plans.filter(({ name }) => named.length === 0 || named.includes(name));
  for (const [i, kernel] of runPlans(chosen).entries()) {
    const plan = chosen[i];
    if (plan === undefined) continue;
    writeFileSync(
      new URL(`${plan.name.replaceAll(' ', '-')}.json`, directory),
      `${JSON.stringify({ plan, kernel })}\n`,
    );
    const { disagreement, left } = judge(plan, kernel);
    if (disagreement !== undefined) console.log(`${plan.name}: ${disagreement.layer}: ${disagreement.text}`);
    if (left !== undefined) console.log(`${plan.name}: not compared to its end: ${left}`);
  }
}
