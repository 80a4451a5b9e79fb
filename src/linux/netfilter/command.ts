import type { Origin } from '../origin.js';
import type { Rule } from './rule.js';
import { MAX_RULE_NUMBER, RuleReader } from './rule-reader.js';
import { parseUint } from './spelling.js';
import type { WordSource, Words } from './words.js';

/** What one command line of iptables, or one line of iptables-restore, does to a table. Rule numbers count from 1. */
export type Command =
  | { readonly command: 'append'; readonly chain: string; readonly rules: readonly Rule[] }
  | { readonly command: 'delete'; readonly chain: string; readonly rules: readonly Rule[] }
  | { readonly command: 'check'; readonly chain: string; readonly rules: readonly Rule[] }
  | {
      readonly command: 'insert' | 'replace';
      readonly chain: string;
      readonly n: number;
      readonly rules: readonly Rule[];
    }
  | { readonly command: 'delete number'; readonly chain: string; readonly n: number }
  /** undefined: all chains. */
  | { readonly command: 'flush' | 'delete chain'; readonly chain: string | undefined }
  | { readonly command: 'new'; readonly chain: string }
  | {
      readonly command: 'policy';
      readonly chain: string;
      readonly policy: string;
      readonly counters: Rule['counters'];
    }
  | { readonly command: 'rename'; readonly chain: string; readonly to: string }
  /** A question, or counters set to zero. */
  | { readonly command: 'nothing' };

/** A command and the table that it names itself (`-t`). */
export interface ParsedCommand {
  readonly table: string | undefined;
  readonly command: Command;
}

/** Commands and how they are spelled; what may follow is read in {@link parseCommand}. */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  ['-A', '-A'],
  ['--append', '-A'],
  ['-I', '-I'],
  ['--insert', '-I'],
  ['-D', '-D'],
  ['--delete', '-D'],
  ['-R', '-R'],
  ['--replace', '-R'],
  ['-C', '-C'],
  ['--check', '-C'],
  ['-F', '-F'],
  ['--flush', '-F'],
  ['-X', '-X'],
  ['--delete-chain', '-X'],
  ['-N', '-N'],
  ['--new-chain', '-N'],
  ['-P', '-P'],
  ['--policy', '-P'],
  ['-E', '-E'],
  ['--rename-chain', '-E'],
  ['-Z', '-Z'],
  ['--zero', '-Z'],
  ['-L', '-L'],
  ['--list', '-L'],
  ['-S', '-S'],
  ['--list-rules', '-S'],
]);

/** Options without a value that change nothing of what a command does. */
const IGNORED = new Set(['-v', '--verbose', '-n', '--numeric', '-x', '--exact', '--line-numbers', '-4', '-6']);

/** The first words of a command. */
interface Verb {
  readonly letter: string;
  readonly chain: string | undefined;
  readonly second: string | undefined;
  readonly n: number | undefined;
}

/**
 * Reads the words of one command. Its options may come in any order.
 *
 * @returns undefined when there were problems, which the source has collected.
 */
export function parseCommand(
  words: Words,
  source: WordSource,
  origin: Origin,
  counters: Rule['counters'] = undefined,
): ParsedCommand | undefined {
  const before = source.problems.length;
  const reader = new RuleReader(source);
  if (counters !== undefined) reader.count(counters.packets, counters.bytes);
  let verb: Verb | undefined;
  let table: string | undefined;
  while (words.has()) {
    const word = words.peek();
    const text = word?.quoted === false ? word.text : '';
    const letter = COMMANDS.get(text);
    if (letter !== undefined) {
      words.take();
      if (verb !== undefined) words.fail(`two commands: ${verb.letter} and ${letter}`, 'conflict');
      verb = readVerb(letter, words);
    } else if (text === '-t' || text === '--table') {
      words.take();
      table = words.next();
    } else if (IGNORED.has(text)) words.take();
    else if (text === '-w' || text === '--wait' || text === '-W' || text === '--wait-interval') {
      words.take();
      // How long to wait for another iptables may be left out.
      if (parseUint(words.peek()?.text ?? '', MAX_RULE_NUMBER) !== undefined) words.take();
    } else reader.take(words);
  }
  if (verb === undefined) {
    words.fail('no command such as -A', 'missing');
    return undefined;
  }
  const command = build(verb, reader, words, origin);
  return command === undefined || source.problems.length > before ? undefined : { table, command };
}

