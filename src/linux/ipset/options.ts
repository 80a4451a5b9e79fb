import { formatIpv4, type Ipv4, netmask, parseIpv4 } from '../../address/index.js';
import { didYouMean } from '../../problem/index.js';
import type { Ipset } from './ipset.js';
import { parseAddressSpan, portRange, type Range } from './member.js';
import type { IpsetType } from './type.js';

/** Options of `create` in the order in which `ipset save` prints them, with the number of words that follow each. */
const CREATE: ReadonlyMap<string, 0 | 1> = new Map([
  ['range', 1],
  ['markmask', 1],
  ['hashsize', 1],
  ['maxelem', 1],
  ['netmask', 1],
  ['bitmask', 1],
  ['size', 1],
  ['timeout', 1],
  ['counters', 0],
  ['comment', 0],
  ['skbinfo', 0],
  ['forceadd', 0],
  ['bucketsize', 1],
  ['initval', 1],
]);

/** Options of `add`, likewise, with the option of the set that allows them. */
const ADD: ReadonlyMap<string, { readonly args: 0 | 1; readonly needs: string | undefined }> = new Map([
  ['timeout', { args: 1, needs: 'timeout' }],
  ['nomatch', { args: 0, needs: undefined }],
  ['wildcard', { args: 0, needs: undefined }],
  ['packets', { args: 1, needs: 'counters' }],
  ['bytes', { args: 1, needs: 'counters' }],
  ['comment', { args: 1, needs: 'comment' }],
  ['skbmark', { args: 1, needs: 'skbinfo' }],
  ['skbprio', { args: 1, needs: 'skbinfo' }],
  ['skbqueue', { args: 1, needs: 'skbinfo' }],
  ['before', { args: 1, needs: undefined }],
  ['after', { args: 1, needs: undefined }],
]);

/** Options by name; the value is empty for those that have none. */
export type IpsetOptions = ReadonlyMap<string, string>;

/** Splits the words behind a type or a member into options. */
export function parseOptions(
  words: readonly string[],
  kind: 'create' | 'add',
): { readonly options: IpsetOptions } | { readonly wrong: string } {
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const name = words[at] ?? '';
    const args = kind === 'create' ? CREATE.get(name) : ADD.get(name)?.args;
    if (args === undefined) {
      const known = kind === 'create' ? CREATE.keys() : ADD.keys();
      return { wrong: `unknown option "${name}"${didYouMean(name, known)}` };
    }
    const value = args === 0 ? '' : words[++at];
    if (value === undefined || (args === 1 && value === '')) return { wrong: `the value of "${name}" is missing` };
    options.set(name, value);
  }
  return { options };
}

/** The words of a new set, with what the kernel adds by itself, in the order of `ipset save`. */
export function createWords(type: IpsetType, options: IpsetOptions): readonly string[] | { readonly wrong: string } {
  const all = new Map(options);
  if (type.bitmap) {
    const range = normalRange(type, options.get('range'));
    if (range === undefined) return { wrong: 'the option "range" is missing, or no range' };
    all.set('range', range);
  } else if (type.parts[0] === 'set') {
    // IP_SET_LIST_MIN_SIZE
    all.set('size', `${Math.max(4, Number(options.get('size') ?? 8))}`);
  } else {
    // A hash has a power of two of buckets, at least 64 (IPSET_MIMINAL_HASHSIZE).
    const size = Math.max(64, Number(options.get('hashsize') ?? 1024));
    all.set('hashsize', `${2 ** Math.ceil(Math.log2(size))}`);
    all.set('maxelem', options.get('maxelem') ?? '65536');
    if (options.get('netmask') === '32') all.delete('netmask');
  }
  for (const name of ['hashsize', 'maxelem', 'timeout', 'size', 'netmask'])
    if (all.has(name) && !/^\d{1,10}$/.test(all.get(name) ?? '')) return { wrong: `"${name}" must be a number` };
  return wordsOf(all, CREATE.keys());
}

const NO_WORDS: readonly string[] = [];

/** The words of a new member, with what the kernel adds by itself; or why the set can't take them. */
export function memberWords(
  type: IpsetType,
  set: IpsetOptions,
  given: IpsetOptions,
): readonly string[] | { readonly wrong: string } {
  if (given.size === 0 && !set.has('timeout') && !set.has('counters')) return NO_WORDS;
  const all = new Map(given);
  for (const name of given.keys()) {
    const needs = ADD.get(name)?.needs;
    if (needs !== undefined && !set.has(needs))
      return { wrong: `"${name}" needs a set that was created with "${needs}"` };
    if (name === 'nomatch' && !type.nomatch) return { wrong: '"nomatch" needs a type with "net"' };
    if (name === 'timeout' && !/^\d{1,10}$/.test(given.get(name) ?? '')) return { wrong: '"timeout" must be a number' };
  }
  const timeout = set.get('timeout');
  if (timeout !== undefined && !all.has('timeout')) all.set('timeout', timeout);
  if (set.has('counters')) for (const name of ['packets', 'bytes']) if (!all.has(name)) all.set(name, '0');
  all.delete('before');
  all.delete('after');
  return wordsOf(all, ADD.keys());
}

function wordsOf(options: IpsetOptions, order: Iterable<string>): string[] {
  const words: string[] = [];
  for (const name of order) {
    const value = options.get(name);
    if (value !== undefined) words.push(...(value === '' ? [name] : [name, value]));
  }
  return words;
}

function normalRange(type: IpsetType, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const ports = type.parts[0] === 'bare port';
  const range: Range | undefined = ports ? portRange(text.replace(/^(tcp|udp):/, '')) : parseAddressSpan(text);
  if (range === undefined) return undefined;
  return ports ? `${range.min}-${range.max}` : `${formatIpv4(range.min as Ipv4)}-${formatIpv4(range.max as Ipv4)}`;
}

const READ = new WeakMap<Ipset, IpsetOptions>();

/** The options of a set by name. */
export function optionsOf(set: Ipset): IpsetOptions {
  let options = READ.get(set);
  if (options === undefined) {
    const read = parseOptions(set.options, 'create');
    options = 'options' in read ? read.options : new Map();
    READ.set(set, options);
  }
  return options;
}

/** Seconds that members stay, 0 for ever; undefined for a set without timeouts. */
export function timeoutOf(set: Ipset): number | undefined {
  const timeout = optionsOf(set).get('timeout');
  return timeout === undefined ? undefined : Number(timeout);
}

/** Bits of an address that count in this set: `netmask` or `bitmask`, else all. */
export function maskOf(set: Ipset): number {
  const options = optionsOf(set);
  const length = options.get('netmask');
  if (length !== undefined) return netmask(Number(length));
  return parseIpv4(options.get('bitmask') ?? '') ?? 0xffffffff;
}

/** Whether a member lies in the range of its set, if that has one: the first part of it does. */
export function isInRange(set: Ipset, member: string): boolean {
  const range = optionsOf(set).get('range');
  if (range === undefined) return true;
  const [min = '', max = min] = range.split('-');
  const [first = ''] = member.split(',');
  const order = (text: string) => parseIpv4(text) ?? Number(text);
  return order(first) >= order(min) && order(first) <= order(max);
}
