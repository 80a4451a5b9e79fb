import type { Problem, ProblemCode } from '../../problem/index.js';
import { abbreviatedOption, exactOption, type OptionName, type Options, specOf } from './option.js';
import { parseUint, quoteWord } from './spelling.js';

/** One word of a rule line. */
export interface Word {
  readonly text: string;
  /** It stood in double quotes: no option, whatever it looks like. */
  readonly quoted: boolean;
  /** 1-based. */
  readonly col: number;
}

/** Where words come from, and where their problems are collected. */
export interface WordSource {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Which of iptables and ip6tables the words are for. */
  readonly family: 'ip' | 'ip6';
  readonly problems: Problem[];
}

/** One option that was given, aliases and abbreviations resolved. */
export interface Given<Name extends string> {
  readonly option: Name;
  readonly invert: boolean;
}

/**
 * Splits a line as iptables-restore does: at blanks, double quotes hold a word together, in them a backslash escapes
 * the next character. A closing quote ends the word (add_argv(), iptables/xshared.c).
 *
 * @returns the words, and the column of a quote that is never closed.
 */
export function splitWords(line: string): { readonly words: Word[]; readonly unclosed: number | undefined } {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (isBlank(line[at])) {
      at++;
      continue;
    }
    const col = at + 1;
    let text = '';
    while (at < line.length && !isBlank(line[at]) && line[at] !== '"') text += line[at++];
    const quoted = line[at] === '"';
    if (quoted) {
      const open = ++at;
      while (at < line.length && line[at] !== '"') {
        if (line[at] === '\\') at++;
        text += line[at++] ?? '';
      }
      if (at >= line.length) return { words, unclosed: open };
      at++;
    }
    words.push({ text, quoted, col });
  }
  return { words, unclosed: undefined };
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r';
}

/** The words of a command line that a shell has split already. Columns are those of the words joined by blanks. */
export function argumentWords(args: readonly string[]): Word[] {
  let col = 1;
  return args.map((text) => {
    const word = { text, quoted: false, col };
    col += text.length + 1;
    return word;
  });
}

/** A word as it has to be written to be read back. */
export function spellWord({ text, quoted }: Word): string {
  return quoted || text === '' || /[\s"]/.test(text) ? `"${text.replace(/["'\\]/g, '\\$&')}"` : text;
}

/** Reads words one by one, and collects what is wrong with them. */
export class Words {
  readonly source: WordSource;
  readonly #words: readonly Word[];
  #at = 0;
  /** Where a problem is reported: the word taken last. */
  #col: number;

  /** @param col where to report that a word is missing when there is none at all. */
  constructor(words: readonly Word[], source: WordSource, col = 1) {
    this.#words = words;
    this.source = source;
    this.#col = col;
  }

  /** Whether there are more words. */
  has(): boolean {
    return this.#at < this.#words.length;
  }

  /** The next word, or the one `ahead` words after it, which stays. */
  peek(ahead = 0): Word | undefined {
    return this.#words[this.#at + ahead];
  }

  /** Takes the next word; undefined at the end. */
  take(): Word | undefined {
    const word = this.#words[this.#at];
    if (word === undefined) return undefined;
    this.#at++;
    this.#col = word.col;
    return word;
  }

  /** Takes the next word as text; a problem, and the empty string, when there is none. */
  next(): string {
    const word = this.take();
    if (word === undefined) this.fail('a value is missing at the end', 'missing');
    return word?.text ?? '';
  }

  /** Takes all that is left, each word as it has to be written to be read back. */
  spellRest(): string[] {
    const rest: string[] = [];
    for (let word = this.take(); word !== undefined; word = this.take()) rest.push(spellWord(word));
    return rest;
  }

  /** Takes a `!`, if one is next. */
  bang(): boolean {
    const word = this.peek();
    if (word?.text !== '!' || word.quoted) return false;
    this.#at++;
    return true;
  }

  /**
   * The options that follow, each to be followed by reading its values. Takes `! --opt` and the old `--opt ! value`.
   * What is no option, is given twice or may not be negated becomes a problem.
   */
  *options<const O extends Options>(options: O): Generator<Given<OptionName<O>>> {
    const seen = new Set<string>();
    while (this.has()) {
      let invert = this.bang();
      const word = this.next();
      const option = exactOption(options, word) ?? abbreviatedOption(options, word);
      if (option === undefined) {
        this.fail(`unexpected "${word}"`, 'unknown-key');
        continue;
      }
      const spec = specOf(options, option);
      if (spec.args > 0 && this.bang()) invert = !invert;
      if (invert && !spec.invertible) this.fail(`"${option}" can't be negated`);
      if (seen.has(option)) this.fail(`"${option}" is given twice`, 'conflict');
      seen.add(option);
      yield { option: option as OptionName<O>, invert };
    }
  }

  /** Takes the one option that an extension has, as of `-s`; its values are read next. */
  one<const O extends Options>(options: O): Given<OptionName<O>> {
    const given = this.options(options).next();
    if (given.done === true) throw new Error(`none of ${Object.keys(options).join(', ')} is there to be read`);
    return given.value;
  }

  /** Takes a number; a problem and 0 when it is none, or out of `min` … `max`. */
  number(max: number, min = 0): number {
    const word = this.next();
    const value = parseUint(word, max);
    if (value !== undefined && value >= min) return value;
    this.fail(`expected a number from ${min} to ${max}, found ${quoteWord(word)}`);
    return min;
  }

  /** Notes a problem at the word taken last. */
  fail(message: string, code: ProblemCode = 'bad-value'): void {
    const { file, line, problems } = this.source;
    problems.push({ code, message, file, path: [], line, col: this.#col });
  }
}
