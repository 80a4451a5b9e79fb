import { describe, expect, test } from 'vitest';
import { asked, SECONDS } from '../oracle/share.js';
import { whyNoBird } from './capable.js';
import { formatDisagreement } from './compare.js';
import { compareMany, compareWithBird } from './differential.js';
import { randomPlan } from './random.js';
import { SHAPES } from './shapes.js';

/** Of the share, the part that BIRD gets: it waits more than it works. */
const PART = 0.3;
/** Another each time, printed with what it finds. */
const SEED = Number(process.env['PODPATH_ORACLE_SEED'] ?? Date.now() % 1_000_000);

const { name, skip } = asked('random BGP speakers beside BIRD', whyNoBird);

describe.skipIf(skip)(name, () => {
  test.each(Object.keys(SHAPES))('%s, seed 3', { timeout: 120_000 }, async (shape) => {
    const { disagreements, compared } = await compareWithBird(randomPlan(3, shape));
    expect(disagreements.map(formatDisagreement).join('\n')).toBe('');
    expect(compared).toBeGreaterThan(10);
  });

  test(`fresh ones, seed ${SEED}`, { timeout: SECONDS * 1000 + 180_000 }, async () => {
    const different: string[] = [];
    let compared = 0;
    const until = performance.now() + SECONDS * 1000 * PART;
    await compareMany(
      randomPlan,
      SEED,
      ({ plan, disagreements, compared: more }) => {
        compared += more;
        if (disagreements.length === 0) return 'go on';
        different.push(`${plan.name}\n${disagreements.map(formatDisagreement).join('\n')}`);
        return 'stop';
      },
      until,
    );
    expect(different.join('\n')).toBe('');
    expect(compared).toBeGreaterThan(0);
  });
});
