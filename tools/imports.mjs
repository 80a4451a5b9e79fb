/**
 * Checks the direction of imports (.dependency-cruiser.mjs). Through the programming interface, because the command
 * says "no violations" as well when it found nothing to look at.
 */
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import rules from '../.dependency-cruiser.mjs';

const ROOT = new URL('..', import.meta.url);
process.chdir(ROOT.pathname);

/** Fewer than this, and the tool did not understand our sources. */
const LEAST = 100;

const { forbidden, options } = rules;
const tsConfig = extractTSConfig(options.tsConfig.fileName);
const { output } = await cruise(
  ['src', 'test', 'bench', 'tools'],
  { ...options, ruleSet: { forbidden }, validate: true },
  undefined,
  { tsConfig },
);
const { summary } = output;
for (const { rule, from, to } of summary.violations) console.error(`${rule.severity}: ${rule.name}: ${from} -> ${to}`);
console.log(`${summary.totalCruised} modules, ${summary.error} errors`);
if (summary.totalCruised < LEAST) {
  console.error(`expected at least ${LEAST} modules: nothing was checked`);
  process.exitCode = 1;
}
if (summary.error > 0) process.exitCode = 1;
