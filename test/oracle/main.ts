/**
 * Compares the simulation with a kernel for as long as is asked: `npm run oracle -- --help`.
 *
 * Counterexamples are shrunk, printed, and with --save written as files for `corpus/`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BACKENDS, isBackend, whyIncapable } from './backend.js';
import { runBatch, shrink } from './differential.js';
import { LEVELS } from './levels.js';

const HELP = `Usage: npm run oracle -- [options]

  --backend NAME   the kernel to ask: host, that of this machine, in namespaces (default),
                   or uml, Debian's user-mode Linux (packages user-mode-linux and kmod; a plan takes seconds)
  --minutes N      for how long (default 1)
  --seed N         of the first plans; one more each round (default: another each time)
  --level NAME     ${LEVELS.map(({ name }) => name).join(' or ')}; may be given twice (default: all)
  --plans N        how many plans a round has (default 20)
  --no-shrink      print a plan that differs as it was drawn
  --save DIR       write what differs as files for test/oracle/corpus
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'host' },
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    level: { type: 'string', multiple: true },
    plans: { type: 'string', default: '20' },
    save: { type: 'string' },
    traced: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const { backend } = values;
if (!isBackend(backend)) {
  process.stderr.write(`oracle: no backend ${backend}: ${BACKENDS.join(' or ')}\n`);
  process.exit(2);
}
const why = whyIncapable(backend);
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
const traced = values.traced === undefined ? {} : { traced: Number(values.traced) };
const left = new Map<string, number>();
const chosen = LEVELS.filter(({ name }) => values.level === undefined || values.level.includes(name));
do {
  for (const { name, plan, share } of chosen) {
    const size = Math.max(1, Math.round(Number(values.plans) * share));
    const batch = runBatch(plan, size, seed, { backend, ...traced });
    packets += batch.packets;
    plans += batch.plans;
    for (const [what, n] of batch.left) left.set(what, (left.get(what) ?? 0) + n);
    for (const failure of batch.failed) {
      different++;
      const small = values['no-shrink'] ? undefined : shrink(failure.plan, failure.disagreement, backend);
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
