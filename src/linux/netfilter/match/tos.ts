import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { NOT_VALUE } from '../option.js';
import { negation, parseUint, UINT8 } from '../spelling.js';

/** `-m tos` */
export interface TosMatch {
  readonly match: 'tos';
  /** Of the TOS octet, the bits of `mask`; 8 bits each. */
  readonly value: number;
  readonly mask: number;
  readonly invert: boolean;
}

const OPTIONS = { '--tos': NOT_VALUE } as const;
/** Names of RFC 1349, which leave out precedence and what is ECN now. */
const NAMES: ReadonlyMap<string, number> = new Map([
  ['minimize-delay', 0x10],
  ['maximize-throughput', 0x08],
  ['maximize-reliability', 0x04],
  ['minimize-cost', 0x02],
  ['normal-service', 0x00],
]);
const NAME_MASK = 0x3f;

/** The TOS octet (tos_mt(), linux net/netfilter/xt_dscp.c). */
export const tos: MatchExtension<TosMatch> = {
  name: 'tos',
  options: OPTIONS,
  parse(words) {
    let found: { readonly value: number; readonly mask: number } | undefined;
    let inverted = false;
    for (const { invert } of words.options(OPTIONS)) {
      const word = words.next();
      found = parseTos(word);
      if (found === undefined) words.fail(`expected a TOS such as 0x10/0x3f, found "${word}"`);
      found ??= { value: 0, mask: 0 };
      inverted = invert;
    }
    if (found === undefined) words.fail('-m tos needs --tos', 'missing');
    return { match: 'tos', ...(found ?? { value: 0, mask: 0 }), invert: inverted };
  },
  print: ({ value, mask, invert }) => `-m tos ${negation(invert)}--tos ${octet(value)}/${octet(mask)}`,
  test: ({ value, mask, invert }, context) => ((ipOf(context).tos & mask) === value) !== invert,
  have: (_, context) => octet(ipOf(context).tos),
};

function parseTos(word: string): { readonly value: number; readonly mask: number } | undefined {
  const named = NAMES.get(word.toLowerCase());
  if (named !== undefined) return { value: named, mask: NAME_MASK };
  const [first = '', second, ...rest] = word.split('/');
  const value = parseUint(first, UINT8);
  const mask = second === undefined ? UINT8 : parseUint(second, UINT8);
  return value === undefined || mask === undefined || rest.length > 0 ? undefined : { value, mask };
}

function octet(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
