import type { MatchExtension } from '../extension.js';
import { NOT_VALUE, type OptionSpec } from '../option.js';
import { ANY_PORT, inRange, type PortRange, readPortRange } from '../port.js';
import { protocolOfRule } from '../rule-protocol.js';
import { negation } from '../spelling.js';
import type { Words } from '../words.js';
import { formatPorts } from './tcp.js';

/** Which chunks a packet must have: those of `types`, each with the flags that it must have or lack (`Be`). */
export interface ChunkTypes {
  readonly mode: 'all' | 'any' | 'only';
  readonly types: ReadonlyMap<string, string>;
  readonly invert: boolean;
}

/** `-m sctp` */
export interface SctpMatch {
  readonly match: 'sctp';
  readonly sport: PortRange & { readonly invert: boolean };
  readonly dport: PortRange & { readonly invert: boolean };
  readonly chunks: ChunkTypes | undefined;
}

const NOT_TWO_VALUES: OptionSpec = { args: 2, invertible: true };
const OPTIONS = {
  '--sport': NOT_VALUE,
  '--source-port': '--sport',
  '--dport': NOT_VALUE,
  '--destination-port': '--dport',
  '--chunk-types': NOT_TWO_VALUES,
} as const;

/** Chunk types by number, and so in the order in which they are printed. */
const CHUNKS = [
  'DATA',
  'INIT',
  'INIT_ACK',
  'SACK',
  'HEARTBEAT',
  'HEARTBEAT_ACK',
  'ABORT',
  'SHUTDOWN',
  'SHUTDOWN_ACK',
  'ERROR',
  'COOKIE_ECHO',
  'COOKIE_ACK',
  'ECN_ECNE',
  'ECN_CWR',
  'SHUTDOWN_COMPLETE',
  'I_DATA',
  'ASCONF_ACK',
  'RE_CONFIG',
  'PAD',
  'FORWARD_TSN',
  'ASCONF',
  'I_FORWARD_TSN',
];
/** Flag letters from the highest bit down: immediate, unordered, begin, end of DATA; T of ABORT. */
const FLAG_ORDER = 'IUBET';

/** Ports and chunks of an SCTP packet (sctp_mt(), linux net/netfilter/xt_sctp.c). */
export const sctp: MatchExtension<SctpMatch> = {
  name: 'sctp',
  options: OPTIONS,
  parse(words) {
    let sport: SctpMatch['sport'] = { ...ANY_PORT, invert: false };
    let dport = sport;
    let chunks: ChunkTypes | undefined;
    for (const { option, invert } of words.options(OPTIONS)) {
      if (option === '--sport') sport = { ...readPortRange(words, ':'), invert };
      else if (option === '--dport') dport = { ...readPortRange(words, ':'), invert };
      else chunks = readChunks(words, invert);
    }
    return { match: 'sctp', sport, dport, chunks };
  },
  print({ sport, dport, chunks }) {
    const parts = ['-m sctp', formatPorts('--sport', sport), formatPorts('--dport', dport)];
    if (chunks !== undefined)
      parts.push(`${negation(chunks.invert)}--chunk-types ${chunks.mode} ${formatChunks(chunks.types)}`);
    return parts.filter((part) => part !== '').join(' ');
  },
  test({ sport, dport, chunks }, { skb: { l4 } }) {
    if (l4?.l4 !== 'sctp') return false;
    if (inRange(sport, l4.sport) === sport.invert || inRange(dport, l4.dport) === dport.invert) return false;
    if (chunks === undefined) return true;
    const found = hasChunks(chunks, l4.chunk.replace('-', '_'));
    return found === 'unsupported' ? found : found !== chunks.invert;
  },
  have: (_, { skb: { l4 } }) =>
    l4?.l4 === 'sctp' ? `ports ${l4.sport} > ${l4.dport}, chunk ${l4.chunk}` : 'no SCTP header',
  checkentry: (_, { rule }) => (protocolOfRule(rule) === 132 ? undefined : '-m sctp needs -p sctp'),
};

/** match_packet(), for the one chunk that a packet has here; its flags are not known. */
function hasChunks({ mode, types }: ChunkTypes, chunk: string): boolean | 'unsupported' {
  const flags = types.get(chunk);
  if (flags !== undefined && flags !== '') return 'unsupported';
  if (mode === 'all') return [...types.keys()].every((type) => type === chunk);
  return flags !== undefined;
}

function readChunks(words: Words, invert: boolean): ChunkTypes {
  const mode = words.next();
  if (mode !== 'all' && mode !== 'any' && mode !== 'only') {
    words.fail(`expected all, any or only, found "${mode}"`);
    return { mode: 'any', types: new Map(), invert };
  }
  const word = words.next();
  if (word.toUpperCase() === 'ALL') return { mode, types: new Map(CHUNKS.map((name) => [name, ''])), invert };
  const types = new Map<string, string>();
  if (word.toUpperCase() === 'NONE') return { mode, types, invert };
  for (const part of word.split(',')) {
    const [name = '', flags = ''] = part.split(':');
    if (!CHUNKS.includes(name.toUpperCase()) || !/^[IUBET]*$/i.test(flags))
      words.fail(`expected SCTP chunk types, found "${part}"`);
    types.set(name.toUpperCase(), inFlagOrder(flags));
  }
  return { mode, types, invert };
}

function inFlagOrder(flags: string): string {
  const place = (letter: string) => FLAG_ORDER.indexOf(letter.toUpperCase());
  return [...flags].sort((a, b) => place(a) - place(b)).join('');
}

function formatChunks(types: ReadonlyMap<string, string>): string {
  if (types.size === 0) return 'NONE';
  if (types.size === CHUNKS.length) return 'ALL';
  const given = CHUNKS.filter((name) => types.has(name));
  return given.map((name) => (types.get(name) === '' ? name : `${name}:${types.get(name)}`)).join(',');
}
