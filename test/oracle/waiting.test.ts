import { describe, expect, test } from 'vitest';
import { recording } from '../recordings/load.js';
import { judge } from './differential.js';
import type { KernelRun } from './kernel-run.js';
import type { Plan } from './plan.js';

/** What Linux 6.1 does with IP in IP and IPVS, which the kernel of a machine seldom has. */
const RECORDED = JSON.parse(recording('waiting-6.1.json').text) as { plan: Plan; kernel: KernelRun }[];

describe.each(RECORDED)('$plan.name', ({ plan, kernel }) => {
  test('as the kernel', () => {
    const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
    expect(disagreement?.text).toBeUndefined();
    expect(left).toBeUndefined();
    expect(agreed).toBe(plan.cases.length);
  });
});

test('both are among them', () => {
  const tunnelled = RECORDED.filter(({ kernel }) =>
    kernel.cases.some(({ frames }) => frames.some(({ ip }) => ip?.['proto'] === 4)),
  );
  const balanced = RECORDED.filter(({ plan }) => plan.random.some((line) => line.includes('ipvsadm')));
  expect([tunnelled.length, balanced.length]).toEqual([7, 9]);
});
