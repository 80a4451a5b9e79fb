import type { Ipv4Prefix } from '../../address/index.js';
import type { Origin } from '../origin.js';
import type { JsonObject } from '../write-json.js';
import { RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } from './route.js';

/** One policy rule (`ip rule`), in order of `priority`. */
export interface RoutingRule {
  readonly priority: number;
  readonly invert: boolean;
  readonly from: Ipv4Prefix | undefined;
  readonly to: Ipv4Prefix | undefined;
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  readonly tos: number;
  /** `fwmark value/mask`, uint32 each. */
  readonly fwmark: { readonly value: number; readonly mask: number } | undefined;
  /** Refuse a route whose prefix is not longer than this. */
  readonly suppressPrefixLength: number | undefined;
  readonly action:
    | { readonly action: 'lookup'; readonly table: number }
    | { readonly action: 'goto'; readonly priority: number }
    | { readonly action: 'nop' }
    | { readonly action: 'blackhole' }
    | { readonly action: 'unreachable' }
    | { readonly action: 'prohibit' }
    /** A selector or action that is not modelled; the words as `ip rule` prints them. */
    | { readonly action: 'unmodelled'; readonly text: string };
  /** Who installed it (`kernel`, `bird` …), where a dump says so. */
  readonly protocol?: string;
  /** Of a rule of a dump that is not modelled: all of it, as `ip -j rule` names it. */
  readonly fields?: JsonObject;
  readonly origin: Origin;
}

/** The selector of a rule for every packet. */
export const ANY_PACKET = {
  invert: false,
  from: undefined,
  to: undefined,
  iif: undefined,
  oif: undefined,
  tos: 0,
  fwmark: undefined,
  suppressPrefixLength: undefined,
} as const;

/** A rule that looks up `table` for every packet. */
export function lookupRule(priority: number, table: number, origin: Origin): RoutingRule {
  return { ...ANY_PACKET, priority, action: { action: 'lookup', table }, origin };
}

/** The rules of a new namespace (fib_default_rules_init(), linux net/ipv4/fib_rules.c). */
export const DEFAULT_RULES: readonly RoutingRule[] = [
  lookupRule(0, RT_TABLE_LOCAL, { by: 'kernel' }),
  lookupRule(32766, RT_TABLE_MAIN, { by: 'kernel' }),
  lookupRule(32767, RT_TABLE_DEFAULT, { by: 'kernel' }),
];

/** Whether there are other rules than those of a new namespace (netns_ipv4.fib_has_custom_rules). */
export function hasCustomRules(rules: readonly RoutingRule[]): boolean {
  return rules.length !== DEFAULT_RULES.length || rules.some((r, i) => r.priority !== DEFAULT_RULES[i]?.priority);
}
