import { formatIpv4 } from '../../../address/index.js';
import { type AddressMask, formatAddressMask, hasAddress, readAddressMask } from '../address.js';
import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { NOT_VALUE } from '../option.js';
import { negation } from '../spelling.js';

/** `-s` */
export interface SourceMatch extends AddressMask {
  readonly match: 'source';
  readonly invert: boolean;
}

const OPTIONS = { '-s': NOT_VALUE, '--source': '-s', '--src': '-s' } as const;

/** Source address (ip_packet_match(), linux net/ipv4/netfilter/ip_tables.c). */
export const source: MatchExtension<SourceMatch> = {
  name: 'source',
  options: OPTIONS,
  parse(words) {
    const { invert } = words.one(OPTIONS);
    return { match: 'source', ...readAddressMask(words), invert };
  },
  print(m) {
    return m.mask === 0 && !m.invert ? '' : `${negation(m.invert)}-s ${formatAddressMask(m)}`;
  },
  test: (m, context) => hasAddress(m, ipOf(context).src) !== m.invert,
  have: (_, context) => formatIpv4(ipOf(context).src),
};
