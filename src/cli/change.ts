import type { Command } from 'commander';
import type { OpenedLab } from '../input/index.js';
import type { Install, Refusal } from '../plan/index.js';
import type { Network } from '../topology/index.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';
import { collect, collectList } from './values.js';

/** Options of commands that can look at a lab with something changed. */
export interface ChangeOptions {
  readonly fault?: readonly string[];
  readonly exec?: readonly string[];
}

/** Adds --fault and --exec. */
export function addChangeOptions(command: Command): Command {
  return command
    .option('--fault <name>', 'switch a fault of the lab on (again for more)', collectList)
    .option(
      '--exec <command>',
      "run 'NETNS: COMMAND' first, as ip, bridge, iptables, sysctl take it (again for more)",
      collect,
    );
}

/** A lab's network with the faults and commands that were asked for. Refused ones are told. */
export async function changedNetwork(opened: OpenedLab, options: ChangeOptions, io: Io): Promise<Network> {
  const { checkFaults } = await import('../input/index.js');
  const { applyFaults } = await import('../lab/index.js');
  const { fault = [], exec = [] } = options;
  checkFaults(opened.lab, fault);
  const { network, refused } = applyFaults(opened.built.network, opened.lab, fault);
  tellRefused(refused, io);
  if (exec.length === 0) return network;
  const { apply } = await import('../plan/index.js');
  const { Runtime } = await import('../linux/index.js');
  const applied = apply(await readCommands(exec, network), network, new Runtime());
  tellRefused(applied.refused, io);
  return applied.network;
}

async function readCommands(lines: readonly string[], network: Network): Promise<readonly Install[]> {
  const { parseCommand } = await import('../plan/index.js');
  const { InputError } = await import('../problem/index.js');
  const installs: Install[] = [];
  for (const [i, text] of lines.entries()) {
    const [, place = '', command = ''] = /^\s*([^\s:]+)\s*:\s*(.*)$/s.exec(text) ?? [];
    if (command === '')
      throw new UsageError(`--exec takes 'NETNS: COMMAND', such as 'node-1: ip route del default'; found '${text}'`);
    const netns = await findNetns(place, network);
    const read = parseCommand(command, { netns, file: '--exec', line: i + 1 });
    if ('problems' in read) throw new InputError(read.problems);
    installs.push(...read.value);
  }
  return installs;
}

/**
 * The namespace of a name: an object's, or its own.
 *
 * @throws UsageError
 */
export async function findNetns(name: string, network: Network): Promise<string> {
  const found = network.directory.find(name)?.netns ?? (network.has(name) ? name : undefined);
  if (found !== undefined) return found;
  const { didYouMean } = await import('../problem/index.js');
  const known = network.names();
  const hint = didYouMean(name, known);
  throw new UsageError(`no namespace is called "${name}"${hint === '' ? `; there are ${known.join(', ')}` : hint}`);
}

function tellRefused(refused: readonly Refusal[], io: Io): void {
  for (const { install, errno, message } of refused) {
    const { object = install.call.call } = install.origin;
    io.err(`note: ${install.netns} refuses "${object}": ${errno}${message === '' ? '' : `, ${message}`}\n`);
  }
}
