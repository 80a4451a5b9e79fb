import { hex, parseUint, UINT32 } from './spelling.js';
import type { Words } from './words.js';

/** A value, and the bits of a mark that it is about; uint32 each. */
export interface MarkMask {
  readonly value: number;
  readonly mask: number;
}

/** Takes a word `value` or `value/mask`; without a mask all bits count. */
export function readMarkMask(words: Words): MarkMask {
  const word = words.next();
  const [value, mask] = word.split('/').map((part) => parseUint(part, UINT32));
  const parts = word.split('/').length;
  if (value !== undefined && parts === 1) return { value, mask: UINT32 };
  if (value !== undefined && mask !== undefined && parts === 2) return { value, mask };
  words.fail(`expected a mark such as 0x4000/0x4000, found "${word}"`);
  return { value: 0, mask: 0 };
}

/** Writes `0x1/0xff`, or `0x1` when all bits count (xtables_print_mark_mask()). */
export function formatMarkMask({ value, mask }: MarkMask): string {
  return mask === UINT32 ? hex(value) : `${hex(value)}/${hex(mask)}`;
}
