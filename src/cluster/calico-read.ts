import {
  formatPrefix,
  type Ipv4,
  type Ipv4Prefix,
  parseAddress,
  parseAnyPrefix,
  parseIpv4,
  parsePrefix,
} from '../address/index.js';
import { showValue } from '../problem/index.js';
import { tellCommunity } from './calico-check.js';
import type { Bounds, Field, Form, MapForm, TextForm } from './calico-form.js';
import type { SpecPath, Tell } from './calico-issue.js';
import { parseSelector } from './calico-selector.js';
import { parseASNumber, parseDuration } from './calico-text.js';

/**
 * Reads a value that is written in a form. What is wrong with it or not modelled of it is told, with paths that begin
 * with `path`; undefined where nothing can be made of it.
 */
export function readForm<V>(form: Form<V>, value: unknown, path: SpecPath, tell: Tell): V | undefined {
  return read(form, value, path, tell) as V | undefined;
}

/**
 * What an object is after a merge patch of its spec (RFC 7396): a key of null takes its default, a list or map is replaced
 * as a whole. undefined where something was told.
 */
export function patchForm<T extends object>(
  form: MapForm<T>,
  object: T,
  patch: Readonly<Record<string, unknown>>,
  tell: Tell,
): T | undefined {
  let refused = false;
  const told: Tell = (issue) => {
    refused = true;
    tell(issue);
  };
  const fields = fieldsOf(form);
  for (const key of Object.keys(patch))
    if (fields.get(key)?.fixed === true)
      told({ path: [key], code: 'bad-value', message: 'can not be changed once the object is made' });
  const patched = { ...object, ...readGiven(form, patch, [], told) };
  if (!refused) form.check?.(patched, told);
  return refused ? undefined : patched;
}

/** What a map of a form is where nothing is said; what must be said is not there. */
export function defaultsOf<T>(form: MapForm<T>): T {
  return defaults(form) as T;
}

function defaults(form: MapForm): Values {
  const said = [...fieldsOf(form)].flatMap(([key, field]) => ('otherwise' in field ? [[key, field.otherwise]] : []));
  return Object.fromEntries(said);
}

function fieldsOf(form: MapForm): ReadonlyMap<string, Field> {
  return new Map(Object.entries(form.fields));
}

function read(form: Form, value: unknown, path: SpecPath, tell: Tell): unknown {
  switch (form.form) {
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse('true or false', value, path, tell);
    case 'word':
      if (typeof value === 'string' && Object.hasOwn(form.words, value)) return form.words[value];
      return refuseWord(Object.keys(form.words), value, path, tell);
    case 'number':
      return isWithin(form, value) ? value : refuse(form.expected, value, path, tell);
    case 'text': {
      const { expected, pattern, number } = form;
      const text = number !== undefined && isWithin(number, value) ? String(value) : value;
      if (typeof text !== 'string' || pattern?.test(text) === false) return refuse(expected, value, path, tell);
      return readText(form, text, path, tell);
    }
    case 'list':
      if (!Array.isArray(value)) return refuse('a list', value, path, tell);
      return value.map((each, i) => read(form.of, each, [...path, i], tell)).filter((each) => each !== undefined);
    case 'only': {
      const [[key, field] = []] = fieldsOf(form.of);
      if (key === undefined || field === undefined) throw new Error('a map of one key has none');
      return isMap(value) ? readMap(form.of, value, path, tell)?.[key] : read(field.form, value, path, tell);
    }
    case 'map':
      return isMap(value) ? readMap(form, value, path, tell) : refuse('a map', value, path, tell);
  }
}

type Values = Readonly<Record<string, unknown>>;

function readMap(form: MapForm, said: Values, path: SpecPath, tell: Tell): Values | undefined {
  let doubtful = false;
  const given = readGiven(form, said, path, (issue) => {
    // What can't be read is as if it were not there: whether that fits together says nothing.
    if ('code' in issue && issue.code !== 'unknown-key') doubtful = true;
    tell(issue);
  });
  const lost = [...fieldsOf(form)].flatMap(([key, field]) =>
    'required' in field && given[key] === undefined ? [key] : [],
  );
  for (const key of lost)
    if (isNothing(said[key]))
      tell({ path: [...path, key], code: 'missing', message: 'expected a value, found nothing' });
  if (lost.length > 0) return undefined;
  const value = { ...defaults(form), ...given };
  if (!doubtful) form.check?.(value, (issue) => tell({ ...issue, path: [...path, ...issue.path] }));
  return value;
}

/** Of the fields of a map those that are there: what says nothing has its default. */
function readGiven(form: MapForm, said: Values, path: SpecPath, tell: Tell): Values {
  const fields = fieldsOf(form);
  const entries = Object.entries(said).flatMap(([key, value]) => {
    const field = fields.get(key);
    if (field !== undefined) return [[key, readField(field, value, [...path, key], tell)]];
    tellUnread(form, key, value, path, tell);
    return [];
  });
  return Object.fromEntries(entries);
}

