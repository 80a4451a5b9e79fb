import { applyFaults, type BuiltLab, buildNetwork, type Lab } from '../lab/index.js';
import { InputError, nearest, type Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import type { Note } from './context.js';
import { readSource, UnreadableError } from './files.js';
import { readLabWithNotes } from './read-lab.js';

/** What a lab is opened with. */
export interface LoadOptions {
  /** Names of faults that are on. */
  readonly faults?: readonly string[];
}

/** A lab with everything that is known of it. */
export interface OpenedLab {
  readonly lab: Lab;
  /** What was decided that the file does not say. */
  readonly notes: readonly Note[];
  /** The lab as it is built, without faults. */
  readonly built: BuiltLab;
}

/**
 * The network of a lab: of a file, a URL, or YAML text of more than one line. In a browser a single line is an address
 * that is fetched.
 *
 * @throws InputError with everything that is wrong with it, each with file, line and column.
 */
export async function loadLab(source: string | URL, options: LoadOptions = {}): Promise<Network> {
  const { lab, built } = await openLab(source);
  const { faults = [] } = options;
  checkFaults(lab, faults);
  return applyFaults(built.network, lab, faults).network;
}

/** A lab with its faults, expectations and what was decided for it; see {@link loadLab}. */
export async function openLab(source: string | URL): Promise<OpenedLab> {
  const { text, file } = await textOf(source);
  const read = readLabWithNotes(text, file);
  if ('problems' in read) throw new InputError(read.problems);
  const { lab, notes } = read.value;
  return { lab, notes, built: buildNetwork(lab) };
}

async function textOf(source: string | URL): ReturnType<typeof readSource> {
  try {
    return await readSource(source);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const file = String(source);
    const message = `can't be read: ${error.message}`;
    throw new InputError([{ code: 'unreadable', message, file, path: [], line: 1, col: 1 }]);
  }
}

/**
 * That a lab has these faults.
 *
 * @throws InputError
 */
export function checkFaults(lab: Lab, names: readonly string[]): void {
  const known = lab.faults.map((fault) => fault.name);
  const problems = names
    .filter((name) => !known.includes(name))
    .map((name): Problem => {
      const near = nearest(name, known);
      const has = known.length === 0 ? 'the lab has none' : `it has ${known.join(', ')}`;
      const message = `no fault is called "${name}"; ${near === undefined ? has : `did you mean "${near}"?`}`;
      return { code: 'unknown-name', message, file: lab.name, path: ['faults'], line: 1, col: 1 };
    });
  if (problems.length > 0) throw new InputError(problems);
}
