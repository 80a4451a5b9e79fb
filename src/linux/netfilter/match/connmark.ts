import type { MatchExtension } from '../extension.js';
import { formatMarkMask, type MarkMask, readMarkMask } from '../mark.js';
import { NOT_VALUE } from '../option.js';
import { hex, negation } from '../spelling.js';

/** `-m connmark` */
export interface ConnmarkMatch extends MarkMask {
  readonly match: 'connmark';
  readonly invert: boolean;
}

const OPTIONS = { '--mark': NOT_VALUE } as const;

/** The connection's mark; a packet without a connection never matches (connmark_mt(), linux net/netfilter/xt_connmark.c). */
export const connmark: MatchExtension<ConnmarkMatch> = {
  name: 'connmark',
  options: OPTIONS,
  parse(words) {
    let wanted: MarkMask | undefined;
    let inverted = false;
    for (const { invert } of words.options(OPTIONS)) {
      wanted = readMarkMask(words);
      inverted = invert;
    }
    if (wanted === undefined) words.fail('-m connmark needs --mark', 'missing');
    return { match: 'connmark', ...(wanted ?? { value: 0, mask: 0 }), invert: inverted };
  },
  print: (m) => `-m connmark ${negation(m.invert)}--mark ${formatMarkMask(m)}`,
  test({ value, mask, invert }, { skb: { ct } }) {
    return ct !== undefined && ((ct.mark & mask) >>> 0 === value) !== invert;
  },
  have: (_, { skb: { ct } }) => (ct === undefined ? 'no connection' : hex(ct.mark)),
};
