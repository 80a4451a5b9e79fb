import * as z from 'zod/mini';
import { connectLinks, type Netns, type Peer } from '../../linux/index.js';
import { didYouMean, type Problem, type Read, readResult } from '../../problem/index.js';
import { Network } from '../../topology/index.js';
import { problemsOf } from '../issues.js';
import { prune } from '../prune.js';
import { valueAt } from '../value-at.js';
import { readYaml, type YamlDocument } from '../yaml.js';
import { childrenElsewhere } from './children.js';
import { keptNotes } from './kept-notes.js';
import { KNOWN_FILES, NETWORK_FILE, SNAPSHOT_PARTS } from './layout.js';
import { directoryOf } from './names.js';
import { type NetworkFile, networkSchema } from './network-file.js';
import { type PartState, type ReadNamespace, readNamespace } from './read-namespace.js';
import { inferredSegments } from './segments.js';
import { inferredPairs, namedWires } from './wires.js';

/** A folder of node dumps as texts. */
export interface SnapshotFolder {
  /** As the user named it. */
  readonly name: string;
  /** By path below the folder: `network.yaml`, `node-1/ip-link.json`. */
  readonly texts: ReadonlyMap<string, string>;
  readonly folders: readonly string[];
  /** Files that nothing here reads. */
  readonly others: readonly string[];
}

/** A network that was read from dumps. */
export interface Snapshot {
  readonly network: Network;
  /** What was inferred, or left aside. */
  readonly notes: readonly string[];
  /** By namespace, then by file: what became of it. */
  readonly coverage: ReadonlyMap<string, ReadonlyMap<string, PartState>>;
}

const NO_DOCUMENT: YamlDocument = {
  value: undefined,
  positionOf: () => ({ line: 1, col: 1 }),
  keyPosition: () => ({ line: 1, col: 1 }),
};

/** Reads a folder of node dumps. Gives all problems of all files at once. */
export function readSnapshot(folder: SnapshotFolder): Read<Snapshot> {
  const problems: Problem[] = [];
  const file = `${folder.name}/${NETWORK_FILE}`;
  const { said, document } = readNetworkFile(folder, file, problems);
  const notes: string[] = folder.others.map((other) => `not read: ${other}${hintFor(other)}`);
  const namespaces = namespacesOf(folder, said, file, notes, problems);
  checkHosts(said, namespaces, document, file, problems);
  const named = namedWires(said, namespaces, document, file, problems);
  const read = [...namespaces.values()];
  const pairs = inferredPairs(namespaces, named.wires, said);
  const loose = read.map(({ ns }) => ns);
  const wires = [...named.wires, ...pairs.wires];
  const joined = connectLinks(loose, wires);
  const segments = inferredSegments(joined, [...wires.flat(), ...pairs.open]);
  const all = connectLinks([...joined, ...segments.switches], segments.wires);
  const directory = directoryOf(said, all, document, file, problems);
  notes.push(...named.notes, ...pairs.notes, ...segments.notes, ...keptNotes(all));
  const assumed = new Map([
    ...segments.assumed,
    ...[...namespaces].map(([name, each]) => [name, [...(pairs.assumed.get(name) ?? []), ...each.assumed]] as const),
  ]);
  const coverage = new Map([...namespaces].map(([name, { parts }]) => [name, parts]));
  const children = childrenElsewhere(namespaces, wires, said);
  const network = networkOf(all, directory, assumed, namespaces, children);
  return readResult({ network, notes, coverage }, problems);
}

function networkOf(
  namespaces: readonly Netns[],
  directory: Network['directory'],
  assumed: ReadonlyMap<string, readonly string[]>,
  read: ReadonlyMap<string, ReadNamespace>,
  children: ReadonlyMap<string, readonly Peer[]>,
): Network {
  const byName = new Map(namespaces.map((ns) => [ns.name, ns]));
  return Network.from({
    names: [...byName.keys()],
    materialise(name) {
      const ns = byName.get(name);
      if (ns === undefined) throw new Error(`no namespace ${name}`);
      return ns;
    },
    directory,
    assumedIn: (name) => assumed.get(name) ?? [],
    learnedIn: (name) => read.get(name)?.learned,
    childrenElsewhere: (netns, dev) => children.get(`${netns}/${dev}`) ?? [],
  });
}

