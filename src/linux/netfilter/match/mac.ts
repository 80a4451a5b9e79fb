import { formatMac, type Mac, parseMac } from '../../../address/index.js';
import { hasEthernet } from '../../link/link.js';
import type { MatchExtension } from '../extension.js';
import { NOT_VALUE } from '../option.js';
import { negation } from '../spelling.js';

/** `-m mac` */
export interface MacMatch {
  readonly match: 'mac';
  readonly source: Mac;
  readonly invert: boolean;
}

const OPTIONS = { '--mac-source': NOT_VALUE } as const;

/** The Ethernet source; a packet without an Ethernet header never matches (mac_mt(), linux net/netfilter/xt_mac.c). */
export const mac: MatchExtension<MacMatch> = {
  name: 'mac',
  options: OPTIONS,
  parse(words) {
    let address: Mac | undefined;
    let inverted = false;
    for (const { invert } of words.options(OPTIONS)) {
      const word = words.next();
      // iptables takes octets of one digit, too.
      address = parseMac(word.replace(/(?<=^|:)([0-9a-fA-F])(?=:|$)/g, '0$1'));
      if (address === undefined) words.fail(`expected an Ethernet address, found "${word}"`, 'bad-address');
      address ??= 0 as Mac;
      inverted = invert;
    }
    if (address === undefined) words.fail('-m mac needs --mac-source', 'missing');
    return { match: 'mac', source: address ?? (0 as Mac), invert: inverted };
  },
  print: ({ source, invert }) => `-m mac ${negation(invert)}--mac-source ${formatMac(source)}`,
  test({ source, invert }, { skb: { eth }, ns, in: dev }) {
    const link = ns.links.get(dev);
    // The addresses of a loopback device are none of Ethernet (ARPHRD_LOOPBACK).
    if (eth === undefined || link?.kind === 'loopback' || (link !== undefined && !hasEthernet(link))) return false;
    return (eth.src === source) !== invert;
  },
  have: (_, { skb: { eth } }) => (eth === undefined ? 'no Ethernet header' : formatMac(eth.src)),
  checkentry(_, { hooks }) {
    return hooks.has('OUTPUT') || hooks.has('POSTROUTING')
      ? 'a packet has an Ethernet source in PREROUTING, INPUT and FORWARD only'
      : undefined;
  },
};
