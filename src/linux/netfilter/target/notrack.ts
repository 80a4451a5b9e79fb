import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';

/** `-j NOTRACK`: the old name of `-j CT --notrack`. */
export interface NotrackTarget {
  readonly target: 'NOTRACK';
}

/** Keeps the packet out of connection tracking (notrack_tg(), linux net/netfilter/xt_CT.c). */
export const notrack: TargetExtension<NotrackTarget> = {
  name: 'NOTRACK',
  options: {},
  parse: () => ({ target: 'NOTRACK' }),
  print: () => '-j NOTRACK',
  apply(_, { skb }) {
    if (skb.ct === undefined) skb.untracked = true;
    return CONTINUE;
  },
  checkentry: (_, { table }) => (table === 'raw' ? undefined : 'NOTRACK belongs into the raw table'),
};
