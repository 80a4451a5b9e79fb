import { describe, expect, test } from 'vitest';
import { judgedAtRandom } from '../mutants/bundle.js';
import { MUTANTS } from '../mutants/mutants.js';
import { whyIncapable } from './backend.js';
import { runBatch, shrink } from './differential.js';
import type { KernelRun } from './kernel-run.js';
import { LEVELS } from './levels.js';
import { compareLookups } from './lookups.js';
import type { Plan } from './plan.js';
import { asked, PLANS, SEED } from './share.js';

/** So many plans meet every mistake that is not rare. */
const ENOUGH = 240;
/** Plans that a kernel is asked at once. */
const BATCH = 8;

const { name, skip } = asked('random networks', whyIncapable);

describe.skipIf(skip)(name, () => {
  const agreed: { readonly plan: Plan; readonly kernel: KernelRun }[] = [];

  test(`lookups, seed ${SEED}`, { timeout: 60_000 }, () => {
    const { lookups, different } = compareLookups(SEED);
    expect(different.join('\n')).toBe('');
    expect(lookups).toBeGreaterThan(1000);
  });

  test.each(LEVELS)(`level $name, seed ${SEED}`, { timeout: 1_200_000 }, ({ plan, share, name }) => {
    let packets = 0;
    // A plan of a level with a small share takes longer.
    const size = Math.ceil(BATCH * share);
    const last = SEED + Math.ceil(PLANS / BATCH);
    for (let seed = SEED; seed < last; seed++) {
      const batch = runBatch(plan, size, seed);
      packets += batch.packets;
      const [first] = batch.failed;
      if (first === undefined) {
        agreed.push(...batch.done);
        continue;
      }
      const small = shrink(first.plan, first.disagreement) ?? first;
      const words = [...small.plan.random, '---', ...small.plan.cases.map((one) => JSON.stringify(one))].join('\n');
      expect.fail(
        `level ${name}, seed ${seed}: ${small.disagreement.layer}\n${words}\n---\n${small.disagreement.text}`,
      );
    }
    expect(packets).toBeGreaterThan(0);
  });

  // The rare ones are left to the recordings, which always find them.
  const short = PLANS < ENOUGH ? `: ${PLANS} plans are too few to meet each` : '';
  describe.skipIf(short !== '')(`wrong interpreters${short}`, () => {
    test.each(MUTANTS.filter(({ rare }) => rare !== true))(
      'the packets above find out: $name',
      { timeout: 60_000 },
      async (mutant) => {
        expect(await judgedAtRandom(mutant, agreed)).not.toBe(-1);
      },
    );
  });
});
