import { expect, test } from 'vitest';
import { IPVS_GROUPS } from '../oracle/ipvs-recorded.js';
import { AGGREGATE_MUTANTS } from './aggregate-mutants.js';
import { BGP_MUTANTS } from './bgp-mutants.js';
import { judgedByBird, judgedByFrr, judgedByIpvs, judgedByRecordings } from './bundle.js';
import { IPVS_MUTANTS } from './ipvs-mutants.js';
import { MUTANTS } from './mutants.js';
import { TUNNEL_MUTANTS } from './tunnel-mutants.js';

test('our interpreter follows each recorded packet as the kernel did', async () => {
  expect(await judgedByRecordings(undefined)).toEqual([]);
});

test.each([...MUTANTS, ...TUNNEL_MUTANTS])('the recordings find out: $name', async (mutant) => {
  const found = await judgedByRecordings(mutant);
  expect(found).not.toEqual([]);
});

test.each(IPVS_GROUPS)('our interpreter follows each recorded packet of IPVS: %s', async (group) => {
  expect(await judgedByIpvs(undefined, group)).toEqual([]);
});

test.each(IPVS_MUTANTS)('the recordings of IPVS find out: $name', async (mutant) => {
  expect(await judgedByIpvs(mutant, mutant.group)).not.toEqual([]);
});

test('our speakers end where each recorded BIRD has', async () => {
  expect(await judgedByBird(undefined)).toEqual([]);
});

test.each(BGP_MUTANTS)('the recordings of BIRD find out: $name', async (mutant) => {
  expect(await judgedByBird(mutant)).not.toEqual([]);
});

test('our aggregates are as each recorded FRR has them', async () => {
  expect(await judgedByFrr(undefined)).toEqual([]);
});

test.each(AGGREGATE_MUTANTS)('the recordings of FRR find out: $name', async (mutant) => {
  expect(await judgedByFrr(mutant)).not.toEqual([]);
});
