/**
 * Records what kernels do with the packets of Calico's shipped labs, `npx tsx test/oracle/record-calico.ts [LAB…]`: on the
 * kernel of this machine, and in user-mode Linux those with IP in IP, `test/recordings/calico/LAB.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { runPlans } from './backend.js';
import { calicoBackend, calicoPlan } from './calico-lab.js';
import { judge } from './differential.js';
import { CALICO, IPIP } from './labs.js';

const named = process.argv.slice(2);
const folder = new URL('../recordings/calico/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const lab of [...CALICO, ...IPIP].filter((name) => named.length === 0 || named.includes(name))) {
  const plan = calicoPlan(lab);
  const backend = calicoBackend(lab);
  const [kernel] = runPlans([plan], backend);
  if (kernel === undefined) throw new Error(`${lab} was not run`);
  writeFileSync(new URL(`${lab}.json`, folder), `${JSON.stringify({ plan, kernel })}\n`);
  const { disagreement, left, agreed } = judge(plan, kernel, backend);
  console.log(
    `${lab}: ${agreed} of ${plan.cases.length} cases agree, the kernel refused ${kernel.refused.length} commands`,
  );
  if (disagreement !== undefined) console.log(`${lab}: ${disagreement.layer}: ${disagreement.text}`);
  if (left !== undefined) console.log(`${lab}: not compared to its end: ${left}`);
}
