import { NOT_VALUE, type OptionSpec } from './option.js';
import { hex, negation, parseUint, UINT32 } from './spelling.js';
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
function formatMarkMask({ value, mask }: MarkMask): string {
  return mask === UINT32 ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

/** A condition on a mark: `--mark value/mask`. */
export interface MarkCondition extends MarkMask {
  readonly invert: boolean;
}

export const MARK_OPTIONS: { readonly '--mark': OptionSpec } = { '--mark': NOT_VALUE };

/** Takes the options of `-m mark` and `-m connmark`. */
export function readMarkCondition(words: Words, name: string): MarkCondition {
  let wanted: MarkCondition | undefined;
  for (const { invert } of words.options(MARK_OPTIONS)) wanted = { ...readMarkMask(words), invert };
  if (wanted === undefined) words.fail(`-m ${name} needs --mark`, 'missing');
  return wanted ?? { value: 0, mask: 0, invert: false };
}

export function formatMarkCondition(condition: MarkCondition): string {
  return `${negation(condition.invert)}--mark ${formatMarkMask(condition)}`;
}

/** Whether `mark`, uint32, is as a condition wants it. */
export function markMatches({ value, mask, invert }: MarkCondition, mark: number): boolean {
  return ((mark & mask) >>> 0 === value) !== invert;
}
