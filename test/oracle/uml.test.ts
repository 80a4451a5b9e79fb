import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { runPlans, whyIncapable } from './backend.js';
import { loadCorpus } from './corpus.js';
import { judge, runBatch } from './differential.js';
import { IPVS_LEVEL, levelsOf } from './levels.js';
import { asked } from './share.js';

/**
 * The same plans on a second kernel: Debian's user-mode Linux, 6.1, with iptables-legacy. What is recorded in the corpus
 * is of 6.18 with iptables-nft.
 */
const { name: title, skip } = asked('another kernel, in user-mode Linux', () => whyIncapable('uml'));

/** Of the random plans; `npm run oracle -- --backend uml` draws others. */
const SEED = 7;

/** Where the guest's kernel does something else than the recorded one, and why the simulation keeps to the latter. */
const DIFFERENT: Readonly<Record<string, { readonly errno: number; readonly because: string }>> = {
  // icmp_reply() holds the lock that icmp_send() wants, which therefore sends nothing (icmp_xmit_lock(), net/ipv4/icmp.c).
  // For one CPU alone there are no locks: spin_trylock() always succeeds (include/linux/spinlock_api_up.h).
  'an echo reply that is rejected on its way out tells nobody': {
    errno: constants.errno.ECONNREFUSED,
    because: 'a kernel of one CPU rejects an echo reply that is on its way out',
  },
};

describe.skipIf(skip)(title, () => {
  test('does what is recorded', { timeout: 600_000 }, () => {
    // Rule by rule it is not watched: its counters are those of another kernel (test/replay/counters.ts).
    const corpus = loadCorpus().map(({ name, plan: { traced: _, ...plan } }) => ({ name, plan }));
    const runs = runPlans(
      corpus.map(({ plan }) => plan),
      'uml',
    );
    for (const [i, { name, plan }] of corpus.entries()) {
      const kernel = runs[i];
      if (kernel === undefined) throw new Error(`${name} was not run`);
      const { disagreement, left, agreed } = judge(plan, kernel, 'uml');
      const known = DIFFERENT[name];
      if (known !== undefined) {
        expect(left, name).toBe(known.because);
        expect(kernel.cases[0]?.errors, name).toContain(known.errno);
        continue;
      }
      expect(disagreement?.text, name).toBeUndefined();
      expect(left, name).toBeUndefined();
      expect(agreed, name).toBe(plan.cases.length);
    }
    expect(Object.keys(DIFFERENT).filter((name) => !corpus.some((one) => one.name === name))).toEqual([]);
  });

  // IPVS has a test of its own (ipvs-random.test.ts).
  test.each(levelsOf('uml').filter((level) => level !== IPVS_LEVEL))(
    'agrees on random plans of level $name',
    { timeout: 600_000 },
    ({ plan, share }) => {
      const { failed, packets } = runBatch(plan, Math.ceil(4 * share), SEED, { backend: 'uml' });
      expect(failed.map(({ disagreement }) => disagreement.text)).toEqual([]);
      expect(packets).toBeGreaterThan(0);
    },
  );
});
