import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { type MarkMask, readMarkMask } from '../mark.js';
import { type OptionSpec, VALUE } from '../option.js';
import { hex, UINT32 } from '../spelling.js';
import type { Words } from '../words.js';

/** `-j MARK`: clears the bits of `mask`, then turns over those of `value`. */
export interface MarkTarget extends MarkMask {
  readonly target: 'MARK';
}

/** One of the forms in which a change of a mark is given. */
export type MarkOption = '--set-xmark' | '--set-mark' | '--and-mark' | '--or-mark' | '--xor-mark';

const OPTIONS: Readonly<Record<MarkOption, OptionSpec>> = {
  '--set-xmark': VALUE,
  '--set-mark': VALUE,
  '--and-mark': VALUE,
  '--or-mark': VALUE,
  '--xor-mark': VALUE,
};

/** Sets bits of the packet's mark (mark_tg(), linux net/netfilter/xt_mark.c). */
export const markTarget: TargetExtension<MarkTarget> = {
  name: 'MARK',
  options: OPTIONS,
  parse(words) {
    let set: MarkMask | undefined;
    for (const { option } of words.options(OPTIONS)) {
      if (set !== undefined) words.fail('-j MARK does one thing', 'conflict');
      set = readMarkChange(words, option);
    }
    if (set === undefined) words.fail('-j MARK needs --set-xmark or one like it', 'missing');
    return { target: 'MARK', ...(set ?? { value: 0, mask: 0 }) };
  },
  print: ({ value, mask }) => `-j MARK --set-xmark ${hex(value)}/${hex(mask)}`,
  apply({ value, mask }, { skb }) {
    skb.mark = ((skb.mark & ~mask) ^ value) >>> 0;
    return CONTINUE;
  },
};

/** Takes the value of `--set-xmark` or of one of its other forms, all of which can be said with it. */
export function readMarkChange(words: Words, option: MarkOption): MarkMask {
  switch (option) {
    case '--set-xmark':
      return readMarkMask(words);
    case '--set-mark': {
      const { value, mask } = readMarkMask(words);
      return { value, mask: (value | mask) >>> 0 };
    }
    case '--and-mark':
      return { value: 0, mask: ~words.number(UINT32) >>> 0 };
    case '--or-mark': {
      const bits = words.number(UINT32);
      return { value: bits, mask: bits };
    }
    case '--xor-mark':
      return { value: words.number(UINT32), mask: 0 };
  }
}
