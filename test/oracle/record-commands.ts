/**
 * Runs the command scenarios on the kernel of this machine and writes what it answered and what state it was left in.
 * `npx tsx test/oracle/record-commands.ts > test/recordings/commands-6.18.json`.
 */
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { SCENARIOS } from './command-scenarios.js';
import { runOnKernel } from './kernel.js';

const tool = spawnSync('ip', ['-V'], { encoding: 'utf8' }).stdout.trim();
const lines = SCENARIOS.map((scenario) => JSON.stringify(runOnKernel(scenario))).join(',\n');
process.stdout.write(`{"kernel":"${release()}","tool":"${tool}","scenarios":[\n${lines}\n]}\n`);
