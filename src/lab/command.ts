import { Runtime } from '../linux/index.js';
import { apply, type Install, parseCommand, type Refusal } from '../plan/index.js';
import { InputError, type Problem, type Read, readResult } from '../problem/index.js';
import type { Directory, Network } from '../topology/index.js';
import type { Lab, Override } from './lab.js';

/** What a lab's command lines call, with all that is wrong in them. */
export function readCommands(lines: readonly Override[], directory: Directory): Read<readonly Install[]> {
  const installs: Install[] = [];
  const problems: Problem[] = [];
  for (const { netns, command, file, line } of lines) {
    // Routers are in the directory as hosts; readers of labs write them by their bare name.
    const place = directory.find(netns)?.netns ?? directory.find(`host/${netns}`)?.netns;
    if (place === undefined) throw new Error(`${file}:${line}: nothing with a namespace is called ${netns}`);
    const read = parseCommand(command, { netns: place, file, line });
    if ('problems' in read) problems.push(...read.problems);
    else installs.push(...read.value);
  }
  return readResult(installs, problems);
}

/** The calls of command lines that have been checked; throws an InputError with all problems where they were not. */
export function commandInstalls(lines: readonly Override[], directory: Directory): readonly Install[] {
  const read = readCommands(lines, directory);
  if ('problems' in read) throw new InputError(read.problems);
  return read.value;
}

/** A network with faults. */
export interface Faulted {
  readonly network: Network;
  /** Commands of the faults that the kernel refused: such a fault does not do what it says. */
  readonly refused: readonly Refusal[];
}

/** The network as it is with these faults of the lab, in this order. */
export function applyFaults(network: Network, lab: Lab, names: readonly string[]): Faulted {
  const lines = names.flatMap((name) => {
    const fault = lab.faults.find((f) => f.name === name);
    if (fault === undefined) throw new Error(`lab ${lab.name} has no fault ${name}`);
    return fault.commands;
  });
  // Nothing has run on the network yet, so there is nothing learned that a fault could make forget.
  return apply(commandInstalls(lines, network.directory), network, new Runtime());
}
