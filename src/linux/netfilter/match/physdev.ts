import type { MatchExtension } from '../extension.js';
import { isInterface, readInterface } from '../interface.js';
import { NOT_FLAG, NOT_VALUE } from '../option.js';
import { negation } from '../spelling.js';

/** A bridge port that is wanted, or not. */
interface Port {
  readonly name: string;
  readonly invert: boolean;
}

/** A question that is to be answered with yes, or with no. */
type Answer = 'yes' | 'no' | undefined;

/** `-m physdev` */
export interface PhysdevMatch {
  readonly match: 'physdev';
  readonly isIn: Answer;
  readonly in: Port | undefined;
  readonly isOut: Answer;
  readonly out: Port | undefined;
  readonly isBridged: Answer;
}

const OPTIONS = {
  '--physdev-in': NOT_VALUE,
  '--physdev-out': NOT_VALUE,
  '--physdev-is-in': NOT_FLAG,
  '--physdev-is-out': NOT_FLAG,
  '--physdev-is-bridged': NOT_FLAG,
} as const;

/** Bridge ports of a packet that br_netfilter shows to iptables (physdev_mt(), linux net/netfilter/xt_physdev.c). */
export const physdev: MatchExtension<PhysdevMatch> = {
  name: 'physdev',
  options: OPTIONS,
  parse(words) {
    let isIn: Answer;
    let inPort: Port | undefined;
    let isOut: Answer;
    let outPort: Port | undefined;
    let isBridged: Answer;
    if (!words.has()) words.fail('-m physdev needs an option', 'missing');
    for (const { option, invert } of words.options(OPTIONS)) {
      switch (option) {
        case '--physdev-in':
          inPort = { name: readInterface(words), invert };
          break;
        case '--physdev-out':
          outPort = { name: readInterface(words), invert };
          break;
        case '--physdev-is-in':
          isIn = invert ? 'no' : 'yes';
          break;
        case '--physdev-is-out':
          isOut = invert ? 'no' : 'yes';
          break;
        case '--physdev-is-bridged':
          isBridged = invert ? 'no' : 'yes';
          break;
        default:
          option satisfies never;
      }
    }
    return { match: 'physdev', isIn, in: inPort, isOut, out: outPort, isBridged };
  },
  print(m) {
    const parts = ['-m physdev'];
    if (m.isIn !== undefined) parts.push(`${negation(m.isIn === 'no')}--physdev-is-in`);
    if (m.in !== undefined) parts.push(`${negation(m.in.invert)}--physdev-in ${m.in.name}`);
    if (m.isOut !== undefined) parts.push(`${negation(m.isOut === 'no')}--physdev-is-out`);
    if (m.out !== undefined) parts.push(`${negation(m.out.invert)}--physdev-out ${m.out.name}`);
    if (m.isBridged !== undefined) parts.push(`${negation(m.isBridged === 'no')}--physdev-is-bridged`);
    return parts.join(' ');
  },
  test(m, { skb: { nfBridge } }) {
    // No bridged packet: only what asks for the absence of a port can match.
    if (nfBridge === undefined)
      return (
        m.isBridged !== 'yes' &&
        m.isIn !== 'yes' &&
        m.isOut !== 'yes' &&
        m.in?.invert !== false &&
        m.out?.invert !== false
      );
    const { physIn, physOut } = nfBridge;
    if (!answers(m.isBridged, physOut !== undefined) || !answers(m.isOut, physOut !== undefined)) return false;
    if (!answers(m.isIn, physIn !== undefined)) return false;
    // A port that is not known is as good as any to --physdev-in, and none to --physdev-out.
    if (m.in !== undefined && physIn !== undefined && isInterface(m.in.name, physIn) === m.in.invert) return false;
    if (m.out === undefined) return true;
    return physOut !== undefined && isInterface(m.out.name, physOut) !== m.out.invert;
  },
  have(_, { skb: { nfBridge } }) {
    if (nfBridge === undefined) return 'not a bridged packet';
    return `ports ${nfBridge.physIn ?? 'unknown'} > ${nfBridge.physOut ?? 'unknown'}`;
  },
  checkentry(m, { hooks }) {
    const asksOut = m.out !== undefined || m.isOut !== undefined;
    return asksOut && m.isBridged !== 'yes' && hooks.has('OUTPUT')
      ? 'what this host sends has no bridge port in OUTPUT: --physdev-out needs --physdev-is-bridged there'
      : undefined;
  },
};

function answers(wanted: Answer, fact: boolean): boolean {
  return wanted === undefined || (wanted === 'yes') === fact;
}
