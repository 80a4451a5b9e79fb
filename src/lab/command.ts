import { Runtime } from '../linux/index.js';
import { Applier, type Install, parseCommand, type Refusal } from '../plan/index.js';
import { InputError, type Problem, type Read, readResult } from '../problem/index.js';
import type { Directory, Network } from '../topology/index.js';
import type { Fault, Lab, Override } from './lab.js';

/** Calls in order, and the command line that each is from. */
export type CommandInstalls = ReadonlyMap<Install, Override>;

/** What a lab's command lines call, with all that is wrong in them. */
export function readCommands(lines: readonly Override[], directory: Directory): Read<CommandInstalls> {
  const installs = new Map<Install, Override>();
  const problems: Problem[] = [];
  for (const override of lines) {
    const { netns, command, file, line } = override;
    // Routers are in the directory as hosts; readers of labs write them by their bare name.
    const place = directory.find(netns)?.netns ?? directory.find(`host/${netns}`)?.netns;
    if (place === undefined) throw new Error(`${file}:${line}: nothing with a namespace is called ${netns}`);
    const read = parseCommand(command, { netns: place, file, line });
    if ('problems' in read) problems.push(...read.problems);
    else for (const install of read.value) installs.set(install, override);
  }
  return readResult(installs, problems);
}

/** The calls of command lines that have been checked; throws an InputError with all problems where they were not. */
export function commandInstalls(lines: readonly Override[], directory: Directory): CommandInstalls {
  const read = readCommands(lines, directory);
  if ('problems' in read) throw new InputError(read.problems);
  return read.value;
}

/** A network with faults. */
export interface Faulted {
  readonly network: Network;
  /** Commands of the faults that the kernel refused: such a fault does not do what it says. */
  readonly refused: readonly Refusal[];
  /** The same, where they stand in the lab's file. */
  readonly problems: readonly Problem[];
}

/** The network as it is with these faults of the lab, in this order. */
export function applyFaults(network: Network, lab: Lab, names: readonly string[]): Faulted {
  // Nothing has run on the network yet, so there is nothing learned that a fault could make forget.
  const applier = new Applier(network, new Runtime());
  const refused: Refusal[] = [];
  const problems: Problem[] = [];
  for (const { name, commands } of names.map((wanted) => faultOf(lab, wanted)))
    for (const [install, override] of commandInstalls(commands, network.directory)) {
      const refusal = applier.apply(install);
      if (refusal === undefined) continue;
      refused.push(refusal);
      problems.push(refusalProblem(refusal, override, `fault "${name}": `));
    }
  return { network: applier.network(), refused, problems };
}

function faultOf(lab: Lab, name: string): Fault {
  const fault = lab.faults.find((f) => f.name === name);
  if (fault === undefined) throw new Error(`lab ${lab.name} has no fault ${name}`);
  return fault;
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
