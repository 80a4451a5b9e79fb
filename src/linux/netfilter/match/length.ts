import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { NOT_VALUE } from '../option.js';
import { formatPortRange, inRange, type PortRange, readPortRange } from '../port.js';
import { negation } from '../spelling.js';

/** `-m length`: bytes, from and to. */
export interface LengthMatch extends PortRange {
  readonly match: 'length';
  readonly invert: boolean;
}

const OPTIONS = { '--length': NOT_VALUE } as const;

/** Bytes of the IP packet, its header included (length_mt(), linux net/netfilter/xt_length.c). */
export const length: MatchExtension<LengthMatch> = {
  name: 'length',
  options: OPTIONS,
  parse(words) {
    let range: PortRange | undefined;
    let inverted = false;
    for (const { invert } of words.options(OPTIONS)) {
      range = readPortRange(words, ':');
      inverted = invert;
    }
    if (range === undefined) words.fail('-m length needs --length', 'missing');
    return { match: 'length', ...(range ?? { min: 0, max: 0 }), invert: inverted };
  },
  print: (m) => `-m length ${negation(m.invert)}--length ${formatPortRange(m, ':')}`,
  test: (m, context) => inRange(m, ipOf(context).length) !== m.invert,
  have: (_, context) => `${ipOf(context).length} bytes`,
};
