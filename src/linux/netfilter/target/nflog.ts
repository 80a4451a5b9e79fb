import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { VALUE } from '../option.js';
import { quoteWord, UINT16, UINT32 } from '../spelling.js';
import { readPrefix } from './log.js';

/** `-j NFLOG` */
export interface NflogTarget {
  readonly target: 'NFLOG';
  readonly prefix: string;
  readonly group: number;
  /** Bytes to copy; `--nflog-range` never had an effect. */
  readonly size: { readonly option: '--nflog-size' | '--nflog-range'; readonly bytes: number } | undefined;
  readonly threshold: number;
}

const OPTIONS = {
  '--nflog-prefix': VALUE,
  '--nflog-group': VALUE,
  '--nflog-size': VALUE,
  '--nflog-range': VALUE,
  '--nflog-threshold': VALUE,
} as const;
/** Characters of a prefix that are kept. */
const PREFIX_LENGTH = 63;

/** A copy for a logging program, and on with the next rule (nflog_tg(), linux net/netfilter/xt_NFLOG.c). */
export const nflog: TargetExtension<NflogTarget> = {
  name: 'NFLOG',
  options: OPTIONS,
  parse(words) {
    let prefix = '';
    let group = 0;
    let size: NflogTarget['size'];
    let threshold = 0;
    for (const { option } of words.options(OPTIONS)) {
      switch (option) {
        case '--nflog-prefix':
          prefix = readPrefix(words, PREFIX_LENGTH);
          break;
        case '--nflog-group':
          group = words.number(UINT16);
          break;
        case '--nflog-threshold':
          threshold = words.number(UINT16);
          break;
        default:
          if (size !== undefined) words.fail('--nflog-size and --nflog-range exclude each other', 'conflict');
          size = { option, bytes: words.number(UINT32) };
      }
    }
    return { target: 'NFLOG', prefix, group, size, threshold };
  },
  print({ prefix, group, size, threshold }) {
    const parts = ['-j NFLOG'];
    if (prefix !== '') parts.push(`--nflog-prefix ${quoteWord(prefix)}`);
    if (group !== 0) parts.push(`--nflog-group ${group}`);
    if (size !== undefined) parts.push(`${size.option} ${size.bytes}`);
    if (threshold !== 0) parts.push(`--nflog-threshold ${threshold}`);
    return parts.join(' ');
  },
  apply: () => CONTINUE,
};
