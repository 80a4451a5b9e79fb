import { formatIpv4 } from '../../../address/index.js';
import { type AddressMask, formatAddressMask, hasAddress, readAddressMask } from '../address.js';
import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { NOT_VALUE } from '../option.js';
import { negation } from '../spelling.js';

/** `-d` */
export interface DestinationMatch extends AddressMask {
  readonly match: 'destination';
  readonly invert: boolean;
}

const OPTIONS = { '-d': NOT_VALUE, '--destination': '-d', '--dst': '-d' } as const;

/** Destination address (ip_packet_match(), linux net/ipv4/netfilter/ip_tables.c). */
export const destination: MatchExtension<DestinationMatch> = {
  name: 'destination',
  options: OPTIONS,
  parse(words) {
    const { invert } = words.one(OPTIONS);
    return { match: 'destination', ...readAddressMask(words), invert };
  },
  print(m) {
    return m.mask === 0 && !m.invert ? '' : `${negation(m.invert)}-d ${formatAddressMask(m)}`;
  },
  test: (m, context) => hasAddress(m, ipOf(context).dst) !== m.invert,
  have: (_, context) => formatIpv4(ipOf(context).dst),
};
