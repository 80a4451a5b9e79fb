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
  /** What goes before all others' rules in a built-in chain, or after them with ChainInsertMode append. */
  readonly inserts: ReadonlyMap<string, FelixRule>;
  /** What goes behind all others' rules in either mode. */
  readonly appends: ReadonlyMap<string, readonly FelixRule[]>;
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
export function tableText(wanted: FelixTable, ns: Netns, mode: 'insert' | 'append'): RestoreChunk[] | undefined {
  const table = ns.iptables.get(wanted.name);
  const dirty = wanted.groups.filter((group) =>
    group.chains.some(({ name }) => hashesOf(table, name) !== group.hashes.get(name)),
  );
  const builtIn = [...wanted.inserts].flatMap(([chain, rule]) =>
    builtInLines(chain, rule, wanted.appends.get(chain) ?? [], table?.chains.get(chain)?.rules ?? [], mode),
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
function builtInLines(
  chain: string,
  insert: FelixRule,
  appends: readonly FelixRule[],
  rules: readonly Rule[],
  mode: 'insert' | 'append',
): string[] {
  const own: FelixChain = { name: chain, rules: [insert] };
  // So that a rule has another hash at the end than at the beginning.
  const last: FelixChain = { name: `${chain}*appends*`, rules: appends };
  const others = rules.filter((rule) => hashOf(rule) === undefined).map(() => undefined);
  const inserted = ruleHashes(own);
  const expected = [...(mode === 'insert' ? [...inserted, ...others] : [...others, ...inserted]), ...ruleHashes(last)];
  const there = rules.map(hashOf);
  if (there.length === expected.length && there.every((hash, i) => hash === expected[i])) return [];
  return [
    ...rules.filter((rule) => hashOf(rule) !== undefined).map((rule) => printRule(rule, chain).replace('-A', '-D')),
    ...linesOf(mode === 'insert' ? '-I' : '-A', chain, own),
    ...linesOf('-A', chain, last),
  ];
}
