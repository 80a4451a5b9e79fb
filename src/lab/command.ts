import { type Install, parseCommand, type Refusal } from '../plan/index.js';
import { InputError, type Problem, type Read, readResult } from '../problem/index.js';
import type { Directory } from '../topology/index.js';
import type { Override } from './lab.js';

/** Calls in order, and the command line that each is from. */
export type CommandInstalls = ReadonlyMap<Install, Override>;

/**
 * What a lab's command lines call, with all that is wrong in them. `hasNetns` knows namespaces that no object of the
 * directory has, such as those of switches.
 */
export function readCommands(
  lines: readonly Override[],
  directory: Directory,
  hasNetns: (name: string) => boolean = () => false,
): Read<CommandInstalls> {
  const installs = new Map<Install, Override>();
  const problems: Problem[] = [];
  for (const override of lines) {
    const { netns, command, file, line } = override;
    // Routers are in the directory as hosts; readers of labs write them by their bare name.
    const object = directory.find(netns) ?? directory.find(`host/${netns}`);
    const place = object?.netns ?? (hasNetns(netns) ? netns : undefined);
    if (place === undefined) throw new Error(`${file}:${line}: nothing with a namespace is called ${netns}`);
    const read = parseCommand(command, { netns: place, file, line });
    if ('problems' in read) problems.push(...read.problems);
    else for (const install of read.value) installs.set(install, override);
  }
  return readResult(installs, problems);
}

/** The calls of command lines that have been checked; throws an InputError with all problems where they were not. */
export function commandInstalls(
  lines: readonly Override[],
  directory: Directory,
  hasNetns?: (name: string) => boolean,
): CommandInstalls {
  const read = readCommands(lines, directory, hasNetns);
  if ('problems' in read) throw new InputError(read.problems);
  return read.value;
}

/** A command that the kernel refused, as a problem of the file that has it. */
export function refusalProblem(
  refusal: Refusal,
  { file, path, line, col }: Pick<Override, 'file' | 'path' | 'line' | 'col'>,
  prefix = '',
): Problem {
  return { code: 'refused', message: `${prefix}${formatRefusal(refusal)}`, file, path, line, col };
}

/** `node-1 refuses "ip route del 10.9.0.0/16": No such process (ESRCH)`. */
function formatRefusal({ install, errno, message }: Refusal): string {
  const { object = install.call.call } = install.origin;
  return `${install.netns} refuses "${object}": ${message === '' ? errno : `${message} (${errno})`}`;
}
