import type { Problem } from './problem.js';
import { didYouMean } from './suggest.js';

/** What was expected in place of a value; undefined when the value is that. */
export type Expected = (value: unknown) => string | undefined;

/** The keys that an object may have. */
export interface Shape {
  readonly keys: Readonly<Record<string, Expected>>;
  /** Those of them that must be there. */
  readonly required: readonly string[];
  /** Other names that a key goes by elsewhere, and its own. */
  readonly meant?: Readonly<Record<string, string>>;
}

/** A problem with an argument of a function: it stands in no file. */
export function argumentProblem(
  argument: string,
  path: readonly (string | number)[],
  code: Problem['code'],
  message: string,
): Problem {
  return { code, message, file: argument, path, line: 0, col: 0 };
}

/** Problems with an argument that has to be an object of a shape. `argument` is what the problems call it. */
export function checkShape(
  value: unknown,
  { keys, required, meant = {} }: Shape,
  argument: string,
  path: readonly (string | number)[] = [],
): Problem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [argumentProblem(argument, path, 'bad-type', `expected an object, found ${showValue(value)}`)];
  const given = Object.entries(value).filter(([, each]) => each !== undefined);
  const problems = given.flatMap(([key, each]) => {
    const check = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (check === undefined) {
      const names = Object.keys(keys);
      const own = Object.hasOwn(meant, key) ? `; did you mean "${meant[key]}"?` : didYouMean(key, names);
      const hint = own === '' ? `; expected one of ${names.join(', ')}` : own;
      return [argumentProblem(argument, [...path, key], 'unknown-key', `unknown key${hint}`)];
    }
    const expected = check(each);
    if (expected === undefined) return [];
    return [argumentProblem(argument, [...path, key], 'bad-value', `expected ${expected}, found ${showValue(each)}`)];
  });
  for (const key of required) {
    if (given.some(([each]) => each === key)) continue;
    const expected = keys[key]?.(undefined) ?? 'a value';
    problems.push(argumentProblem(argument, [...path, key], 'missing', `expected ${expected}, found nothing`));
  }
  return problems;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): Expected {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `a number from ${min} to ${max}`;
}

/** Text that is not empty. `what` completes "expected …". */
export function textOf(what: string): Expected {
  return (value) => (typeof value === 'string' && value !== '' ? undefined : what);
}

/** true or false. */
export const flag: Expected = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

/** One word of a closed list. */
export function wordOf(words: readonly string[]): Expected {
  return (value) => {
    if (typeof value === 'string' && words.includes(value)) return undefined;
    return `one of ${words.join(', ')}`;
  };
}

/** A value of an argument, short enough for a line. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (Array.isArray(value)) return 'a list';
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
