import { didYouMean, type ProblemCode } from '../../problem/index.js';

/** One option of a network plug-in: how it is read, and what it is when it is not given. */
export interface OptionSpec<T> {
  readonly default: T;
  /** What to write, for a message: `a number from 1 to 16777215`. */
  readonly expected: string;
  readonly description: string;
  /** undefined for a value that is none. */
  read(value: unknown): T | undefined;
}

/** Options by the names that the real program's configuration has. */
export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;

/** What a set of options is read to. */
export type OptionValues<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends OptionSpec<infer T> ? T : never;
};

/** What is wrong with an option. Whoever read it from a file knows where it stands. */
export interface OptionProblem {
  readonly code: ProblemCode;
  /** As it was written. */
  readonly option: string;
  readonly message: string;
}

/** A whole number within bounds; `undefined` as its default lets the program choose. */
export function numberOption<D extends number | undefined>(
  fallback: D,
  min: number,
  max: number,
  description: string,
): OptionSpec<number | D> {
  return {
    default: fallback,
    expected: `a number from ${min} to ${max}`,
    description,
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
  };
}

/** true or false. */
export function switchOption(fallback: boolean, description: string): OptionSpec<boolean> {
  return {
    default: fallback,
    expected: 'true or false',
    description,
    read: (value) => (typeof value === 'boolean' ? value : undefined),
  };
}

/** The name of a network device. */
export function deviceOption(description: string): OptionSpec<string | undefined> {
  return {
    default: undefined,
    expected: 'the name of a network device, of at most 15 characters',
    description,
    read: (value) => (typeof value === 'string' && /^[^\s/]{1,15}$/.test(value) ? value : undefined),
  };
}

/**
 * Reads options by their specs. Case and dashes make no difference: flannel's JSON is read without regard to case, and
 * its flags are the same words with dashes (`DirectRouting`, `--ip-masq`).
 */
export function readOptions<S extends OptionSpecs>(
  specs: S,
  given: Readonly<Record<string, unknown>>,
): { readonly values: OptionValues<S> } | { readonly problems: readonly OptionProblem[] } {
  const problems: OptionProblem[] = [];
  const values: Record<string, unknown> = {};
  const names = new Map(Object.keys(specs).map((name) => [plain(name), name]));
  for (const [name, spec] of Object.entries(specs)) values[name] = spec.default;
  const seen = new Set<string>();
  for (const [option, value] of Object.entries(given)) {
    const name = names.get(plain(option));
    const spec = name === undefined ? undefined : specs[name];
    if (name === undefined || spec === undefined) {
      problems.push({
        code: 'unknown-key',
        option,
        message: `no such option${didYouMean(option, Object.keys(specs))}`,
      });
      continue;
    }
    if (seen.has(name)) problems.push({ code: 'conflict', option, message: `${name} is given twice` });
    seen.add(name);
    const read = spec.read(value);
    if (read === undefined)
      problems.push({
        code: 'bad-value',
        option,
        message: `expected ${spec.expected}, found ${JSON.stringify(value)}`,
      });
    else values[name] = read;
  }
  return problems.length > 0 ? { problems } : { values: values as OptionValues<S> };
}

function plain(name: string): string {
  return name.replaceAll('-', '').toLowerCase();
}
