import type { Ipv4Prefix } from '../../address/index.js';
import type { RoutingRule } from '../../linux/index.js';
import type { NewRule, RuleSelector } from '../install.js';
import type { ApplyContext } from './context.js';
import { type Refused, refuse } from './refuse.js';

/** `ip rule add` (fib_nl_newrule(), linux net/core/fib_rules.c). */
export function ruleAdd({ draft, origin }: ApplyContext, wanted: NewRule): Refused | undefined {
  const { rules } = draft.ns.ipv4;
  const rule: RoutingRule = { ...wanted, priority: wanted.priority ?? defaultPriority(rules), origin };
  if (rule.action.action === 'goto' && rule.action.priority <= rule.priority)
    return refuse('EINVAL', 'Backward goto not supported');
  if (rules.some((old) => sameRule(old, rule))) return refuse('EEXIST');
  const at = rules.findIndex((old) => old.priority > rule.priority);
  draft.rules = at < 0 ? [...rules, rule] : [...rules.slice(0, at), rule, ...rules.slice(at)];
  return undefined;
}

/** One less than that of the second rule, so that it stands before all but the first (fib_default_rule_pref()). */
function defaultPriority(rules: readonly RoutingRule[]): number {
  const second = rules[1];
  return second === undefined || second.priority === 0 ? 0 : second.priority - 1;
}

/** `ip rule del`: the first rule that fits (fib_nl_delrule()). */
export function ruleDel({ draft }: ApplyContext, wanted: RuleSelector): Refused | undefined {
  const { rules } = draft.ns.ipv4;
  const found = rules.find((rule) => fits(rule, wanted));
  if (found === undefined) return refuse('ENOENT');
  draft.rules = rules.filter((rule) => rule !== found);
  return undefined;
}

function fits(rule: RoutingRule, wanted: RuleSelector): boolean {
  return (
    (wanted.priority === undefined || rule.priority === wanted.priority) &&
    (wanted.from === undefined || samePrefix(rule.from, wanted.from)) &&
    (wanted.to === undefined || samePrefix(rule.to, wanted.to)) &&
    (wanted.iif === undefined || rule.iif === wanted.iif) &&
    (wanted.oif === undefined || rule.oif === wanted.oif) &&
    (wanted.tos === undefined || wanted.tos === 0 || rule.tos === wanted.tos) &&
    (wanted.fwmark === undefined || sameMark(rule.fwmark, wanted.fwmark)) &&
    (wanted.suppressPrefixLength === undefined || rule.suppressPrefixLength === wanted.suppressPrefixLength) &&
    (wanted.action === undefined || sameAction(rule.action, wanted.action))
  );
}

/**
 * rule_exists(): neither `not` nor the target of a goto tells two rules apart, nor what the new one does not ask for of
 * addresses and TOS (fib4_rule_compare()).
 */
function sameRule(old: RoutingRule, wanted: RoutingRule): boolean {
  const { from, to, tos, action } = wanted;
  return (
    old.priority === wanted.priority &&
    ((from?.length ?? 0) === 0 || samePrefix(old.from, from)) &&
    ((to?.length ?? 0) === 0 || samePrefix(old.to, to)) &&
    old.iif === wanted.iif &&
    old.oif === wanted.oif &&
    (tos === 0 || old.tos === tos) &&
    sameMark(old.fwmark, wanted.fwmark) &&
    old.suppressPrefixLength === wanted.suppressPrefixLength &&
    (sameAction(old.action, action) || (old.action.action === 'goto' && action.action === 'goto'))
  );
}

function samePrefix(a: Ipv4Prefix | undefined, b: Ipv4Prefix | undefined): boolean {
  return a?.address === b?.address && a?.length === b?.length;
}

function sameMark(a: RoutingRule['fwmark'], b: RoutingRule['fwmark']): boolean {
  return a?.value === b?.value && a?.mask === b?.mask;
}

function sameAction(a: RoutingRule['action'], b: RoutingRule['action']): boolean {
  if (a.action === 'lookup' && b.action === 'lookup') return a.table === b.table;
  if (a.action === 'goto' && b.action === 'goto') return a.priority === b.priority;
  if (a.action === 'unmodelled' && b.action === 'unmodelled') return a.text === b.text;
  return a.action === b.action;
}
