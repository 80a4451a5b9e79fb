import type { Chooser, Option } from '../linux/index.js';

/** How forks are answered. */
export type Branching =
  /** Every branch is explored, with its probability. */
  | { readonly branches: 'all' }
  /** One branch, drawn by the probabilities. */
  | { readonly branches: 'seed'; readonly seed: number }
  /** One branch: the likeliest of those that `name` fits (see {@link pinned}). */
  | { readonly branches: 'pin'; readonly name: string };

/** One way that a fork can go; its probability is undefined where nobody knows it. */
export interface Branch {
  readonly label: string;
  readonly probability: number | undefined;
}

/** One answered fork. */
export interface Answered {
  /** `unknown`: nobody can say how it goes, so what holds on one of its branches alone is not known. */
  readonly by: 'chance' | 'unknown' | 'pin';
  readonly options: readonly [Branch, ...Branch[]];
  readonly taken: number;
}

const GUESSES: readonly [Branch, Branch] = [
  { label: 'matches', probability: undefined },
  { label: 'does not match', probability: undefined },
];

/** Where no answer is given beforehand: the first option that is possible, or one drawn from this seed. */
export type Undecided = 'first' | { readonly seed: number };

/**
 * Answers from a seed: values and hashes by what they are about, so that one more question somewhere does not change
 * the answers elsewhere; forks first as `prefix` says.
 */
export class SeededChooser implements Chooser {
  readonly answered: Answered[] = [];
  readonly #seed: number;
  readonly #undecided: Undecided;
  readonly #prefix: readonly number[];
  readonly #counters = new Map<string, number>();
  readonly #memo = new Map<string, number>();
  readonly #told: (about: string, taken: Branch) => void;

  constructor(
    seed: number,
    undecided: Undecided,
    prefix: readonly number[],
    told: (about: string, taken: Branch) => void,
  ) {
    this.#seed = seed;
    this.#undecided = undecided;
    this.#prefix = prefix;
    this.#told = told;
  }

  fork(about: string, options: readonly [Option, ...Option[]], key?: string): number {
    const memoKey = key === undefined ? undefined : `${about}|${key}`;
    const before = memoKey === undefined ? undefined : this.#memo.get(memoKey);
    if (before !== undefined) return before;
    const taken = this.#answer(about, options, 'chance');
    if (memoKey !== undefined) this.#memo.set(memoKey, taken);
    return taken;
  }

  guess(about: string): boolean | undefined {
    // Nothing is drawn where nobody knows the odds.
    return this.#undecided === 'first' ? this.#answer(about, GUESSES, 'unknown') === 0 : undefined;
  }

  #answer(about: string, options: readonly [Branch, ...Branch[]], by: Answered['by']): number {
    const taken = this.#prefix[this.answered.length] ?? this.#decide(about, options);
    this.answered.push({ by, options, taken });
    this.#told(about, options[taken] ?? options[0]);
    return taken;
  }

  #decide(about: string, options: readonly [Branch, ...Branch[]]): number {
    if (this.#undecided === 'first') return options.findIndex((o) => o.probability !== 0);
    let draw = this.#draw(this.#undecided.seed, `fork ${about}`) / 0x1_0000_0000;
    for (const [i, option] of options.entries()) {
      draw -= option.probability ?? 0;
      if (draw < 0) return i;
    }
    return options.length - 1;
  }

  value(about: string, range: number): number {
    return Math.floor((this.#draw(this.#seed, about) / 0x1_0000_0000) * range);
  }

  hash(netns: string, about: string, key: string): number {
    return mix(`${this.#seed}|${netns}|${about}|${key}`);
  }

  #draw(seed: number, about: string): number {
    const count = this.#counters.get(about) ?? 0;
    this.#counters.set(about, count + 1);
    return mix(`${seed}|${about}|${count}`);
  }
}

/** A 32-bit hash of a text (FNV-1a, then the finaliser of MurmurHash3). */
function mix(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
