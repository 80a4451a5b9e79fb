/**
 * Compares the simulation with the kernel of this machine for as long as is asked:
 * `npm run oracle -- --minutes 10 --seed 1 [--level router|lab] [--traced SHARE] [--save DIR]`. Needs root.
 *
 * Counterexamples are shrunk, printed, and with --save written as files for `corpus/`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { whyIncapable } from './backend.js';
import { runBatch, shrink, TRACED_SHARE } from './differential.js';
import { LEVELS } from './levels.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    level: { type: 'string', multiple: true },
    plans: { type: 'string', default: '20' },
    save: { type: 'string' },
    traced: { type: 'string', default: String(TRACED_SHARE) },
    'no-shrink': { type: 'boolean', default: false },
  },
});
const why = whyIncapable();
if (why !== undefined) {
  process.stderr.write(`oracle: ${why}\n`);
  process.exit(2);
}
const end = performance.now() + Number(values.minutes) * 60_000;
let seed = Number(values.seed ?? Date.now() % 1_000_000);
const first = seed;
let packets = 0;
let plans = 0;
let different = 0;
const left = new Map<string, number>();
const chosen = LEVELS.filter(({ name }) => values.level === undefined || values.level.includes(name));
do {
  for (const { name, plan, share } of chosen) {
    const batch = runBatch(plan, Math.max(1, Math.round(Number(values.plans) * share)), seed, Number(values.traced));
    packets += batch.packets;
    plans += batch.plans;
    for (const [what, n] of batch.left) left.set(what, (left.get(what) ?? 0) + n);
    for (const failure of batch.failed) {
      different++;
      const small = values['no-shrink'] ? undefined : shrink(failure.plan, failure.disagreement);
      const { plan: smallest, disagreement } = small ?? failure;
      process.stdout.write(
        `\n=== ${name}, seed ${seed}${small === undefined ? ' (not shrunk)' : ''}: ${disagreement.layer}\n` +
          `${smallest.random.join('\n')}\n--- ${smallest.cases.length} cases\n` +
          `${smallest.cases
            .slice(-8)
            .map((one) => JSON.stringify(one))
            .join('\n')}\n---\n${disagreement.text}\n`,
      );
      if (values.save !== undefined && small !== undefined)
        writeFileSync(
          join(values.save, `${name}-${seed}-${different}.json`),
          JSON.stringify({ plan: small.plan, kernel: small.kernel }),
        );
    }
  }
  seed++;
} while (performance.now() < end);
for (const [what, n] of left) process.stdout.write(`left out ${n} times: ${what}\n`);
process.stdout.write(
  `seeds ${first} to ${seed - 1}: ${packets} packets of ${plans} plans agree, ${different} plans differ\n`,
);
process.exitCode = different === 0 ? 0 : 1;
