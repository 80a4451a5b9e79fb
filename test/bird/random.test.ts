import { describe, expect, test } from 'vitest';
import { asked, PLANS, SEED } from '../oracle/share.js';
import { whyNoBird } from './capable.js';
import { formatDisagreement } from './compare.js';
import { compareMany } from './differential.js';
import { randomPlan } from './random.js';
import { SHAPES } from './shapes.js';

/** BIRD waits more than it works: a plan of it takes some ten times as long as one of a router. */
const BIRD_PLANS = Math.ceil(PLANS / 20);

const { name, skip } = asked('random BGP speakers beside BIRD', whyNoBird);

describe.skipIf(skip)(name, () => {
  test.each([...Object.keys(SHAPES).map((shape) => ({ shape, plans: 2 })), { shape: undefined, plans: BIRD_PLANS }])(
    '$plans plans of shape $shape',
    { timeout: 1_200_000 },
    async ({ shape, plans }) => {
      const different: string[] = [];
      let compared = 0;
      await compareMany(
        (seed) => randomPlan(seed, shape),
        SEED,
        ({ plan, disagreements, compared: more }) => {
          compared += more;
          if (disagreements.length > 0)
            different.push(`${plan.name}\n${disagreements.map(formatDisagreement).join('\n')}`);
        },
        (begun) => begun < plans,
      );
      expect(different.join('\n')).toBe('');
      expect(compared).toBeGreaterThan(10);
    },
  );
});
