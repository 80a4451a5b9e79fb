import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { FLAG, VALUE } from '../option.js';
import { parseUint, UINT16 } from '../spelling.js';
import type { Words } from '../words.js';

/** A zone by number, or by the packet's mark. */
interface Zone {
  readonly id: number | 'mark';
  /** Of which direction's packets it is the zone. */
  readonly direction: 'both' | 'orig' | 'reply';
}

/** `-j CT` */
export interface CtTarget {
  readonly target: 'CT';
  readonly notrack: boolean;
  readonly helper: string | undefined;
  readonly timeout: string | undefined;
  readonly ctevents: readonly string[];
  readonly expevents: readonly string[];
  readonly zone: Zone | undefined;
}

const OPTIONS = {
  '--notrack': FLAG,
  '--helper': VALUE,
  '--timeout': VALUE,
  '--ctevents': VALUE,
  '--expevents': VALUE,
  '--zone': VALUE,
  '--zone-orig': VALUE,
  '--zone-reply': VALUE,
} as const;
/** Events in the order in which they are printed. */
const CT_EVENTS = [
  'new',
  'related',
  'destroy',
  'reply',
  'assured',
  'protoinfo',
  'helper',
  'mark',
  'natseqinfo',
  'secmark',
];
const EXP_EVENTS = ['new'];
const ZONE_OPTIONS = { both: '--zone', orig: '--zone-orig', reply: '--zone-reply' } as const;

/** How connection tracking will treat the packet (xt_ct_target_v1(), linux net/netfilter/xt_CT.c). */
export const ct: TargetExtension<CtTarget> = {
  name: 'CT',
  options: OPTIONS,
  parse(words) {
    let notrack = false;
    let helper: string | undefined;
    let timeout: string | undefined;
    let ctevents: readonly string[] = [];
    let expevents: readonly string[] = [];
    let zone: Zone | undefined;
    for (const { option } of words.options(OPTIONS)) {
      switch (option) {
        case '--notrack':
          notrack = true;
          break;
        case '--helper':
          helper = words.next();
          break;
        case '--timeout':
          timeout = words.next();
          break;
        case '--ctevents':
          ctevents = readEvents(words, CT_EVENTS);
          break;
        case '--expevents':
          expevents = readEvents(words, EXP_EVENTS);
          break;
        default:
          if (zone !== undefined) words.fail('-j CT takes one zone', 'conflict');
          zone = readZone(words, option);
      }
    }
    return { target: 'CT', notrack, helper, timeout, ctevents, expevents, zone };
  },
  print({ notrack, helper, timeout, ctevents, expevents, zone }) {
    const parts = ['-j CT'];
    if (notrack) parts.push('--notrack');
    if (helper !== undefined) parts.push(`--helper ${helper}`);
    if (timeout !== undefined) parts.push(`--timeout ${timeout}`);
    if (ctevents.length > 0) parts.push(`--ctevents ${ctevents.join(',')}`);
    if (expevents.length > 0) parts.push(`--expevents ${expevents.join(',')}`);
    if (zone !== undefined && zone.id !== 0) parts.push(`${ZONE_OPTIONS[zone.direction]} ${zone.id}`);
    return parts.join(' ');
  },
  apply({ notrack, helper, timeout, zone }, { skb }) {
    // What came by before, through loopback, keeps its connection.
    if (skb.ct !== undefined || skb.untracked) return CONTINUE;
    if (notrack) {
      skb.untracked = true;
      return CONTINUE;
    }
    if (helper !== undefined) return { verdict: 'UNSUPPORTED', what: `-j CT --helper ${helper}` };
    if (timeout !== undefined) return { verdict: 'UNSUPPORTED', what: `-j CT --timeout ${timeout}` };
    if (zone === undefined) return CONTINUE;
    if (zone.direction !== 'both') return { verdict: 'UNSUPPORTED', what: `-j CT ${ZONE_OPTIONS[zone.direction]}` };
    skb.zone = zone.id === 'mark' ? skb.mark & UINT16 : zone.id;
    return CONTINUE;
  },
  checkentry: (_, { table }) => (table === 'raw' ? undefined : 'CT belongs into the raw table'),
  tracks: ({ notrack }) => !notrack,
};

function readZone(words: Words, option: '--zone' | '--zone-orig' | '--zone-reply'): Zone {
  const word = words.next();
  const direction = option === '--zone' ? 'both' : option === '--zone-orig' ? 'orig' : 'reply';
  const id = word === 'mark' ? word : parseUint(word, UINT16);
  if (id === undefined) words.fail(`expected a zone from 0 to ${UINT16} or mark, found "${word}"`);
  return { id: id ?? 0, direction };
}

function readEvents(words: Words, known: readonly string[]): string[] {
  const word = words.next();
  const given = word.split(',');
  if (!given.every((name) => known.includes(name))) words.fail(`expected some of ${known.join(',')}, found "${word}"`);
  return known.filter((name) => given.includes(name));
}
