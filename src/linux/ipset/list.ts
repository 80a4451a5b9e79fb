import { type Problem, type ProblemCode, type Read, readResult } from '../../problem/index.js';
import { type IpsetCommand, type IpsetLine, parseIpsetLine } from './command.js';
import { IpsetDraft } from './draft.js';
import type { Ipset } from './ipset.js';
import { headerWords, memberText, problemCode } from './save.js';

/** One block of `ipset list` while it is read. */
interface Block {
  readonly name: string;
  readonly line: number;
  type: string | undefined;
  entries: number;
  /** `Members:` has come: what follows are members. */
  members: boolean;
}

/**
 * Reads what `ipset list` printed: the same sets as `ipset save` gives. What the kernel counts (revision, memory,
 * references) is passed over.
 */
export function readIpsetList(text: string, file: string): Read<ReadonlyMap<string, Ipset>> {
  const reader = new ListReader(file);
  for (const [i, content] of text.split('\n').entries()) reader.read(content.trimEnd(), i + 1);
  return reader.finish();
}

class ListReader {
  readonly #file: string;
  readonly #problems: Problem[] = [];
  readonly #draft = new IpsetDraft(new Map());
  #block: Block | undefined;
  /** Members of lists are sets that may come later. */
  readonly #later: (() => void)[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  read(content: string, line: number): void {
    if (content === '') return;
    const [, key, value = ''] =
      /^(Name|Type|Header|Number of entries|Members|Revision|References|Size in memory): ?(.*)$/.exec(content) ?? [];
    if (key === 'Name') {
      this.#end();
      this.#block = { name: value, line, type: undefined, entries: 0, members: false };
      return;
    }
    const block = this.#block;
    if (block === undefined) {
      this.#fail(line, 1, 'syntax', `expected Name: SET, as \`ipset list\` prints, found "${content}"`);
      return;
    }
    if (block.members) this.#member(block, content, line);
    else if (key === 'Type') block.type = value;
    else if (key === 'Header') this.#create(block, value, line);
    else if (key === 'Members') block.members = true;
    else if (key === 'Number of entries') block.entries = Number(value);
    else if (key === undefined) this.#fail(line, 1, 'syntax', `not a part of a set: "${content}"`);
  }

  finish(): Read<ReadonlyMap<string, Ipset>> {
    this.#end();
    for (const add of this.#later) add();
    return readResult(this.#draft.finish(), this.#problems);
  }

  #end(): void {
    const { members, entries, line, name } = this.#block ?? { members: true };
    // `ipset list -t` leaves them out.
    if (!members && entries !== 0) this.#fail(line ?? 1, 1, 'missing', `the members of set ${name} are missing`);
  }

  #create({ name, type = '' }: Block, header: string, line: number): void {
    const before = 'create x ';
    const read = parseIpsetLine(`${before}${type} ${header}`);
    this.#run(renamed(read, name), line, 'Header: '.length - before.length - type.length - 1);
  }

  #member({ name, type }: Block, content: string, line: number): void {
    const before = 'add x ';
    const add = (): void => this.#run(renamed(parseIpsetLine(before + content), name), line, -before.length);
    if (type === 'list:set') this.#later.push(add);
    else add();
  }

  /** @param shift from the columns of the command to those of the line. */
  #run(read: IpsetLine, line: number, shift: number): void {
    if ('wrong' in read) {
      this.#fail(line, Math.max(1, read.col + shift), 'syntax', read.wrong);
      return;
    }
    const complaint = this.#draft.run(read, { by: 'dump', file: this.#file, line });
    if (complaint !== undefined) this.#fail(line, 1, problemCode(complaint), complaint.message);
  }

  #fail(line: number, col: number, code: ProblemCode, message: string): void {
    this.#problems.push({ code, message, file: this.#file, path: [], line, col });
  }
}

/** The command for a set whose name could not be written as a word. */
function renamed(read: IpsetLine, name: string): IpsetLine {
  if ('wrong' in read || (read.command !== 'create' && read.command !== 'add')) return read;
  return { ...read, set: name } satisfies IpsetCommand;
}

/** Writes as `ipset list` does, without what only the kernel knows: revision, memory, references. */
export function printIpsetList(ipsets: ReadonlyMap<string, Ipset>): string {
  return [...ipsets.values()].map(printBlock).join('\n');
}

function printBlock(set: Ipset): string {
  const { name, type, members } = set;
  const lines = [
    `Name: ${name}`,
    `Type: ${type}`,
    `Header: ${headerWords(set).join(' ')}`,
    `Number of entries: ${members.size}`,
    'Members:',
    ...[...members].map(([member, words]) => memberText(member, words)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
