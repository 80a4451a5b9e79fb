import type { NfContext, TargetVerdict } from './context.js';
import type { Match, Target } from './rule.js';
import type { Words } from './words.js';

/**
 * One match: how it is read, written and evaluated. One file each in `match/`, one line each in `match/registry.ts`.
 *
 * A match is plain data; its extension is the only code that knows its fields.
 */
export interface MatchExtension<M extends Match> {
  /** The word after `-m`, and the match's own `match`. */
  readonly name: M['match'];
  /**
   * Reads the options of this match. Called with the words behind `-m NAME`; takes as many as belong to it and leaves
   * the rest. What it cannot read it reports through `words.fail`.
   */
  parse(words: Words): M;
  /** The text that iptables-save prints for it, `-m NAME` included. */
  print(match: M): string;
  /** Whether the packet matches; `unsupported` when that cannot be known here, which forks the trace. */
  test(match: M, context: NfContext): boolean | 'unsupported';
  /** What the packet has where the match wants something else: `10.244.1.5`, `NEW`. For people. */
  have(match: M, context: NfContext): string;
}

/** One target: how it is read, written and carried out. One file each in `target/`. */
export interface TargetExtension<T extends Target> {
  /** The word after `-j`, and the target's own `target`. */
  readonly name: T['target'];
  /** Reads the options behind `-j NAME`. */
  parse(words: Words): T;
  /** The text that iptables-save prints for it, `-j NAME` included. */
  print(target: T): string;
  /** Carries it out: changes the skb, its connection or runtime, and says how evaluation goes on. */
  apply(target: T, context: NfContext): TargetVerdict;
}
