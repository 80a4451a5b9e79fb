import type { NfContext, RejectWith, RuleContext, RulePosition, TargetVerdict } from './context.js';
import { extensionOf } from './match/registry.js';
import type { Chain, Hook, Match, Rule, Table, TableName } from './rule.js';
import { printMatch } from './rule-text.js';
import type { GotoTarget, JumpTarget } from './target/jump.js';
import { targetExtensionOf } from './target/registry.js';

/** The rule that decided: `rule` is undefined, and `n` one more than there are rules, for a chain's policy. */
export interface DecidedBy {
  readonly table: TableName;
  readonly chain: string;
  /** 1-based. */
  readonly n: number;
  readonly rule: Rule | undefined;
}

/** What a table says of a packet. */
export type TableVerdict = { readonly by: DecidedBy } & (
  | { readonly verdict: 'ACCEPT' | 'DROP' }
  | { readonly verdict: 'REJECT'; readonly with: RejectWith }
  /** What would happen depends on something that is not modelled. */
  | { readonly verdict: 'UNSUPPORTED'; readonly what: string }
);

/** What a rule that matched does: its target's verdict, or where evaluation goes on. */
export type RuleVerdict = TargetVerdict | { readonly verdict: 'JUMP' | 'GOTO'; readonly chain: string };

/** What is taken for the answer of a match that can't be decided. */
export type Guess = 'matches' | 'does not match' | 'unknown';

/** Sees each rule that is tried. Nothing is worked out for it that it does not ask for. */
export interface RuleWatcher {
  /** Whether packets and bytes are counted in the runtime, by rule and, for its policy, by chain. */
  readonly counts: boolean;
  /** All matches held. Called before evaluation goes on elsewhere. */
  hit(table: TableName, at: RulePosition, verdict: RuleVerdict): void;
  /** The first match that did not hold, and what the packet has instead. */
  miss(table: TableName, at: RulePosition, match: Match, have: () => string): void;
  /** A match that can't be decided. Evaluation goes on as if it did match or did not, or ends as unknown. */
  unsupported(table: TableName, at: RulePosition, match: Match, taken: Guess): void;
  /** No rule decided. */
  policy(table: TableName, chain: string, policy: 'ACCEPT' | 'DROP'): void;
}

/** One walk through a table. */
interface Walk {
  readonly table: Table;
  readonly context: RuleContext;
  /** The context's own position, which moves on. */
  readonly at: { chain: string; n: number; rule: Rule };
  readonly watcher: RuleWatcher | undefined;
  /** Chains entered so far. */
  jumps: number;
}

/**
 * Chains that one walk enters. A kernel has no such limit, but it would not come back either from chains that each
 * jump twice to the next: the walk ends here, and says so.
 */
const MOST_JUMPS = 10_000;

const NO_RULE: Rule = { matches: [], target: undefined, counters: undefined, origin: { by: 'kernel' } };

/**
 * Walks a table's rules for one packet at one hook, and carries out their targets (ipt_do_table(), linux
 * net/ipv4/netfilter/ip_tables.c).
 *
 * Without a watcher nothing is allocated for a rule that does not match, but for what its matches need.
 */
export function evaluate(table: Table, hook: Hook, context: NfContext, watcher?: RuleWatcher): TableVerdict {
  const chain = table.chains.get(hook);
  if (chain === undefined) throw new Error(`table ${table.name} has no chain ${hook}`);
  const at = { chain: hook, n: 0, rule: NO_RULE };
  const decided = walk({ table, context: { ...context, at }, at, watcher, jumps: 0 }, chain);
  if (decided !== undefined) return decided;
  const { policy = 'ACCEPT' } = chain;
  watcher?.policy(table.name, hook, policy);
  if (watcher?.counts === true) count(context, chain);
  return { verdict: policy, by: { table: table.name, chain: hook, n: chain.rules.length + 1, rule: undefined } };
}

