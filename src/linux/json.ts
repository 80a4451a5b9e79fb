import { type Ipv4, type Ipv4Prefix, parseIpv4, parsePrefix } from '../address/index.js';
import type { Problem, ProblemCode } from '../problem/index.js';
import { type JsonPath, jsonError, jsonOffset, positionAt, type TextPosition } from './json-scan.js';
import type { Source } from './source.js';

/**
 * The objects of the list that a tool prints with `-j`. What is malformed becomes a problem and is left out; fields
 * that nobody asks for do not matter.
 */
export function jsonRecords(source: Source, problems: Problem[]): JsonRecord[] {
  const parsed = parseJson(source, problems);
  if (parsed === undefined) return [];
  return new JsonRecord(source, problems, [], {}).entries(parsed.value, []);
}

/** The object that a JSON document is, such as a configuration file; undefined, and a problem, when it is none. */
export function jsonObject(source: Source, problems: Problem[]): JsonRecord | undefined {
  const parsed = parseJson(source, problems);
  if (parsed === undefined) return undefined;
  if (isObject(parsed.value)) return new JsonRecord(source, problems, [], parsed.value);
  return new JsonRecord(source, problems, [], {}).fail(
    '',
    `expected an object, found ${describe(parsed.value)}`,
    'bad-type',
  );
}

/** Any JSON text; undefined, and a problem with line and column, when it is not well-formed. */
function parseJson(source: Source, problems: Problem[]): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(source.text) as unknown };
  } catch {
    const at = jsonError(source.text) ?? 0;
    const found = at >= source.text.length ? 'the text ends' : `found ${JSON.stringify(source.text[at])}`;
    const message = `not well-formed JSON: ${found} where something else was expected`;
    problems.push({ code: 'syntax', message, file: source.file, path: [], ...positionAt(source.text, at) });
    return undefined;
  }
}

/** One object of a JSON document. Asking for a field of the wrong type gives undefined, and a problem at its place. */
export class JsonRecord {
  readonly #source: Source;
  readonly #problems: Problem[];
  readonly #path: JsonPath;
  readonly #at: TextPosition | undefined;
  readonly fields: Readonly<Record<string, unknown>>;

  /** @param at where all problems are, of an object that is no JSON text. */
  constructor(
    source: Source,
    problems: Problem[],
    path: JsonPath,
    fields: Readonly<Record<string, unknown>>,
    at?: TextPosition,
  ) {
    this.#source = source;
    this.#problems = problems;
    this.#path = path;
    this.#at = at;
    this.fields = fields;
  }

  /** Whether the field is there at all: iproute2 prints some flags as `"nop": null`. */
  has(key: string): boolean {
    return Object.hasOwn(this.fields, key);
  }

  /** Notes a problem at a field, or at the object when `key` is empty or missing in it. */
  fail(key: string, message: string, code: ProblemCode = 'bad-value'): undefined {
    const path = key === '' ? this.#path : [...this.#path, key];
    const { file, text } = this.#source;
    this.#problems.push({ code, message, file, path, ...(this.#at ?? positionAt(text, jsonOffset(text, path))) });
    return undefined;
  }

  /** A text, or undefined when there is none. */
  string(key: string): string | undefined {
    const value = this.#present(key);
    if (value === undefined || typeof value === 'string') return value;
    return this.#mistyped(key, 'a text', value);
  }

  /** A text that has to be there; the empty one stands for it when it is not. */
  requiredString(key: string): string {
    const value = this.string(key);
    if (value === undefined && !this.has(key)) this.fail(key, `"${key}" is missing`, 'missing');
    return value ?? '';
  }

  number(key: string): number | undefined {
    const value = this.#present(key);
    if (value === undefined || typeof value === 'number') return value;
    return this.#mistyped(key, 'a number', value);
  }

  requiredNumber(key: string): number {
    const value = this.number(key);
    if (value === undefined && !this.has(key)) this.fail(key, `"${key}" is missing`, 'missing');
    return value ?? 0;
  }

  /** A number, or a text that spells one: iproute2 prints many as `"0x10"` or `"100"`. */
  spelledNumber(key: string): number | undefined {
    const value = this.#present(key);
    if (value === undefined || typeof value === 'number') return value;
    const number = typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
    return Number.isInteger(number) && number >= 0 ? number : this.#mistyped(key, 'a number', value);
  }

  /** `true` or `false`; some tools print 0 and 1. */
  boolean(key: string): boolean | undefined {
    const value = this.#present(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return typeof value === 'number' ? value !== 0 : this.#mistyped(key, 'true or false', value);
  }

  /** A list of texts; the empty list when there is none. */
  strings(key: string): readonly string[] {
    const value = this.#present(key);
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.#mistyped(key, 'a list of texts', value);
    return [];
  }

  /** The object below a key. */
  record(key: string): JsonRecord | undefined {
    const value = this.#present(key);
    if (value === undefined) return undefined;
    return isObject(value)
      ? new JsonRecord(this.#source, this.#problems, [...this.#path, key], value)
      : this.#mistyped(key, 'an object', value);
  }

  /** The objects of a list below a key; the empty list when there is none. */
  records(key: string): JsonRecord[] {
    const value = this.#present(key);
    return value === undefined ? [] : this.entries(value, [...this.#path, key]);
  }

  /** The objects of the lists of a list below a key. */
  lists(key: string): JsonRecord[][] {
    const value = this.#present(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.#mistyped(key, 'a list of lists', value);
      return [];
    }
    return value.map((list: unknown, index) => this.entries(list, [...this.#path, key, index]));
  }

  /** An IPv4 address. */
  ipv4(key: string): Ipv4 | undefined {
    const text = this.string(key);
    if (text === undefined) return undefined;
    return parseIpv4(text) ?? this.fail(key, `expected an IPv4 address, found "${text}"`, 'bad-address');
  }

  /** An IPv4 prefix; bits behind its length are cleared. */
  prefix(key: string): Ipv4Prefix | undefined {
    const text = this.string(key);
    if (text === undefined) return undefined;
    return parsePrefix(text) ?? this.fail(key, `expected an IPv4 prefix, found "${text}"`, 'bad-address');
  }

  /** The objects of a list, each with the way to it. */
  entries(value: unknown, path: JsonPath): JsonRecord[] {
    const here = new JsonRecord(this.#source, this.#problems, path, {});
    if (!Array.isArray(value)) {
      here.fail('', `expected a list of objects, found ${describe(value)}`, 'bad-type');
      return [];
    }
    return value.flatMap((item: unknown, index) => {
      const at = [...path, index];
      if (isObject(item)) return [new JsonRecord(this.#source, this.#problems, at, item)];
      new JsonRecord(this.#source, this.#problems, at, {}).fail(
        '',
        `expected an object, found ${describe(item)}`,
        'bad-type',
      );
      return [];
    });
  }

  #present(key: string): unknown {
    const value = Object.hasOwn(this.fields, key) ? this.fields[key] : undefined;
    return value === null ? undefined : value;
  }

  #mistyped(key: string, expected: string, value: unknown): undefined {
    return this.fail(key, `expected ${expected}, found ${describe(value)}`, 'bad-type');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
