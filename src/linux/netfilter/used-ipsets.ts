import type { SetMatch } from './match/set.js';
import type { Ruleset } from './rule.js';
import type { SetTarget } from './target/set.js';

/** The names of the IP sets that rules refer to: those can't be destroyed or renamed. */
export function usedIpsets(ruleset: Ruleset): ReadonlySet<string> {
  const names = new Set<string>();
  for (const table of ruleset.values())
    for (const chain of table.chains.values())
      for (const rule of chain.rules) {
        for (const match of rule.matches) if (match.match === 'set') names.add((match as SetMatch).set);
        if (rule.target?.target !== 'SET') continue;
        const { add, del, map } = rule.target as SetTarget;
        for (const entry of [add, del, map]) if (entry !== undefined) names.add(entry.set);
      }
  return names;
}
