import {
  type Difference,
  ENTRY_KINDS,
  type EntryKind,
  type NetworkDiff,
  type NotCompared,
} from '../../output/index.js';
import type { Network } from '../../topology/index.js';
import { type Entry, entriesOf } from './entries.js';
import { inet6EntriesOf, tellsInet6 } from './inet6.js';
import { diffLinks } from './links.js';
import { Names } from './names.js';
import { type Pair, pairNamespaces } from './pairs.js';
import { diffRulesets } from './rulesets.js';
import { diffSysctls } from './sysctls.js';

/** What to compare; all of it unless said. */
export interface DiffOptions {
  /** Names of namespaces, as the first network has them, or of those that only the second has. */
  readonly namespaces?: readonly string[];
  readonly kinds?: readonly EntryKind[];
  /** Of a network that was read from dumps, what they tell. */
  readonly dumps?: { readonly a?: Told; readonly b?: Told };
}

/** What dumps tell of a network: of what they do not, nobody knows whether it is missing. */
export interface Told {
  tells(netns: string, kind: EntryKind): boolean;
}

/**
 * Two networks compared entry by entry. What is generated (names of veth pairs, hardware addresses, names of chains that
 * are hashes of a container's id) is compared by what it is for.
 */
export function diffNetworks(a: Network, b: Network, options: DiffOptions = {}): NetworkDiff {
  const { namespaces, kinds = ENTRY_KINDS, dumps = {} } = options;
  const pairs = pairNamespaces(a, b);
  const wanted = pairs.filter(({ name }) => namespaces?.includes(name) ?? true);
  const looked = wanted.filter((pair) => !isElsewhere(pair, { a, b }, dumps));
  const macs = drawnAlike(pairs) ? 'macs' : 'no-macs';
  const names = { a: new Names(pairs, 'a', macs), b: new Names(pairs, 'b', macs) };
  const notCompared = new NotComparedList(new Set(kinds));
  notCompared.add(
    'namespace',
    wanted.filter((pair) => !looked.includes(pair)).map(({ name }) => name),
    ELSEWHERE,
  );
  if (macs === 'no-macs') notCompared.add('link', ['hardware addresses of links'], OWN_MACS);
  let onOneSide = 0;
  const inet6OnOneSide: string[] = [];
  const differences = looked.flatMap((pair): Difference[] => {
    const { name: netns, a: here, b: there } = pair;
    if (here === undefined || there === undefined) return [wholeNamespace(pair)];
    const untold = ENTRY_KINDS.filter(
      (kind) => dumps.a?.tells(here.name, kind) === false || dumps.b?.tells(there.name, kind) === false,
    );
    for (const kind of untold) notCompared.add(kind, [`${kind} of ${netns}`], 'no dump tells it');
    const [mine, theirs] = [
      { ns: here, names: names.a },
      { ns: there, names: names.b },
    ];
    const sysctls = diffSysctls(mine, theirs);
    if (!untold.includes('sysctl')) onOneSide += sysctls.onOneSide;
    const inet6 = [here, there].filter(tellsInet6);
    if (inet6.length === 1) inet6OnOneSide.push(`IPv6 of ${netns}`);
    const links = diffLinks(mine, theirs, macs);
    notCompared.add(
      'link',
      links.untouched.map((name) => `${name} of ${netns}`),
      UNTOUCHED,
    );
    const found = [
      ...links.differences,
      ...diffEntries(entriesOf(here, mine.names), entriesOf(there, theirs.names)),
      ...(inet6.length === 2 ? diffEntries(inet6EntriesOf(here, mine.names), inet6EntriesOf(there, theirs.names)) : []),
      ...diffRulesets('iptables', mine, theirs),
      ...diffRulesets('ip6tables', mine, theirs),
      ...sysctls.differences,
    ];
    return found.filter(({ kind }) => !untold.includes(kind)).map((difference) => ({ netns, ...difference }));
  });
  if (onOneSide > 0) notCompared.add('sysctl', [`${onOneSide} sysctls`], 'only one of the networks tells their values');
  notCompared.add('address', inet6OnOneSide, 'only one of the networks tells it');
  return {
    differences: differences.filter(({ kind }) => kinds.includes(kind)),
    notCompared: notCompared.list(),
    compared: looked.map(({ name }) => name),
  };
}

