/** One thing wrong with an input. `code` is for programs and tests, `message` for people. */
export interface Problem {
  readonly code: ProblemCode;
  /** What was found, what was expected, and the fix where there is just one. */
  readonly message: string;
  /** The file's name as the user gave it, or a name such as `--exec` for text from elsewhere. */
  readonly file: string;
  /** From the document's root to the value: `['nodes', 2, 'address']`; empty for line-based text. */
  readonly path: readonly (string | number)[];
  /** 1-based position of the value; of the parent when the value is missing; 0 for what stands in no file. */
  readonly line: number;
  readonly col: number;
}

/** The closed list of what can be wrong with an input. */
export type ProblemCode =
  | 'missing'
  | 'bad-type'
  | 'bad-value'
  | 'bad-address'
  | 'unknown-key'
  | 'unknown-name'
  | 'conflict'
  | 'syntax'
  /** A command that its tool understands, and that the kernel does not carry out. */
  | 'refused'
  | 'unreadable';

/** What a reader gives: the value, or everything that is wrong, never half of each. */
export type Read<T> = { readonly value: T } | { readonly problems: readonly [Problem, ...Problem[]] };

/** Thrown by the outermost doors only (`loadLab`); carries all problems. */
export class InputError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'InputError';
    this.problems = problems;
  }
}

/** Writes `lab.yaml:7:14: nodes[2].address: …`, a form that editors and terminals make clickable. */
export function formatProblem(p: Problem): string {
  const path = formatPath(p.path);
  const place = p.line === 0 ? p.file : `${p.file}:${p.line}:${p.col}`;
  return `${place}: ${path === '' ? '' : `${path}: `}${p.message}`;
}

/** Writes `nodes[2].address`. */
export function formatPath(path: Problem['path']): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('');
}

/** The value if there is no problem, else all problems. */
export function readResult<T>(value: T, problems: readonly Problem[]): Read<T> {
  const [first, ...rest] = problems;
  return first === undefined ? { value } : { problems: [first, ...rest] };
}
