import type { RuleContext, TargetVerdict } from './context.js';
import type { Options } from './option.js';
import type { Hook, Match, Rule, TableName, Target } from './rule.js';
import type { Words } from './words.js';

/** Where a rule is to stand: what the kernel checks a match or target against before it takes the rule. */
export interface RulePlace {
  readonly rule: Rule;
  readonly table: TableName;
  /** The hooks that its chain can be reached from; empty for a chain that nothing leads to. */
  readonly hooks: ReadonlySet<Hook>;
  /** The IP sets that exist; undefined when that is not known. */
  readonly ipsets: ReadonlyMap<string, unknown> | undefined;
}

/**
 * One match: how it is read, written and evaluated. One file each in `match/`, one line each in `match/registry.ts`.
 *
 * A match is plain data; its extension is the only code that knows its fields.
 */
export interface MatchExtension<M extends Match> {
  /** The word after `-m`, and the match's own `match`. */
  readonly name: M['match'];
  /** Its options. The rule's reader finds by them which words belong to it, in whatever order a user wrote them. */
  readonly options: Options;
  /** Reads its options: all words that it is given. What it can't read it reports through `words.fail`. */
  parse(words: Words): M;
  /** The text that iptables-save prints for it, `-m NAME` included; empty when it says nothing (`-s 0.0.0.0/0`). */
  print(match: M): string;
  /** Whether the packet matches; `unsupported` when that cannot be known here, which forks the trace. */
  test(match: M, context: RuleContext): boolean | 'unsupported';
  /** What the packet has where the match wants something else: `10.244.1.5`, `NEW`. For people. */
  have(match: M, context: RuleContext): string;
  /** Why the kernel refuses a rule with it in that place (xt_check_match()); undefined when it does not. */
  checkentry?(match: M, place: RulePlace): string | undefined;
  /** Whether a rule with it turns connection tracking on (its checkentry calls nf_ct_netns_get()); no where left out. */
  tracks?(match: M): boolean;
}

/** One target: how it is read, written and carried out. One file each in `target/`. */
export interface TargetExtension<T extends Target> {
  /** The word after `-j`, and the target's own `target`. */
  readonly name: T['target'];
  readonly options: Options;
  /** Reads the options behind `-j NAME`: all words that it is given. */
  parse(words: Words): T;
  /** The text that iptables-save prints for it, `-j NAME` included. */
  print(target: T): string;
  /** Carries it out: changes the skb, its connection or runtime, and says how evaluation goes on. */
  apply(target: T, context: RuleContext): TargetVerdict;
  /** Why the kernel refuses a rule with it in that place (xt_check_target()); undefined when it does not. */
  checkentry?(target: T, place: RulePlace): string | undefined;
  /** Whether a rule with it turns connection tracking on (its checkentry calls nf_ct_netns_get()); no where left out. */
  tracks?(target: T): boolean;
}
