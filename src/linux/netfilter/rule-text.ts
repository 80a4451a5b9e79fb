import { extensionOf } from './match/registry.js';
import type { Match, Rule, Target } from './rule.js';
import { targetExtensionOf } from './target/registry.js';

/** One match as iptables-save writes it: `-m mark --mark 0x1`. */
export function printMatch(match: Match): string {
  return extensionOf(match).print(match);
}

/** One target as iptables-save writes it: `-j MASQUERADE`, `-g CHAIN`. */
export function printTarget(target: Target): string {
  return targetExtensionOf(target).print(target);
}

/** Matches and target, without the chain: `-p tcp -m tcp --dport 80 -j ACCEPT`. */
export function printSpec(rule: Rule): string {
  const parts = rule.matches.map(printMatch);
  if (rule.target !== undefined) parts.push(printTarget(rule.target));
  return parts.join(' ');
}

/** A rule as iptables-save writes it: `-A CHAIN …`. */
export function printRule(rule: Rule, chain: string): string {
  return `-A ${chain} ${printSpec(rule)}`.trimEnd();
}

/** Whether two rules have the same matches and target; who made them, how often they matched and spelling are not compared. */
export function sameRule(a: Rule, b: Rule): boolean {
  return sameData(a.matches, b.matches) && sameData(a.target, b.target);
}

function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameData(item, b[i]));
  if (a instanceof Map && b instanceof Map) return sameData([...a], [...b]);
  const [left, right] = [a, b].map((o) => Object.entries(o).filter(([key]) => key !== 'spelling'));
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  return left.every(([key, value]) => Object.hasOwn(b, key) && sameData(value, (b as Record<string, unknown>)[key]));
}
