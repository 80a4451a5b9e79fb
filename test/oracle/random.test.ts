import { describe, expect, test } from 'vitest';
import { whyIncapable } from './backend.js';
import { runBatch, shrink } from './differential.js';
import { LEVELS } from './levels.js';
import { compareLookups } from './lookups.js';

/**
 * For how long, all levels together; `npm run oracle` goes on for as long as is asked. Nothing unless it is set, for as
 * long as a fresh seed still finds a plan in fifty on which we differ.
 */
const SECONDS = Number(process.env['PODPATH_ORACLE_SECONDS'] ?? 0);
/** Another each time, printed with what it finds. */
const SEED = Number(process.env['PODPATH_ORACLE_SEED'] ?? Date.now() % 1_000_000);

const why = SECONDS > 0 ? whyIncapable() : 'PODPATH_ORACLE_SECONDS is not set';

describe.skipIf(why !== undefined)(
  `random networks on the kernel of this machine${why === undefined ? '' : `: ${why}`}`,
  () => {
    test(`lookups, seed ${SEED}`, { timeout: 60_000 }, () => {
      const { lookups, different } = compareLookups(SEED);
      expect(different.join('\n')).toBe('');
      expect(lookups).toBeGreaterThan(1000);
    });

    test.each(LEVELS)(`level $name, seed ${SEED}`, { timeout: SECONDS * 1000 + 180_000 }, ({ plan, share, name }) => {
      const end = performance.now() + (SECONDS * 1000 * share) / LEVELS.reduce((sum, level) => sum + level.share, 0);
      let packets = 0;
      for (let seed = SEED; performance.now() < end; seed++) {
        const batch = runBatch(plan, 8, seed);
        packets += batch.packets;
        const [first] = batch.failed;
        if (first === undefined) continue;
        const small = shrink(first.plan, first.disagreement) ?? first;
        const words = [...small.plan.random, '---', ...small.plan.cases.map((one) => JSON.stringify(one))].join('\n');
        expect.fail(
          `level ${name}, seed ${seed}: ${small.disagreement.layer}\n${words}\n---\n${small.disagreement.text}`,
        );
      }
      expect(packets).toBeGreaterThan(0);
    });
  },
);
