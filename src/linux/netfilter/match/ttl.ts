import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { NOT_VALUE, VALUE } from '../option.js';
import { negation, UINT8 } from '../spelling.js';

/** `-m ttl` */
export interface TtlMatch {
  readonly match: 'ttl';
  readonly compare: 'eq' | 'lt' | 'gt';
  readonly ttl: number;
  /** Of `eq` only. */
  readonly invert: boolean;
}

const OPTIONS = { '--ttl-eq': NOT_VALUE, '--ttl': '--ttl-eq', '--ttl-lt': VALUE, '--ttl-gt': VALUE } as const;

/** TTL of the IP header (ttl_mt(), linux net/netfilter/xt_hl.c). */
export const ttl: MatchExtension<TtlMatch> = {
  name: 'ttl',
  options: OPTIONS,
  parse(words) {
    let compare: TtlMatch['compare'] | undefined;
    let value = 0;
    let inverted = false;
    for (const { option, invert } of words.options(OPTIONS)) {
      if (compare !== undefined) words.fail('-m ttl makes one comparison', 'conflict');
      compare = option.slice('--ttl-'.length) as TtlMatch['compare'];
      value = words.number(UINT8);
      inverted = invert;
    }
    if (compare === undefined) words.fail('-m ttl needs --ttl-eq, --ttl-lt or --ttl-gt', 'missing');
    return { match: 'ttl', compare: compare ?? 'eq', ttl: value, invert: inverted };
  },
  print: (m) => `-m ttl ${negation(m.invert)}--ttl-${m.compare} ${m.ttl}`,
  test(m, context) {
    const has = ipOf(context).ttl;
    switch (m.compare) {
      case 'eq':
        return (has === m.ttl) !== m.invert;
      case 'lt':
        return has < m.ttl;
      case 'gt':
        return has > m.ttl;
    }
  },
  have: (_, context) => `TTL ${ipOf(context).ttl}`,
};
