import type { PacketType } from '../../skb.js';
import type { MatchExtension } from '../extension.js';
import { NOT_VALUE } from '../option.js';
import { negation } from '../spelling.js';

/** `-m pkttype` */
export interface PkttypeMatch {
  readonly match: 'pkttype';
  readonly type: Exclude<PacketType, 'outgoing'>;
  readonly invert: boolean;
}

const OPTIONS = { '--pkt-type': NOT_VALUE } as const;
/** The words for a type; the first is the one that is printed. */
const WORDS: readonly (readonly [PkttypeMatch['type'], ...string[]])[] = [
  ['host', 'unicast', 'host'],
  ['broadcast', 'broadcast', 'bcast'],
  ['multicast', 'multicast', 'mcast'],
  ['otherhost', 'otherhost'],
];

/** Whom the frame was for (pkttype_mt(), linux net/netfilter/xt_pkttype.c). */
export const pkttype: MatchExtension<PkttypeMatch> = {
  name: 'pkttype',
  options: OPTIONS,
  parse(words) {
    let type: PkttypeMatch['type'] | undefined;
    let inverted = false;
    for (const { invert } of words.options(OPTIONS)) {
      const word = words.next().toLowerCase();
      const [found] = WORDS.find(([, ...spellings]) => spellings.includes(word)) ?? [];
      if (found === undefined) words.fail(`expected unicast, broadcast, multicast or otherhost, found "${word}"`);
      type = found ?? 'host';
      inverted = invert;
    }
    if (type === undefined) words.fail('-m pkttype needs --pkt-type', 'missing');
    return { match: 'pkttype', type: type ?? 'host', invert: inverted };
  },
  print({ type, invert }) {
    const [, word = type] = WORDS.find(([known]) => known === type) ?? [];
    return `-m pkttype ${negation(invert)}--pkt-type ${word}`;
  },
  test: ({ type, invert }, { skb }) => (skb.type === type) !== invert,
  have: (_, { skb }) => skb.type,
};
