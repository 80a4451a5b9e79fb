import type { Origin } from '../origin.js';
import type { Hook, Ruleset } from './rule.js';

/** The two programs that are called iptables: the kernel runs the rules of both at the same hooks. */
export type Backend = 'iptables-legacy' | 'iptables-nft';

/**
 * Rules that stand beside those of `iptables-save`. A packet that meets them is not followed: which of two tables of one
 * priority runs first depends on which was there first, and of nftables' own tables no dump tells what is in them.
 */
export type ForeignRules = {
  /** Those at which they do something. */
  readonly hooks: readonly Hook[];
  /** Whether they have connections tracked. */
  readonly tracks: boolean;
  readonly origin: Origin;
} & (
  | { readonly by: Backend; readonly ruleset: Ruleset }
  /** The comment that iptables-nft leaves in place of what it can't show. */
  | { readonly by: 'nft'; readonly comment: string }
);

/** What a packet meets, as a trace and a note call it. */
export function foreignText(rules: ForeignRules): string {
  return rules.by === 'nft' ? `nftables: ${rules.comment.replace(/^# /, '')}` : `rules of ${rules.by}`;
}
