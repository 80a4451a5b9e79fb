import type { Problem } from '../../problem/index.js';
import type { Origin } from '../origin.js';
import { type Command, parseCommand } from './command.js';
import type { Chain } from './rule.js';
import { parseCounters } from './rule-reader.js';
import { splitWords, type WordSource, Words } from './words.js';

/** What one line of a restore text says. */
export type RestoreLine =
  /** A comment, or nothing. */
  | { readonly line: 'blank' }
  | { readonly line: 'table'; readonly table: string }
  | { readonly line: 'commit' }
  | {
      readonly line: 'chain';
      readonly chain: string;
      readonly policy: string;
      readonly counters: Chain['counters'];
    }
  | { readonly line: 'command'; readonly command: Command }
  | { readonly line: 'wrong'; readonly problems: readonly [Problem, ...Problem[]] };

/** Where a line is. */
export interface LinePlace {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly family: 'ip' | 'ip6';
  /** Whose rules they are. */
  readonly origin: Origin;
}

/** Reads one line of what iptables-save prints and iptables-restore takes; it depends on no other line. */
export function parseRestoreLine(text: string, place: LinePlace): RestoreLine {
  const line = text.trimEnd();
  if (line === '' || line.startsWith('#')) return { line: 'blank' };
  if (line.startsWith('*')) return { line: 'table', table: line.slice(1).trim() };
  if (line === 'COMMIT') return { line: 'commit' };
  const problems: Problem[] = [];
  const source: WordSource = { file: place.file, line: place.line, family: place.family, problems };
  const read = line.startsWith(':') ? readChain(line, source) : readCommand(line, source, place.origin);
  const [first, ...rest] = problems;
  if (first !== undefined) return { line: 'wrong', problems: [first, ...rest] };
  if (read === undefined) throw new Error(`${place.file}:${place.line}: neither read nor refused: ${line}`);
  return read;
}

function readChain(line: string, source: WordSource): RestoreLine {
  const [, chain = '', policy = '', counters = ''] = /^:\s*(\S*)\s*(\S*)\s*(\S*)/.exec(line) ?? [];
  const words = new Words([], source);
  if (chain === '') words.fail('the name of a chain is missing', 'missing');
  else if (policy === '') words.fail(`the policy of chain ${chain} is missing: ACCEPT, DROP or -`, 'missing');
  return { line: 'chain', chain, policy, counters: parseCounters(counters).counters };
}

function readCommand(line: string, source: WordSource, origin: Origin): RestoreLine | undefined {
  const { counters, rest } = parseCounters(line);
  const { words, unclosed } = splitWords(line.slice(rest));
  const placed = words.map((word) => ({ ...word, col: word.col + rest }));
  const reader = new Words(placed, source);
  if (unclosed !== undefined) {
    new Words([], source, unclosed + rest).fail('a quote is not closed', 'syntax');
    return undefined;
  }
  const parsed = parseCommand(reader, source, origin, counters);
  if (parsed === undefined) return undefined;
  if (parsed.table !== undefined) {
    reader.fail('a line of a restore text names no table: -t', 'syntax');
    return undefined;
  }
  return { line: 'command', command: parsed.command };
}
