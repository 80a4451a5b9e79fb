import { applyFaults, type BuiltLab, buildNetwork, checkFaults, type Lab } from '../lab/index.js';
import {
  argumentProblem,
  checkShape,
  type Expected,
  InputError,
  type Problem,
  type Shape,
  showValue,
} from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { noteUnaddressed } from './address-notes.js';
import type { Note } from './context.js';
import { readFolder, readSource, UnreadableError } from './files.js';
import { readLabInPart, readLabWithNotes } from './read-lab.js';
import { KNOWN_FILES, NETWORK_FILE } from './snapshot/layout.js';
import { readSnapshot, type Snapshot } from './snapshot/read-snapshot.js';

/** What a lab is opened with. */
export interface LoadOptions {
  /** Names of faults that are on. */
  readonly faults?: readonly string[];
}

const LOAD_OPTIONS: Shape = {
  keys: {
    faults: (value) =>
      Array.isArray(value) && value.every((each) => typeof each === 'string') ? undefined : 'a list of names',
  } satisfies Record<keyof LoadOptions, Expected>,
  required: [],
};

/** A lab with everything that is known of it. */
export interface OpenedLab {
  readonly lab: Lab;
  /** What was decided that the file does not say. */
  readonly notes: readonly Note[];
  /** The lab as it is built, without faults. */
  readonly built: BuiltLab;
}

/** A network with what is known of how it came to be. */
export type OpenedNetwork = {
  readonly network: Network;
} & ({ readonly kind: 'lab'; readonly opened: OpenedLab } | { readonly kind: 'snapshot'; readonly snapshot: Snapshot });

/**
 * The network of a lab, or of a folder of node dumps (`network.yaml` and a folder for each namespace); see
 * {@link loadLab}.
 *
 * @throws InputError with everything that is wrong with it, each with file, line and column.
 */
export async function openNetwork(source: string | URL): Promise<OpenedNetwork> {
  const snapshot = await openSnapshot(source);
  if (snapshot !== undefined) return { kind: 'snapshot', network: snapshot.network, snapshot };
  const opened = await openLab(source);
  return { kind: 'lab', network: opened.built.network, opened };
}

/**
 * A folder of node dumps; undefined when the source is no folder.
 *
 * @throws InputError
 */
export async function openSnapshot(source: string | URL): Promise<Snapshot | undefined> {
  if (typeof source !== 'string' && !(source instanceof URL)) return undefined;
  const folder = await readFolder(source, { here: new Set([NETWORK_FILE]), below: KNOWN_FILES });
  if (folder === undefined) return undefined;
  const { name, unreadable } = folder;
  const read = readSnapshot(folder);
  const problems = [...unreadable].map(([path, why]): Problem => {
    const message = `can't be read: ${why}`;
    return { code: 'unreadable', message, file: `${name}/${path}`, path: [], line: 1, col: 1 };
  });
  if ('problems' in read) problems.push(...read.problems);
  if (problems.length > 0 || 'problems' in read) throw new InputError(problems);
  return read.value;
}

/**
 * The network of a lab: of a file, a folder of node dumps, a URL, or YAML text of more than one line. In a browser a
 * single line is an address that is fetched.
 *
 * @throws InputError with everything that is wrong with it, each with file, line and column.
 */
export async function loadLab(source: string | URL, options: LoadOptions = {}): Promise<Network> {
  throwAny(checkShape(options, LOAD_OPTIONS, 'options'));
  const found = await openNetwork(source);
  const { faults = [] } = options;
  if (found.kind === 'snapshot') {
    throwAny(checkFaults(undefined, faults));
    return found.network;
  }
  const { lab } = found.opened;
  throwAny(checkFaults(lab, faults));
  const { network, problems } = applyFaults(found.network, lab, faults);
  throwAny(problems);
  return network;
}

/**
 * How many machines are built at once to see whether they take the lab's commands. `node/*` may stand for thousands,
 * of which a packet meets few; `validate` looks at all.
 */
const MOST_BUILT = 50;

/** A lab with its faults, expectations and what was decided for it; see {@link loadLab}. */
export async function openLab(source: string | URL): Promise<OpenedLab> {
  const opened = await readAndBuild(source);
  throwAny(opened.built.refusedCommands(MOST_BUILT));
  return opened;
}

/**
 * {@link openLab}, and all commands are carried out, and each fault on a network of its own.
 *
 * @throws InputError also with what was refused of them.
 */
export async function validateLab(source: string | URL): Promise<OpenedLab> {
  const { text, file } = await textOf(source);
  const read = readLabInPart(text, file);
  const problems = 'problems' in read ? [...read.problems] : [];
  const { part } = read;
  if (part === undefined) throw new InputError(problems);
  const { lab } = part;
  const built = buildNetwork(lab);
  const notes = [...part.notes, ...noteUnaddressed(built.cluster, part.podPlaces)];
  problems.push(...built.refusedCommands());
  for (const { name } of lab.faults) problems.push(...applyFaults(built.network, lab, [name]).problems);
  throwAny(problems.sort((a, b) => a.line - b.line || a.col - b.col));
  return { lab, notes, built };
}

async function readAndBuild(source: string | URL): Promise<OpenedLab> {
  const { text, file } = await textOf(source);
  const read = readLabWithNotes(text, file);
  if ('problems' in read) throw new InputError(read.problems);
  const { lab, notes, podPlaces } = read.value;
  const built = buildNetwork(lab);
  return { lab, notes: [...notes, ...noteUnaddressed(built.cluster, podPlaces)], built };
}

function throwAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InputError(problems);
}

async function textOf(source: string | URL): ReturnType<typeof readSource> {
  if (typeof source !== 'string' && !(source instanceof URL)) {
    const message = `expected a path, a URL or the text of a lab, found ${showValue(source)}`;
    throw new InputError([argumentProblem('source', [], 'bad-type', message)]);
  }
  try {
    return await readSource(source);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const file = String(source);
    const message = `can't be read: ${error.message}`;
    throw new InputError([{ code: 'unreadable', message, file, path: [], line: 1, col: 1 }]);
  }
}
