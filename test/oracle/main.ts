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
import { IPVS_LEVEL, levelsOf } from './levels.js';

const HELP = `Usage: npm run oracle -- [options]

  --backend NAME   the kernel to ask: host, that of this machine, in namespaces (default),
                   or uml, Debian's user-mode Linux (packages user-mode-linux and kmod; a plan takes seconds)
  --minutes N      for how long (default 1)
  --seed N         of the first plans; one more each round (default: another each time)
  --level NAME     ${levelsOf('uml')
    .map(({ name }) => name)
    .join(' or ')}; may be given twice (default: all of the backend)
  --ipvs           virtual services alone, which only uml has: --level ipvs
  --plans N        how many plans a round has (default 20)
  --traced SHARE   how large a share of the plans is watched rule by rule, with netfilter's TRACE and the kernel's counters
                   (default: a tenth; not with uml, whose kernel counts otherwise)
  --no-shrink      print a plan that differs as it was drawn
  --save DIR       write what differs as files for test/oracle/corpus
`;

const OPTIONS = {
  help: { type: 'boolean', default: false },
  backend: { type: 'string', default: 'host' },
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  level: { type: 'string', multiple: true },
  ipvs: { type: 'boolean', default: false },
  plans: { type: 'string', default: '20' },
  save: { type: 'string' },
  traced: { type: 'string' },
  'no-shrink': { type: 'boolean', default: false },
} as const;

function refuse(why: string): never {
  process.stderr.write(`oracle: ${why}\n`);
  process.exit(2);
}

function parsed(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  return text !== '' && value >= 0 ? value : refuse(`--${option} wants a number, not "${text}"`);
}

const values = parsed();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const { backend } = values;
if (!isBackend(backend)) refuse(`no backend "${backend}": ${BACKENDS.join(' or ')}`);
const levels = levelsOf(backend);
const wanted = [...(values.level ?? []), ...(values.ipvs ? [IPVS_LEVEL.name] : [])];
const chosen =
  wanted.length === 0
    ? levels
    : wanted.map((name) => levels.find((level) => level.name === name) ?? refuse(`${backend} has no level "${name}"`));
const minutes = numberOf('minutes', values.minutes);
const perRound = numberOf('plans', values.plans);
const traced = values.traced === undefined ? {} : { traced: numberOf('traced', values.traced) };
if (backend === 'uml' && values.traced !== undefined) refuse('--traced counts as Linux 6.18 does: not with uml');
let seed = numberOf('seed', values.seed);
const why = whyIncapable(backend);
if (why !== undefined) refuse(why);
const end = performance.now() + minutes * 60_000;
const first = seed;
let packets = 0;
let plans = 0;
let different = 0;
const left = new Map<string, number>();
do {
  for (const { name, plan, share } of chosen) {
    const size = Math.max(1, Math.round(perRound * share));
    const batch = runBatch(plan, size, seed, { backend, ...traced });
    packets += batch.packets;
    plans += batch.plans;
    for (const [what, n] of batch.left) left.set(what, (left.get(what) ?? 0) + n);
    for (const failure of batch.failed) {
      different++;
      const small = values['no-shrink'] ? undefined : shrink(failure.plan, failure.disagreement, backend);
      const { plan: smallest, disagreement } = small ?? failure;
      process.stdout.write(
        `\n=== - the kernel, + podpath: ${name}, seed ${seed}${small === undefined ? ' (not shrunk)' : ''}: ${disagreement.layer}\n` +
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
  if (process.stderr.isTTY)
    process.stderr.write(`\rseed ${seed}: ${packets} packets agree, ${different} plans differ `);
  seed++;
} while (performance.now() < end);
if (process.stderr.isTTY) process.stderr.write('\n');
for (const [what, n] of left) process.stdout.write(`left out ${n} times: ${what}\n`);
process.stdout.write(
  `seeds ${first} to ${seed - 1}: ${packets} packets of ${plans} plans agree, ${different} plans differ\n`,
);
process.exitCode = different === 0 ? 0 : 1;