function readField(field: Field, value: unknown, path: SpecPath, tell: Tell): unknown {
  const otherwise = 'otherwise' in field ? field.otherwise : undefined;
  if (isNothing(value)) return otherwise;
  const found = read(field.form, value, path, tell);
  return found === undefined || (found === 0 && field.zero === 'nothing') ? otherwise : found;
}

function tellUnread(map: MapForm, key: string, value: unknown, path: SpecPath, tell: Tell): void {
  const own = [...path, key];
  const { fields, unmodelled = {}, unread = '' } = map;
  if (Object.hasOwn(unmodelled, key)) {
    const form = unmodelled[key]?.form;
    if (form !== undefined && !isNothing(value) && read(form, value, own, tell) === undefined) return;
    const isEmpty = isNothing(value) || (Array.isArray(value) && value.length === 0);
    if (isEmpty || unmodelled[key]?.fine.includes(value) === true) return;
    tell({ path: own, unmodelled: own.filter((step) => typeof step === 'string').join(': ') });
  } else if (!unread.split(' ').includes(key)) {
    const near = { word: key, known: Object.keys({ ...fields, ...unmodelled }) };
    tell({ path: own, code: 'unknown-key', message: 'unknown key', near });
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function readText({ of, expected }: TextForm, text: string, path: SpecPath, tell: Tell): unknown {
  switch (of) {
    case 'text':
      return text;
    case 'selector': {
      const read = parseSelector(text);
      if (!('message' in read)) return text;
      const message = `no selector: ${read.message}, at character ${read.offset + 1} of "${text}"`;
      tell({ path, code: 'bad-value', message });
      return undefined;
    }
    case 'AS':
      return parseASNumber(text) || refuse(expected, text, path, tell);
    case 'duration':
      return parseDuration(text) ?? refuse(expected, text, path, tell);
    case 'community':
      return tellCommunity(text, path, tell);
    case 'address':
      return parseIpv4(text) ?? refuse(expected, text, path, tell, 'bad-address');
    case 'subnet':
    case 'IPv4 subnet':
      return readSubnet(of, text, path, tell);
    case 'peer':
      return readPeerIP(expected, text, path, tell);
    case 'ports': {
      const [min = 0, max = min] = text.split(':').map(Number);
      return min >= 1 && min <= max && max <= 65535 ? { min, max } : refuse(expected, text, path, tell);
    }
  }
}

/** Without bits outside its length; one of IPv6 is not modelled, or has its place in another field. */
function readSubnet(of: 'subnet' | 'IPv4 subnet', text: string, path: SpecPath, tell: Tell): Ipv4Prefix | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    if (of === 'subnet' && parseAnyPrefix(text) !== undefined) tell({ path, unmodelled: `IPv6 prefix ${text}` });
    else refuse(of === 'subnet' ? 'a subnet such as 10.244.0.0/16' : 'an IPv4 subnet', text, path, tell, 'bad-address');
    return undefined;
  }
  const masked = formatPrefix(prefix);
  const message = `${text} has bits set outside its length; write ${masked}`;
  if (masked !== text) tell({ path, code: 'bad-value', message });
  return prefix;
}

/** `192.168.56.1`, or with the port of BGP behind it. */
function readPeerIP(expected: string, text: string, path: SpecPath, tell: Tell): Ipv4 | undefined {
  const [, host = '', port] = /^([\d.]+):(\d+)$/.exec(text) ?? [undefined, text];
  const address = parseIpv4(host);
  if (address === undefined) {
    if (parseAddress(host.replace(/^\[|\](:\d+)?$/g, '')) === undefined)
      return refuse(expected, text, path, tell, 'bad-address');
    tell({ path, unmodelled: `peerIP: ${text}, which is IPv6` });
    return undefined;
  }
  // validateIPPort(), libcalico-go 3.21 lib/validator/v3: an uint16, and not 0.
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535))
    return refuse('a port, 1 to 65535, behind the address', text, path, tell);
  if (port !== undefined && Number(port) !== 179) tell({ path, unmodelled: `peerIP: port ${port}` });
  return address;
}

function refuse(
  expected: string,
  value: unknown,
  path: SpecPath,
  tell: Tell,
  code: 'bad-value' | 'bad-address' = 'bad-value',
): undefined {
  tell({ path, code, message: `expected ${expected}, found ${showValue(value)}` });
}

function refuseWord(words: readonly string[], value: unknown, path: SpecPath, tell: Tell): undefined {
  const expected = words.length < 2 ? `"${words[0]}"` : `one of ${words.join(', ')}`;
  const message = `expected ${expected}, found ${showValue(value)}`;
  const near = typeof value === 'string' ? { near: { word: value, known: words } } : {};
  tell({ path, code: 'bad-value', message, ...near });
}

function isWithin({ min, max }: Bounds, value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
