/** How one option is given on a rule line. */
export interface OptionSpec {
  /** Words that follow it. */
  readonly args: 0 | 1 | 2;
  /** Whether `!` may stand before it. */
  readonly invertible: boolean;
}

/** `--random` */
export const FLAG: OptionSpec = { args: 0, invertible: false };
/** `[!] --syn` */
export const NOT_FLAG: OptionSpec = { args: 0, invertible: true };
/** `--name N` */
export const VALUE: OptionSpec = { args: 1, invertible: false };
/** `[!] --dport P` */
export const NOT_VALUE: OptionSpec = { args: 1, invertible: true };

/** The options of one extension; an alias names the option that it stands for. */
export type Options = Readonly<Record<string, OptionSpec | string>>;

/** The options of `O` that are no aliases. */
export type OptionName<O extends Options> = {
  [K in keyof O]: O[K] extends string ? never : K;
}[keyof O] &
  string;

/** The option that `word` is, aliases resolved; undefined when it is none of them. */
export function exactOption(options: Options, word: string): string | undefined {
  if (!Object.hasOwn(options, word)) return undefined;
  const found = options[word];
  return typeof found === 'string' ? found : word;
}

/**
 * The option that `word` is short for, as getopt_long(3) takes `--to` for `--to-destination`; undefined when it could
 * be several, or none.
 */
export function abbreviatedOption(options: Options, word: string): string | undefined {
  if (!word.startsWith('--') || word.length < 3) return undefined;
  let found: string | undefined;
  for (const name of Object.keys(options)) {
    if (!name.startsWith(word)) continue;
    const option = exactOption(options, name);
    if (found !== undefined && found !== option) return undefined;
    found = option;
  }
  return found;
}

/** How the option is given; throws for a name that {@link exactOption} did not return. */
export function specOf(options: Options, option: string): OptionSpec {
  const spec = options[option];
  if (spec === undefined || typeof spec === 'string') throw new Error(`${option} is no option of its own`);
  return spec;
}
