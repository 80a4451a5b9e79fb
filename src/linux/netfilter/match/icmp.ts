import type { MatchExtension } from '../extension.js';
import { type IcmpType, parseIcmpType } from '../icmp-type.js';
import { NOT_VALUE } from '../option.js';
import { protocolOfRule } from '../rule-protocol.js';
import { negation } from '../spelling.js';

/** `-m icmp` */
export interface IcmpMatch {
  readonly match: 'icmp';
  /** undefined for `any`. */
  readonly type: IcmpType | undefined;
  readonly invert: boolean;
}

const OPTIONS = { '--icmp-type': NOT_VALUE } as const;
/** A type that stands for all. */
const ANY_TYPE = 255;

/** ICMP type and code (icmp_match(), linux net/ipv4/netfilter/ip_tables.c). */
export const icmp: MatchExtension<IcmpMatch> = {
  name: 'icmp',
  options: OPTIONS,
  parse(words) {
    let type: IcmpType | undefined;
    let inverted: boolean | undefined;
    for (const { invert } of words.options(OPTIONS)) {
      const word = words.next();
      type = word.toLowerCase() === 'any' ? undefined : parseIcmpType(word);
      if (type === undefined && word.toLowerCase() !== 'any')
        words.fail(`expected an ICMP type such as echo-request or 3/4, found "${word}"`);
      if (type?.type === ANY_TYPE) type = undefined;
      inverted = invert;
    }
    if (inverted === undefined) words.fail('-m icmp needs --icmp-type', 'missing');
    return { match: 'icmp', type, invert: inverted ?? false };
  },
  print({ type, invert }) {
    const text = type === undefined ? 'any' : `${type.type}${type.code === undefined ? '' : `/${type.code}`}`;
    return `-m icmp ${negation(invert)}--icmp-type ${text}`;
  },
  test({ type, invert }, { skb: { l4 } }) {
    if (l4?.l4 !== 'icmp') return false;
    const found = type === undefined || (l4.type === type.type && (type.code === undefined || l4.code === type.code));
    return found !== invert;
  },
  have: (_, { skb: { l4 } }) => (l4?.l4 === 'icmp' ? `type ${l4.type} code ${l4.code}` : 'no ICMP header'),
  checkentry: (_, { rule }) => (protocolOfRule(rule) === 1 ? undefined : '-m icmp needs -p icmp'),
};
