import { didYouMean, type Problem, type Read, readResult } from '../../problem/index.js';
import { checkTable } from './check.js';
import { chainOf, TableDraft } from './draft.js';
import { parseRestoreLine, type RestoreLine } from './line.js';
import { isTable } from './restore.js';
import { BUILT_IN, type Chain, type Rule, type Ruleset, type Table, type TableName } from './rule.js';
import { printRule } from './rule-text.js';
import type { UnmodelledTarget } from './target/unmodelled.js';

/** What is known of a text besides. */
export interface DumpOptions {
  readonly family?: 'ip' | 'ip6';
  /** The table that a text without table lines and `# table` comments is from: `iptables -t nat -S`. Default is filter. */
  readonly table?: TableName;
}

/** Whether counters of rules are written: as `iptables-save -c`, or without. */
export type PrintCounters = 'counters' | 'plain';

/**
 * Reads what iptables-save or `iptables -S` printed, in any version's spelling. Chains keep the order of the text.
 *
 * Nothing is left out: what is not modelled is kept by its words.
 */
export function parseRuleset(text: string, file: string, options: DumpOptions = {}): Read<Ruleset> {
  const reader = new DumpReader(file);
  const lines = text.split('\n');
  const isListing = !lines.some((line) => line.startsWith('*'));
  if (isListing && lines.some((line) => line.startsWith('-'))) reader.begin(options.table ?? 'filter', 1);
  for (const [i, line] of lines.entries()) {
    // Listings of several tables in one text are told apart by such comments.
    const named = isListing ? /^# table (\w+)/.exec(line)?.[1] : undefined;
    if (named !== undefined) reader.beginListing(named, i + 1);
    const place = { file, line: i + 1, family: options.family ?? 'ip', origin: { by: 'dump', file, line: i + 1 } };
    reader.read(parseRestoreLine(line, place), i + 1);
  }
  return reader.finish(isListing ? 'commit' : 'complain', lines.length);
}

class DumpReader {
  readonly #file: string;
  readonly #problems: Problem[] = [];
  readonly #tables = new Map<TableName, Table>();
  #draft: TableDraft | undefined;
  /** A table that can't be read: its lines are passed over. */
  #skipping = false;
  /** Whether the table has had a line. */
  #read = false;

  constructor(file: string) {
    this.#file = file;
  }

