import { addToIpset, deleteFromIpset, type IpsetDimension } from '../../ipset/membership.js';
import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { FLAG, type OptionSpec, VALUE } from '../option.js';
import { readDimensions } from '../set-dimensions.js';
import { UINT32 } from '../spelling.js';
import type { Words } from '../words.js';

/** A set, and what of the packet its members are made from. */
export interface SetEntry {
  readonly set: string;
  readonly dimensions: readonly IpsetDimension[];
}

const MAP_FLAGS = ['--map-mark', '--map-prio', '--map-queue'] as const;

/** `-j SET` */
export interface SetTarget {
  readonly target: 'SET';
  readonly add: SetEntry | undefined;
  /** A member that is there gets a new timeout. */
  readonly exist: boolean;
  /** Seconds; undefined for the set's own. */
  readonly timeout: number | undefined;
  readonly del: SetEntry | undefined;
  readonly map: (SetEntry & { readonly flags: readonly (typeof MAP_FLAGS)[number][] }) | undefined;
}

const TWO_VALUES: OptionSpec = { args: 2, invertible: false };
const OPTIONS = {
  '--add-set': TWO_VALUES,
  '--del-set': TWO_VALUES,
  '--map-set': TWO_VALUES,
  '--exist': FLAG,
  '--timeout': VALUE,
  '--map-mark': FLAG,
  '--map-prio': FLAG,
  '--map-queue': FLAG,
} as const;

/** Puts the packet into a set, or takes it out (set_target_v3(), linux net/netfilter/xt_set.c). */
export const setTarget: TargetExtension<SetTarget> = {
  name: 'SET',
  options: OPTIONS,
  parse(words) {
    let add: SetEntry | undefined;
    let del: SetEntry | undefined;
    let mapped: SetEntry | undefined;
    let exist = false;
    let timeout: number | undefined;
    const flags = new Set<string>();
    for (const { option } of words.options(OPTIONS)) {
      switch (option) {
        case '--add-set':
          add = readEntry(words);
          break;
        case '--del-set':
          del = readEntry(words);
          break;
        case '--map-set':
          mapped = readEntry(words);
          break;
        case '--exist':
          exist = true;
          break;
        case '--timeout':
          timeout = words.number(UINT32 - 1);
          break;
        default:
          flags.add(option);
      }
    }
    if (add === undefined && del === undefined && mapped === undefined)
      words.fail('-j SET needs --add-set, --del-set or --map-set', 'missing');
    if (add === undefined && (exist || timeout !== undefined)) words.fail('--exist and --timeout need --add-set');
    const map = mapped && { ...mapped, flags: MAP_FLAGS.filter((flag) => flags.has(flag)) };
    return { target: 'SET', add, exist, timeout, del, map };
  },
  print({ add, exist, timeout, del, map }) {
    const parts = ['-j SET'];
    if (add !== undefined) parts.push(`--add-set ${formatEntry(add)}`);
    if (exist) parts.push('--exist');
    if (timeout !== undefined) parts.push(`--timeout ${timeout}`);
    if (del !== undefined) parts.push(`--del-set ${formatEntry(del)}`);
    if (map !== undefined) parts.push(`--map-set ${formatEntry(map)}`, ...map.flags);
    return parts.join(' ');
  },
  apply({ add, exist, timeout, del, map }, context) {
    if (map !== undefined) return { verdict: 'UNSUPPORTED', what: `-j SET --map-set ${map.set}` };
    for (const entry of [add, del])
      if (entry !== undefined && !context.ns.ipsets.has(entry.set))
        return { verdict: 'UNSUPPORTED', what: `-j SET: set ${entry.set} is not known` };
    if (add !== undefined) addToIpset(add.set, add.dimensions, exist ? 'renew' : 'keep', timeout, context);
    if (del !== undefined) deleteFromIpset(del.set, del.dimensions, context);
    return CONTINUE;
  },
  checkentry({ add, del, map }, { table, ipsets }) {
    if (map !== undefined && table !== 'mangle') return '-j SET --map-set belongs into the mangle table';
    const unknown = [add, del, map].find((entry) => entry !== undefined && ipsets?.has(entry.set) === false);
    return unknown && `there is no set ${unknown.set}`;
  },
};

function readEntry(words: Words): SetEntry {
  return { set: words.next(), dimensions: readDimensions(words) };
}

function formatEntry({ set, dimensions }: SetEntry): string {
  return `${set} ${dimensions.join(',')}`;
}
