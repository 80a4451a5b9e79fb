import type { IpsetDimension } from '../../ipset/membership.js';
import { describeIpset, testIpset } from '../../ipset/membership.js';
import type { MatchExtension } from '../extension.js';
import { FLAG, NOT_FLAG, NOT_VALUE, type OptionSpec } from '../option.js';
import { readDimensions } from '../set-dimensions.js';
import { negation, UINT32 } from '../spelling.js';
import type { Words } from '../words.js';

/** A condition on a member's own counter. */
export interface MemberCounter {
  readonly compare: 'eq' | 'lt' | 'gt';
  readonly value: number;
  /** Of `eq` only. */
  readonly invert: boolean;
}

/** `-m set` */
export interface SetMatch {
  readonly match: 'set';
  readonly set: string;
  /** Whether source or destination is looked up, for each part of a member. */
  readonly dimensions: readonly IpsetDimension[];
  readonly invert: boolean;
  /** Members with `nomatch` match, and no others. */
  readonly returnNomatch: boolean;
  readonly updateCounters: boolean;
  readonly updateSubcounters: boolean;
  readonly packets: MemberCounter | undefined;
  readonly bytes: MemberCounter | undefined;
}

const NOT_TWO_VALUES: OptionSpec = { args: 2, invertible: true };
const OPTIONS = {
  '--match-set': NOT_TWO_VALUES,
  '--set': '--match-set',
  '--return-nomatch': FLAG,
  '--update-counters': NOT_FLAG,
  '--update-subcounters': NOT_FLAG,
  '--packets-eq': NOT_VALUE,
  '--packets-lt': NOT_VALUE,
  '--packets-gt': NOT_VALUE,
  '--bytes-eq': NOT_VALUE,
  '--bytes-lt': NOT_VALUE,
  '--bytes-gt': NOT_VALUE,
} as const;

/** Members of an IP set (set_match_v4(), linux net/netfilter/xt_set.c). */
export const set: MatchExtension<SetMatch> = {
  name: 'set',
  options: OPTIONS,
  parse(words) {
    let name = '';
    let dimensions: readonly IpsetDimension[] = [];
    let inverted = false;
    const flags = { returnNomatch: false, updateCounters: true, updateSubcounters: true };
    let packets: MemberCounter | undefined;
    let bytes: MemberCounter | undefined;
    for (const { option, invert } of words.options(OPTIONS)) {
      switch (option) {
        case '--match-set':
          name = words.next();
          dimensions = readDimensions(words);
          inverted = invert;
          break;
        case '--return-nomatch':
          flags.returnNomatch = true;
          break;
        case '--update-counters':
          flags.updateCounters = !invert;
          break;
        case '--update-subcounters':
          flags.updateSubcounters = !invert;
          break;
        case '--packets-eq':
        case '--packets-lt':
        case '--packets-gt':
          packets = readCounter(words, option, invert, packets);
          break;
        case '--bytes-eq':
        case '--bytes-lt':
        case '--bytes-gt':
          bytes = readCounter(words, option, invert, bytes);
          break;
        default:
          option satisfies never;
      }
    }
    if (name === '') words.fail('-m set needs --match-set NAME src|dst,…', 'missing');
    return { match: 'set', set: name, dimensions, invert: inverted, ...flags, packets, bytes };
  },
  print(m) {
    const parts = [`-m set ${negation(m.invert)}--match-set ${m.set} ${m.dimensions.join(',')}`];
    if (m.returnNomatch) parts.push('--return-nomatch');
    if (!m.updateCounters) parts.push('! --update-counters');
    if (!m.updateSubcounters) parts.push('! --update-subcounters');
    if (m.packets !== undefined) parts.push(formatCounter('packets', m.packets));
    if (m.bytes !== undefined) parts.push(formatCounter('bytes', m.bytes));
    return parts.join(' ');
  },
  test(m, context) {
    const found = testIpset(m.set, m.dimensions, m.returnNomatch ? 'nomatch' : 'match', context);
    if (found === 'unsupported') return found;
    const result = found !== m.invert;
    // Counters of members are not kept, so a condition on them can't be decided.
    return result && (m.packets !== undefined || m.bytes !== undefined) ? 'unsupported' : result;
  },
  have: (m, context) => describeIpset(m.set, m.dimensions, context),
  checkentry({ set: name }, { ipsets }) {
    return ipsets === undefined || ipsets.has(name) ? undefined : `there is no set ${name}`;
  },
};

function readCounter(words: Words, option: string, invert: boolean, old: MemberCounter | undefined): MemberCounter {
  const compare = option.slice(-2) as MemberCounter['compare'];
  if (old !== undefined) words.fail('one comparison of a counter is enough', 'conflict');
  if (invert && compare !== 'eq') words.fail(`"${option}" can't be negated`);
  return { compare, value: words.number(UINT32), invert };
}

function formatCounter(counter: 'packets' | 'bytes', { compare, value, invert }: MemberCounter): string {
  return `${negation(invert)}--${counter}-${compare} ${value}`;
}
