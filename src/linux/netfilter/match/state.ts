import type { MatchExtension } from '../extension.js';
import { NOT_VALUE } from '../option.js';
import { negation } from '../spelling.js';
import { CT_STATES, type CtStateName, readNames, stateOf } from './conntrack-state.js';

/** `-m state`: the short old form of `-m conntrack --ctstate`. */
export interface StateMatch {
  readonly match: 'state';
  readonly states: readonly CtStateName[];
  readonly invert: boolean;
}

const OPTIONS = { '--state': NOT_VALUE } as const;
const STATES = CT_STATES.slice(0, 5);

/** State of the connection (state_mt(), linux net/netfilter/xt_state.c). */
export const state: MatchExtension<StateMatch> = {
  name: 'state',
  options: OPTIONS,
  parse(words) {
    let states: readonly CtStateName[] = [];
    let inverted: boolean | undefined;
    for (const { invert } of words.options(OPTIONS)) {
      states = readNames(words, STATES);
      inverted = invert;
    }
    if (inverted === undefined) words.fail('-m state needs --state', 'missing');
    return { match: 'state', states, invert: inverted ?? false };
  },
  print: ({ states, invert }) => `-m state ${negation(invert)}--state ${states.join(',')}`,
  test: ({ states, invert }, { skb }) => states.includes(stateOf(skb)) !== invert,
  have: (_, { skb }) => stateOf(skb),
  tracks: () => true,
};
