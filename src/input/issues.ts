import type { core } from 'zod/mini';
import { didYouMean, nearest, type Problem } from '../problem/index.js';
import { valueAt } from './value-at.js';
import type { Path, YamlDocument } from './yaml.js';

/** Zod's issues with a document as problems: positioned, and worded alike. */
export function problemsOf(issues: readonly core.$ZodIssue[], document: YamlDocument, file: string): Problem[] {
  const found = issues.flatMap((issue) => problemsOfIssue(issue, [], document, file));
  // A key that is nearly the missing one is the missing one: say it once.
  const meant = new Set(found.flatMap((each) => each.meant ?? []));
  return found
    .filter((each) => each.code !== 'missing' || !meant.has(pathKey(each.path)))
    .map(({ meant: _, ...p }) => p);
}

/** A problem, and the path of the key that an unknown one probably stands for. */
type Found = Problem & { readonly meant?: string };

function problemsOfIssue(issue: core.$ZodIssue, base: Path, document: YamlDocument, file: string): Found[] {
  const path: Path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  const value = valueAt(document.value, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, issue.message.split(' '), path, document, file));
    case 'invalid_key': {
      const expected = issue.issues[0]?.message ?? 'another name';
      const message = `expected ${expected}, found "${String(path.at(-1))}"`;
      return [{ code: 'bad-value', message, file, path, ...document.keyPosition(path) }];
    }
    case 'invalid_union': {
      const option = optionFor(issue.errors, value);
      if (option !== undefined) return option.flatMap((inner) => problemsOfIssue(inner, path, document, file));
      break;
    }
    default:
      break;
  }
  const missing = value === undefined;
  const code = missing ? 'missing' : CODES[issue.code];
  const message = `expected ${expectedBy(issue)}, found ${show(value)}${hintFor(issue, value)}`;
  return [{ code, message, file, path, ...document.positionOf(path) }];
}

const CODES: Readonly<Record<Exclude<core.$ZodIssue['code'], undefined>, Problem['code']>> = {
  invalid_type: 'bad-type',
  invalid_union: 'bad-type',
  invalid_format: 'bad-value',
  invalid_value: 'bad-value',
  too_small: 'bad-value',
  too_big: 'bad-value',
  not_multiple_of: 'bad-value',
  invalid_key: 'bad-value',
  invalid_element: 'bad-value',
  unrecognized_keys: 'unknown-key',
  custom: 'bad-value',
};

/** What a key is called in other entries, or by Kubernetes. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  address: ['ip'],
  podIP: ['ip'],
  ip: ['address'],
  nodeName: ['node'],
  containerPort: ['ports'],
  subnet: ['address'],
};

function unknownKey(key: string, known: readonly string[], parent: Path, document: YamlDocument, file: string): Found {
  const path = [...parent, key];
  const near = SYNONYMS[key]?.find((each) => known.includes(each)) ?? nearest(key, known);
  const hint = near === undefined ? `expected one of ${known.join(', ')}` : `did you mean "${near}"?`;
  const message = `unknown key; ${hint}`;
  const problem: Problem = { code: 'unknown-key', message, file, path, ...document.keyPosition(path) };
  return near === undefined ? problem : { ...problem, meant: pathKey([...parent, near]) };
}

/** Of a shorthand and its long form the one that was tried: the only one whose kind of value it is. */
function optionFor(
  options: readonly (readonly core.$ZodIssue[])[],
  value: unknown,
): readonly core.$ZodIssue[] | undefined {
  const fitting = options.filter((issues) => isOfKind(issues, value));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Whether a value is of the kind that an option of a union wants, and only wrong within: a map is no word of a list. */
export function isOfKind(issues: readonly core.$ZodIssue[], value: unknown): boolean {
  return !issues.some(
    ({ path, code }) =>
      path.length === 0 &&
      (code === 'invalid_type' || (code === 'invalid_value' && typeof value === 'object' && value !== null)),
  );
}

/** Zod's own message where the schema gives none. */
const NO_MESSAGE = 'Invalid input';

function expectedBy(issue: core.$ZodIssue): string {
  if (issue.message !== NO_MESSAGE) return issue.message;
  if (issue.code === 'invalid_type') return EXPECTED.get(issue.expected) ?? issue.expected;
  return 'another value';
}

/** The word of a closed list that a wrong one is nearest to. */
function hintFor(issue: core.$ZodIssue, value: unknown): string {
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return '';
  return didYouMean(value, issue.values.map(String));
}

const EXPECTED = new Map<string, string>([
  ['string', 'text'],
  ['array', 'a list'],
  ['object', 'a map'],
  ['record', 'a map'],
  ['int', 'a whole number'],
]);

/** What was found, short enough for a line. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}
