import type { PlacedWord } from '../../linux/index.js';
import type { Problem } from '../../problem/index.js';

/** One command of a line, its quotes taken away. */
export interface ShellCommand {
  readonly words: readonly ShellWord[];
  /** What is behind `>`. */
  readonly redirect: ShellWord | undefined;
  /** What a here-document gives it to read. */
  readonly stdin: string | undefined;
}

/** A word, and whether any of it was quoted. */
export interface ShellWord extends PlacedWord {
  readonly quoted: boolean;
}

/** Where a line comes from, and where its problems go. */
export interface ShellPlace {
  readonly file: string;
  readonly line: number;
  readonly problems: Problem[];
}

/**
 * Splits a line as sh(1) does, as far as commands need it: blanks, both quotes, backslashes, `#`, commands joined by
 * `;`, `&&` or a line break, `> FILE`, and a here-document with a quoted end (`<<'EOF'`). Nothing is expanded; what
 * would be (`$`, backquotes, `*`) stays as it is, and other operators are problems.
 *
 * @param firstCol column of the text's first character, for text out of a quoted word.
 */
export function splitShell(text: string, place: ShellPlace, firstCol = 1): ShellCommand[] {
  const split = new Split(text, place, firstCol);
  split.run();
  return split.commands;
}

/** Quotes a word for sh(1), if it needs that. */
export function quoteShell(word: string): string {
  return /^[\w@%+=:,./!^-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

class Split {
  readonly #text: string;
  readonly #place: ShellPlace;
  readonly #firstCol: number;
  readonly commands: ShellCommand[] = [];
  #words: ShellWord[] = [];
  #redirect: ShellWord | undefined;
  #stdin: string | undefined;
  #at = 0;

  constructor(text: string, place: ShellPlace, firstCol: number) {
    this.#text = text;
    this.#place = place;
    this.#firstCol = firstCol;
  }

  run(): void {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? '';
      if (char === ' ' || char === '\t' || char === '\r') this.#at++;
      else if (char === ';' || char === '\n') this.#end(1);
      else if (this.#text.startsWith('&&', this.#at)) this.#end(2);
      else if (char === '#') this.#comment();
      else if (this.#text.startsWith('<<', this.#at)) this.#hereDocument();
      else if (char === '>') this.#redirection();
      else if ('|&<()'.includes(char)) {
        this.#fail(`"${char}" is not understood here: only ; and && join commands`, this.#at);
        this.#at = this.#text.length;
      } else this.#words.push(this.#word());
    }
    this.#end(0);
  }

  #end(length: number): void {
    this.#at += length;
    if (this.#words.length > 0 || this.#redirect !== undefined)
      this.commands.push({ words: this.#words, redirect: this.#redirect, stdin: this.#stdin });
    this.#words = [];
    this.#redirect = undefined;
    this.#stdin = undefined;
  }

  #comment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #redirection(): void {
    this.#at++;
    this.#blanks();
    this.#redirect = this.#word();
    if (this.#redirect.text === '' && !this.#redirect.quoted) this.#fail('a file is missing behind >', this.#at - 1);
  }

  /** Takes the lines up to the end word; what is left of the first line belongs to the command. */
  #hereDocument(): void {
    const start = this.#at;
    this.#at += 2;
    this.#blanks();
    const end = this.#word();
    const lineEnd = this.#text.indexOf('\n', this.#at);
    const lines = lineEnd < 0 ? [] : this.#text.slice(lineEnd + 1).split('\n');
    const last = lines.indexOf(end.text);
    if (last < 0) {
      this.#fail(`the here-document has no end "${end.text}"`, start);
      this.#at = this.#text.length;
      return;
    }
    this.#stdin = lines
      .slice(0, last)
      .map((line) => `${line}\n`)
      .join('');
    const taken = lines.slice(0, last + 1).reduce((sum, line) => sum + line.length + 1, 0);
    const rest = this.#text.slice(this.#at, lineEnd);
    if (rest.trim() !== '') this.#fail(`unexpected "${rest.trim()}" behind a here-document`, this.#at);
    this.#at = Math.min(lineEnd + taken, this.#text.length);
  }

  #word(): ShellWord {
    const start = this.#at;
    let text = '';
    let quoted = false;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || ' \t\r\n;&|<>()'.includes(char)) break;
      if (char === "'" || char === '"') {
        text += this.#quotedPart(char);
        quoted = true;
      } else if (char === '\\') {
        text += this.#text[this.#at + 1] ?? '';
        this.#at += 2;
        quoted = true;
      } else {
        text += char;
        this.#at++;
      }
    }
    return { text, col: start + this.#firstCol, quoted };
  }

  #quotedPart(quote: string): string {
    const start = this.#at++;
    let text = '';
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) {
        this.#fail('the quote is never closed', start);
        return text;
      }
      this.#at++;
      if (char === quote) return text;
      const next = this.#text[this.#at];
      // Within double quotes a backslash escapes these only.
      if (quote === '"' && char === '\\' && next !== undefined && '"\\$`'.includes(next)) {
        text += next;
        this.#at++;
      } else text += char;
    }
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++;
  }

  #fail(message: string, at: number): void {
    const { file, line, problems } = this.#place;
    problems.push({ code: 'syntax', message, file, path: [], line, col: at + this.#firstCol });
  }
}
