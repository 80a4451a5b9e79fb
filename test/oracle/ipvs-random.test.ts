import { describe, expect, test } from 'vitest';
import { whyIncapable } from './backend.js';
import { runBatch } from './differential.js';
import { IPVS_LEVEL } from './levels.js';
import { asked, PLANS, SEED } from './share.js';

const { name, skip } = asked('random virtual services, in user-mode Linux', () => whyIncapable('uml'));

/** A plan of IPVS takes some forty times as long as one of a router. */
const IPVS_PLANS = Math.ceil(PLANS / 40);

describe.skipIf(skip)(name, () => {
  test(`${IPVS_PLANS} plans, seed ${SEED}`, { timeout: 1_200_000 }, () => {
    const { failed, packets } = runBatch(IPVS_LEVEL.plan, IPVS_PLANS, SEED, { backend: 'uml' });
    const how = `npm run oracle -- --backend uml --ipvs --minutes 0 --seed ${SEED} --plans ${IPVS_PLANS}`;
    expect(
      failed.map(({ disagreement }) => disagreement.text),
      how,
    ).toEqual([]);
    expect(packets).toBeGreaterThan(0);
  });
});
