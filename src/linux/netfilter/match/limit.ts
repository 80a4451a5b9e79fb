import type { MatchExtension } from '../extension.js';
import { VALUE } from '../option.js';

/** `-m limit` */
export interface LimitMatch {
  readonly match: 'limit';
  /** How long one packet uses up the allowance, in 0.1 ms. */
  readonly average: number;
  /** Packets that may come at once. */
  readonly burst: number;
}

const OPTIONS = { '--limit': VALUE, '--limit-burst': VALUE } as const;
/** XT_LIMIT_SCALE: parts of a second. */
const SCALE = 10_000;
const UNITS = [
  ['day', SCALE * 86_400],
  ['hour', SCALE * 3_600],
  ['min', SCALE * 60],
  ['sec', SCALE],
] as const;
const DEFAULT_BURST = 5;
const DEFAULT_AVERAGE = (SCALE * 3_600) / 3;

/**
 * Packets at no more than a rate, with a burst: a bucket of tokens (limit_mt(), linux net/netfilter/xt_limit.c).
 *
 * Its state is the time, in 0.1 ms, at which the bucket is full again.
 */
export const limit: MatchExtension<LimitMatch> = {
  name: 'limit',
  options: OPTIONS,
  parse(words) {
    let average = DEFAULT_AVERAGE;
    let burst = DEFAULT_BURST;
    for (const { option } of words.options(OPTIONS)) {
      if (option === '--limit-burst') {
        burst = words.number(10_000, 1);
        continue;
      }
      const word = words.next();
      const read = parseRate(word);
      if (read === undefined) words.fail(`expected a rate such as 3/minute, at most 10000/second, found "${word}"`);
      average = read ?? average;
    }
    return { match: 'limit', average, burst };
  },
  print({ average, burst }) {
    return `-m limit --limit ${formatRate(average)}${burst === DEFAULT_BURST ? '' : ` --limit-burst ${burst}`}`;
  },
  test(m, { runtime, journal, now }) {
    const tick = Math.floor(now * 10);
    const full = Math.max(runtime.matchState.get(m) ?? tick, tick);
    if (full - tick + m.average > m.average * m.burst) return false;
    journal.put(runtime.matchState, m, full + m.average);
    return true;
  },
  have: () => 'a packet above the limit',
};

/** `3/hour`: the unit may be cut short, and left out for seconds. */
function parseRate(word: string): number | undefined {
  const [, count = '', unit = 'second'] = /^(\d{1,9})(?:\/(\w+))?$/.exec(word) ?? [];
  const long = ['second', 'minute', 'hour', 'day'].find((name) => name.startsWith(unit.toLowerCase()));
  const [, scale] = UNITS.find(([name]) => long?.startsWith(name)) ?? [];
  if (scale === undefined || Number(count) === 0) return undefined;
  const average = Math.floor(scale / Number(count));
  return average === 0 ? undefined : average;
}

/** The largest unit in which the rate comes out nearly whole (print_rate(), iptables extensions/libxt_limit.c). */
function formatRate(average: number): string {
  let best: (typeof UNITS)[number] = UNITS[0];
  for (const unit of UNITS) {
    const [, scale] = unit;
    if (unit !== UNITS[0] && (average > scale || Math.floor(scale / average) < scale % average)) break;
    best = unit;
  }
  return `${Math.floor(best[1] / average)}/${best[0]}`;
}
