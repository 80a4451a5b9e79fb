import type { MatchExtension } from '../extension.js';
import { formatMarkCondition, MARK_OPTIONS, type MarkCondition, markMatches, readMarkCondition } from '../mark.js';
import { hex } from '../spelling.js';

/** `-m connmark` */
export interface ConnmarkMatch extends MarkCondition {
  readonly match: 'connmark';
}

/** The connection's mark; a packet without a connection never matches (connmark_mt(), linux net/netfilter/xt_connmark.c). */
export const connmark: MatchExtension<ConnmarkMatch> = {
  name: 'connmark',
  options: MARK_OPTIONS,
  parse: (words) => ({ match: 'connmark', ...readMarkCondition(words, 'connmark') }),
  print: (m) => `-m connmark ${formatMarkCondition(m)}`,
  test: (m, { skb: { ct } }) => ct !== undefined && markMatches(m, ct.mark),
  have: (_, { skb: { ct } }) => (ct === undefined ? 'no connection' : hex(ct.mark)),
  tracks: () => true,
};
