import { describe, expect, test } from 'vitest';
import { recording } from '../recordings/load.js';
import { judge } from './differential.js';
import type { KernelRun } from './kernel-run.js';
import type { Plan } from './plan.js';

/** What Linux 6.1 does with IP in IP and IPVS. The one is recorded for when it is modelled; until then it is named. */
const RECORDED = JSON.parse(recording('waiting-6.1.json').text) as { plan: Plan; kernel: KernelRun }[];

/** Whether a packet of the plan meets what is not modelled. */
function met(kernel: KernelRun): RegExp | undefined {
  const tunnelled = kernel.cases.some(({ frames }) => frames.some(({ ip }) => ip?.['proto'] === 4));
  return tunnelled ? /"link kind ipip"/ : undefined;
}

describe.each(RECORDED)('$plan.name', ({ plan, kernel }) => {
  const named = met(kernel);
  test(named === undefined ? 'as the kernel' : 'is not guessed at', () => {
    const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
    expect(disagreement?.text).toBeUndefined();
    if (named === undefined) {
      expect(left).toBeUndefined();
      expect(agreed).toBe(plan.cases.length);
    } else expect(left).toMatch(named);
  });
});

test('those of IP in IP wait', () => {
  expect(RECORDED.filter(({ kernel }) => met(kernel) !== undefined)).toHaveLength(7);
});
