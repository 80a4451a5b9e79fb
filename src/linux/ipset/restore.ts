import type { Origin } from '../origin.js';
import { type IpsetCommand, type IpsetLine, parseIpsetLine } from './command.js';
import { IpsetDraft, type IpsetErrno } from './draft.js';
import type { Ipset } from './ipset.js';

/** Lines that one object is the reason for. A chunk that is shared is parsed once. */
export interface IpsetChunk {
  readonly origin: Origin;
  readonly lines: readonly string[];
}

/** A line that was refused. */
export interface IpsetRefusal {
  readonly errno: IpsetErrno;
  readonly message: string;
  readonly origin: Origin;
  /** 1-based in the whole text. */
  readonly line: number;
}

/** What is left after a restore; with a refusal, what the lines before it made. */
export interface IpsetRestored {
  readonly ipsets: ReadonlyMap<string, Ipset>;
  readonly refusal: IpsetRefusal | undefined;
}

/** What `ipset restore` can be told. */
export interface IpsetRestoreOptions {
  /** `-exist`: for all lines. */
  readonly exist?: boolean;
  /** Sets that rules refer to: they can't be destroyed or renamed. */
  readonly used?: ReadonlySet<string>;
}

const PARSED = new WeakMap<IpsetChunk, readonly IpsetLine[]>();

type Sets = ReadonlyMap<string, Ipset>;

/** What texts have made of sets, by both: nodes that restore the same text have the same sets after it. */
const RESTORED = new WeakMap<Sets, WeakMap<readonly IpsetChunk[], IpsetRestored>>();
/** Stands for all namespaces without a set. */
const NO_SETS: Sets = new Map();

/**
 * Carries out `ipset restore`: lines in order, up to the first that is refused. A line that can't be read refuses the
 * whole text, as ipset reads before it sends.
 *
 * Lines that add to one set, one after the other, travel in one message, and so the first one's `-exist` is that of
 * all (observed with ipset 7.17); so do those that delete.
 */
export function restoreIpsets(
  old: ReadonlyMap<string, Ipset>,
  chunks: readonly IpsetChunk[],
  options: IpsetRestoreOptions = {},
): IpsetRestored {
  if (options.exist === true || (options.used !== undefined && options.used.size > 0))
    return restore(old, chunks, options);
  const from = old.size === 0 ? NO_SETS : old;
  const made = RESTORED.get(from) ?? new WeakMap<readonly IpsetChunk[], IpsetRestored>();
  RESTORED.set(from, made);
  const restored = made.get(chunks) ?? restore(from, chunks, options);
  made.set(chunks, restored);
  return restored;
}

function restore(old: Sets, chunks: readonly IpsetChunk[], options: IpsetRestoreOptions): IpsetRestored {
  const parsed = chunks.map((chunk) => ({ chunk, lines: parsedLines(chunk) }));
  let line = 0;
  for (const { chunk, lines } of parsed)
    for (const read of lines) {
      line++;
      if ('wrong' in read)
        return { ipsets: old, refusal: { errno: 'EINVAL', message: read.wrong, origin: chunk.origin, line } };
    }
  const draft = new IpsetDraft(old, options.used);
  let first: IpsetCommand = { command: 'nothing' };
  line = 0;
  for (const { chunk, lines } of parsed)
    for (const read of lines) {
      line++;
      if ('wrong' in read || read.command === 'nothing') continue;
      if (!sameMessage(first, read)) first = read;
      const exist = options.exist === true || ('exist' in first && first.exist);
      const complaint = draft.run('exist' in read && read.exist !== exist ? { ...read, exist } : read, chunk.origin);
      if (complaint !== undefined)
        return { ipsets: draft.finish(), refusal: { ...complaint, origin: chunk.origin, line } };
    }
  return { ipsets: draft.finish(), refusal: undefined };
}

function sameMessage(first: IpsetCommand, next: IpsetCommand): boolean {
  if (next.command !== 'add' && next.command !== 'del') return false;
  return first.command === next.command && first.set === next.set;
}

function parsedLines(chunk: IpsetChunk): readonly IpsetLine[] {
  let lines = PARSED.get(chunk);
  if (lines === undefined) {
    lines = chunk.lines.map((text) => parseIpsetLine(text.trimEnd()));
    PARSED.set(chunk, lines);
  }
  return lines;
}
