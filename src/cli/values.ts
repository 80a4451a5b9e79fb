import { InvalidArgumentError } from 'commander';

/** A parser of a whole number for an option. */
export function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
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
