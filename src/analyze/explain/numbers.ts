import {
  formatTable,
  formatTableRoutes,
  type KnownMatch,
  type KnownTarget,
  type Netns,
  parseTable,
  type Rule,
  ruleText,
  sysctlPath,
} from '../../linux/index.js';
import type { Thing } from '../../output/index.js';
import { rulesWhere } from './chain.js';

/** The bits that a text such as `0x4000` or `0x4000/0x4000` is about; undefined for anything else. */
function markBits(text: string): number | undefined {
  const [, value, mask = value] = /^(0x[0-9a-f]{1,8})(?:\/(0x[0-9a-f]{1,8}))?$/i.exec(text) ?? [];
  const bits = value === undefined ? 0 : (Number(value) & Number(mask)) >>> 0;
  return bits === 0 ? undefined : bits;
}

/** The rules of a namespace that change or look at bits of the mark. */
export function markThings(name: string, ns: Netns): readonly Thing[] {
  const bits = markBits(name);
  if (bits === undefined) return [];
  const where = (holds: (rule: Rule) => boolean) => [...ns.iptables.values()].flatMap((t) => rulesWhere(t, holds));
  const setBy = where(({ target }) => {
    const known = target as KnownTarget | undefined;
    return known?.target === 'MARK' && ((known.value | known.mask) & bits) !== 0;
  });
  const readBy = where(({ matches }) =>
    matches.some((match) => {
      const known = match as KnownMatch;
      return known.match === 'mark' && (known.mask & bits) !== 0;
    }),
  );
  const routedBy = ns.ipv4.rules
    .filter(({ fwmark }) => fwmark !== undefined && (fwmark.mask & bits) !== 0)
    .map((rule) => `${rule.priority}: ${ruleText(rule).trim()}`);
  return setBy.length + readBy.length + routedBy.length === 0 ? [] : [{ kind: 'mark', setBy, readBy, routedBy }];
}

/** The sysctl of a name, with dots or slashes. */
export function sysctlThings(name: string, ns: Netns): readonly Thing[] {
  if (!/^net[./]/.test(name)) return [];
  const value = ns.sysctls.get(sysctlPath(name));
  return value === undefined ? [] : [{ kind: 'sysctl', value }];
}

/** The routing table of a name or number. */
export function tableThings(name: string, ns: Netns): readonly Thing[] {
  const table = parseTable(name);
  if (table === undefined || !ns.ipv4.tables.has(table)) return [];
  const lookedUpBy = ns.ipv4.rules
    .filter(({ action }) => action.action === 'lookup' && action.table === table)
    .map((rule) => `${rule.priority}: ${ruleText(rule).trim()}`);
  const routes = formatTableRoutes(ns, table)
    .split('\n')
    .filter((line) => line !== '');
  return [{ kind: 'table', routes: routes.map((line) => line.trim()), lookedUpBy }];
}

/** Names of the tables that a namespace has. */
export function tableNames(ns: Netns): readonly string[] {
  return [...ns.ipv4.tables.keys()].map(formatTable);
}
