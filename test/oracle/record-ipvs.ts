/**
 * Records in user-mode Linux what IPVS does: `test/recordings/ipvs-*-6.1.json`. `tsx test/oracle/record-ipvs.ts` runs
 * the scenarios that are new or have changed, and those that are named; with `--all`, which takes ten minutes, each.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { runPlans } from './backend.js';
import type { RecordedPlan } from './corpus.js';
import { BRIDGED } from './ipvs-bridge.js';
import { CONNECTIONS } from './ipvs-connections.js';
import { PATHS } from './ipvs-paths.js';
import { SCHEDULERS } from './ipvs-schedulers.js';
import type { Plan } from './plan.js';

const GROUPS: Readonly<Record<string, readonly Plan[]>> = {
  schedulers: SCHEDULERS,
  connections: CONNECTIONS,
  paths: [...PATHS, ...BRIDGED],
};
/** A guest has an end of its own. */
const AT_ONCE = 60;

for (const [group, plans] of Object.entries(GROUPS)) {
  const file = new URL(`../recordings/ipvs-${group}-6.1.json`, import.meta.url);
  const all = process.argv.includes('--all') || !existsSync(file);
  const old = all ? [] : (JSON.parse(readFileSync(file, 'utf8')) as Omit<RecordedPlan, 'name'>[]);
  const kept = new Map(old.map((one) => [one.plan.name, one]));
  const fresh = plans.filter(
    (plan) => process.argv.includes(plan.name) || !isDeepStrictEqual(kept.get(plan.name)?.plan, plan),
  );
  for (let first = 0; first < fresh.length; first += AT_ONCE) {
    const some = fresh.slice(first, first + AT_ONCE);
    for (const [i, kernel] of runPlans(some, 'uml').entries()) {
      const plan = some[i];
      if (plan === undefined) continue;
      const commands = [...plan.fixed, ...plan.random];
      for (const n of kernel.refused) console.log(`${plan.name}: refused: ${commands[n]}`);
      for (const { spoilt } of kernel.cases) if (spoilt !== undefined) console.log(`${plan.name}: ${spoilt}`);
      kept.set(plan.name, { plan, kernel });
    }
  }
  const lines = plans.map(({ name }) => JSON.stringify(kept.get(name)));
  writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`);
  console.log(`${group}: ${fresh.length} of ${plans.length} were run`);
}
