import type { Tell } from './calico-issue.js';

/** How a value of Calico's API is written; it is read as a `V`. */
export type Form<V = unknown> = { readonly reads?: V } & (
  | { readonly form: 'boolean' }
  /** What each word is read as; undefined: as if it were not there. */
  | { readonly form: 'word'; readonly words: Readonly<Record<string, V>> }
  | ({ readonly form: 'number' } & Bounds)
  | TextForm
  | { readonly form: 'list'; readonly of: Form }
  /** A map with one key; its value alone will do, in place of the map. */
  | { readonly form: 'only'; readonly of: MapForm; readonly expected: string }
  | MapForm
);

/** A whole number, `min` and `max` included. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Completes "expected …, found …", as everywhere here. */
  readonly expected: string;
}

/** Text that stands for something. */
export interface TextForm {
  readonly form: 'text';
  readonly of:
    | 'text'
    | 'selector'
    | 'AS'
    | 'duration'
    | 'community'
    | 'subnet'
    | 'IPv4 subnet'
    | 'address'
    | 'peer'
    | 'ports';
  readonly expected: string;
  readonly pattern?: RegExp;
  /** It may be written as a number too. */
  readonly number?: Bounds;
}

/** A map of fields, read as a `T`. */
export interface MapForm<T = unknown> extends Further<T> {
  readonly form: 'map';
  readonly reads?: T;
  readonly fields: Readonly<Record<string, Field>>;
}

/** What else there is to a map. */
interface Further<T> {
  /** Fields that change packets' paths and are not modelled. */
  readonly unmodelled?: Readonly<Record<string, Unmodelled>>;
  /** Names of those that change none: of logs, health, timers, IPv6 and the like. With blanks between. */
  readonly unread?: string;
  /** Tells what does not fit together of fields that are each alright. */
  check?(value: T, tell: Tell): void;
}

/** `fine`: the values under which packets go as if the field were not there. */
export type Unmodelled = { readonly fine: readonly unknown[] } & Partial<Pick<FieldForm<unknown>, 'form' | 'about'>>;

interface FieldForm<V> {
  readonly form: Form<V>;
  /** What an editor shows for it. */
  readonly about: string;
  /** 0 is the same as nothing; empty text always is. */
  readonly zero?: 'nothing';
  /** Calico refuses to change it. */
  readonly fixed?: true;
}

/** A field that must be there, or what it is where nothing is said. */
export type Field<V = unknown> = FieldForm<V> & ({ readonly required: true } | { readonly otherwise: V });

/** The fields that make a `T`. */
export type FieldsOf<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** A field that may be left out. */
export function field<V>(
  form: Form<V>,
  otherwise: V,
  about: string,
  more: Pick<FieldForm<V>, 'zero' | 'fixed'> = {},
): Field<V> {
  return { form, otherwise, about, ...more };
}

/** A field that must be there. */
export function required<V>(form: Form<V>, about: string, more: Pick<FieldForm<V>, 'fixed'> = {}): Field<V> {
  return { form, required: true, about, ...more };
}

/** A map, of which more may be known than its fields. */
export function mapOf<T>(fields: FieldsOf<T>, further: Further<T> = {}): MapForm<T> {
  return { form: 'map', fields: { ...fields } as Readonly<Record<string, Field>>, ...further };
}

/** A list; what of it is read as nothing is left out. */
export function listOf<V>(of: Form<V | undefined>): Form<readonly V[]> {
  return { form: 'list', of };
}

/** Words that are read as themselves. */
export function wordOf<const W extends string>(...words: readonly W[]): Form<W> {
  const each = Object.fromEntries(words.map((word) => [word, word]));
  return { form: 'word', words: each as Record<W, W> };
}

/** A whole number from `min` to `max`. */
export function numberOf(min: number, max: number, expected: string): Form<number> {
  return { form: 'number', min, max, expected };
}

/** Text of a form; any that matches `pattern`, where there is one, may be that. */
export function textOf<V = string>(
  of: TextForm['of'],
  expected: string,
  further: Pick<TextForm, 'pattern' | 'number'> = {},
): Form<V> {
  return { form: 'text', of, expected, ...further };
}

/** Any text. */
export function anyText(expected: string): Form<string> {
  return textOf('text', expected);
}
