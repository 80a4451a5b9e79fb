import type { Skb } from '../linux/index.js';
import type { Family, HookName, HookState, Net, OkfnName } from './net.js';

/**
 * NF_HOOK(): walks the entries of a hook, and goes on with `okfn` when all of them accept
 * (nf_hook_slow(), linux net/netfilter/core.c).
 *
 * @param above entries of this priority or below have run already (br_nf_hook_thresh()).
 */
export function nfHook(net: Net, skb: Skb, state: HookState, above?: number): void {
  if (runHook(net, skb, state, above) === 'accept') net.walk.functions.okfn[state.okfn](net, skb, state);
}

/** Walks the entries alone: what follows is the caller's business (nf_hook()). */
function runHook(net: Net, skb: Skb, state: HookState, above?: number): 'accept' | 'dropped' | 'stolen' {
  for (const entry of net.walk.functions.hooks(net, state.family, state.hook)) {
    if (above !== undefined && entry.priority <= above) continue;
    const verdict = entry.run(net, skb, state);
    if (verdict === 'stolen') return 'stolen';
    if (verdict === 'drop') return 'dropped';
  }
  return 'accept';
}

/** The state of one call of a hook. */
export function hookState(
  family: Family,
  hook: HookName,
  devices: { readonly in: string; readonly out: string },
  okfn: OkfnName,
): HookState {
  return { family, hook, in: devices.in, out: devices.out, okfn };
}
