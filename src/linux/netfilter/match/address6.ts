import { formatIpv6Prefix, type Ipv6Prefix, parseIpv6Prefix } from '../../../address/index.js';
import type { MatchExtension } from '../extension.js';
import { NOT_VALUE, type Options } from '../option.js';
import { negation } from '../spelling.js';

/** `-s` and `-d` of ip6tables. */
export interface Address6Match {
  readonly match: 'source6' | 'destination6';
  readonly prefix: Ipv6Prefix;
  readonly invert: boolean;
}

const NO_ADDRESS = parseIpv6Prefix('::/0') as Ipv6Prefix;

/** IPv6 source address: read and written; IPv6 packets are not walked yet. */
export const source6: MatchExtension<Address6Match> = address6('source6', '-s', {
  '-s': NOT_VALUE,
  '--source': '-s',
  '--src': '-s',
});

/** IPv6 destination address. */
export const destination6: MatchExtension<Address6Match> = address6('destination6', '-d', {
  '-d': NOT_VALUE,
  '--destination': '-d',
  '--dst': '-d',
});

function address6(name: Address6Match['match'], option: string, options: Options): MatchExtension<Address6Match> {
  return {
    name,
    options,
    parse(words) {
      const { invert } = words.one(options);
      const word = words.next();
      const prefix = parseIpv6Prefix(word);
      if (prefix === undefined) words.fail(`expected an address such as fd00::/8, found "${word}"`, 'bad-address');
      return { match: name, prefix: prefix ?? NO_ADDRESS, invert };
    },
    print({ prefix, invert }) {
      return prefix.length === 0 && !invert ? '' : `${negation(invert)}${option} ${formatIpv6Prefix(prefix)}`;
    },
    test: () => 'unsupported',
    have: () => 'an IPv6 address',
  };
}
