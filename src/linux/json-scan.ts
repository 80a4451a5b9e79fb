/** The keys from a document's root to one of its values. */
export type JsonPath = readonly (string | number)[];

/** Where in a text something is, both 1-based. */
export interface TextPosition {
  readonly line: number;
  readonly col: number;
}

/** Line and column of an offset. */
export function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, col: offset - lastBreak };
}

/**
 * Offset of the first character that breaks the JSON grammar (RFC 8259), the text's length when it ends too early;
 * undefined for well-formed text. Slow: for texts that JSON.parse() has refused.
 */
export function jsonError(text: string): number | undefined {
  const scan = new JsonScan(text, undefined);
  return scan.document() ? undefined : scan.at;
}

/** Offset of the value at `path`, or of the nearest ancestor that is there. For well-formed text. */
export function jsonOffset(text: string, path: JsonPath): number {
  const scan = new JsonScan(text, path);
  scan.document();
  return scan.found;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** A list or object that is being walked, and the key that it is at. */
interface Level {
  readonly close: '}' | ']';
  key: string | number;
}

/** One walk over a JSON text. Keeps its own stack, so that deep nesting is no way to crash it. */
class JsonScan {
  readonly #text: string;
  readonly #wanted: JsonPath | undefined;
  readonly #stack: Level[] = [];
  at = 0;
  found = 0;

  constructor(text: string, wanted: JsonPath | undefined) {
    this.#text = text;
    this.#wanted = wanted;
  }

  /** Whether the whole text is one JSON value; `at` is where it stops being one. */
  document(): boolean {
    for (;;) {
      this.#blank();
      this.#note();
      const value = this.#value();
      if (value === 'malformed') return false;
      if (value === 'opened') continue;
      const after = this.#separator();
      if (after !== 'more') return after === 'end' && this.at === this.#text.length;
    }
  }

  /** Takes a scalar or an empty list or object whole, of any other the opening bracket and the first key. */
  #value(): 'complete' | 'opened' | 'malformed' {
    const open = this.#text[this.at];
    if (open !== '{' && open !== '[')
      return this.#string() || this.#token(NUMBER) || this.#token(WORD) ? 'complete' : 'malformed';
    this.at++;
    this.#blank();
    const close = open === '{' ? '}' : ']';
    if (this.#text[this.at] === close) {
      this.at++;
      return 'complete';
    }
    const key = open === '{' ? this.#key() : 0;
    if (key === undefined) return 'malformed';
    this.#stack.push({ close, key });
    return 'opened';
  }

  /** Closes what is complete behind a value, up to the comma before the next one. */
  #separator(): 'more' | 'end' | 'malformed' {
    for (;;) {
      this.#blank();
      const level = this.#stack.at(-1);
      if (level === undefined) return 'end';
      const next = this.#text[this.at];
      if (next === level.close) {
        this.at++;
        this.#stack.pop();
        continue;
      }
      if (next !== ',') return 'malformed';
      this.at++;
      const key = typeof level.key === 'number' ? level.key + 1 : this.#key();
      if (key === undefined) return 'malformed';
      level.key = key;
      return 'more';
    }
  }

  /** An object's key and its colon; undefined when that is not what follows. */
  #key(): string | undefined {
    this.#blank();
    const start = this.at;
    if (!this.#string()) return undefined;
    const key: unknown = JSON.parse(this.#text.slice(start, this.at));
    this.#blank();
    if (this.#text[this.at] !== ':') return undefined;
    this.at++;
    return String(key);
  }

  #string(): boolean {
    if (this.#text[this.at] !== '"') return false;
    this.at++;
    for (;;) {
      const char = this.#text[this.at];
      if (char === undefined || char < ' ') return false;
      if (char === '\\') {
        if (!this.#token(ESCAPE)) return false;
        continue;
      }
      this.at++;
      if (char === '"') return true;
    }
  }

  #token(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.#text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  #blank(): void {
    while (' \t\r\n'.includes(this.#text[this.at] ?? 'end')) this.at++;
  }

  /** Remembers where a value begins that the wanted path leads through. */
  #note(): void {
    const wanted = this.#wanted;
    if (wanted === undefined || this.#stack.length > wanted.length) return;
    if (this.#stack.every((level, i) => level.key === wanted[i])) this.found = this.at;
  }
}
