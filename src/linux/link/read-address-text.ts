import { type Problem, type Read, readResult } from '../../problem/index.js';
import { JsonRecord } from '../json.js';
import type { Source } from '../source.js';
import { LineWords, type PlacedWord, splitLine, type WordPlace } from '../words.js';
import { type AddressDump, addressesOf } from './read-address.js';
import { FOREVER } from './write-address.js';

/** An address while its two lines are read: the fields that `ip -j addr` would print. */
interface Draft {
  readonly dev: string;
  readonly fields: Record<string, unknown>;
  readonly line: number;
}

/**
 * Reads the text of `ip addr`, with `-d`, `-o` or without: what it says of addresses. What it says of links is
 * `ip link`'s to tell.
 */
export function readAddressText(source: Source): Read<AddressDump> {
  const problems: Problem[] = [];
  const drafts: Draft[] = [];
  let dev: string | undefined;
  source.text.split('\n').forEach((content, index) => {
    const place: WordPlace = { file: source.file, line: index + 1, problems };
    // With -o there is one line for all of an address, the line breaks shown as backslashes.
    for (const part of content.split('\\')) {
      const [first, ...others] = splitLine(part);
      const number = /^\d+:$/.test(first?.text ?? '');
      if (number) dev = others[0]?.text.replace(/(@[^@]*)?:?$/, '');
      const words = number ? others.slice(1) : first === undefined ? [] : [first, ...others];
      const head = words[0]?.text;
      if (head === 'inet' || head === 'inet6') drafts.push({ dev: dev ?? '', ...readLine(words, place) });
      else if (head === 'valid_lft') readLifetimes(new LineWords(words, place), drafts.at(-1)?.fields ?? {});
      if (words.length > 0 && dev === undefined && !part.startsWith('#'))
        new LineWords(words, place).fail('expected INDEX: DEV: before it, as `ip addr` prints', 'syntax');
    }
  });
  const dump = addressesOf(
    drafts.map(({ fields, line, ...rest }) => {
      return { ...rest, record: new JsonRecord(source, problems, [], fields, { line, col: 1 }), line };
    }),
    source.file,
  );
  return readResult(dump, problems);
}

/** Words that are followed by a value, and the fields that they fill. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ['metric', 'metric'],
  ['brd', 'broadcast'],
  ['any', 'anycast'],
  ['scope', 'scope'],
  ['flags', 'ifa_flags'],
  ['proto', 'protocol'],
]);

function readLine(placed: readonly PlacedWord[], place: WordPlace): Omit<Draft, 'dev'> {
  const words = new LineWords(placed, place);
  const fields: Record<string, unknown> = { family: words.take('family') };
  const [local, length] = words.take('address').split('/');
  fields['local'] = local;
  if (words.accept('peer')) {
    const [peer, peerLength] = words.take('peer').split('/');
    Object.assign(fields, { address: peer, prefixlen: Number(peerLength ?? 32) });
  } else fields['prefixlen'] = Number(length ?? (fields['family'] === 'inet' ? 32 : 128));
  while (words.has()) {
    const word = words.take('word');
    const key = VALUES.get(word);
    if (key !== undefined) fields[key] = key === 'metric' ? words.number(word) : words.take(word);
    // The label is the last word of an IPv4 address; an IPv6 address has none.
    else if (fields['family'] === 'inet' && !words.has()) fields['label'] = word;
    else fields[word] = true;
  }
  return { fields, line: place.line };
}

/** `valid_lft forever preferred_lft 1000sec` */
function readLifetimes(words: LineWords, fields: Record<string, unknown>): void {
  for (const name of ['valid', 'preferred']) {
    words.accept(`${name}_lft`);
    const [, seconds] = /^(\d+)sec$/.exec(words.peek() ?? '') ?? [];
    if (seconds === undefined && words.peek() !== 'forever') {
      words.take(`${name}_lft`);
      words.fail(`${name}_lft: expected forever or a number such as 60sec`);
      return;
    }
    words.take(`${name}_lft`);
    fields[`${name}_life_time`] = seconds === undefined ? FOREVER : Number(seconds);
  }
}
