import type { MatchExtension } from '../extension.js';
import { formatMarkCondition, MARK_OPTIONS, type MarkCondition, markMatches, readMarkCondition } from '../mark.js';
import { hex } from '../spelling.js';

/** `-m mark` */
export interface MarkMatch extends MarkCondition {
  readonly match: 'mark';
}

/** The packet's mark (mark_mt(), linux net/netfilter/xt_mark.c). */
export const mark: MatchExtension<MarkMatch> = {
  name: 'mark',
  options: MARK_OPTIONS,
  parse: (words) => ({ match: 'mark', ...readMarkCondition(words, 'mark') }),
  print: (m) => `-m mark ${formatMarkCondition(m)}`,
  test: (m, { skb }) => markMatches(m, skb.mark),
  have: (_, { skb }) => hex(skb.mark),
};
