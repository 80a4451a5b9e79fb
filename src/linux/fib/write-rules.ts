import { formatIpv4, formatPrefix, type Ipv4Prefix } from '../../address/index.js';
import { wordsOf } from '../kept.js';
import type { Netns } from '../netns.js';
import type { RoutingRule } from './rule.js';
import { formatRuleFields } from './rule-fields.js';
import { formatAction } from './rule-words.js';
import { formatTos } from './write-routes.js';

/** `ip rule`, and behind it what `ip -6 rule` says of addresses. */
export function formatRules(ns: Netns): string {
  const inet = ns.ipv4.rules.map((rule) => `${rule.priority}:\t${ruleText(rule, ns)}\n`);
  const inet6 = ns.ipv6.rules.map(({ fields }) => `${wordsOf(fields['priority'])}:\t${formatRuleFields(fields)}\n`);
  return [...inet, ...inet6].join('');
}

/**
 * A rule as a line of `ip rule` says it, without its priority. With `ns`, devices that are not there are marked
 * `[detached]`, as iproute2 does.
 */
export function ruleText(rule: Omit<RoutingRule, 'origin' | 'priority'>, ns?: Netns): string {
  if (rule.fields !== undefined) return formatRuleFields(rule.fields);
  const words = [...(rule.invert ? ['not'] : []), 'from', rule.from === undefined ? 'all' : short(rule.from)];
  if (rule.to !== undefined) words.push('to', short(rule.to));
  if (rule.tos !== 0) words.push('tos', formatTos(rule.tos));
  if (rule.fwmark !== undefined) words.push('fwmark', formatMark(rule.fwmark));
  const detached = (dev: string): string[] => (ns === undefined || ns.links.has(dev) ? [] : ['[detached]']);
  if (rule.iif !== undefined) words.push('iif', rule.iif, ...detached(rule.iif));
  if (rule.oif !== undefined) words.push('oif', rule.oif, ...detached(rule.oif));
  words.push(formatAction(rule.action));
  if (rule.suppressPrefixLength !== undefined) words.push('suppress_prefixlength', String(rule.suppressPrefixLength));
  if (rule.protocol !== undefined) words.push('proto', rule.protocol);
  return words.join(' ');
}

function short(prefix: Ipv4Prefix): string {
  return prefix.length === 32 ? formatIpv4(prefix.address) : formatPrefix(prefix);
}

/** `0x200/0x200`; the mask is left out when it is all bits. */
export function formatMark({ value, mask }: { readonly value: number; readonly mask: number }): string {
  const hex = (n: number): string => `0x${n.toString(16)}`;
  return mask === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}
