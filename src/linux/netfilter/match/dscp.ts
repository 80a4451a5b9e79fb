import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { NOT_VALUE } from '../option.js';
import { negation } from '../spelling.js';
import type { Words } from '../words.js';

/** `-m dscp` */
export interface DscpMatch {
  readonly match: 'dscp';
  /** 6 bits. */
  readonly dscp: number;
  readonly invert: boolean;
}

const OPTIONS = { '--dscp': NOT_VALUE, '--dscp-class': NOT_VALUE } as const;

/** The upper 6 bits of the TOS octet (dscp_mt(), linux net/netfilter/xt_dscp.c). */
export const dscp: MatchExtension<DscpMatch> = {
  name: 'dscp',
  options: OPTIONS,
  parse(words) {
    let value: number | undefined;
    let inverted = false;
    for (const { option, invert } of words.options(OPTIONS)) {
      value = option === '--dscp' ? words.number(63) : readClass(words);
      inverted = invert;
    }
    if (value === undefined) words.fail('-m dscp needs --dscp or --dscp-class', 'missing');
    return { match: 'dscp', dscp: value ?? 0, invert: inverted };
  },
  print: (m) => `-m dscp ${negation(m.invert)}--dscp ${octet(m.dscp)}`,
  test: (m, context) => (ipOf(context).tos >> 2 === m.dscp) !== m.invert,
  have: (_, context) => octet(ipOf(context).tos >> 2),
};

function octet(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

/** BE, EF, CS0 … CS7 and AF11 … AF43 (RFC 4594 §1.5). */
function readClass(words: Words): number {
  const word = words.next().toUpperCase();
  if (word === 'BE') return 0;
  if (word === 'EF') return 46;
  const [, selector] = /^CS([0-7])$/.exec(word) ?? [];
  if (selector !== undefined) return Number(selector) * 8;
  const [, priority, drop] = /^AF([1-4])([1-3])$/.exec(word) ?? [];
  if (priority !== undefined) return Number(priority) * 8 + Number(drop) * 2;
  words.fail(`expected a class such as EF, CS1 or AF11, found "${word}"`);
  return 0;
}
