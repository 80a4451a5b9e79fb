import type { Skb } from '../../skb.js';
import type { Words } from '../words.js';

/** What `--ctstate` can name, in the order in which it is printed. SNAT and DNAT come besides a state. */
export const CT_STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'] as const;
/** One of {@link CT_STATES}. */
export type CtStateName = (typeof CT_STATES)[number];

/** The state of a packet: INVALID is one without a connection. */
export function stateOf(skb: Skb): CtStateName {
  if (skb.ct !== undefined) return skb.ctState ?? 'INVALID';
  return skb.untracked ? 'UNTRACKED' : 'INVALID';
}

/** Takes a word as a list of names out of `all`; the result is in the order of `all`. */
export function readNames<Name extends string>(words: Words, all: readonly Name[]): Name[] {
  const word = words.next();
  const given = word.toUpperCase().split(',');
  const wrong = given.find((name) => !all.some((known) => known === name));
  if (wrong !== undefined) words.fail(`expected some of ${all.join(',')}, found "${word}"`);
  return all.filter((name) => given.includes(name));
}
