import { Argument, Option } from 'commander';
import { didYouMean, type Problem } from '../problem/index.js';

/** Reads the values of options, and collects those that are wrong, so that all can be told at once. */
export class Values {
  readonly problems: Problem[] = [];

  /** A parser of a whole number. */
  number(option: string, min: number, max: number): (text: string) => number | undefined {
    return (text) => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      return this.complain(option, `expected a number from ${min} to ${max}, found "${text}"`);
    };
  }

  /** An option with a closed list of values. */
  choice(flags: string, description: string, words: readonly string[]): Option {
    const [, name = flags] = /(--\S+)/.exec(flags) ?? [];
    return new Option(flags, description).choices(words).argParser(this.oneOf(name, words));
  }

  /** An argument with a closed list of values. */
  argument(name: string, description: string, words: readonly string[]): Argument {
    return new Argument(name, description).choices(words).argParser(this.oneOf(name, words));
  }

  oneOf(option: string, words: readonly string[]): (text: string) => string | undefined {
    return (text) => {
      if (words.includes(text)) return text;
      return this.complain(option, `expected one of ${words.join(', ')}, found "${text}"${didYouMean(text, words)}`);
    };
  }

  complain(option: string, message: string): undefined {
    this.problems.push({ code: 'bad-value', message, file: 'options', path: [option], line: 0, col: 0 });
    return undefined;
  }
}

/** For an option that can be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The same with several values in one, separated by commas. */
export function collectList(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',').filter((each) => each !== '')];
}

/** For a flag that counts: -v, -vv. */
export function count(_: string, before: number): number {
  return before + 1;
}
