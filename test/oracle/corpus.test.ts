import { expect, test } from 'vitest';
import { loadCorpus } from './corpus.js';
import { judge } from './differential.js';

/**
 * Counterexamples that were found at random and shrunk, with what the kernel did: Linux 6.18, iptables-nft 1.8.9. Each
 * is named for what was wrong. They need neither root nor a kernel.
 */
test.each(loadCorpus())('the kernel did so: $name', ({ plan, kernel }) => {
  const { disagreement, left, agreed } = judge(plan, kernel);
  expect(disagreement?.text).toBeUndefined();
  expect(left).toBeUndefined();
  expect(agreed).toBe(plan.cases.length);
});
