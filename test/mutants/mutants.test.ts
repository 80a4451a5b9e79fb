import { expect, test } from 'vitest';
import { judgeOf } from './bundle.js';
import { MUTANTS } from './mutants.js';

test('our interpreter follows each recorded packet as the kernel did', async () => {
  const { disagreements } = await judgeOf(undefined);
  expect(disagreements()).toEqual([]);
});

test.each(MUTANTS)('the recordings find out: $name', async (mutant) => {
  const { disagreements } = await judgeOf(mutant);
  let found: number | 'an exception';
  try {
    found = disagreements().length;
  } catch {
    found = 'an exception';
  }
  expect(found).not.toBe(0);
});
