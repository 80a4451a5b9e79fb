/**
 * Records what real BIRDs do with random plans: `tsx test/bird/record.ts`, some minutes. Each plan runs twice, the second
 * time with another order of start.
 */
import { writeFileSync } from 'node:fs';
import { whyNoBird } from './capable.js';
import { runBird } from './compare.js';
import { CORPUS, packed } from './corpus.js';
import { NeverQuiet } from './lab.js';
import { randomPlan } from './random.js';
import { SHAPES } from './shapes.js';

/** Of each shape, and at most so large: the file is to stay small. */
const PLANS = 6;
const SPEAKERS = 5;
/** Of these, that many with events that take seconds. */
const SLOW = 1;

const why = whyNoBird();
if (why !== undefined) throw new Error(why);
writeFileSync(CORPUS, `[\n${(await Promise.all(Object.keys(SHAPES).map(record))).flat().join(',\n')}\n]\n`);

async function record(shape: string): Promise<string[]> {
  const lines: string[] = [];
  let slow = 0;
  for (let seed = 1; lines.length < PLANS; seed++) {
    const plan = randomPlan(seed, shape);
    const waits = plan.events.some(({ type }) => type === 'wait' || type === 'cut');
    if (plan.speakers.length > SPEAKERS || (waits ? slow === SLOW : lines.length - slow === PLANS - SLOW)) continue;
    try {
      lines.push(JSON.stringify(packed({ plan, runs: [await runBird(plan, 0), await runBird(plan, 1)] })));
    } catch (error) {
      if (!(error instanceof NeverQuiet)) throw error;
      console.log(`${plan.name}: never quiet`);
      continue;
    }
    if (waits) slow++;
    console.log(`${plan.name}: ${plan.speakers.length} speakers, ${plan.events.map(({ type }) => type).join(', ')}`);
  }
  return lines;
}
