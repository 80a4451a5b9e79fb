import { type Problem, type Read, readResult } from '../../problem/index.js';
import { parseIpsetLine } from './command.js';
import { IpsetDraft } from './draft.js';
import type { Ipset } from './ipset.js';

/** Reads what `ipset save` printed. Sets and members keep its order. */
export function parseIpsets(text: string, file: string): Read<ReadonlyMap<string, Ipset>> {
  const problems: Problem[] = [];
  const draft = new IpsetDraft(new Map());
  for (const [i, line] of text.split('\n').entries()) {
    const at = { file, path: [], line: i + 1 };
    const read = parseIpsetLine(line.trimEnd());
    if ('wrong' in read) {
      problems.push({ ...at, code: 'syntax', message: read.wrong, col: read.col });
      continue;
    }
    const complaint = draft.run(read, { by: 'dump', file, line: i + 1 });
    if (complaint !== undefined) {
      const code =
        complaint.errno === 'EEXIST' ? 'conflict' : complaint.errno === 'ENOENT' ? 'unknown-name' : 'bad-value';
      problems.push({ ...at, code, message: complaint.message, col: 1 });
    }
  }
  return readResult(draft.finish(), problems);
}

/** Writes as `ipset save` does: lists of sets last, because they need the others. */
export function printIpsets(ipsets: ReadonlyMap<string, Ipset>): string {
  const sets = [...ipsets.values()];
  const lists = sets.filter(({ type }) => type === 'list:set');
  return [...sets.filter(({ type }) => type !== 'list:set'), ...lists].map(printIpset).join('');
}

/** The lines of one set: `create`, then `add` for each member. */
export function printIpset({ name, type, family, options, members }: Ipset): string {
  const hasFamily = type.startsWith('hash:') && type !== 'hash:mac';
  const create = ['create', name, type, ...(hasFamily ? ['family', family] : []), ...options];
  const lines = [create.join(' ')];
  for (const [member, words] of members) lines.push(['add', name, member, ...quoteComment(words.options)].join(' '));
  return lines.map((line) => `${line}\n`).join('');
}

/** The words of a member with its comment in quotes. */
function quoteComment(words: readonly string[]): string[] {
  return words.map((word, i) => (words[i - 1] === 'comment' ? `"${word}"` : word));
}
