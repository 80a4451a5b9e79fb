import type { MatchExtension } from '../extension.js';
import { formatMarkMask, type MarkMask, readMarkMask } from '../mark.js';
import { NOT_VALUE } from '../option.js';
import { hex, negation } from '../spelling.js';

/** `-m mark` */
export interface MarkMatch extends MarkMask {
  readonly match: 'mark';
  readonly invert: boolean;
}

const OPTIONS = { '--mark': NOT_VALUE } as const;

/** The packet's mark (mark_mt(), linux net/netfilter/xt_mark.c). */
export const mark: MatchExtension<MarkMatch> = {
  name: 'mark',
  options: OPTIONS,
  parse(words) {
    let wanted: MarkMask | undefined;
    let inverted = false;
    for (const { invert } of words.options(OPTIONS)) {
      wanted = readMarkMask(words);
      inverted = invert;
    }
    if (wanted === undefined) words.fail('-m mark needs --mark', 'missing');
    return { match: 'mark', ...(wanted ?? { value: 0, mask: 0 }), invert: inverted };
  },
  print: (m) => `-m mark ${negation(m.invert)}--mark ${formatMarkMask(m)}`,
  test: ({ value, mask, invert }, { skb }) => ((skb.mark & mask) >>> 0 === value) !== invert,
  have: (_, { skb }) => hex(skb.mark),
};
