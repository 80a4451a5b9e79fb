import { describe, expect, test } from 'vitest';
import { judge } from './differential.js';
import { DIFFERENT, exceptionOf, IPVS_GROUPS, LEFT, loadIpvs } from './ipvs-recorded.js';

const RECORDED = IPVS_GROUPS.map((group) => ({ group, plans: loadIpvs(group) }));

describe.each(RECORDED)('IPVS: $group', ({ plans }) => {
  test.each(plans)('$name', ({ name, plan, kernel }) => {
    const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
    const different = exceptionOf(DIFFERENT, name);
    if (different === undefined) expect(disagreement?.text).toBeUndefined();
    else expect(disagreement?.text, different.because).toMatch(different.said);
    const unmodelled = exceptionOf(LEFT, name);
    if (unmodelled === undefined) expect(left).toBeUndefined();
    else expect(left, unmodelled.because).toMatch(unmodelled.said);
    if (different === undefined && unmodelled === undefined) expect(agreed).toBe(plan.cases.length);
  });
});

test('each exception is one', () => {
  const names = RECORDED.flatMap(({ plans }) => plans.map(({ name }) => name));
  for (const { plans, because } of [...LEFT, ...DIFFERENT])
    expect(
      names.some((name) => plans.test(name)),
      because,
    ).toBe(true);
});
