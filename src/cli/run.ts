import { CommanderError } from 'commander';
import { InputError } from '../problem/index.js';
import { EXIT, UsageError } from './exit.js';
import type { Io } from './io.js';
import { formatProblemLine } from './problem-line.js';
import { createProgram } from './program.js';
import { version } from './version.js';

/** Runs a command line without the program's name. Returns the exit code; nothing is thrown. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const result = { code: EXIT.ok as number };
  try {
    const program = createProgram(io, (code) => {
      result.code = code;
    });
    await program.parseAsync(args, { from: 'user' });
    return result.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof InputError) {
      for (const problem of error.problems) io.err(`${formatProblemLine(problem)}\n`);
      return EXIT.usage;
    }
    if (error instanceof UsageError) {
      io.err(`podpath: ${error.message}\n`);
      return EXIT.usage;
    }
    if (await isOscillation(error)) {
      io.err(`podpath: ${messageOf(error)}\n`);
      return EXIT.unknown;
    }
    tellBug(error, args, io);
    return EXIT.bug;
  }
}

/** Which packets arrive is not decided where a lab's routes never settle. */
async function isOscillation(error: unknown): Promise<boolean> {
  const { BgpOscillationError } = await import('../bgp/index.js');
  return error instanceof BgpOscillationError;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function tellBug(error: unknown, args: readonly string[], io: Io): void {
  const message = messageOf(error);
  io.err(`podpath: ${message}\n`);
  io.err('This is a bug in podpath, not in your lab. Please report it, with the lab and these lines:\n');
  io.err(`  podpath ${version()}, Node ${process.version}, ${process.platform}\n`);
  io.err(`  podpath ${args.map(quote).join(' ')}\n`);
  const [, ...where] = (error instanceof Error ? (error.stack ?? '') : '')
    .split('\n')
    .filter((line) => line.includes(' at '));
  const { PODPATH_DEBUG: debug } = io.env;
  const most = debug === undefined ? 3 : where.length;
  for (const line of where.slice(0, most)) io.err(`  ${line.trim().replace(/file:\/\/\S*\/(src|dist)\//, '$1/')}\n`);
}

function quote(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
