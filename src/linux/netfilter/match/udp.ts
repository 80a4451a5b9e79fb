import type { MatchExtension } from '../extension.js';
import { NOT_VALUE } from '../option.js';
import { ANY_PORT, inRange, type PortRange, readPortRange } from '../port.js';
import { protocolOfRule } from '../rule-protocol.js';
import { formatPorts } from './tcp.js';

/** `-m udp` */
export interface UdpMatch {
  readonly match: 'udp';
  readonly sport: PortRange & { readonly invert: boolean };
  readonly dport: PortRange & { readonly invert: boolean };
}

const OPTIONS = {
  '--sport': NOT_VALUE,
  '--source-port': '--sport',
  '--dport': NOT_VALUE,
  '--destination-port': '--dport',
} as const;

/** Ports of a UDP header (udp_mt(), linux net/netfilter/xt_tcpudp.c). */
export const udp: MatchExtension<UdpMatch> = {
  name: 'udp',
  options: OPTIONS,
  parse(words) {
    let sport: UdpMatch['sport'] = { ...ANY_PORT, invert: false };
    let dport = sport;
    for (const { option, invert } of words.options(OPTIONS)) {
      if (option === '--sport') sport = { ...readPortRange(words, ':'), invert };
      else dport = { ...readPortRange(words, ':'), invert };
    }
    return { match: 'udp', sport, dport };
  },
  print({ sport, dport }) {
    const parts = ['-m udp', formatPorts('--sport', sport), formatPorts('--dport', dport)];
    return parts.filter((part) => part !== '').join(' ');
  },
  test({ sport, dport }, { skb: { l4 } }) {
    if (l4?.l4 !== 'udp') return false;
    return inRange(sport, l4.sport) !== sport.invert && inRange(dport, l4.dport) !== dport.invert;
  },
  have: (_, { skb: { l4 } }) => (l4?.l4 === 'udp' ? `ports ${l4.sport} > ${l4.dport}` : 'no UDP header'),
  checkentry: (_, { rule }) => (protocolOfRule(rule) === 17 ? undefined : '-m udp needs -p udp'),
};
