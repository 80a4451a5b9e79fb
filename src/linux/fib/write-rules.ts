import { formatIpv4, formatPrefix, type Ipv4Prefix } from '../../address/index.js';
import type { Netns } from '../netns.js';
import type { RoutingRule } from './rule.js';
import { formatAction } from './rule-words.js';
import { formatTos } from './write-routes.js';

/** `ip rule`. */
export function formatRules(ns: Netns): string {
  return ns.ipv4.rules.map((rule) => `${rule.priority}:\t${ruleText(rule)}\n`).join('');
}

/** A rule as a line of `ip rule` says it, without its priority. */
export function ruleText(rule: Omit<RoutingRule, 'origin' | 'priority'>): string {
  const words = [...(rule.invert ? ['not'] : []), 'from', rule.from === undefined ? 'all' : short(rule.from)];
  if (rule.to !== undefined) words.push('to', short(rule.to));
  if (rule.tos !== 0) words.push('tos', formatTos(rule.tos));
  if (rule.fwmark !== undefined) words.push('fwmark', formatMark(rule.fwmark));
  if (rule.iif !== undefined) words.push('iif', rule.iif);
  if (rule.oif !== undefined) words.push('oif', rule.oif);
  words.push(formatAction(rule.action));
  if (rule.suppressPrefixLength !== undefined) words.push('suppress_prefixlength', String(rule.suppressPrefixLength));
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
