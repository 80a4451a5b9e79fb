import { wordsOf } from '../kept.js';
import type { LineWords } from '../words.js';
import type { JsonObject } from '../write-json.js';

/** Words of `ip rule` that stand for a field of another name. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ['from', 'src'],
  ['to', 'dst'],
  ['lookup', 'table'],
  ['suppress_prefixlength', 'suppress_prefixlen'],
  ['proto', 'protocol'],
]);
const WORDS: ReadonlyMap<string, string> = new Map([...FIELDS].map(([word, key]) => [key, word]));

/** A value that is two fields: how it is parted, and which fields hold the parts, or the whole where it is one. */
interface Pair {
  readonly word: string;
  readonly between: '/' | '-';
  readonly whole: string;
  readonly parts: readonly [string, string];
}

const PAIRS: readonly Pair[] = [
  { word: 'from', between: '/', whole: 'src', parts: ['src', 'srclen'] },
  { word: 'to', between: '/', whole: 'dst', parts: ['dst', 'dstlen'] },
  { word: 'fwmark', between: '/', whole: 'fwmark', parts: ['fwmark', 'fwmask'] },
  { word: 'uidrange', between: '-', whole: 'uid_start', parts: ['uid_start', 'uid_end'] },
  { word: 'sport', between: '-', whole: 'sport', parts: ['sport_start', 'sport_end'] },
  { word: 'dport', between: '-', whole: 'dport', parts: ['dport_start', 'dport_end'] },
  { word: 'realms', between: '/', whole: 'flow_to', parts: ['flow_from', 'flow_to'] },
];
const ALONE: ReadonlySet<string> = new Set(['not', 'nop']);
const ACTIONS: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit']);
const NUMBERS = /^(srclen|dstlen|suppress_prefixlen|goto|uid_.*|[sd]port.*)$/;
const L3MDEV = '[l3mdev-table]';

/** The words of one rule behind its priority, of whichever family, as the fields that `ip -j rule` would print. */
export function readRuleFields(priority: number, words: LineWords): JsonObject {
  const fields: Record<string, unknown> = { priority };
  let last = '';
  while (words.has()) {
    const word = words.take('word');
    const pair = PAIRS.find((each) => each.word === word);
    const state = /^\[(\w+)\]$/.exec(word)?.[1];
    if (ACTIONS.has(word)) fields['action'] = word;
    else if (state !== undefined) fields[/^[io]if$/.test(last) ? `${last}_${state}` : state] = null;
    else if (ALONE.has(word)) fields[word] = null;
    else if (word === 'lookup' && words.accept(L3MDEV)) fields['l3mdev'] = null;
    else if (pair === undefined) {
      const key = FIELDS.get(word) ?? word;
      fields[key] = fieldValue(key, words.take(word));
    } else Object.assign(fields, partsOf(pair, words.take(word)));
    last = word;
  }
  return fields;
}

function partsOf({ between, whole, parts: [first, second] }: Pair, text: string): JsonObject {
  const [head = '', tail] = text.split(between);
  if (tail === undefined) return { [whole]: fieldValue(whole, head) };
  return { [first]: fieldValue(first, head), [second]: fieldValue(second, tail) };
}

function fieldValue(key: string, text: string): unknown {
  return NUMBERS.test(key) && /^\d+$/.test(text) ? Number(text) : text;
}

/** A rule of these fields as a line of `ip rule` has it, without its priority. */
export function formatRuleFields({ priority: _, ...fields }: JsonObject): string {
  return Object.entries(fields)
    .flatMap(([key, value]): string[] => {
      const pair = PAIRS.find(({ whole, parts }) => key === whole || parts.includes(key));
      if (pair !== undefined) return pairWords(pair, key, fields);
      if (key === 'l3mdev') return ['lookup', L3MDEV];
      if (value === null) return [stateWord(key)];
      if (key === 'action') return [wordsOf(value)];
      return [WORDS.get(key) ?? key, wordsOf(value)];
    })
    .join(' ');
}

/** The two parts of a value, said where the first of them stands. */
function pairWords({ word, between, whole, parts: [first, second] }: Pair, key: string, fields: JsonObject): string[] {
  if (fields[first] === undefined || fields[second] === undefined) return [word, wordsOf(fields[whole])];
  return key === first ? [word, `${wordsOf(fields[first])}${between}${wordsOf(fields[second])}`] : [];
}

/** What the kernel makes of the state of links and rules: `iif_detached` is `[detached]` behind the device. */
function stateWord(key: string): string {
  const state = /^(?:[io]if_)?(detached|unresolved)$/.exec(key)?.[1];
  return state === undefined ? key : `[${state}]`;
}
