import { expect, test } from 'vitest';
import { calicoBackend } from './calico-lab.js';
import { loadCalico } from './corpus.js';
import { judge } from './differential.js';
import { CALICO, IPIP } from './labs.js';

/**
 * Calico's shipped labs with things gone and wrong, and what the kernels did: Linux 6.18 with iptables-nft 1.8.9, and 6.1
 * with iptables-legacy where IP in IP is wanted (`record-calico.ts`).
 */
const recorded = loadCalico();

test('each lab is recorded', () => {
  expect(recorded.map(({ name }) => name).sort()).toEqual([...CALICO, ...IPIP].sort());
});

test.each(recorded)('the kernel did so: $name', ({ plan, kernel, lab }) => {
  const { disagreement, left, agreed } = judge(plan, kernel, calicoBackend(lab));
  expect(disagreement?.text).toBeUndefined();
  expect(left).toBeUndefined();
  expect(agreed).toBe(plan.cases.length);
  expect(kernel.refused).toEqual([]);
});