const ELSEWHERE = 'nothing is dumped of the machine that they are on';
const UNTOUCHED =
  'only one of the networks has it: down and without an address, as the module makes it in every namespace';
const OWN_MACS = 'each network draws its own; entries that hold one are compared by the link that has it';

/** What is not compared, joined where the reason is one. */
class NotComparedList {
  readonly #kinds: ReadonlySet<EntryKind>;
  readonly #byReason = new Map<string, string[]>();

  constructor(kinds: ReadonlySet<EntryKind>) {
    this.#kinds = kinds;
  }

  add(kind: EntryKind, what: readonly string[], why: string): void {
    if (what.length === 0 || !(this.#kinds.has(kind) || kind === 'namespace')) return;
    this.#byReason.set(why, [...(this.#byReason.get(why) ?? []), ...what]);
  }

  list(): NotCompared[] {
    return [...this.#byReason].map(([why, what]) => ({ what: what.join(', '), why }));
  }
}

/** Whether a namespace is on a machine of which the other network, read from dumps, has nothing. */
function isElsewhere(
  { a: here, b: there }: Pair,
  { a, b }: { readonly a: Network; readonly b: Network },
  dumps: NonNullable<DiffOptions['dumps']>,
): boolean {
  if (there === undefined && here !== undefined) return dumps.b !== undefined && !b.has(here.host);
  if (here === undefined && there !== undefined) return dumps.a !== undefined && !a.has(there.host);
  return false;
}

function wholeNamespace({ name, a, b }: Pair): Difference {
  const text = (role: string): { text: string; origin: undefined } => ({ text: `${role} ${name}`, origin: undefined });
  const entry = { netns: name, kind: 'namespace', entry: name } as const;
  return a === undefined
    ? { ...entry, is: 'extra', a: undefined, b: text(b?.role ?? '') }
    : { ...entry, is: 'missing', a: text(a.role), b: undefined };
}

/** How many links may have another address where the two networks draw theirs alike: somebody has set it. */
const FEW = { links: 2, share: 0.1 };

/** Whether nearly all links of one name have one address in both: then one that differs has been changed. */
function drawnAlike(pairs: readonly Pair[]): boolean {
  let [same, different] = [0, 0];
  for (const { a, b } of pairs)
    for (const [name, link] of a?.links ?? []) {
      const other = b?.links.get(name);
      if (other === undefined || link.address === 0 || link.kind === 'bridge') continue;
      if (other.address === link.address) same++;
      else different++;
    }
  const few = different <= FEW.links || different < FEW.share * (same + different);
  return different === 0 || (same > different && few);
}

/** Entries of one key that differ are told as one in place of the other. */
function diffEntries(a: readonly Entry[], b: readonly Entry[]): Omit<Difference, 'netns'>[] {
  const [here, there] = [byKey(a), byKey(b)];
  return [...new Set([...here.keys(), ...there.keys()])].flatMap((key) => {
    const [mine, theirs] = without(here.get(key) ?? [], there.get(key) ?? []);
    const count = Math.max(mine.length, theirs.length);
    return Array.from({ length: count }, (_, i): Omit<Difference, 'netns'> => {
      const [one, other] = [mine[i], theirs[i]];
      const { kind, key: entry } = (one ?? other) as Entry;
      const is = other === undefined ? 'missing' : one === undefined ? 'extra' : 'different';
      // Spelled alike, they differ in whose a hardware address is.
      const spelled = one?.text === other?.text ? 'value' : 'text';
      const side = (each: Entry | undefined): Difference['a'] =>
        each === undefined ? undefined : { text: each[spelled], origin: each.origin };
      return { kind, is, entry, a: side(one), b: side(other) };
    });
  });
}

function byKey(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const map = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = `${entry.kind} ${entry.key}`;
    const list = map.get(key);
    if (list === undefined) map.set(key, [entry]);
    else list.push(entry);
  }
  return map;
}

/** Both lists without what they have in common. */
function without(a: readonly Entry[], b: readonly Entry[]): readonly [readonly Entry[], readonly Entry[]] {
  const rest = [...b];
  const only = a.filter(({ value }) => {
    const at = rest.findIndex((each) => each.value === value);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [only, rest];
}
