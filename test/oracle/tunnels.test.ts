import { expect, test } from 'vitest';
import { recording } from '../recordings/load.js';
import type { RecordedPlan } from './corpus.js';
import { judge } from './differential.js';

/** What Linux 6.1 does with pods of Calico and IP in IP (`record-tunnels.ts`). */
const RECORDED = JSON.parse(recording('tunnels-6.1.json').text) as Omit<RecordedPlan, 'name'>[];

test.each(RECORDED)('the kernel did so: $plan.name', ({ plan, kernel }) => {
  const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
  expect(disagreement?.text).toBeUndefined();
  expect(left).toBeUndefined();
  expect(agreed).toBe(plan.cases.length);
  expect(kernel.refused).toEqual([]);
});
