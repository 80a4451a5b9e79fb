import { describe, expect, test } from 'vitest';
import { judge } from './differential.js';
import { IPVS_GROUPS, LEFT, loadIpvs } from './ipvs-recorded.js';

const RECORDED = IPVS_GROUPS.map((group) => ({ group, plans: loadIpvs(group) }));

describe.each(RECORDED)('the kernel did so with IPVS: $group', ({ plans }) => {
  test.each(plans)('$name', ({ name, plan, kernel }) => {
    const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
    expect(disagreement?.text).toBeUndefined();
    const unmodelled = LEFT.find((one) => one.plans.test(name));
    if (unmodelled !== undefined) {
      expect(left, unmodelled.because).toMatch(unmodelled.said);
      return;
    }
    expect(left).toBeUndefined();
    expect(agreed).toBe(plan.cases.length);
  });
});

test('each exception is one', () => {
  const names = RECORDED.flatMap(({ plans }) => plans.map(({ name }) => name));
  for (const { plans, because } of LEFT)
    expect(
      names.some((name) => plans.test(name)),
      because,
    ).toBe(true);
});
