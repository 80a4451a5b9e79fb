import { expect, test } from 'vitest';
import { judgedByRecordings } from './bundle.js';
import { IPVS_MUTANTS } from './ipvs-mutants.js';
import { MUTANTS } from './mutants.js';

test.each(['all but IPVS', 'IPVS'] as const)(
  'our interpreter follows each recorded packet as the kernel did: %s',
  async (of) => {
    expect(await judgedByRecordings(undefined, of)).toEqual([]);
  },
);

test.each(MUTANTS)('the recordings find out: $name', async (mutant) => {
  const found = await judgedByRecordings(mutant, 'all but IPVS');
  expect(found).not.toEqual([]);
});

test.each(IPVS_MUTANTS)('the recordings of IPVS find out: $name', async (mutant) => {
  const found = await judgedByRecordings(mutant, 'IPVS');
  expect(found).not.toEqual([]);
});