/** Walks one chain; undefined when it ends, or a rule returns, without a verdict. */
function walk(run: Walk, chain: Chain): TableVerdict | undefined {
  const { rules } = chain;
  const { at } = run;
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (rule === undefined) break;
    at.chain = chain.name;
    at.n = i + 1;
    at.rule = rule;
    const result = matches(run, rule);
    if (result === false) continue;
    if (result !== true) return { verdict: 'UNSUPPORTED', what: printMatch(result), by: decidedBy(run) };
    if (run.watcher?.counts === true) count(run.context, rule);
    const { target } = rule;
    if (target?.target === 'jump' || target?.target === 'goto') {
      const decided = enter(run, target as JumpTarget | GotoTarget);
      if (decided !== undefined) return decided;
      // From a chain that was gone to, evaluation comes back where this one was called from.
      if (target.target === 'goto') return undefined;
      continue;
    }
    const verdict: TargetVerdict =
      target === undefined ? { verdict: 'CONTINUE' } : targetExtensionOf(target).apply(target, run.context);
    run.watcher?.hit(run.table.name, at, verdict);
    switch (verdict.verdict) {
      case 'CONTINUE':
        continue;
      case 'RETURN':
        return undefined;
      case 'ACCEPT':
      case 'DROP':
        return { verdict: verdict.verdict, by: decidedBy(run) };
      case 'REJECT':
        return { verdict: 'REJECT', with: verdict.with, by: decidedBy(run) };
      case 'UNSUPPORTED':
        return { verdict: 'UNSUPPORTED', what: verdict.what, by: decidedBy(run) };
    }
  }
  return undefined;
}

/** Walks the chain that a rule jumps or goes to. */
function enter(run: Walk, { target, chain: name }: JumpTarget | GotoTarget): TableVerdict | undefined {
  const { table, at, watcher } = run;
  const next = table.chains.get(name);
  if (next === undefined) throw new Error(`table ${table.name} has no chain ${name} to jump to`);
  watcher?.hit(table.name, at, { verdict: target === 'jump' ? 'JUMP' : 'GOTO', chain: name });
  if (++run.jumps > MOST_JUMPS)
    return { verdict: 'UNSUPPORTED', what: `more than ${MOST_JUMPS} jumps`, by: decidedBy(run) };
  return walk(run, next);
}

function decidedBy({ table, at }: Walk): DecidedBy {
  return { table: table.name, chain: at.chain, n: at.n, rule: at.rule };
}

/** Whether all matches of a rule hold; the first that does not ends it, and so does one of which nobody can say. */
function matches(run: Walk, rule: Rule): boolean | Match {
  const list = rule.matches;
  for (let i = 0; i < list.length; i++) {
    const match = list[i];
    if (match === undefined) break;
    const extension = extensionOf(match);
    const result = extension.test(match, run.context);
    if (result === true) continue;
    if (result === 'unsupported') {
      const guessed = guess(run, match);
      if (guessed === 'matches') continue;
      if (guessed === 'unknown') return match;
    }
    const { watcher, context, table, at } = run;
    watcher?.miss(table.name, at, match, () => extension.have(match, context));
    return false;
  }
  return true;
}

/** Lets the chooser decide about a match that can't be decided here. */
function guess({ context, table, at, watcher }: Walk, match: Match): Guess {
  const holds = context.choose.guess(`${context.ns.name} ${table.name} ${at.chain} rule ${at.n}: ${printMatch(match)}`);
  const taken = holds === undefined ? 'unknown' : holds ? 'matches' : 'does not match';
  watcher?.unsupported(table.name, at, match, taken);
  return taken;
}

function count({ runtime, journal, skb }: NfContext, key: object): void {
  const old = runtime.counters.get(key);
  const bytes = skb.ip?.length ?? 0;
  journal.put(runtime.counters, key, { packets: (old?.packets ?? 0) + 1, bytes: (old?.bytes ?? 0) + bytes });
}
