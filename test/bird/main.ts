/** Compares the BGP simulation with BIRD for as long as is asked: `npm run oracle:bird -- --help`. */
import { parseArgs } from 'node:util';
import { whyNoBird } from './capable.js';
import { formatDisagreement } from './compare.js';
import { birdConf } from './conf.js';
import { compareMany } from './differential.js';
import { randomPlan } from './random.js';
import { SHAPES } from './shapes.js';

const HELP = `Usage: npm run oracle:bird -- [options]

  --minutes N    for how long (default 1)
  --seed N       of the first plan; one more each (default: another each time)
  --shape NAME   ${Object.keys(SHAPES).join(', ')} (default: any)
  --conf         also print the bird.conf of each speaker of a plan that differs
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    shape: { type: 'string' },
    conf: { type: 'boolean', default: false },
  },
});

function refuse(why: string): never {
  process.stderr.write(`oracle:bird: ${why}\n`);
  process.exit(2);
}

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const { shape } = values;
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes >= 0 && seed >= 0)) refuse('--minutes and --seed want numbers');
if (shape !== undefined && !(shape in SHAPES)) refuse(`no shape "${shape}": ${Object.keys(SHAPES).join(', ')}`);
const why = whyNoBird();
if (why !== undefined) refuse(why);

const sums = { compared: 0, timed: 0, ordered: 0 };
let [different, restless] = [0, 0];
const end = performance.now() + minutes * 60_000;
const plans = await compareMany(
  (n) => randomPlan(n, shape),
  seed,
  ({ plan, disagreements, ...outcome }) => {
    for (const key of ['compared', 'timed', 'ordered'] as const) sums[key] += outcome[key];
    if (outcome.restless !== undefined) {
      restless++;
      process.stdout.write(`${plan.name}: left out: ${outcome.restless.split('\n')[0]}\n`);
    }
    if (disagreements.length === 0) return;
    different++;
    const events = plan.events.map(({ type }) => type).join(', ');
    process.stdout.write(`\n=== - BIRD, + podpath: ${plan.name}; events: ${events}\n`);
    process.stdout.write(`${disagreements.map(formatDisagreement).join('\n')}\n`);
    if (values.conf) for (const one of plan.speakers) process.stdout.write(`--- ${one.name}\n${birdConf(one)}`);
  },
  (begun) => begun === 0 || performance.now() < end,
);
process.stdout.write(
  `seeds ${seed} to ${seed + plans - 1}: ${sums.compared} things compared, ${different} plans differ; ` +
    `BIRD differed from itself in ${sums.timed}, another order of messages was needed for ${sums.ordered}, ` +
    `BIRD came to no end in ${restless} plans\n`,
);
process.exitCode = different === 0 ? 0 : 1;
