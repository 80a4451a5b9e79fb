import { describe, expect, test } from 'vitest';
import { recording } from '../recordings/load.js';
import { judge } from './differential.js';
import type { KernelRun } from './kernel-run.js';
import type { Plan } from './plan.js';

/** What Linux 6.1 does with IP in IP and IPVS: recorded for when they are modelled. Until then they are named. */
const RECORDED = JSON.parse(recording('waiting-6.1.json').text) as { plan: Plan; kernel: KernelRun }[];

/** Which of them a packet of the plan meets: it was seen in a packet, or is addressed to a service. */
function met(plan: Plan, kernel: KernelRun): RegExp | undefined {
  if (kernel.cases.some(({ frames }) => frames.some(({ ip }) => ip?.['proto'] === 4))) return /"link kind ipip"/;
  const [, service] =
    plan.random
      .map((line) => /ipvsadm -A -[tu] (\S+)/.exec(line))
      .find((found) => plan.cases.some((one) => 'to' in one && `${one.to}:${one.port}` === found?.[1])) ?? [];
  return service === undefined ? undefined : new RegExp(`"IPVS: -A -[tu] ${service} -s rr `);
}

describe.each(RECORDED)('$plan.name', ({ plan, kernel }) => {
  const named = met(plan, kernel);
  test(named === undefined ? 'as the kernel' : 'is not guessed at', () => {
    const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
    expect(disagreement?.text).toBeUndefined();
    if (named === undefined) {
      expect(left).toBeUndefined();
      expect(agreed).toBe(plan.cases.length);
    } else expect(left).toMatch(named);
  });
});

test('most of them wait', () => {
  expect(RECORDED.filter(({ plan, kernel }) => met(plan, kernel) !== undefined)).toHaveLength(13);
});
