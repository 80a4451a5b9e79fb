import { type ForeignRules, foreignText, formatOrigin } from '../linux/index.js';
import { drop, type HookEntry } from './net.js';

/**
 * Where rules beside those that are followed see a packet: it ends there. Before all tables, since nothing says which of
 * two tables runs first.
 */
export function foreignHook(rules: ForeignRules): HookEntry {
  return {
    name: rules.by === 'iptables-legacy' ? 'ipt_do_table' : 'nft_do_chain',
    priority: Number.NEGATIVE_INFINITY,
    run(net, skb, { hook }) {
      const what = `${foreignText(rules)} at ${hook} (${formatOrigin(rules.origin)})`;
      drop(net, skb, rules.by === 'iptables-legacy' ? 'ipt_do_table' : 'nft_do_chain', 'UNSUPPORTED', () => ({
        values: { what },
      }));
      return 'drop';
    },
  };
}
