import { parseIpv4 } from '../../address/index.js';
import { IPPROTO_ICMP, IPPROTO_TCP } from '../../packet/index.js';
import { type Problem, type ProblemCode, type Read, readResult } from '../../problem/index.js';
import type { Source } from '../source.js';
import { type PlacedWord, splitLine } from '../words.js';
import { type ConntrackEntry, type TrackedFlow, tcpStateOf } from './entry.js';
import { invertTuple, type Tuple } from './tuple.js';

/**
 * Reads `conntrack -L`, with `-o extended`, `-o id` or without; /proc/net/nf_conntrack looks the same. The line that
 * the tool adds about itself is passed over.
 */
export function readConntrack(source: Source): Read<ConntrackEntry[]> {
  const problems: Problem[] = [];
  const entries: ConntrackEntry[] = [];
  source.text.split('\n').forEach((content, index) => {
    if (content.trim() === '' || /^\s*#|^conntrack v/.test(content)) return;
    const line = index + 1;
    const reader = new EntryReader(splitLine(content), { file: source.file, line, problems });
    const before = problems.length;
    const entry = reader.read();
    if (problems.length === before && entry !== undefined) entries.push(entry);
  });
  return readResult(entries, problems);
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly problems: Problem[];
}

/** One direction while it is read. */
interface Direction {
  readonly fields: Map<string, PlacedWord>;
  readonly words: string[];
}

/** Words that belong to the direction that stands before them; they come behind its tuple. */
const OF_DIRECTION = /^(packets|bytes|zone-orig|zone-reply|srckey|dstkey)=/;
const TUPLE_FIELDS = new Set(['src', 'dst', 'sport', 'dport', 'type', 'code', 'id']);
const FLAGS = new Set(['[UNREPLIED]', '[ASSURED]', '[OFFLOAD]', '[HW_OFFLOAD]']);

class EntryReader {
  readonly #words: readonly PlacedWord[];
  readonly #place: Place;
  #at = 0;

  constructor(words: readonly PlacedWord[], place: Place) {
    this.#words = words;
    this.#place = place;
  }

  read(): ConntrackEntry | undefined {
    const first = this.#words[0]?.text;
    const extended = first === 'ipv4' || first === 'ipv6';
    if (extended) this.#at = 2;
    const name = this.#words[this.#at];
    const number = this.#words[this.#at + 1];
    const numberFits = /^\d{1,3}$/.test(number?.text ?? '') && Number(number?.text) < 256;
    if (name === undefined || !/^[a-z]\w*$/.test(name.text) || !numberFits) {
      const col = this.#words[0]?.col ?? 1;
      this.#fail('expected PROTOCOL NUMBER TIMEOUT src=… dst=…, as `conntrack -L` prints', 'syntax', col);
      return undefined;
    }
    this.#at += 2;
    const { file, line } = this.#place;
    const common = {
      protocolName: name.text,
      protocol: Number(number?.text),
      extended,
      origin: { by: 'dump', file, line },
    };
    const isIpv6 = first === 'ipv6' || this.#words.some(({ text }) => /^src=.*:/.test(text));
    if (isIpv6) return { ...common, family: 'ipv6', words: this.#words.slice(this.#at).map(({ text }) => text) };
    const flow = this.#flow(common.protocol);
    return flow && { ...common, ...flow };
  }

  #flow(protocol: number): TrackedFlow | undefined {
    const timeout = /^\d{1,10}$/.test(this.#peek()) ? Number(this.#take()?.text) : undefined;
    const state = /^[A-Z]\w*$/.test(this.#peek()) ? this.#take() : undefined;
    if (protocol === IPPROTO_TCP && state !== undefined && tcpStateOf(state.text) === undefined)
      this.#fail(`no state of TCP: "${state.text}"`, 'unknown-name', state.col);
    const flags = new Set<string>();
    const original = this.#direction('original', flags);
    const reply = this.#direction('reply', flags);
    const tail = this.#tail(flags);
    const [from, to] = [this.#tuple(original, protocol), this.#tuple(reply, protocol)];
    if (from === undefined || to === undefined) return undefined;
    if (protocol === IPPROTO_ICMP && (invertTuple(from) === undefined || invertTuple(to) === undefined)) {
      this.#fail('an ICMP connection begins with a query', 'bad-value', original.fields.get('type')?.col ?? 1);
      return undefined;
    }
    return {
      family: 'ipv4',
      timeout,
      state: state?.text,
      original: from,
      reply: to,
      originalWords: original.words,
      replyWords: reply.words,
      seenReply: !flags.has('[UNREPLIED]'),
      flag: (['HW_OFFLOAD', 'OFFLOAD', 'ASSURED'] as const).find((flag) => flags.has(`[${flag}]`)),
      ...tail,
    };
  }

  /** Up to the second `src=`, or to what belongs to none of the two. */
  #direction(which: 'original' | 'reply', flags: Set<string>): Direction {
    const direction: Direction = { fields: new Map(), words: [] };
    for (let next = this.#peek(); next !== ''; next = this.#peek()) {
      const [name = ''] = next.split('=');
      if (FLAGS.has(next)) {
        if (which === 'reply') break;
        flags.add(this.#take()?.text ?? '');
      } else if (OF_DIRECTION.test(next)) direction.words.push(this.#take()?.text ?? '');
      // `id=` stands in an ICMP tuple, and at the end of the line.
      else if (!TUPLE_FIELDS.has(name) || direction.fields.has(name) || this.#isEntryId(name, direction)) break;
      else {
        const word = this.#take();
        if (word !== undefined) direction.fields.set(name, { text: word.text.slice(name.length + 1), col: word.col });
      }
    }
    return direction;
  }

  #isEntryId(name: string, { fields }: Direction): boolean {
    return name === 'id' && !fields.has('type');
  }

  #tail(flags: Set<string>): Pick<TrackedFlow, 'mark' | 'zone' | 'words'> {
    let mark: number | undefined;
    let zone: number | undefined;
    const words: string[] = [];
    for (let word = this.#take(); word !== undefined; word = this.#take()) {
      const [name = '', value] = word.text.split('=', 2);
      if (FLAGS.has(word.text)) flags.add(word.text);
      else if (name === 'mark') mark = this.#number(word, value, 0xffffffff);
      else if (name === 'zone') zone = this.#number(word, value, 0xffff);
      else if (value !== undefined && /^[a-z]/.test(name)) words.push(word.text);
      else this.#fail(`unexpected "${word.text}"`, 'syntax', word.col);
    }
    return { mark, zone, words };
  }

  #tuple({ fields }: Direction, protocol: number): Tuple | undefined {
    const address = (name: 'src' | 'dst'): Tuple['src'] | undefined => {
      const word = fields.get(name);
      const found = parseIpv4(word?.text ?? '');
      if (word === undefined) this.#fail(`${name}= is missing`, 'missing', this.#words.at(-1)?.col ?? 1);
      else if (found === undefined)
        this.#fail(`${name}: expected an IPv4 address, found "${word.text}"`, 'bad-address', word.col);
      return found;
    };
    const number = (name: string, max: number): number => {
      const word = fields.get(name);
      return word === undefined ? 0 : this.#number(word, word.text, max);
    };
    const src = address('src');
    const dst = address('dst');
    const dport = protocol === IPPROTO_ICMP ? number('type', 255) * 256 + number('code', 255) : number('dport', 65535);
    const sport = number(protocol === IPPROTO_ICMP ? 'id' : 'sport', 65535);
    return src === undefined || dst === undefined ? undefined : { src, dst, protocol, sport, dport };
  }

  #number(word: PlacedWord, value: string | undefined, max: number): number {
    const found = /^\d{1,10}$/.test(value ?? '') ? Number(value) : Number.NaN;
    if (found <= max) return found;
    this.#fail(`expected a number from 0 to ${max}, found "${value ?? ''}"`, 'bad-value', word.col);
    return 0;
  }

  #peek(): string {
    return this.#words[this.#at]?.text ?? '';
  }

  #take(): PlacedWord | undefined {
    return this.#words[this.#at++];
  }

  #fail(message: string, code: ProblemCode, col: number): void {
    const { file, line, problems } = this.#place;
    problems.push({ code, message, file, path: [], line, col });
  }
}