/** `network.yaml`, as far as it is right: what is wrong is left out, and the rest is read on. */
function readNetworkFile(
  folder: SnapshotFolder,
  file: string,
  problems: Problem[],
): { readonly said: NetworkFile; readonly document: YamlDocument } {
  const nothing = { said: { podpath: 1, kind: 'snapshot' } as const, document: NO_DOCUMENT };
  const text = folder.texts.get(NETWORK_FILE);
  if (text === undefined) return nothing;
  const read = readYaml(text, file);
  if ('problems' in read) {
    problems.push(...read.problems);
    return nothing;
  }
  const [document, ...further] = read.value;
  if (document === undefined || further.length > 0) {
    const message = `expected one document, found ${read.value.length}`;
    problems.push({ code: 'syntax', message, file, path: [], line: 1, col: 1 });
    return nothing;
  }
  let rest = document.value;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const parsed = z.safeParse(networkSchema, rest);
    if (parsed.success) return { said: parsed.data, document };
    const { issues } = parsed.error;
    if (round === 0) problems.push(...problemsOf(issues, document, file));
    const pruned = prune(rest, issues)?.value;
    // Wires and names may be about what is left out; the dumps are read all the same, so that all is told at once.
    rest = { podpath: 1, kind: 'snapshot', namespaces: valueAt(pruned, ['namespaces']) };
  }
  return { ...nothing, document };
}

/** As of a lab file: without a wrong value its parent may be wrong, and so on up to the entry. */
const MAX_ROUNDS = 8;

/** Those that `network.yaml` names, and folders with dumps that it does not name. */
function namespacesOf(
  folder: SnapshotFolder,
  { namespaces = {} }: NetworkFile,
  file: string,
  notes: string[],
  problems: Problem[],
): ReadonlyMap<string, ReadNamespace> {
  const read = new Map<string, ReadNamespace>();
  const add = (name: string, said: NonNullable<(typeof namespaces)[string]>): void => {
    const text = (part: string): { file: string; text: string } | undefined => {
      const found = folder.texts.get(`${name}/${part}`);
      return found === undefined ? undefined : { file: `${folder.name}/${name}/${part}`, text: found };
    };
    read.set(name, readNamespace({ name, said, networkFile: file, text }, problems));
  };
  for (const [name, said] of Object.entries(namespaces)) {
    add(name, said ?? {});
    if (!folder.folders.includes(name)) notes.push(`${name} has no folder: all of it is as in a new namespace`);
  }
  for (const name of folder.folders) {
    if (read.has(name) || !SNAPSHOT_PARTS.some((part) => folder.texts.has(`${name}/${part.file}`))) continue;
    add(name, {});
    notes.push(`${name} is not in ${NETWORK_FILE}: taken as a host`);
  }
  if (read.size === 0 && problems.length === 0) {
    const message = `expected ${NETWORK_FILE} or folders with dumps such as node-1/ip-link.json, found neither`;
    problems.push({ code: 'missing', message, file: folder.name, path: [], line: 0, col: 0 });
  }
  return read;
}

function checkHosts(
  { namespaces = {} }: NetworkFile,
  known: ReadonlyMap<string, ReadNamespace>,
  document: YamlDocument,
  file: string,
  problems: Problem[],
): void {
  for (const [name, said] of Object.entries(namespaces)) {
    const host = said?.host;
    if (host === undefined || known.has(host)) continue;
    const path = ['namespaces', name, 'host'];
    const message = `no namespace is called "${host}"${didYouMean(host, known.keys())}`;
    problems.push({ code: 'unknown-name', message, file, path, ...document.positionOf(path) });
  }
}

function hintFor(path: string): string {
  const [, name = path] = /([^/]*)$/.exec(path) ?? [];
  return didYouMean(name, KNOWN_FILES);
}
