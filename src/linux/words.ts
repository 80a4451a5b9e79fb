import { type Ipv4, type Ipv4Prefix, type Mac, parseIpv4, parseMac, parsePrefix } from '../address/index.js';
import { didYouMean, type Problem, type ProblemCode } from '../problem/index.js';

/** One word of a line. */
export interface PlacedWord {
  readonly text: string;
  /** 1-based. */
  readonly col: number;
}

/** Where words come from, and where what is wrong with them is collected. */
export interface WordPlace {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly problems: Problem[];
}

/** Splits a line of a tool's output at blanks. */
export function splitLine(line: string): PlacedWord[] {
  return [...line.matchAll(/\S+/g)].map((match) => ({ text: match[0], col: match.index + 1 }));
}

/**
 * Reads the words of one iproute2 line, be it a command or a line of a dump: options in any order, each followed by
 * its value. What cannot be read becomes a problem at its column, and a harmless value stands in for it.
 */
export class LineWords {
  readonly place: WordPlace;
  readonly #words: readonly PlacedWord[];
  #at = 0;

  constructor(words: readonly PlacedWord[], place: WordPlace) {
    this.#words = words;
    this.place = place;
  }

  /** Whether there are more words. */
  has(): boolean {
    return this.#at < this.#words.length;
  }

  /** The next word, which stays. */
  peek(): string | undefined {
    return this.#words[this.#at]?.text;
  }

  /** Takes the next word if it is one of these. */
  accept(...texts: readonly string[]): boolean {
    const next = this.peek();
    if (next === undefined || !texts.includes(next)) return false;
    this.#at++;
    return true;
  }

  /** Takes the next word; a problem, and the empty text, when there is none. `what` says what should have been there. */
  take(what: string): string {
    const word = this.#words[this.#at];
    if (word === undefined) {
      this.fail(`${what} is missing at the end`, 'missing');
      return '';
    }
    this.#at++;
    if (word.text === '') this.fail(`${what} is empty`, 'missing');
    return word.text;
  }

  /** Takes all words that are left. */
  rest(): PlacedWord[] {
    const words = this.#words.slice(this.#at);
    this.#at = this.#words.length;
    return words;
  }

  /**
   * Takes a keyword: one of `names`, an alias, or the beginning of a name, of which the first wins as in iproute2's
   * matches(). Undefined, and a problem with a suggestion, for any other.
   */
  keyword<const Name extends string>(
    names: readonly Name[],
    what: string,
    aliases?: ReadonlyMap<string, Name>,
  ): Name | undefined {
    const word = this.take(what);
    if (word === '') return undefined;
    const name = names.find((n) => n === word) ?? aliases?.get(word) ?? names.find((n) => n.startsWith(word));
    if (name === undefined)
      this.fail(
        `${what}: "${word}" is not known${didYouMean(word, [...names, ...(aliases?.keys() ?? [])])}`,
        'unknown-key',
      );
    return name;
  }

  /** Takes a number in decimal or, with 0x, in hexadecimal. */
  number(what: string, max = 0xffffffff, min = 0): number {
    const word = this.take(what);
    const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(word) ? Number(word) : Number.NaN;
    if (value >= min && value <= max) return value;
    if (word !== '') this.fail(`${what}: expected a number from ${min} to ${max}, found "${word}"`);
    return min;
  }

  ipv4(what: string): Ipv4 {
    const word = this.take(what);
    const address = parseIpv4(word);
    if (address === undefined && word !== '')
      this.fail(`${what}: expected an IPv4 address, found "${word}"`, 'bad-address');
    return address ?? (0 as Ipv4);
  }

  /** Takes `a.b.c.d/len`, `default`, `all` or `any`. Host bits are a problem, as they are to the kernel. */
  prefix(what: string): Ipv4Prefix {
    const word = this.take(what);
    const text = word === 'default' || word === 'all' || word === 'any' ? '0.0.0.0/0' : word;
    const prefix = parsePrefix(text);
    if (prefix !== undefined && parseIpv4(text.split('/')[0] ?? '') === prefix.address) return prefix;
    if (word !== '') {
      const expected = prefix === undefined ? 'an IPv4 prefix' : 'no bits set behind the prefix length';
      this.fail(`${what}: expected ${expected}, found "${word}"`, 'bad-address');
    }
    return { address: 0 as Ipv4, length: 0 };
  }

  mac(what: string): Mac {
    const word = this.take(what);
    const address = parseMac(word);
    if (address === undefined && word !== '')
      this.fail(`${what}: expected a MAC address, found "${word}"`, 'bad-address');
    return address ?? (0 as Mac);
  }

  /** Takes `on` or `off`. */
  onOff(what: string): boolean {
    const word = this.take(what);
    if (word !== 'on' && word !== 'off' && word !== '') this.fail(`${what}: expected on or off, found "${word}"`);
    return word === 'on';
  }

  /** Notes a problem at the word taken last; at the next one when none has been taken. */
  fail(message: string, code: ProblemCode = 'bad-value'): void {
    const { file, line, problems } = this.place;
    const col = (this.#words[Math.max(0, this.#at - 1)] ?? { col: 1 }).col;
    problems.push({ code, message, file, path: [], line, col });
  }

  /** Makes a problem of every word that is left. */
  end(): void {
    if (!this.has()) return;
    this.#at++;
    this.fail(`unexpected "${this.#words[this.#at - 1]?.text ?? ''}"`, 'unknown-key');
  }
}
