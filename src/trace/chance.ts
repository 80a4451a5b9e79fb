import type { Chooser, Option } from '../linux/index.js';

/** How forks are answered. */
export type Branching =
  /** Every branch is explored, with its probability. */
  | { readonly branches: 'all' }
  /** One branch, drawn by the probabilities. */
  | { readonly branches: 'seed'; readonly seed: number }
  /** One branch: at each fork the option whose text holds `name`, where there is one. */
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

/**
 * Answers from a seed: values and hashes by what they are about, so that one more question somewhere does not change
 * the answers elsewhere; forks as {@link Branching} says, after the answers of `prefix`.
 */
export class SeededChooser implements Chooser {
  readonly answered: Answered[] = [];
  readonly #seed: number;
  readonly #branching: Branching;
  readonly #prefix: readonly number[];
  readonly #counters = new Map<string, number>();
  readonly #memo = new Map<string, number>();
  readonly #told: (about: string, taken: Branch) => void;

  constructor(
    seed: number,
    branching: Branching,
    prefix: readonly number[],
    told: (about: string, taken: Branch) => void,
  ) {
    this.#seed = seed;
    this.#branching = branching;
    this.#prefix = prefix;
    this.#told = told;
  }

  fork(about: string, options: readonly [Option, ...Option[]], key?: string): number {
    const memoKey = key === undefined ? undefined : `${about}|${key}`;
    const before = memoKey === undefined ? undefined : this.#memo.get(memoKey);
    if (before !== undefined) return before;
    const taken = this.#answer(about, options, this.#branching.branches === 'pin' ? 'pin' : 'chance');
    if (memoKey !== undefined) this.#memo.set(memoKey, taken);
    return taken;
  }

  guess(about: string): boolean | undefined {
    const branching = this.#branching;
    if (branching.branches === 'seed') return undefined;
    if (branching.branches === 'all') return this.#answer(about, GUESSES, 'unknown') === 0;
    if (!GUESSES.some((option) => option.label === branching.name)) return undefined;
    return this.#answer(about, GUESSES, 'pin') === 0;
  }

  #answer(about: string, options: readonly [Branch, ...Branch[]], by: Answered['by']): number {
    const taken = this.#prefix[this.answered.length] ?? this.#decide(about, options);
    this.answered.push({ by, options, taken });
    this.#told(about, options[taken] ?? options[0]);
    return taken;
  }

  #decide(about: string, options: readonly [Branch, ...Branch[]]): number {
    switch (this.#branching.branches) {
      case 'all':
        return options.findIndex((o) => o.probability !== 0);
      case 'pin': {
        const { name } = this.#branching;
        const pinned = options.findIndex((o) => o.label.includes(name));
        if (pinned >= 0) return pinned;
        // Another option than the pinned one may come later in the list of rules: take the last, which goes on.
        return options.length - 1;
      }
      case 'seed': {
        let draw = this.#draw(`fork ${about}`) / 0x1_0000_0000;
        for (const [i, option] of options.entries()) {
          draw -= option.probability ?? 0;
          if (draw < 0) return i;
        }
        return options.length - 1;
      }
    }
  }

  value(about: string, range: number): number {
    return Math.floor((this.#draw(about) / 0x1_0000_0000) * range);
  }

  hash(netns: string, about: string, key: string): number {
    return mix(`${this.#seed}|${netns}|${about}|${key}`);
  }

  #draw(about: string): number {
    const count = this.#counters.get(about) ?? 0;
    this.#counters.set(about, count + 1);
    return mix(`${this.#seed}|${about}|${count}`);
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
