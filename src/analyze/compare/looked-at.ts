import { printMatch } from '../../linux/index.js';
import type { LookedAt } from '../../output/index.js';
import type { Network } from '../../topology/index.js';
import type { Hop, TraceEvent } from '../../trace/index.js';

/** What the hops of one packet looked at, by namespace. Of a trace with every rule told (`detail: 'all'`). */
export function lookedAt(hops: readonly Hop[], network: Network): readonly LookedAt[] {
  const found = new Map<string, { netns: string; rules: number; sets: number; ipvs: number }>();
  for (const { netns, events } of hops)
    for (const event of events) {
      const sum = found.get(netns) ?? { netns, rules: 0, sets: 0, ipvs: 0 };
      // n is 0 for a chain's policy, which is no rule.
      if (event.k === 'rule' && event.rule.n > 0) {
        sum.rules++;
        sum.sets += setsAsked(event, netns, network);
      } else if (event.k === 'ipvs') sum.ipvs++;
      else continue;
      found.set(netns, sum);
    }
  return [...found.values()];
}

/** The sets that a rule asked: those of its conditions up to the first that did not hold. */
function setsAsked(
  { rule, fail }: Extract<TraceEvent, { readonly k: 'rule' }>,
  netns: string,
  network: Network,
): number {
  const tables = network.netns(netns)?.iptables;
  const chain = [...(tables?.values() ?? [])].find(({ name }) => name === rule.table)?.chains.get(rule.chain);
  const matches = chain?.rules[rule.n - 1]?.matches ?? [];
  const last = fail === null ? matches.length : matches.findIndex((match) => printMatch(match) === fail.match);
  return matches.slice(0, last + 1).filter(({ match }) => match === 'set').length;
}
