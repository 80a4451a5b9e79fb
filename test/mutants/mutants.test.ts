import { expect, test } from 'vitest';
import { judgedByRecordings } from './bundle.js';
import { MUTANTS } from './mutants.js';

test('our interpreter follows each recorded packet as the kernel did', async () => {
  expect(await judgedByRecordings(undefined)).toEqual([]);
});

test.each(MUTANTS)('the recordings find out: $name', async (mutant) => {
  const found = await judgedByRecordings(mutant);
  expect(found).not.toEqual([]);
});
