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

/** rule_exists(): `not` does not tell two rules apart. */
function sameRule(a: RoutingRule, b: RoutingRule): boolean {
  return (
    a.priority === b.priority &&
    samePrefix(a.from, b.from) &&
    samePrefix(a.to, b.to) &&
    a.iif === b.iif &&
    a.oif === b.oif &&
    a.tos === b.tos &&
    sameMark(a.fwmark, b.fwmark) &&
    a.suppressPrefixLength === b.suppressPrefixLength &&
    sameAction(a.action, b.action)
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
