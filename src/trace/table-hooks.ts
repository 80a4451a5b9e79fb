import {
  type DecidedBy,
  evaluate,
  formatOrigin,
  type Match,
  type NfContext,
  printMatch,
  printSpec,
  type RulePosition,
  type RuleVerdict,
  type RuleWatcher,
  type Skb,
  type TableName,
  type TableVerdict,
} from '../linux/index.js';
import { drop, type HookState, type HookVerdict, type Net, type Observer } from './net.js';
import { DROP_CODES, type DropCode } from './reason.js';
import { reject } from './reject.js';
import type { TracedRule } from './trace.js';

/** What a table said, and the rule that said it. */
export interface TableResult {
  readonly verdict: 'accept' | 'drop';
  readonly by: DecidedBy;
}

/** The entry of a table at a hook (iptable_filter_hook() and its like). */
export function tableHook(table: TableName): (net: Net, skb: Skb, state: HookState) => HookVerdict {
  return (net, skb, state) => {
    const mark = skb.mark;
    const { verdict } = runTable(net, skb, state, table);
    // ipt_mangle_out(): a mark set at OUTPUT may lead elsewhere.
    const rerouted = verdict === 'accept' && table === 'mangle' && state.hook === 'OUTPUT' && skb.mark !== mark;
    return rerouted && !net.walk.functions.ip_route_me_harder(net, skb, 'ipt_mangle_out') ? 'drop' : verdict;
  };
}

/** Walks a table for a packet. A packet that it refuses is dropped here, and answered if the rule says so. */
export function runTable(net: Net, skb: Skb, state: HookState, name: TableName): TableResult {
  const table = net.ns.iptables.get(name);
  if (table === undefined) throw new Error(`${net.ns.name} has no table ${name}`);
  const { ns, runtime, journal, choose, now } = net;
  const context: NfContext = {
    skb,
    table: name,
    hook: state.hook,
    in: state.in,
    out: state.out,
    ns,
    runtime,
    journal,
    choose,
    now,
  };
  const { observer } = net.walk;
  const watcher = observer === undefined ? undefined : new TellingWatcher(net, skb, state, observer);
  const result = evaluate(table, state.hook, context, watcher);
  if (result.verdict === 'ACCEPT') return { verdict: 'accept', by: result.by };
  refuse(net, skb, result);
  return { verdict: 'drop', by: result.by };
}

function refuse(net: Net, skb: Skb, result: Exclude<TableVerdict, { readonly verdict: 'ACCEPT' }>): void {
  if (result.verdict === 'REJECT') reject(net, skb, result.with);
  if (skb.call !== undefined) skb.call.errno ??= 'EPERM';
  drop(net, skb, 'ipt_do_table', codeOf(result), () => ({
    rule: describeRule(result.by),
    values: {
      table: result.by.table,
      chain: result.by.chain,
      n: result.by.n,
      owner: result.by.rule === undefined ? 'policy' : formatOrigin(result.by.rule.origin),
      icmp: result.verdict === 'REJECT' ? result.with : '',
      what: result.verdict === 'UNSUPPORTED' ? result.what : '',
    },
  }));
}

/** What the drop means: as whoever made the rule says, else what it is. */
function codeOf(result: TableVerdict): DropCode {
  if (result.verdict === 'UNSUPPORTED') return 'UNSUPPORTED';
  const meant = result.by.rule?.origin.reason;
  if (meant !== undefined && meant in DROP_CODES) return meant as DropCode;
  if (result.verdict === 'REJECT') return 'NF_REJECT';
  return result.by.rule === undefined ? 'NF_POLICY_DROP' : 'NF_DROP';
}

/** A rule, by where it stands. */
export function describeRule({ table, chain, n, rule }: DecidedBy): TracedRule {
  if (rule === undefined) return { table, chain, n: 0, text: 'policy DROP', origin: '' };
  return { table, chain, n, text: printSpec(rule), origin: formatOrigin(rule.origin) };
}

/** Tells the observer of rules as they are tried: of misses one by one, or how many there were. */
class TellingWatcher implements RuleWatcher {
  readonly counts = true;
  readonly #net: Net;
  readonly #skb: Skb;
  readonly #state: HookState;
  readonly #observer: Observer;
  #misses = 0;
  /** As the next rule finds it: a hit is told of when its target has been carried out. */
  #mark: number;

  constructor(net: Net, skb: Skb, state: HookState, observer: Observer) {
    this.#net = net;
    this.#skb = skb;
    this.#state = state;
    this.#observer = observer;
    this.#mark = skb.mark;
  }

  hit(table: TableName, at: RulePosition, verdict: RuleVerdict): void {
    this.#tell(describeRule({ table, ...at }), { hit: true, next: wordsOf(verdict), fail: null });
  }

  miss(table: TableName, at: RulePosition, match: Match, have: () => string): void {
    if (this.#observer.detail === 'hits') {
      this.#misses++;
      return;
    }
    const fail = { match: printMatch(match), have: have() };
    this.#tell(describeRule({ table, ...at }), { hit: false, next: 'next rule', fail });
  }

  unsupported(table: TableName, at: RulePosition, match: Match): void {
    const rule = describeRule({ table, ...at });
    this.#observer.event(this.#net, this.#skb, { k: 'unsupported', fn: 'ipt_do_table', what: printMatch(match), rule });
  }

  policy(table: TableName, chain: string, policy: 'ACCEPT' | 'DROP'): void {
    const rule: TracedRule = { table, chain, n: 0, text: `policy ${policy}`, origin: '' };
    if (policy === 'DROP' || this.#observer.detail === 'all') this.#tell(rule, { hit: true, next: policy, fail: null });
  }

  #tell(
    rule: TracedRule,
    what: {
      readonly hit: boolean;
      readonly next: string;
      readonly fail: { readonly match: string; readonly have: string } | null;
    },
  ): void {
    const missesBefore = this.#misses;
    this.#misses = 0;
    const { hook, in: input, out } = this.#state;
    const devices = { in: input === '' ? null : input, out: out === '' ? null : out };
    const mark = this.#mark;
    this.#mark = this.#skb.mark;
    const fields = { k: 'rule', fn: 'ipt_do_table', hook, ...devices, mark, rule, missesBefore, ...what } as const;
    this.#observer.event(this.#net, this.#skb, fields);
  }
}

function wordsOf(verdict: RuleVerdict): string {
  switch (verdict.verdict) {
    case 'JUMP':
      return `jump ${verdict.chain}`;
    case 'GOTO':
      return `goto ${verdict.chain}`;
    case 'CONTINUE':
      return 'next rule';
    case 'REJECT':
      return `REJECT ${verdict.with}`;
    case 'UNSUPPORTED':
      return `unsupported: ${verdict.what}`;
    default:
      return verdict.verdict;
  }
}