function readVerb(letter: string, words: Words): Verb {
  const chain = plainWord(words);
  let second: string | undefined;
  let n: number | undefined;
  if (letter === '-P' || letter === '-E') second = plainWord(words);
  if ('-I -D -R'.includes(letter) && plainWord(words, 'peek') !== undefined) {
    const word = words.next();
    n = parseUint(word, MAX_RULE_NUMBER);
    if (n === undefined || n === 0) words.fail(`expected the number of a rule, from 1, found "${word}"`);
  }
  return { letter, chain, second, n };
}

/** The next word, if it is no option. */
function plainWord(words: Words, how: 'take' | 'peek' = 'take'): string | undefined {
  const word = words.peek();
  if (word === undefined || (!word.quoted && /^[-!]/.test(word.text))) return undefined;
  return how === 'peek' ? word.text : words.next();
}

function build(verb: Verb, reader: RuleReader, words: Words, origin: Origin): Command | undefined {
  const { letter, chain, second, n } = verb;
  if ('-L -S -Z'.includes(letter)) return { command: 'nothing' };
  if (letter === '-F') return { command: 'flush', chain };
  if (letter === '-X') return { command: 'delete chain', chain };
  if (chain === undefined) {
    words.fail(`the name of a chain is missing behind ${letter}`, 'missing');
    return undefined;
  }
  if (letter === '-D' && n !== undefined && reader.isEmpty()) return { command: 'delete number', chain, n };
  const [rule, ...more] = reader.finish(origin);
  switch (letter) {
    case '-N':
      checkChainName(chain, words);
      return { command: 'new', chain };
    case '-E':
      if (second === undefined) words.fail('-E needs the old and the new name', 'missing');
      else checkChainName(second, words);
      return { command: 'rename', chain, to: second ?? '' };
    case '-P':
      if (second === undefined) words.fail('-P needs a policy', 'missing');
      return { command: 'policy', chain, policy: second ?? '', counters: rule?.counters };
  }
  if (rule === undefined) throw new Error('a reader of rules gave none');
  checkDevices(chain, reader, words);
  switch (letter) {
    case '-A':
      return { command: 'append', chain, rules: [rule, ...more] };
    case '-C':
      return { command: 'check', chain, rules: [rule, ...more] };
    case '-D':
      return { command: 'delete', chain, rules: [rule, ...more] };
    case '-I':
      return { command: 'insert', chain, n: n ?? 1, rules: [rule, ...more] };
    default:
      if (n === undefined) words.fail('-R needs the number of a rule', 'missing');
      if (more.length > 0) words.fail("-R puts one rule, it can't have a list of addresses");
      return { command: 'replace', chain, n: n ?? 1, rules: [rule] };
  }
}

/** XT_EXTENSION_MAXNAMELEN, with its final 0 byte. */
const CHAIN_NAME_LENGTH = 29;

/** What is wrong with the name of a new chain; undefined when nothing is. */
export function chainNameProblem(name: string): string | undefined {
  if (name === '' || /[\s"]/.test(name)) return `a chain can't be called "${name}"`;
  if (/^[-!]/.test(name)) return `a chain's name can't begin with "${name.slice(0, 1)}"`;
  return name.length >= CHAIN_NAME_LENGTH
    ? `a chain's name has less than ${CHAIN_NAME_LENGTH} characters, found "${name}"`
    : undefined;
}

function checkChainName(name: string, words: Words): void {
  const problem = chainNameProblem(name);
  if (problem !== undefined) words.fail(problem);
}

/** In a built-in chain of that name a packet has no such device, and iptables takes no rule that asks for it. */
function checkDevices(chain: string, reader: RuleReader, words: Words): void {
  if ((chain === 'PREROUTING' || chain === 'INPUT') && reader.names('out-interface')) words.fail(`no -o in ${chain}`);
  if ((chain === 'OUTPUT' || chain === 'POSTROUTING') && reader.names('in-interface')) words.fail(`no -i in ${chain}`);
}
