import { describe, expect, test } from 'vitest';
import { recording } from '../recordings/load.js';
import type { RecordedPlan } from './corpus.js';
import { judge } from './differential.js';

/** What Linux 6.1 does with IPVS; a plan on each line. */
const RECORDED = ['schedulers', 'connections', 'paths'].map((group) => ({
  group,
  plans: JSON.parse(recording(`ipvs-${group}-6.1.json`).text) as Omit<RecordedPlan, 'name'>[],
}));

/** What of it is not modelled: `named` is what is said of it, of a packet or of a command that can't be read. */
const LEFT: readonly { readonly plans: RegExp; readonly named: RegExp; readonly because: string }[] = [
  { plans: /^nat_icmp_send/, named: /the path in b/, because: 'the sysctl is not looked at' },
  { plans: /./, named: /IPVS|ipvs/, because: 'IPVS is not modelled' },
];

describe.each(RECORDED)('IPVS: $group', ({ plans }) => {
  test.each(plans.map((one) => ({ ...one, name: one.plan.name })))('$name', ({ name, plan, kernel }) => {
    const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
    const known = LEFT.find((one) => one.plans.test(name));
    const text = disagreement?.text ?? left;
    if (known === undefined || text === undefined) {
      expect(text).toBeUndefined();
      expect(agreed).toBe(plan.cases.length);
    } else expect(text, known.because).toMatch(known.named);
  });
});
