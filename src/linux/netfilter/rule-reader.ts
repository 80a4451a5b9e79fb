import type { Problem } from '../../problem/index.js';
import { didYouMean } from '../../problem/index.js';
import type { Origin } from '../origin.js';
import type { MatchExtension, TargetExtension } from './extension.js';
import { BASE_MATCHES, MATCHES } from './match/registry.js';
import { unmodelled } from './match/unmodelled.js';
import { abbreviatedOption, exactOption, specOf } from './option.js';
import { parseProtocol } from './protocol.js';
import type { Match, Rule, Target } from './rule.js';
import { UINT32 } from './spelling.js';
import { gotoChain, jump } from './target/jump.js';
import { TARGETS } from './target/registry.js';
import { UNMODELLED_TARGETS, unmodelledTarget } from './target/unmodelled.js';
import { type Word, type WordSource, Words } from './words.js';

/** The words that belong to one match or target. */
interface Group<E> {
  readonly extension: E;
  readonly words: Word[];
  /** Where a problem of the whole group is reported. */
  readonly col: number;
}

type MatchGroup = Group<MatchExtension<Match>>;
type TargetGroup = Group<TargetExtension<Target>>;

/** Protocols whose match is loaded by naming an option of it (`-p tcp --dport 80`). */
const IMPLICIT: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
]);

const IPPROTO_ICMPV6 = 58;

/**
 * Collects the options of one rule, in whatever order they come, and gives each to the match or target that it belongs
 * to: to the one loaded last that has it (do_parse(), iptables/xshared.c).
 */
export class RuleReader {
  readonly #source: WordSource;
  readonly #base = new Map<MatchExtension<Match>, MatchGroup>();
  /** In order of `-m`. */
  readonly #matches: MatchGroup[] = [];
  /** Matches and the target, in order of loading. */
  readonly #loaded: (MatchGroup | TargetGroup)[] = [];
  #target: TargetGroup | undefined;
  #counters: Rule['counters'];
  #protocol = 0;

  constructor(source: WordSource) {
    this.#source = source;
  }

