import { parseIpv4 } from '../../address/index.js';
import { formatOrigin, type KnownTarget, type Netns, type Rule, type Ruleset, type Table } from '../../linux/index.js';
import type { RuleRow, Thing } from '../../output/index.js';
import type { Network } from '../../topology/index.js';
import { ruleRow } from './rule-row.js';
import { commentedServicePorts, type ServicePortName, subjectOf } from './subject.js';

/** The rules of a table that a test holds for, in its order. */
export function rulesWhere(table: Table, holds: (rule: Rule) => boolean): readonly RuleRow[] {
  return [...table.chains.values()].flatMap((chain) =>
    chain.rules.flatMap((rule, i) => (holds(rule) ? [ruleRow(table.name, chain.name, i + 1, rule)] : [])),
  );
}

/** Both rulesets of a namespace. */
function rulesets(ns: Netns): readonly (readonly ['iptables' | 'ip6tables', Ruleset])[] {
  return [
    ['iptables', ns.iptables],
    ['ip6tables', ns.ip6tables],
  ];
}

/** The chains of a name in a namespace, of every table. */
export function chainThings(
  name: string,
  ns: Netns,
  network: Network,
  candidates: readonly ServicePortName[],
): readonly Thing[] {
  const things: Thing[] = [];
  for (const [family, ruleset] of rulesets(ns))
    for (const table of ruleset.values()) {
      const chain = table.chains.get(name);
      if (chain === undefined) continue;
      const rules = chain.rules.map((rule, i) => ruleRow(table.name, name, i + 1, rule));
      const from = rulesWhere(table, (rule) => leadsTo(rule, name));
      const endpoint = rules.find(({ action }) => action.does === 'dnat')?.action.value;
      const subject = subjectOf(name, candidates, commentedServicePorts(chain.rules), endpoint, (text) =>
        ownerOf(text, network),
      );
      const origins = originsOf(rules.length > 0 ? rules : from);
      things.push({ kind: 'chain', family, table: table.name, policy: chain.policy, subject, from, rules, origins });
    }
  return things;
}

function leadsTo({ target }: Rule, chain: string): boolean {
  const known = target as KnownTarget | undefined;
  return (known?.target === 'jump' || known?.target === 'goto') && known.chain === chain;
}

/** Whose an endpoint's address is. */
function ownerOf(endpoint: string, { directory }: Network): string | undefined {
  const address = parseIpv4(endpoint.replace(/:\d+$/, ''));
  return address === undefined || directory.ownerOf(address) === undefined ? undefined : directory.label(address);
}

function originsOf(rules: readonly RuleRow[]): readonly string[] {
  return [...new Set(rules.map(({ origin }) => origin))];
}

/** The names of all chains of a namespace. */
export function chainNames(ns: Netns): readonly string[] {
  return rulesets(ns).flatMap(([, ruleset]) => [...ruleset.values()].flatMap((table) => [...table.chains.keys()]));
}

/** All rules of a namespace. */
export function allRules(ns: Netns): readonly Rule[] {
  return rulesets(ns).flatMap(([, ruleset]) =>
    [...ruleset.values()].flatMap((table) => [...table.chains.values()].flatMap(({ rules }) => rules)),
  );
}

/** The IP set of a name in a namespace. */
export function ipsetThings(name: string, ns: Netns): readonly Thing[] {
  const set = ns.ipsets.get(name);
  if (set === undefined) return [];
  const from = [...ns.iptables.values()].flatMap((table) =>
    rulesWhere(table, ({ matches }) =>
      matches.some((match) => match.match === 'set' && (match as { readonly set?: string }).set === name),
    ),
  );
  const members = [...set.members].map(([member, { options }]) => [member, ...options].join(' '));
  return [{ kind: 'ipset', type: set.type, members, from, origins: [formatOrigin(set.origin)] }];
}
