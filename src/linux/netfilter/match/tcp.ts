import { formatTcpFlags } from '../../../packet/index.js';
import type { RuleContext } from '../context.js';
import type { MatchExtension } from '../extension.js';
import { NOT_FLAG, NOT_VALUE, type OptionSpec } from '../option.js';
import { ANY_PORT, formatPortRange, inRange, type PortRange, readPortRange } from '../port.js';
import { protocolOfRule } from '../rule-protocol.js';
import { negation } from '../spelling.js';
import type { Words } from '../words.js';

/** `-m tcp` */
export interface TcpMatch {
  readonly match: 'tcp';
  readonly sport: PortRange & { readonly invert: boolean };
  readonly dport: PortRange & { readonly invert: boolean };
  /** Of the flags in `mask` those in `set` must be there and no others. */
  readonly flags: { readonly mask: number; readonly set: number; readonly invert: boolean };
  /** Kind of an option that must be there. */
  readonly option: { readonly kind: number; readonly invert: boolean } | undefined;
}

const NOT_TWO_VALUES: OptionSpec = { args: 2, invertible: true };
const OPTIONS = {
  '--sport': NOT_VALUE,
  '--source-port': '--sport',
  '--dport': NOT_VALUE,
  '--destination-port': '--dport',
  '--tcp-flags': NOT_TWO_VALUES,
  '--syn': NOT_FLAG,
  '--tcp-option': NOT_VALUE,
} as const;

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
const ALL_FLAGS = 0x3f;
/** `--syn`: SYN alone of FIN, SYN, RST and ACK. */
const SYN = { mask: 0x17, set: 0x02 };
const TCPOPT_MSS = 2;

/** Ports, flags and options of a TCP header (tcp_mt(), linux net/netfilter/xt_tcpudp.c). */
export const tcp: MatchExtension<TcpMatch> = {
  name: 'tcp',
  options: OPTIONS,
  parse(words) {
    let sport: TcpMatch['sport'] = { ...ANY_PORT, invert: false };
    let dport = sport;
    let flags: TcpMatch['flags'] = { mask: 0, set: 0, invert: false };
    let option: TcpMatch['option'];
    let flagged = false;
    for (const { option: given, invert } of words.options(OPTIONS)) {
      switch (given) {
        case '--sport':
          sport = { ...readPortRange(words, ':'), invert };
          break;
        case '--dport':
          dport = { ...readPortRange(words, ':'), invert };
          break;
        case '--syn':
        case '--tcp-flags':
          if (flagged) words.fail('--syn and --tcp-flags say the same thing twice', 'conflict');
          flagged = true;
          flags = given === '--syn' ? { ...SYN, invert } : { mask: readFlags(words), set: readFlags(words), invert };
          break;
        case '--tcp-option':
          option = { kind: words.number(255, 1), invert };
          break;
        default:
          given satisfies never;
      }
    }
    return { match: 'tcp', sport, dport, flags, option };
  },
  print({ sport, dport, flags, option }) {
    const parts = ['-m tcp', formatPorts('--sport', sport), formatPorts('--dport', dport)];
    if (option !== undefined) parts.push(`${negation(option.invert)}--tcp-option ${option.kind}`);
    if (flags.mask !== 0 || flags.set !== 0 || flags.invert)
      parts.push(`${negation(flags.invert)}--tcp-flags ${formatFlags(flags.mask)} ${formatFlags(flags.set)}`);
    return parts.filter((part) => part !== '').join(' ');
  },
  test(m, context) {
    const { l4 } = context.skb;
    // Only the first fragment has a TCP header.
    if (l4?.l4 !== 'tcp') return false;
    if (inRange(m.sport, l4.sport) === m.sport.invert || inRange(m.dport, l4.dport) === m.dport.invert) return false;
    const { mask, set, invert } = m.flags;
    if (((l4.flags & mask) === set) === invert) return false;
    return m.option === undefined || hasOption(m.option, context);
  },
  have(_, { skb: { l4 } }) {
    return l4?.l4 === 'tcp' ? `ports ${l4.sport} > ${l4.dport}, flags ${formatTcpFlags(l4.flags)}` : 'no TCP header';
  },
  checkentry: (_, { rule }) => (protocolOfRule(rule) === 6 ? undefined : '-m tcp needs -p tcp'),
};

/** `[!] --dport 80`, or nothing for every port. */
export function formatPorts(option: string, ports: PortRange & { readonly invert: boolean }): string {
  const every = ports.min === ANY_PORT.min && ports.max === ANY_PORT.max;
  return every && !ports.invert ? '' : `${negation(ports.invert)}${option} ${formatPortRange(ports, ':')}`;
}

/** tcp_find_option(). Of a segment's options only the MSS is known by kind, of the others only how long they are. */
function hasOption({ kind, invert }: { kind: number; invert: boolean }, { skb }: RuleContext): boolean | 'unsupported' {
  const { l4 } = skb;
  if (l4?.l4 !== 'tcp') return false;
  const known = l4.mss === undefined ? 0 : 4;
  if (kind === TCPOPT_MSS) return (l4.mss !== undefined) !== invert;
  return l4.options <= known ? invert : 'unsupported';
}

function readFlags(words: Words): number {
  const word = words.next();
  if (word.toUpperCase() === 'ALL') return ALL_FLAGS;
  if (word.toUpperCase() === 'NONE') return 0;
  let flags = 0;
  for (const name of word.toUpperCase().split(',')) {
    const bit = FLAGS.indexOf(name);
    if (bit < 0) words.fail(`expected TCP flags such as SYN,ACK, found "${word}"`);
    else flags |= 1 << bit;
  }
  return flags;
}

function formatFlags(flags: number): string {
  return flags === 0 ? 'NONE' : FLAGS.filter((_, bit) => flags & (1 << bit)).join(',');
}
