import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { FLAG, VALUE } from '../option.js';
import { parseUint, quoteWord } from '../spelling.js';
import type { Words } from '../words.js';

/** What a log line can say besides, in the order in which the options are printed. */
const FLAGS = ['--log-tcp-sequence', '--log-tcp-options', '--log-ip-options', '--log-uid', '--log-macdecode'] as const;

/** `-j LOG` */
export interface LogTarget {
  readonly target: 'LOG';
  readonly prefix: string;
  /** 0 … 7, as syslog(3) counts. */
  readonly level: number;
  readonly flags: readonly (typeof FLAGS)[number][];
}

const OPTIONS = {
  '--log-prefix': VALUE,
  '--log-level': VALUE,
  '--log-tcp-sequence': FLAG,
  '--log-tcp-options': FLAG,
  '--log-ip-options': FLAG,
  '--log-uid': FLAG,
  '--log-macdecode': FLAG,
} as const;
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['emerg', 0],
  ['panic', 0],
  ['alert', 1],
  ['crit', 2],
  ['error', 3],
  ['err', 3],
  ['warning', 4],
  ['warn', 4],
  ['notice', 5],
  ['info', 6],
  ['debug', 7],
]);
const LOG_WARNING = 4;
/** Characters of a prefix that are kept. */
const PREFIX_LENGTH = 29;

/** A line in the kernel's log, and on with the next rule (log_tg(), linux net/netfilter/xt_LOG.c). */
export const log: TargetExtension<LogTarget> = {
  name: 'LOG',
  options: OPTIONS,
  parse(words) {
    let prefix = '';
    let level = LOG_WARNING;
    const flags = new Set<string>();
    for (const { option } of words.options(OPTIONS)) {
      if (option === '--log-prefix') prefix = readPrefix(words, PREFIX_LENGTH);
      else if (option === '--log-level') level = readLevel(words);
      else flags.add(option);
    }
    return { target: 'LOG', prefix, level, flags: FLAGS.filter((flag) => flags.has(flag)) };
  },
  print({ prefix, level, flags }) {
    const parts = ['-j LOG'];
    if (prefix !== '') parts.push(`--log-prefix ${quoteWord(prefix)}`);
    if (level !== LOG_WARNING) parts.push(`--log-level ${level}`);
    return [...parts, ...flags].join(' ');
  },
  apply: () => CONTINUE,
};

/** Takes a word as a prefix of log lines; what is beyond `length` characters is cut, as iptables does. */
export function readPrefix(words: Words, length: number): string {
  const word = words.next();
  if (word === '') words.fail('a prefix has at least one character');
  return word.slice(0, length);
}

function readLevel(words: Words): number {
  const word = words.next();
  const level = LEVELS.get(word) ?? parseUint(word, 7);
  if (level === undefined) words.fail(`expected a level such as info or 6, found "${word}"`);
  return level ?? LOG_WARNING;
}
