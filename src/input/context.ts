import { didYouMean, type Problem } from '../problem/index.js';
import type { Unmodelled } from '../topology/index.js';
import type { Path, Position, YamlDocument } from './yaml.js';

/** A value in one of a file's documents: where a problem with it is told. */
export interface Place {
  readonly document: YamlDocument;
  readonly path: Path;
  /** Whether the key is meant, and not the value that it has. */
  readonly of: 'key' | 'value';
}

/** The place of something inside. */
export function inside(place: Place, ...steps: Path): Place {
  return { document: place.document, path: [...place.path, ...steps], of: 'value' };
}

/** The key of what is at a place. */
export function keyOf(place: Place): Place {
  return { ...place, of: 'key' };
}

/** The root of a document. */
export function rootOf(document: YamlDocument): Place {
  return { document, path: [], of: 'value' };
}

/** Where a place is. */
export function positionOf({ document, path, of }: Place): Position {
  return of === 'key' ? document.keyPosition(path) : document.positionOf(path);
}

/** Something that the file does not say and that was decided for it, or that was left aside. */
export interface Note extends Position {
  readonly path: Path;
  readonly message: string;
}

/** Names that the right one is looked for: to compare each of thousands with thousands would take minutes. */
const MOST_HINTS = 20;

/** Collects what is wrong with a lab and what was chosen for it, while it is being read. */
export class LabContext {
  readonly problems: Problem[] = [];
  readonly notes: Note[] = [];
  /** Where each pod stands, by `namespace/name`. */
  readonly podPlaces: Map<string, Place> = new Map<string, Place>();
  /** What the lab says and that changes packets' paths, but is not modelled. */
  readonly unmodelled: Unmodelled[] = [];
  /** Names of entries that were left out because they are wrong. */
  readonly lost: Set<string> = new Set();
  /** Of each map and list that lacks something that was wrong, by its path as JSON: the places in the list. */
  readonly #removed = new Map<string, number[]>();
  readonly file: string;
  readonly #forgotten = new Set<string>();
  #guessed = false;
  #hints = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** Returns undefined, so that a reader can end with it. */
  complain(place: Place, code: Problem['code'], message: string): undefined {
    const path = this.#original(place.path);
    // That it is missing has been said better.
    if (code === 'missing' && this.#removed.has(JSON.stringify(path))) return undefined;
    this.problems.push({ code, message, file: this.file, path, ...positionOf({ ...place, path }) });
    return undefined;
  }

  /** Whether `path` of the document was wrong, and what stands there now is a default. */
  isForgotten(path: Path): boolean {
    return this.#forgotten.has(JSON.stringify(path));
  }

  /** From now on addresses and sizes are not those that the file means. */
  guess(): void {
    this.#guessed = true;
  }

  /** Two parts of the file do not fit together; nothing is said where one of them is only guessed. */
  misfit(place: Place, message: string, code: Problem['code'] = 'conflict'): undefined {
    return this.#guessed ? undefined : this.complain(place, code, message);
  }

  /** What is read is no longer the whole document: these values were wrong and are taken out of it. */
  forget(paths: readonly (readonly PropertyKey[])[]): void {
    const originals = paths.map((path) =>
      this.#original(path.map((step) => (typeof step === 'number' ? step : String(step)))),
    );
    for (const path of originals) {
      this.#forgotten.add(JSON.stringify(path));
      const parent = JSON.stringify(path.slice(0, -1));
      const removed = this.#removed.get(parent) ?? [];
      const last = path.at(-1);
      // Expectations keep their places.
      if (typeof last === 'number' && path[0] !== 'expect') removed.push(last);
      this.#removed.set(
        parent,
        removed.sort((a, b) => a - b),
      );
    }
  }

  /** A path of what is read, as a path of the document: what follows a removed item of a list has moved up. */
  #original(path: Path): Path {
    if (this.#removed.size === 0) return path;
    const original: (string | number)[] = [];
    for (const step of path) {
      let at = step;
      if (typeof at === 'number')
        for (const removed of this.#removed.get(JSON.stringify(original)) ?? [])
          if (removed <= Number(at)) at = Number(at) + 1;
      original.push(at);
    }
    return original;
  }

  /**
   * A name that means nothing; said only once, where the name is that of an entry that is wrong itself. `known` are
   * the names of which one may have been meant.
   */
  unknownName(place: Place, name: string, message: string, known: () => Iterable<string>): undefined {
    const [, last = name] = /([^/]*)$/.exec(name) ?? [];
    if (this.lost.has(name) || this.lost.has(last)) return undefined;
    const hint = this.#hints++ < MOST_HINTS ? didYouMean(name, known()) : '';
    return this.complain(place, 'unknown-name', `${message}${hint}`);
  }

  /** Noted, and an assumption of each trace. */
  notModelled(place: Place, unmodelled: Unmodelled): void {
    this.unmodelled.push(unmodelled);
    this.note(place, `not modelled: ${unmodelled.what} (${unmodelled.where})`);
  }

  note(place: Place, message: string): void {
    this.notes.push({ path: place.path, message, ...positionOf(place) });
  }
}
