import { type IpsetOptions, parseOptions } from './options.js';
import { IPSET_TYPES, OLD_TYPE_NAMES } from './type.js';
import { splitIpsetLine } from './words.js';

/** One line of `ipset restore`. `exist` is `-exist`: what is there already, or gone already, is no error. */
export type IpsetCommand =
  | {
      readonly command: 'create';
      readonly set: string;
      readonly type: string;
      readonly family: 'inet' | 'inet6';
      readonly options: IpsetOptions;
      readonly exist: boolean;
    }
  | {
      readonly command: 'add' | 'del';
      readonly set: string;
      readonly member: string;
      readonly options: IpsetOptions;
      readonly exist: boolean;
    }
  /** undefined: all sets. */
  | { readonly command: 'flush' | 'destroy'; readonly set: string | undefined; readonly exist: boolean }
  | { readonly command: 'swap' | 'rename'; readonly set: string; readonly other: string }
  /** A blank line, a comment, or a question. */
  | { readonly command: 'nothing' };

/** What a line says, or what is wrong with it and where (1-based column). */
export type IpsetLine = IpsetCommand | { readonly wrong: string; readonly col: number };

const COMMANDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    create: 'create',
    n: 'create',
    '-N': 'create',
    '--create': 'create',
    add: 'add',
    '-A': 'add',
    '--add': 'add',
    del: 'del',
    '-D': 'del',
    '--del': 'del',
    flush: 'flush',
    '-F': 'flush',
    '--flush': 'flush',
    destroy: 'destroy',
    x: 'destroy',
    '-X': 'destroy',
    '--destroy': 'destroy',
    swap: 'swap',
    w: 'swap',
    '-W': 'swap',
    '--swap': 'swap',
    rename: 'rename',
    e: 'rename',
    '-E': 'rename',
    '--rename': 'rename',
    test: 'nothing',
    '-T': 'nothing',
    list: 'nothing',
    '-L': 'nothing',
    save: 'nothing',
    '-S': 'nothing',
    COMMIT: 'nothing',
    quit: 'nothing',
  }),
);
const EXIST = new Set(['-exist', '--exist', '-!']);
const QUIET = new Set(['-quiet', '--quiet', '-q']);
/** IPSET_MAXNAMELEN, with its final 0 byte. */
const NAME_LENGTH = 32;

/** Reads one line of `ipset restore`, which is also one line of `ipset save`. */
export function parseIpsetLine(line: string): IpsetLine {
  if (line.trim() === '' || line.startsWith('#')) return { command: 'nothing' };
  const { words, unclosed } = splitIpsetLine(line);
  if (unclosed !== undefined) return { wrong: 'a quote is not closed', col: unclosed };
  const exist = words.some(({ text, quoted }) => !quoted && EXIST.has(text));
  const given = words.filter(({ text, quoted }) => quoted || !(EXIST.has(text) || QUIET.has(text)));
  const [first, ...rest] = given;
  const command = COMMANDS.get(first?.text ?? '');
  if (command === undefined) return { wrong: `no command of ipset: "${first?.text ?? ''}"`, col: first?.col ?? 1 };
  const col = (n: number) => rest[n]?.col ?? line.length + 1;
  const texts = rest.map(({ text }) => text);
  const [set, second, ...tail] = texts;
  if (command === 'nothing') return { command: 'nothing' };
  if (command === 'flush' || command === 'destroy') return { command, set, exist };
  if (set === undefined) return { wrong: 'the name of a set is missing', col: col(0) };
  if (set.length >= NAME_LENGTH)
    return { wrong: `a set's name has at most ${NAME_LENGTH - 1} characters`, col: col(0) };
  if (second === undefined) return { wrong: `"${command}" needs a second word`, col: col(1) };
  if (command === 'swap' || command === 'rename') return { command, set, other: second };
  if (command === 'create') return parseCreate(set, second, tail, exist, col(1));
  const options = parseOptions(tail, 'add');
  if ('wrong' in options) return { wrong: options.wrong, col: col(2) };
  return { command: command === 'add' ? 'add' : 'del', set, member: second, options: options.options, exist };
}

function parseCreate(set: string, typeName: string, words: string[], exist: boolean, col: number): IpsetLine {
  const type = OLD_TYPE_NAMES.get(typeName) ?? typeName;
  if (!IPSET_TYPES.has(type)) return { wrong: `no set type: "${typeName}"`, col };
  const rest = [...words];
  let family: 'inet' | 'inet6' = 'inet';
  for (const [word, found] of [
    ['-6', 'inet6'],
    ['-4', 'inet'],
  ] as const) {
    const at = rest.indexOf(word);
    if (at >= 0) rest.splice(at, 1);
    if (at >= 0) family = found;
  }
  const at = rest.indexOf('family');
  if (at >= 0) {
    const [, value] = rest.splice(at, 2);
    if (value !== 'inet' && value !== 'inet6') return { wrong: `expected inet or inet6, found "${value ?? ''}"`, col };
    family = value;
  }
  const options = parseOptions(rest, 'create');
  if ('wrong' in options) return { wrong: options.wrong, col };
  return { command: 'create', set, type, family, options: options.options, exist };
}
