import type { Path } from './path.js';

const NONE = 0;
/** Refused at the very end: nothing is announced, yet it counts as exported. */
const INVALID = 1;
/** What follows stands for paths by number. */
const FIRST_PATH = 2;

/**
 * What a session announces, by id of the speaker's routes: four octets each, because a reflector has as many as it has
 * routes and clients together.
 */
export class AdjRibOut {
  /** How many. */
  size = 0;
  #codes = new Int32Array(0);

  has(id: number): boolean {
    return (this.#codes[id] ?? NONE) !== NONE;
  }

  isInvalid(id: number): boolean {
    return this.#codes[id] === INVALID;
  }

  /** Number of the path; undefined: none is announced. */
  get(id: number): number | undefined {
    const code = this.#codes[id] ?? NONE;
    return code < FIRST_PATH ? undefined : code - FIRST_PATH;
  }

  /** `undefined` for one that is invalid. */
  set(id: number, path: Path | undefined): void {
    if (id >= this.#codes.length) {
      const codes = new Int32Array(Math.max(16, 2 * id));
      codes.set(this.#codes);
      this.#codes = codes;
    }
    if (!this.has(id)) this.size++;
    this.#codes[id] = path === undefined ? INVALID : FIRST_PATH + path.number;
  }

  delete(id: number): void {
    if (!this.has(id)) return;
    this.size--;
    this.#codes[id] = NONE;
  }

  clear(): void {
    this.size = 0;
    this.#codes = new Int32Array(0);
  }
}
