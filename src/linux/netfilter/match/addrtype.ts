import { formatIpv4 } from '../../../address/index.js';
import { inetAddrType } from '../../fib/address.js';
import type { RuleContext } from '../context.js';
import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { FLAG, NOT_VALUE } from '../option.js';
import { negation } from '../spelling.js';
import { readNames } from './conntrack-state.js';

/** Address types in the order of their numbers (RTN_…), which is that of printing. */
const TYPES = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
] as const;
/** A type that `-m addrtype` can ask for. */
export type AddrTypeName = (typeof TYPES)[number];

/** Types that an address must have, or must not have. */
export interface AddrTypes {
  readonly types: readonly AddrTypeName[];
  readonly invert: boolean;
}

/** `-m addrtype` */
export interface AddrtypeMatch {
  readonly match: 'addrtype';
  readonly source: AddrTypes | undefined;
  readonly destination: AddrTypes | undefined;
  /** Only the addresses of that one device count as local. */
  readonly limitIface: 'in' | 'out' | undefined;
}

const OPTIONS = {
  '--src-type': NOT_VALUE,
  '--dst-type': NOT_VALUE,
  '--limit-iface-in': FLAG,
  '--limit-iface-out': FLAG,
} as const;

/** What kind of address source and destination are to this host (addrtype_mt_v1(), linux net/netfilter/xt_addrtype.c). */
export const addrtype: MatchExtension<AddrtypeMatch> = {
  name: 'addrtype',
  options: OPTIONS,
  parse(words) {
    let source: AddrTypes | undefined;
    let destination: AddrTypes | undefined;
    let limitIface: AddrtypeMatch['limitIface'];
    for (const { option, invert } of words.options(OPTIONS)) {
      if (option === '--src-type') source = { types: readNames(words, TYPES), invert };
      else if (option === '--dst-type') destination = { types: readNames(words, TYPES), invert };
      else if (limitIface !== undefined)
        words.fail('--limit-iface-in and --limit-iface-out exclude each other', 'conflict');
      else limitIface = option === '--limit-iface-in' ? 'in' : 'out';
    }
    if (source === undefined && destination === undefined)
      words.fail('-m addrtype needs --src-type or --dst-type', 'missing');
    return { match: 'addrtype', source, destination, limitIface };
  },
  print({ source, destination, limitIface }) {
    const parts = ['-m addrtype'];
    if (source !== undefined) parts.push(`${negation(source.invert)}--src-type ${source.types.join(',')}`);
    if (destination !== undefined)
      parts.push(`${negation(destination.invert)}--dst-type ${destination.types.join(',')}`);
    if (limitIface !== undefined) parts.push(`--limit-iface-${limitIface}`);
    return parts.join(' ');
  },
  test(m, context) {
    return hasType(m.source, m, 'src', context) && hasType(m.destination, m, 'dst', context);
  },
  have(m, context) {
    const { src, dst } = ipOf(context);
    const parts: string[] = [];
    if (m.source !== undefined) parts.push(`${formatIpv4(src)} is ${typeOf(m, 'src', context)}`);
    if (m.destination !== undefined) parts.push(`${formatIpv4(dst)} is ${typeOf(m, 'dst', context)}`);
    return parts.join(', ');
  },
  checkentry({ limitIface }, { hooks }) {
    if (limitIface === 'out' && (hooks.has('PREROUTING') || hooks.has('INPUT')))
      return '--limit-iface-out has no device in PREROUTING and INPUT';
    if (limitIface === 'in' && (hooks.has('POSTROUTING') || hooks.has('OUTPUT')))
      return '--limit-iface-in has no device in POSTROUTING and OUTPUT';
    return undefined;
  },
};

function hasType(wanted: AddrTypes | undefined, m: AddrtypeMatch, which: 'src' | 'dst', context: RuleContext): boolean {
  if (wanted === undefined) return true;
  const type = typeOf(m, which, context);
  return wanted.types.some((name) => name === type) !== wanted.invert;
}

function typeOf({ limitIface }: AddrtypeMatch, which: 'src' | 'dst', context: RuleContext): string {
  const dev = limitIface === undefined ? undefined : context[limitIface];
  return inetAddrType(context.ns, ipOf(context)[which], dev).toUpperCase();
}
