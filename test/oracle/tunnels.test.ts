import { expect, test } from 'vitest';
import { loadTunnels } from './corpus.js';
import { judge } from './differential.js';

test.each(loadTunnels())('the kernel did so: $name', ({ plan, kernel }) => {
  const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
  expect(disagreement?.text).toBeUndefined();
  expect(left).toBeUndefined();
  expect(agreed).toBe(plan.cases.length);
  expect(kernel.refused).toEqual([]);
});
