import type { Origin } from '../origin.js';
import { formatOrigin } from '../origin.js';
import { checkTable, type KnownIpsets, type TableComplaint } from './check.js';
import { chainNameProblem, parseCommand } from './command.js';
import { TableDraft } from './draft.js';
import { parseRestoreLine, type RestoreLine } from './line.js';
import type { Complaint, IptablesRefusal } from './refusal.js';
import { BUILT_IN, type Ruleset, type Table, type TableName } from './rule.js';
import { printRule } from './rule-text.js';
import { argumentWords, type WordSource, Words } from './words.js';

/** Lines of a restore text that one object is the reason for. A chunk that is shared is parsed once. */
export interface RestoreLines {
  readonly origin: Origin;
  readonly lines: readonly string[];
}

/** What is left after a restore: with a refusal, the tables that were committed before it have changed. */
export interface Restored {
  readonly ruleset: Ruleset;
  readonly refusal: IptablesRefusal | undefined;
}

/** The new rules, or why there are none. */
export type Applied = { readonly ruleset: Ruleset } | { readonly refusal: IptablesRefusal };

/** What a command can be told besides. */
export interface IptablesOptions {
  readonly family?: 'ip' | 'ip6';
  /** With these a rule that names another set is refused. */
  readonly ipsets?: ReadonlyMap<string, unknown>;
}

/**
 * Carries out `iptables-restore`, or `iptables-restore --noflush`: each table that the text names is changed as a whole
 * at its COMMIT. The first line that is refused ends it.
 *
 * Without `noflush` a named table is emptied first, its policies stay (as iptables-legacy does it).
 */
export function restoreRuleset(
  old: Ruleset,
  chunks: readonly RestoreLines[],
  mode: 'flush' | 'noflush',
  options: IptablesOptions = {},
): Restored {
  const run = new Restore(old, mode, options.ipsets);
  let line = 0;
  let origin: Origin = { by: 'command' };
  for (const chunk of chunks) {
    origin = chunk.origin;
    for (const read of parsedLines(chunk, options.family ?? 'ip')) {
      line++;
      const complaint = run.take(read);
      if (complaint !== undefined) return run.end({ origin, line, ...complaint });
    }
  }
  const complaint = run.open ? 'COMMIT is missing at the end' : undefined;
  return run.end(complaint === undefined ? undefined : { errno: 'EINVAL', message: complaint, origin, line: line + 1 });
}

/** A restore under way. */
class Restore {
  #ruleset: Ruleset;
  #draft: TableDraft | undefined;
  readonly #mode: 'flush' | 'noflush';
  readonly #ipsets: KnownIpsets;

  constructor(ruleset: Ruleset, mode: 'flush' | 'noflush', ipsets: KnownIpsets) {
    this.#ruleset = ruleset;
    this.#mode = mode;
    this.#ipsets = ipsets;
  }

  /** Whether a table has begun and not been committed. */
  get open(): boolean {
    return this.#draft !== undefined;
  }

  end(refusal: IptablesRefusal | undefined): Restored {
    return { ruleset: this.#ruleset, refusal };
  }

  /** Carries out one line; what COMMIT refuses is the fault of a rule before it, and of whom made that. */
  take(read: RestoreLine): (Complaint & { readonly origin?: Origin }) | undefined {
    if (read.line === 'blank') return undefined;
    if (read.line === 'wrong') return { errno: 'EINVAL', message: read.problems[0].message };
    if (this.#draft === undefined)
      return read.line === 'table'
        ? this.#begin(read.table)
        : { errno: 'EINVAL', message: 'a line outside of a table' };
    switch (read.line) {
      case 'table':
        return { errno: 'EINVAL', message: 'COMMIT is missing before the next table' };
      case 'commit':
        return this.#commit(this.#draft);
      case 'command':
        return this.#draft.run(read.command);
      case 'chain': {
        const message = this.#draft.has(read.chain) ? undefined : chainNameProblem(read.chain);
        if (message !== undefined) return { errno: 'EINVAL', message };
        return this.#draft.declare(read.chain, read.policy, undefined, this.#mode);
      }
    }
  }

  #begin(name: string): Complaint | undefined {
    if (!isTable(name)) return noTable(name);
    this.#draft = new TableDraft(name, this.#ruleset.get(name));
    if (this.#mode === 'flush') this.#draft.clear();
    return undefined;
  }

  #commit(draft: TableDraft): (Complaint & { readonly origin: Origin }) | undefined {
    const table = draft.finish();
    const complaint = checkTable(table, this.#ipsets);
    if (complaint !== undefined) return { ...ofRule(complaint), origin: complaint.rule.origin };
    this.#ruleset = withTable(this.#ruleset, table);
    this.#draft = undefined;
    return undefined;
  }
}

const PARSED = { ip: new WeakMap<RestoreLines, RestoreLine[]>(), ip6: new WeakMap<RestoreLines, RestoreLine[]>() };

/** The lines of a chunk, parsed at its first use: whoever restores it again gets the same rules, as objects. */
function parsedLines(chunk: RestoreLines, family: 'ip' | 'ip6'): readonly RestoreLine[] {
  let lines = PARSED[family].get(chunk);
  if (lines === undefined) {
    const { origin } = chunk;
    const file = formatOrigin(origin);
    lines = chunk.lines.map((text, i) => parseRestoreLine(text, { file, line: i + 1, family, origin }));
    PARSED[family].set(chunk, lines);
  }
  return lines;
}

/** Carries out one command line of iptables, given without the program's name: `['-t', 'nat', '-A', …]`. */
export function applyIptablesCommand(
  ruleset: Ruleset,
  args: readonly string[],
  origin: Origin,
  options: IptablesOptions = {},
): Applied {
  const refuse = ({ errno, message }: Complaint): Applied => ({ refusal: { errno, message, origin, line: undefined } });
  const source: WordSource = { file: formatOrigin(origin), line: 1, family: options.family ?? 'ip', problems: [] };
  const parsed = parseCommand(new Words(argumentWords(args), source), source, origin);
  const [problem] = source.problems;
  if (parsed === undefined || problem !== undefined)
    return refuse({ errno: 'EINVAL', message: problem?.message ?? 'the command could not be read' });
  const name = parsed.table ?? 'filter';
  if (!isTable(name)) return refuse(noTable(name));
  const draft = new TableDraft(name, ruleset.get(name));
  const complaint = draft.run(parsed.command);
  if (complaint !== undefined) return refuse(complaint);
  // A question does not make a table.
  if (parsed.command.command === 'nothing' || parsed.command.command === 'check') return { ruleset };
  const table = draft.finish();
  const wrong = checkTable(table, options.ipsets);
  return wrong === undefined ? { ruleset: withTable(ruleset, table) } : refuse(ofRule(wrong));
}

/** What is wrong with a table, said with the rule that it is about. */
function ofRule({ errno, message, chain, rule }: TableComplaint): Complaint {
  return { errno, message: `${message}: ${printRule(rule, chain)}` };
}

function noTable(name: string): Complaint {
  return { errno: 'ENOENT', message: `there is no table ${name}` };
}

/** Whether iptables has a table of that name. */
export function isTable(name: string): name is TableName {
  return Object.hasOwn(BUILT_IN, name);
}

function withTable(ruleset: Ruleset, table: Table): Ruleset {
  return new Map(ruleset).set(table.name, table);
}