  /** Whether the options ask for the device that a packet came in by, or leaves by. */
  names(match: 'in-interface' | 'out-interface'): boolean {
    return [...this.#base.keys()].some(({ name }) => name === match);
  }

  /** Whether no option has been taken. */
  isEmpty(): boolean {
    return this.#base.size === 0 && this.#loaded.length === 0 && this.#counters === undefined;
  }

  /** Packets and bytes that stand before the rule, or behind `-c`. */
  count(packets: number, bytes: number): void {
    this.#counters = { packets, bytes };
  }

  /** Takes one option with all its values; what is none becomes a problem and is passed over. */
  take(words: Words): void {
    const at = words.peek();
    const bang = words.bang() ? at : undefined;
    const word = words.take();
    if (word === undefined) {
      words.fail('there is nothing after "!"', 'syntax');
      return;
    }
    if (word.quoted || !word.text.startsWith('-')) {
      if (!this.#giveToUnmodelled(bang, word)) words.fail(`unexpected "${word.text}"`, 'syntax');
      return;
    }
    const [head, value] = splitEquals(word);
    if (this.#takeBase(bang, head, value, words)) return;
    if (this.#takeLoading(bang, word, words)) return;
    this.#takeExtension(bang, word, head, value, words);
  }

  #takeBase(bang: Word | undefined, word: Word, value: Word | undefined, words: Words): boolean {
    for (const extension of BASE_MATCHES[this.#source.family]) {
      const option = exactOption(extension.options, word.text);
      if (option === undefined) continue;
      if (this.#base.has(extension)) words.fail(`"${option}" is given twice`, 'conflict');
      const group: MatchGroup = { extension, words: [], col: word.col };
      collect(group, bang, word, value, specOf(extension.options, option).args, words);
      this.#base.set(extension, group);
      if (extension.name === 'protocol') this.#protocol = parseProtocol(group.words.at(-1)?.text ?? '') ?? 0;
      return true;
    }
    return false;
  }

  /** `-m`, `-j`, `-g` and `-c`. */
  #takeLoading(bang: Word | undefined, word: Word, words: Words): boolean {
    switch (word.text) {
      case '-m':
      case '--match':
        this.#loadMatch(words);
        break;
      case '-j':
      case '--jump':
      case '-g':
      case '--goto':
        this.#loadTarget(word.text === '-g' || word.text === '--goto' ? 'goto' : 'jump', words);
        break;
      case '-c':
      case '--set-counters':
        this.#counters = {
          packets: words.number(Number.MAX_SAFE_INTEGER),
          bytes: words.number(Number.MAX_SAFE_INTEGER),
        };
        break;
      default:
        return false;
    }
    if (bang !== undefined) words.fail(`"!" can't stand before "${word.text}"`, 'syntax');
    return true;
  }

  #loadMatch(words: Words): void {
    const name = words.take();
    if (name === undefined || !/^\w[-\w]*$/.test(name.text)) {
      words.fail('expected the name of a match behind -m', 'syntax');
      return;
    }
    const known = MATCHES.get(name.text);
    const group: MatchGroup = { extension: known ?? unmodelled, words: known ? [] : [name], col: name.col };
    this.#matches.push(group);
    this.#loaded.push(group);
  }

  #loadTarget(how: 'jump' | 'goto', words: Words): void {
    const name = words.take();
    if (name === undefined || name.text === '' || /[\s"]/.test(name.text)) {
      words.fail('expected the name of a target or chain', 'syntax');
      return;
    }
    if (this.#target !== undefined) words.fail('a rule has one target', 'conflict');
    const known = TARGETS.get(name.text);
    let extension = known ?? (UNMODELLED_TARGETS.has(name.text) ? unmodelledTarget : jump);
    if (how === 'goto') extension = gotoChain;
    if (how === 'goto' && (known !== undefined || UNMODELLED_TARGETS.has(name.text)))
      words.fail(`-g needs a chain, ${name.text} is a target`);
    this.#target = { extension, words: extension === known ? [] : [name], col: name.col };
    this.#loaded.push(this.#target);
  }

  #takeExtension(bang: Word | undefined, word: Word, head: Word, value: Word | undefined, words: Words): void {
    const last = this.#loaded.at(-1);
    // The options of an unmodelled match are not known: it gets all that follows.
    if (last?.extension === unmodelled) {
      give(last, bang, word);
      return;
    }
    const found = this.#ownerOf(head.text);
    if (found !== undefined) {
      collect(found.group, bang, { ...head, text: found.option }, value, found.args, words);
      return;
    }
    if (this.#giveToUnmodelled(bang, word)) return;
    if (this.#source.family === 'ip6' && this.#protocol === IPPROTO_ICMPV6 && head.text === '--icmpv6-type') {
      const name = { text: 'icmp6', quoted: false, col: word.col };
      const group: MatchGroup = { extension: unmodelled, words: [name], col: word.col };
      this.#matches.push(group);
      this.#loaded.push(group);
      give(group, bang, word);
      return;
    }
    const implicit = MATCHES.get(IMPLICIT.get(this.#protocol) ?? '')?.options ?? {};
    const known = [implicit, ...this.#loaded.map(({ extension }) => extension.options)].flatMap(Object.keys);
    words.fail(`no option of this rule: "${word.text}"${didYouMean(word.text, known)}`, 'unknown-key');
    // One complaint for the option and its values.
    while (words.has() && !/^[-!]/.test(words.peek()?.text ?? '-')) words.take();
  }

  /** Words that belong to nobody go to a target that is not modelled, or that may turn out to be none. */
  #giveToUnmodelled(bang: Word | undefined, word: Word): boolean {
    const last = this.#loaded.at(-1);
    if (last === undefined) return false;
    const { extension } = last;
    if (extension !== unmodelled && extension !== unmodelledTarget && extension !== jump) return false;
    give(last, bang, word);
    return true;
  }

  #ownerOf(option: string): { group: Group<unknown>; option: string; args: number } | undefined {
    const newestFirst = [...this.#loaded].reverse();
    for (const group of newestFirst) {
      const { options } = group.extension;
      const found = exactOption(options, option);
      if (found !== undefined) return { group, option: found, args: specOf(options, found).args };
    }
    const implicit = MATCHES.get(IMPLICIT.get(this.#protocol) ?? '');
    const loaded = newestFirst.some(({ extension }) => extension === implicit);
    if (implicit !== undefined && !loaded && !(implicit.name === 'icmp' && this.#source.family === 'ip6')) {
      const { options } = implicit;
      const found = exactOption(options, option) ?? abbreviatedOption(options, option);
      if (found !== undefined) {
        const group: MatchGroup = { extension: implicit, words: [], col: 1 };
        this.#matches.push(group);
        this.#loaded.push(group);
        return { group, option: found, args: specOf(options, found).args };
      }
    }
    for (const group of newestFirst) {
      const { options } = group.extension;
      const found = abbreviatedOption(options, option);
      if (found !== undefined) return { group, option: found, args: specOf(options, found).args };
    }
    return undefined;
  }

  /** The rules that the line stands for: one for each pair of addresses where `-s` or `-d` lists several. */
  finish(origin: Origin): Rule[] {
    const rest = this.#matches.map((group) => this.#parse(group));
    const target = this.#target && this.#parseTarget(this.#target);
    return this.#variants().map((base) => {
      const first = base.map((group) => this.#parseBase(group)).filter((m) => m !== undefined);
      return { matches: [...first, ...rest], target, counters: this.#counters, origin };
    });
  }

  #variants(): MatchGroup[][] {
    let variants: MatchGroup[][] = [[]];
    for (const extension of BASE_MATCHES[this.#source.family]) {
      const group = this.#base.get(extension);
      if (group === undefined) continue;
      const lists = /^(source|destination)6?$/.test(extension.name) ? this.#listed(group) : [group];
      variants = variants.flatMap((variant) => lists.map((one) => [...variant, one]));
    }
    return variants;
  }

  #listed(group: MatchGroup): MatchGroup[] {
    const value = group.words.at(-1);
    if (value === undefined || !value.text.includes(',')) return [group];
    const head = group.words.slice(0, -1);
    if (head.some(({ text }) => text === '!'))
      new Words([value], this.#source, value.col).fail("a list can't be negated");
    return value.text.split(',').map((text) => ({ ...group, words: [...head, { ...value, text }] }));
  }

  /** undefined for what says nothing, such as `-s 0.0.0.0/0`. */
  #parseBase({ extension, words, col }: MatchGroup): Match | undefined {
    const match = extension.parse(new Words(words, this.#source, col));
    return extension.print(match) === '' ? undefined : match;
  }

  #parse({ extension, words, col }: MatchGroup): Match {
    const match = this.#read(words, col, (own) => extension.parse(own));
    if (match !== undefined) return match;
    const named = [{ text: extension.name, quoted: false, col }, ...words];
    return unmodelled.parse(new Words(named, this.#source, col));
  }

  #parseTarget({ extension, words, col }: TargetGroup): Target {
    const isTarget = extension === jump && words.length > 1;
    const parse = isTarget ? unmodelledTarget.parse : extension.parse;
    const target = this.#read(words, col, (own) => parse(own));
    if (target !== undefined) return target;
    const named = [{ text: extension.name, quoted: false, col }, ...words];
    return unmodelledTarget.parse(new Words(named, this.#source, col));
  }

  /** undefined for what only ip6tables understands: the extensions here know IPv4 addresses. */
  #read<T>(words: readonly Word[], col: number, parse: (own: Words) => T): T | undefined {
    const problems: Problem[] = [];
    const own = new Words(words, { ...this.#source, problems }, col);
    const data = parse(own);
    const left = own.take();
    if (left !== undefined) own.fail(`unexpected "${left.text}"`, 'syntax');
    if (problems.length > 0 && this.#source.family === 'ip6') return undefined;
    this.#source.problems.push(...problems);
    return data;
  }
}

/** Reads `--option=value` as two words. */
function splitEquals(word: Word): [Word, Word | undefined] {
  const at = word.text.indexOf('=');
  if (at < 0 || !word.text.startsWith('--')) return [word, undefined];
  const value = { text: word.text.slice(at + 1), quoted: true, col: word.col + at + 1 };
  return [{ ...word, text: word.text.slice(0, at) }, value];
}

function give(group: Group<unknown>, bang: Word | undefined, word: Word): void {
  if (bang !== undefined) group.words.push(bang);
  group.words.push(word);
}

/** Moves an option and its values into the group. */
function collect(
  group: Group<unknown>,
  bang: Word | undefined,
  word: Word,
  value: Word | undefined,
  args: number,
  words: Words,
): void {
  give(group, bang, word);
  const at = words.peek();
  if (args > 0 && at !== undefined && words.bang()) group.words.push(at);
  if (value !== undefined) group.words.push(value);
  for (let i = value === undefined ? 0 : 1; i < args; i++) {
    const next = words.take();
    if (next !== undefined) group.words.push(next);
  }
}

/** Reads the counters `[packets:bytes]` that may stand before a rule, and where the rest begins. */
export function parseCounters(line: string): { readonly counters: Rule['counters']; readonly rest: number } {
  const [all, packets, bytes] = /^\[(\d{1,15}):(\d{1,15})\]\s*/.exec(line) ?? [];
  if (all === undefined) return { counters: undefined, rest: 0 };
  return { counters: { packets: Number(packets), bytes: Number(bytes) }, rest: all.length };
}

/** The largest rule number that a command can name. */
export const MAX_RULE_NUMBER: number = UINT32;
