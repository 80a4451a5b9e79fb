import type { MatchExtension } from '../extension.js';
import { NOT_VALUE, VALUE } from '../option.js';
import { negation, UINT32 } from '../spelling.js';

/** `-m statistic` */
export type StatisticMatch = { readonly match: 'statistic'; readonly invert: boolean } & (
  | {
      readonly mode: 'random';
      /** The kernel's 31 bits: 0x80000000 is always. */
      readonly probability: number;
    }
  | {
      readonly mode: 'nth';
      /** One packet of so many. */
      readonly every: number;
      /** Which of them, from 0. */
      readonly packet: number;
    }
);

const OPTIONS = { '--mode': VALUE, '--probability': NOT_VALUE, '--every': NOT_VALUE, '--packet': VALUE } as const;
const ALWAYS = 0x80000000;

/** A share of the packets, at random or in turn (statistic_mt(), linux net/netfilter/xt_statistic.c). */
export const statistic: MatchExtension<StatisticMatch> = {
  name: 'statistic',
  options: OPTIONS,
  parse(words) {
    let mode: string | undefined;
    let probability: number | undefined;
    let every: number | undefined;
    let packet: number | undefined;
    let inverted = false;
    for (const { option, invert } of words.options(OPTIONS)) {
      if (option === '--mode') mode = words.next();
      else if (option === '--probability') probability = readProbability(words.next());
      else if (option === '--every') every = words.number(UINT32, 1);
      else packet = words.number(UINT32);
      inverted ||= invert;
    }
    if (mode === 'random') {
      if (probability === undefined) words.fail('--mode random needs --probability between 0 and 1', 'missing');
      return { match: 'statistic', mode, probability: probability ?? 0, invert: inverted };
    }
    if (mode !== 'nth') words.fail('-m statistic needs --mode random or --mode nth', 'missing');
    else if (every === undefined || packet === undefined)
      words.fail('--mode nth needs --every and --packet', 'missing');
    else if (packet >= every) words.fail(`--packet must be below --every, found ${packet}`);
    return { match: 'statistic', mode: 'nth', every: every ?? 1, packet: packet ?? 0, invert: inverted };
  },
  print(m) {
    if (m.mode === 'random')
      return `-m statistic --mode random ${negation(m.invert)}--probability ${(m.probability / ALWAYS).toFixed(11)}`;
    return `-m statistic --mode nth ${negation(m.invert)}--every ${m.every} --packet ${m.packet}`;
  },
  test(m, context) {
    if (m.mode === 'nth') {
      const seen = context.runtime.matchState.get(m) ?? 0;
      context.journal.put(context.runtime.matchState, m, (seen + 1) % m.every);
      return (seen === m.packet) !== m.invert;
    }
    if (m.probability === 0 || m.probability === ALWAYS) return (m.probability === ALWAYS) !== m.invert;
    const share = m.probability / ALWAYS;
    const probability = m.invert ? 1 - share : share;
    const { chain, n, rule } = context.at;
    const taken = rule.target !== undefined && 'chain' in rule.target ? String(rule.target.chain) : 'matches';
    const chosen = context.choose.fork(`${context.ns.name} ${context.table} ${chain} rule ${n}`, [
      { label: taken, probability },
      { label: 'does not match', probability: 1 - probability },
    ]);
    return chosen === 0;
  },
  have: () => 'another draw',
};

/** Rounds a share of 0 … 1 to the kernel's 31 bits; undefined for anything else. */
function readProbability(word: string): number | undefined {
  if (!/^(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(word)) return undefined;
  const share = Number(word);
  return share > 1 ? undefined : Math.round(share * ALWAYS);
}
