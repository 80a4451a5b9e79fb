import { BUILT_IN, type Chain, printRule, type Ruleset, type TableName, withProtocolNames } from '../../linux/index.js';
import type { Difference, EntryText } from '../../output/index.js';
import { diffLines } from './lines.js';
import type { Side } from './links.js';

type Change = Omit<Difference, 'netns'>;
type Family = 'iptables' | 'ip6tables';

/** A chain with its rules in two spellings. */
interface ChainLines {
  readonly chain: Chain;
  readonly lines: readonly { readonly value: string; readonly text: string }[];
}

/** Chains that only one has, and a line diff of the rules within each other. */
export function diffRulesets(family: Family, a: Side, b: Side): Change[] {
  const [mine, theirs] = [a.ns[family], b.ns[family]];
  return [...new Set([...mine.keys(), ...theirs.keys()])].flatMap((table) => {
    const [here, there] = [chainsOf(table, mine, a), chainsOf(table, theirs, b)];
    const names = new Set([...here.keys(), ...there.keys()]);
    return [...names].flatMap((name) => diffChain(family, `${table} ${name}`, here.get(name), there.get(name)));
  });
}

/** The built-in chains of a table that nobody has touched let everything pass. */
function chainsOf(table: TableName, ruleset: Ruleset, { ns, names }: Side): ReadonlyMap<string, ChainLines> {
  const there = ruleset.get(table)?.chains ?? new Map<string, Chain>();
  const chains = [
    ...BUILT_IN[table]
      .filter((name) => !there.has(name))
      .map((name): Chain => ({ name, policy: 'ACCEPT', counters: undefined, rules: [] })),
    ...there.values(),
  ];
  const texts = chains.map((chain) => ({
    name: chain.name,
    chain,
    rules: chain.rules.map((rule) => printRule(withProtocolNames(rule), chain.name)),
  }));
  const hashed = names.chains(texts);
  const told = (text: string): string => text.replace(/CNI-[\w-]+/g, (word) => hashed.get(word) ?? word);
  return new Map(
    texts.map(({ name, chain, rules }) => {
      const lines = chain.rules.map((rule, i) => ({
        text: printRule(rule, name),
        value: told(names.words(ns, rules[i] ?? '')),
      }));
      return [hashed.get(name) ?? name, { chain, lines }];
    }),
  );
}

function diffChain(kind: Family, entry: string, here: ChainLines | undefined, there: ChainLines | undefined): Change[] {
  const changes: Change[] = [];
  const [a, b] = [declaration(entry, here), declaration(entry, there)];
  if (a?.text !== b?.text) changes.push({ kind, is: kindOf(a, b), entry, a, b });
  const values = (side: ChainLines | undefined): string[] => (side?.lines ?? []).map(({ value }) => value);
  for (const at of diffLines(values(here), values(there))) {
    const [mine, theirs] = [ruleAt(here, at.a), ruleAt(there, at.b)];
    changes.push({ kind, is: kindOf(mine, theirs), entry, a: mine, b: theirs });
  }
  return changes;
}

function kindOf(a: EntryText | undefined, b: EntryText | undefined): Change['is'] {
  if (a === undefined) return 'extra';
  return b === undefined ? 'missing' : 'different';
}

/** `:INPUT ACCEPT`, `:KUBE-SERVICES -`, as iptables-save begins a table. */
function declaration(entry: string, side: ChainLines | undefined): EntryText | undefined {
  if (side === undefined) return undefined;
  const { chain } = side;
  return { text: `:${entry.replace(/^\S+ /, '')} ${chain.policy ?? '-'}`, origin: chain.rules[0]?.origin };
}

function ruleAt(side: ChainLines | undefined, at: number | undefined): EntryText | undefined {
  if (side === undefined || at === undefined) return undefined;
  return { text: `rule ${at + 1}: ${side.lines[at]?.text ?? ''}`, origin: side.chain.rules[at]?.origin };
}