  begin(name: string, line: number): void {
    if (this.#draft !== undefined) this.#fail(line, 'syntax', 'COMMIT is missing before the next table');
    this.#draft = undefined;
    this.#skipping = !isTable(name) || this.#tables.has(name);
    if (!isTable(name))
      this.#fail(line, 'unknown-name', `no table: "${name}"${didYouMean(name, Object.keys(BUILT_IN))}`);
    else if (this.#tables.has(name)) this.#fail(line, 'conflict', `table ${name} comes twice`);
    else this.#draft = new TableDraft(name, undefined, 'accept');
  }

  /** Ends the table of the listing before, and begins another; one without lines has never begun. */
  beginListing(name: string, line: number): void {
    if (this.#draft !== undefined && this.#read) this.#commit(this.#draft);
    this.#draft = undefined;
    this.#read = false;
    this.begin(name, line);
  }

  read(read: RestoreLine, line: number): void {
    if (read.line !== 'blank') this.#read = true;
    switch (read.line) {
      case 'blank':
        return;
      case 'wrong':
        this.#problems.push(...read.problems);
        return;
      case 'table':
        this.begin(read.table, line);
        return;
    }
    if (this.#draft === undefined) {
      if (!this.#skipping) this.#fail(line, 'syntax', 'a line outside of a table');
      return;
    }
    if (read.line === 'commit') {
      this.#commit(this.#draft);
      return;
    }
    const complaint =
      read.line === 'chain'
        ? this.#draft.declare(read.chain, read.policy, read.counters, 'flush')
        : this.#draft.run(read.command);
    if (complaint === undefined) return;
    const code =
      complaint.errno === 'EEXIST' ? 'conflict' : complaint.errno === 'ENOENT' ? 'unknown-name' : 'bad-value';
    this.#fail(line, code, complaint.message);
  }

  finish(atEnd: 'commit' | 'complain', line: number): Read<Ruleset> {
    if (this.#draft !== undefined) {
      if (atEnd === 'complain') this.#fail(line, 'syntax', 'COMMIT is missing at the end');
      else this.#commit(this.#draft);
    }
    return readResult<Ruleset>(this.#tables, this.#problems);
  }

  #commit(draft: TableDraft): void {
    this.#draft = undefined;
    const table = this.#resolve(draft.finish());
    const complaint = checkTable(table, undefined);
    if (complaint !== undefined) this.#fail(complaint.rule.origin.line ?? 1, 'conflict', complaint.message);
    this.#tables.set(table.name, table);
  }

  /** What `-j` names is a chain if there is one of that name, and otherwise a target that is not modelled. */
  #resolve(table: Table): Table {
    const chains = new Map<string, Chain>();
    for (const [name, chain] of table.chains) {
      const rules = chain.rules.map((rule) => this.#resolveRule(rule, table));
      const changed = rules.some((rule, i) => rule !== chain.rules[i]);
      chains.set(name, changed ? { ...chain, rules } : chain);
    }
    return { ...table, chains };
  }

  #resolveRule(rule: Rule, table: Table): Rule {
    const name = chainOf(rule);
    if (name === undefined) return rule;
    const line = rule.origin.line ?? 1;
    if (BUILT_IN[table.name].some((hook) => hook === name))
      this.#fail(line, 'conflict', `no rule can jump to ${name}, it is built in`);
    if (table.chains.has(name)) return rule;
    if (rule.target?.target === 'goto') this.#fail(line, 'unknown-name', `there is no chain ${name} to go to`);
    const target: UnmodelledTarget = { target: 'unmodelled', name, words: [] };
    return { ...rule, target };
  }

  #fail(line: number, code: Problem['code'], message: string): void {
    this.#problems.push({ code, message, file: this.#file, path: [], line, col: 1 });
  }
}

/** Writes as iptables-save does, without its comments. */
export function printRuleset(ruleset: Ruleset, counters: PrintCounters = 'plain'): string {
  return [...ruleset.values()].map((table) => printTable(table, counters)).join('');
}

/** Writes one table as iptables-save does: chains, rules, COMMIT. */
export function printTable(table: Table, counters: PrintCounters = 'plain'): string {
  const chains = [...table.chains.values()];
  const declarations = chains.map((chain) => `:${chain.name} ${chain.policy ?? '-'} ${formatCounters(chain.counters)}`);
  const rules = chains.flatMap(({ name, rules: list }) =>
    list.map((rule) => (counters === 'plain' ? '' : `${formatCounters(rule.counters)} `) + printRule(rule, name)),
  );
  return [`*${table.name}`, ...declarations, ...rules, 'COMMIT'].map((line) => `${line}\n`).join('');
}

/** Writes all tables as `iptables -S` does, each behind the comment `# table NAME` that a reader tells them apart by. */
export function printListings(ruleset: Ruleset): string {
  return [...ruleset.values()].map((table) => `# table ${table.name}\n${printListing(table)}`).join('');
}

/** Writes one table as `iptables -S` does: policies, chains, rules. */
export function printListing(table: Table): string {
  const chains = [...table.chains.values()];
  const declarations = chains.map(({ name, policy }) => (policy === undefined ? `-N ${name}` : `-P ${name} ${policy}`));
  const rules = chains.flatMap(({ name, rules: list }) => list.map((rule) => printRule(rule, name)));
  return [...declarations, ...rules].map((line) => `${line}\n`).join('');
}

function formatCounters(counters: Rule['counters']): string {
  return `[${counters?.packets ?? 0}:${counters?.bytes ?? 0}]`;
}
