import { formatIpv4 } from '../../address/index.js';
import {
  ANY_PACKET,
  defaultScope,
  formatDestination,
  formatRoute,
  formatScope,
  formatTable,
  formatTos,
  type NewRoute,
  type RoutingRule,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  ruleText,
} from '../../linux/index.js';
import type { NewRule, RouteSelector, RuleSelector } from '../install.js';

/** The words of a new route behind `ip route add`. What the kernel or iproute2 would choose by itself is left out. */
export function routeWords(route: NewRoute, table: number): string {
  const local = route.type === 'local' || route.type === 'broadcast';
  const name = table === (local ? RT_TABLE_LOCAL : RT_TABLE_MAIN) ? undefined : formatTable(table);
  const scope = route.scope ?? 0;
  const line = formatRoute({ ...route, scope, origin: { by: 'command' } }, name)
    .replace(/\s+/g, ' ')
    .trim();
  if (route.scope !== 0) return line;
  // A global scope is never printed, but a route without a gateway would not get it unasked.
  const at = line.indexOf(' nexthop ');
  const said = defaultScope({ ...route, scope: undefined }) === 0 ? '' : ' scope global';
  return at < 0 ? `${line}${said}` : `${line.slice(0, at)}${said}${line.slice(at)}`;
}

/** The words behind `ip route del`. */
export function routeSelectorWords(route: RouteSelector): string {
  const { type, dst, tos, via, dev, protocol, scope, prefsrc, metric, table } = route;
  const local = type === 'local' || type === 'broadcast';
  const words = [...(type === undefined ? [] : [type]), formatDestination(dst)];
  if (tos !== undefined) words.push('tos', formatTos(tos));
  if (via !== undefined) words.push('via', formatIpv4(via));
  if (dev !== undefined) words.push('dev', dev);
  if (table !== (local ? RT_TABLE_LOCAL : RT_TABLE_MAIN)) words.push('table', formatTable(table));
  if (protocol !== undefined) words.push('proto', protocol);
  if (scope !== undefined) words.push('scope', formatScope(scope));
  if (prefsrc !== undefined) words.push('src', formatIpv4(prefsrc));
  if (metric !== undefined) words.push('metric', String(metric));
  return words.join(' ');
}

/** The words behind `ip rule add`. */
export function ruleWords(rule: NewRule): string {
  return rule.priority === undefined ? ruleText(rule) : `priority ${rule.priority} ${ruleText(rule)}`;
}

/** The words behind `ip rule del`: only what is to be compared. */
export function ruleSelectorWords(rule: RuleSelector): string {
  const { priority, action, ...rest } = rule;
  // A rule that says nothing is `from all lookup …`: those words are left out where they are no criterion.
  const whole: Omit<RoutingRule, 'origin' | 'priority'> = {
    ...ANY_PACKET,
    ...rest,
    action: action ?? { action: 'nop' },
  };
  const text = ruleText(whole).replace(/^from all ?/, '');
  const said = action === undefined ? text.replace(/\bnop ?/, '') : text;
  return [...(priority === undefined ? [] : ['priority', String(priority)]), said.trim()].join(' ').trim();
}
