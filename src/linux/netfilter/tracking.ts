import { extensionOf } from './match/registry.js';
import type { Rule, Ruleset } from './rule.js';
import { targetExtensionOf } from './target/registry.js';

/**
 * Whether connections are tracked in a namespace, and packets reassembled for it: a rule asks for it, wherever it
 * stands. The nat table alone does not (nf_ct_netns_get(), linux net/netfilter/nf_conntrack_proto.c).
 */
export function tracksConnections(ruleset: Ruleset): boolean {
  for (const { chains } of ruleset.values())
    for (const { rules } of chains.values()) if (rules.some(tracks)) return true;
  return false;
}

function tracks({ matches, target }: Rule): boolean {
  if (target !== undefined && targetExtensionOf(target).tracks?.(target) === true) return true;
  return matches.some((match) => extensionOf(match).tracks?.(match) === true);
}
