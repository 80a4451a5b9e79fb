import { describe, expect, test } from 'vitest';
import { whyIncapable } from './backend.js';
import { runBatch } from './differential.js';
import { IPVS_LEVEL } from './levels.js';
import { asked, SECONDS } from './share.js';

/** Another each time, printed with what it finds. */
const SEED = Number(process.env['PODPATH_ORACLE_SEED'] ?? Date.now() % 1_000_000);

const { name, skip } = asked('random virtual services, in user-mode Linux', () => whyIncapable('uml'));

/** A plan takes some five seconds: IPVS gets a fifth of the time that is given to all random packets. */
const PLANS = Math.ceil(SECONDS / 25);

describe.skipIf(skip)(name, () => {
  test(`${PLANS} plans, seed ${SEED}`, { timeout: SECONDS * 1000 + 180_000 }, () => {
    const { failed, packets } = runBatch(IPVS_LEVEL.plan, PLANS, SEED, { backend: 'uml' });
    const how = `npm run oracle -- --backend uml --ipvs --minutes 0 --seed ${SEED} --plans ${PLANS}`;
    expect(
      failed.map(({ disagreement }) => disagreement.text),
      how,
    ).toEqual([]);
    expect(packets).toBeGreaterThan(0);
  });
});
