/**
 * Records what real BIRDs do with random plans: `tsx test/bird/record.ts` runs those that are new or have changed, with
 * `--all` each, which takes some minutes. Each runs twice, the second time with another order of start.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { whyNoBird } from './capable.js';
import { runBird } from './compare.js';
import { CORPUS, packed } from './corpus.js';
import { NeverQuiet } from './lab.js';
import type { BirdPlan } from './plan.js';
import { randomPlan } from './random.js';
import { SHAPES } from './shapes.js';

/** Of each shape, and at most so large: the file is to stay small. */
const PLANS = 6;
const SPEAKERS = 5;
/** Of these, that many with events that take seconds. */
const SLOW = 1;
/** And these, for what the others do not show: MEDs of several ASes, next hops that nobody resolves, `enable`, hold timers. */
const MORE: Readonly<Record<string, readonly number[]>> = { mesh: [147], anything: [23, 49], racks: [21] };
/** Of any shape: two that take turns in preferring each other's path, unless they get out of step. */
const ANY: readonly number[] = [90067];

const why = whyNoBird();
if (why !== undefined) throw new Error(why);
const known = process.argv.includes('--all') || !existsSync(CORPUS) ? [] : readFileSync(CORPUS, 'utf8').split(/,?\n/);
const lines = (await Promise.all(Object.keys(SHAPES).map(record))).flat();
for (const seed of ANY) lines.push(await recorded(randomPlan(seed)));
writeFileSync(CORPUS, `[\n${lines.join(',\n')}\n]\n`);

async function record(shape: string): Promise<string[]> {
  const lines: string[] = [];
  let slow = 0;
  for (let seed = 1; lines.length < PLANS; seed++) {
    const plan = randomPlan(seed, shape);
    const waits = plan.events.some(({ type }) => type === 'wait' || type === 'cut');
    if (plan.speakers.length > SPEAKERS || (waits ? slow === SLOW : lines.length - slow === PLANS - SLOW)) continue;
    try {
      lines.push(await recorded(plan));
    } catch (error) {
      if (!(error instanceof NeverQuiet)) throw error;
      console.log(`${plan.name}: never quiet`);
      continue;
    }
    if (waits) slow++;
    console.log(`${plan.name}: ${plan.speakers.length} speakers, ${plan.events.map(({ type }) => type).join(', ')}`);
  }
  for (const seed of MORE[shape] ?? []) {
    const line = await recorded(randomPlan(seed, shape));
    if (!lines.includes(line)) lines.push(line);
  }
  return lines;
}

async function recorded(plan: BirdPlan): Promise<string> {
  const start = JSON.stringify(packed({ plan, runs: [] })).replace(/\[\]\}$/, '');
  const old = known.find((line) => line.startsWith(start));
  return old ?? JSON.stringify(packed({ plan, runs: [await runBird(plan, 0), await runBird(plan, 1)] }));
}
