import { type Problem, type ProblemCode, type Read, readResult } from '../../problem/index.js';
import { parseIpsetLine } from './command.js';
import { type IpsetComplaint, IpsetDraft } from './draft.js';
import type { Ipset, IpsetMember } from './ipset.js';

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
      problems.push({ ...at, code: problemCode(complaint), message: complaint.message, col: 1 });
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
export function printIpset(set: Ipset): string {
  const { name, type, members } = set;
  const lines = [['create', name, type, ...headerWords(set)].join(' ')];
  for (const [member, words] of members) lines.push(`add ${name} ${memberText(member, words)}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** The words behind the type. */
export function headerWords({ type, family, options }: Ipset): string[] {
  const hasFamily = type.startsWith('hash:') && type !== 'hash:mac';
  return [...(hasFamily ? ['family', family] : []), ...options];
}

/** A member with its own words; a comment stands in quotes. */
export function memberText(member: string, { options }: IpsetMember): string {
  return [member, ...options.map((word, i) => (options[i - 1] === 'comment' ? `"${word}"` : word))].join(' ');
}

/** What kind of problem in a dump it is that the kernel would refuse. */
export function problemCode({ errno }: IpsetComplaint): ProblemCode {
  if (errno === 'EEXIST') return 'conflict';
  return errno === 'ENOENT' ? 'unknown-name' : 'bad-value';
}
