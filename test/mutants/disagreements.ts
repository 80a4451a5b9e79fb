import { loadCorpus } from '../oracle/corpus.js';
import { judge } from '../oracle/differential.js';
import { LABS } from '../recordings/load.js';
import { type Comparison, comparisonsOfCase, comparisonsOfProbe, WAITING_PROBES } from '../replay/compare.js';
import { replay } from '../replay/lab.js';
import { loadScenarios, replayScenario } from '../replay/scenario.js';

/** The recorded packets, of all recordings and of what was found at random, that the interpreter which this was bundled with follows otherwise. */
export function disagreements(): string[] {
  const found: string[] = [];
  for (const name of LABS)
    for (const replayed of replay(name)) {
      const { title } = replayed.probe;
      if (WAITING_PROBES[name]?.test(title)) continue;
      if ([...comparisonsOfProbe(replayed)].some(differs)) found.push(`${name}: ${title}`);
    }
  for (const scenario of loadScenarios()) {
    for (const replayed of replayScenario(scenario))
      if ([...comparisonsOfCase(scenario, replayed)].some(differs))
        found.push(`${scenario.name}: ${replayed.recorded.id}`);
  }
  for (const { name, plan, kernel } of loadCorpus())
    if (judge(plan, kernel).disagreement !== undefined) found.push(`corpus: ${name}`);
  return found;
}

function differs({ ours, kernel }: Comparison): boolean {
  return canonical(ours) !== canonical(kernel);
}

/** Without regard to the order of keys, or to those without a value. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'object' && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
        : each,
    ) ?? ''
  );
}
