import { type Netns, type Origin, printRule, type Rule, type Table, type TableName } from '../../../linux/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import { chainLines, type FelixChain, type FelixRule, HASH_COMMENT, linesOf, ruleHashes } from './rule.js';

/** Chains that have one reason, and the text that makes them: the same object wherever they are the same. */
export interface ChainGroup {
  readonly chains: readonly FelixChain[];
  readonly hashes: ReadonlyMap<string, string>;
  readonly heads: RestoreChunk;
  readonly rules: RestoreChunk;
}

/** A table as Felix wants it. */
export interface FelixTable {
  readonly name: TableName;
  readonly groups: readonly ChainGroup[];
  /** By built-in chain. */
  readonly builtIn: ReadonlyMap<string, OwnRules>;
}

/** Felix's rules in somebody else's chain. */
export interface OwnRules {
  /** Whether `first` goes before all others' rules or, like `last` in either case, behind them (ChainInsertMode). */
  readonly mode: 'insert' | 'append';
  /** Hashes of the rules. */
  readonly first: readonly string[];
  readonly last: readonly string[];
  /** What puts them there. */
  readonly lines: readonly string[];
}

/** Makes them for a built-in chain. */
export function ownRules(
  chain: string,
  first: FelixRule,
  last: readonly FelixRule[],
  mode: OwnRules['mode'],
): OwnRules {
  const own: FelixChain = { name: chain, rules: [first] };
  // So that a rule has another hash at the end than at the beginning.
  const appended: FelixChain = { name: `${chain}*appends*`, rules: last };
  return {
    mode,
    first: ruleHashes(own),
    last: ruleHashes(appended),
    lines: [...linesOf(mode === 'insert' ? '-I' : '-A', chain, own), ...linesOf('-A', chain, appended)],
  };
}

/** Makes a group; `object` is what its lines are made for. */
export function chainGroup(object: string, chains: readonly FelixChain[]): ChainGroup {
  const origin: Origin = { by: 'felix', object };
  return {
    chains,
    hashes: new Map(chains.map((chain) => [chain.name, ruleHashes(chain).join(' ')])),
    heads: { origin, lines: chains.map(({ name }) => `:${name} - -`) },
    rules: { origin, lines: chains.flatMap(chainLines) },
  };
}

/**
 * The text that makes a table what Felix wants, for `iptables-restore --noflush`; undefined when it is that already
 * (felix 3.21 iptables/table.go applyUpdates()). What is there is told by the hashes in the comments. A group of chains is
 * written whole when one of them is not as it should be, as Felix does with a chain in its nftables mode; with
 * iptables-legacy it replaces single rules, to the same end.
 *
 * Chains that Felix no longer wants would be deleted; no lab's Felix has had others.
 */
export function tableText(wanted: FelixTable, ns: Netns): RestoreChunk[] | undefined {
  const table = ns.iptables.get(wanted.name);
  const dirty = wanted.groups.filter((group) =>
    group.chains.some(({ name }) => hashesOf(table, name) !== group.hashes.get(name)),
  );
  const builtIn = [...wanted.builtIn].flatMap(([chain, own]) =>
    builtInLines(chain, own, table?.chains.get(chain)?.rules ?? []),
  );
  if (dirty.length === 0 && builtIn.length === 0) return undefined;
  return [
    openTable(wanted.name),
    ...dirty.map(({ heads }) => heads),
    ...dirty.map(({ rules }) => rules),
    ...(builtIn.length === 0 ? [] : [{ origin: BASE, lines: builtIn }]),
    COMMIT,
  ];
}

const BASE: Origin = { by: 'felix', object: 'base chains' };
const COMMIT: RestoreChunk = { origin: BASE, lines: ['COMMIT'] };
const OPEN = new Map<TableName, RestoreChunk>();

function openTable(name: TableName): RestoreChunk {
  const chunk = OPEN.get(name) ?? { origin: BASE, lines: [`*${name}`] };
  OPEN.set(name, chunk);
  return chunk;
}

/** The hashes of a chain as it is; undefined where there is none. */
function hashesOf(table: Table | undefined, chain: string): string | undefined {
  return table?.chains
    .get(chain)
    ?.rules.map((rule) => hashOf(rule) ?? '-')
    .join(' ');
}

/** What Felix wrote into a rule's comment; undefined for others' rules. */
function hashOf({ matches }: Rule): string | undefined {
  for (const match of matches)
    if (match.match === 'comment' && 'comment' in match) {
      const [, hash] = HASH_COMMENT.exec(String(match.comment)) ?? [];
      if (hash !== undefined) return hash;
    }
  return undefined;
}

/**
 * Lines that put Felix's rules where they belong in somebody else's chain: when they are not all in their place, they are
 * deleted and made anew (expectedHashesForInsertAppendChain()).
 */
function builtInLines(chain: string, { mode, first, last, lines }: OwnRules, rules: readonly Rule[]): string[] {
  const there = rules.map(hashOf);
  const others = there.filter((hash) => hash === undefined);
  const expected = [...(mode === 'insert' ? [...first, ...others] : [...others, ...first]), ...last];
  if (there.length === expected.length && there.every((hash, i) => hash === expected[i])) return [];
  const own = rules.filter((_, i) => there[i] !== undefined);
  return [...own.map((rule) => printRule(rule, chain).replace('-A', '-D')), ...lines];
}
