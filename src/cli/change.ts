import type { Command } from 'commander';
import type { OpenedNetwork } from '../input/index.js';
import type { Install } from '../plan/index.js';
import { didYouMean, InputError, type Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
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

/** A network with what could be changed of it, and what could not. */
interface Changed {
  readonly network: Network;
  readonly problems: readonly Problem[];
}

/** A network with the faults and commands that were asked for, as far as they can be made. */
export async function changedNetwork(opened: OpenedNetwork, options: ChangeOptions, io: Io): Promise<Changed> {
  const change = await changer(options);
  return change(opened, io);
}

/** The same for several networks. */
export async function changer(options: ChangeOptions): Promise<(opened: OpenedNetwork, io: Io) => Changed> {
  const { applyFaults, checkFaults } = await import('../lab/index.js');
  const { fault = [], exec = [] } = options;
  const execute = exec.length === 0 ? undefined : await executor(exec);
  return (opened, io) => {
    const lab = opened.kind === 'lab' ? opened.opened.lab : undefined;
    const unknown = checkFaults(lab, fault);
    const known = fault.filter((name) => lab?.faults.some((each) => each.name === name));
    const faulted =
      lab === undefined ? { network: opened.network, problems: [] } : applyFaults(opened.network, lab, known);
    const problems = [...unknown, ...faulted.problems];
    if (execute === undefined) return { network: faulted.network, problems };
    const executed = execute(faulted.network, io);
    return { network: executed.network, problems: [...problems, ...executed.problems] };
  };
}

/**
 * The same for a command that has no further problems to tell.
 *
 * @throws InputError
 */
export async function changedOrThrow(opened: OpenedNetwork, options: ChangeOptions, io: Io): Promise<Network> {
  const { network, problems } = await changedNetwork(opened, options, io);
  if (problems.length > 0) throw new InputError(problems);
  return network;
}

/** The columns that problems are told in are those of the whole argument. */
const EXEC = /^(\s*([^\s:]+)\s*:\s*)(.*)$/s;

/** Runs command lines on a network. */
async function executor(lines: readonly string[]): Promise<(network: Network, io: Io) => Changed> {
  const { Applier, parseCommand } = await import('../plan/index.js');
  const { classifySysctl, Runtime, sysctlName } = await import('../linux/index.js');
  const { isControl, refusalProblem } = await import('../lab/index.js');
  /** A sysctl that nothing here reads is set all the same, and changes nothing: say so. */
  const tellUnread = ({ call }: Install, io: Io): void => {
    if (call.call === 'sysctl set' && classifySysctl(call.path).is === 'other')
      io.err(`note: ${sysctlName(call.path)} is kept, but nothing that is modelled reads it\n`);
  };
  return (network, io) => {
    const applier = new Applier(network, new Runtime());
    const problems: Problem[] = [];
    for (const [i, text] of lines.entries()) {
      const at = { file: '--exec', path: [], line: i + 1, col: 1 };
      const [, before = '', place = '', command = ''] = EXEC.exec(text) ?? [];
      if (command === '') {
        const message = `expected 'NETNS: COMMAND', such as 'node-1: ip route del default', found '${text}'`;
        problems.push({ ...at, code: 'syntax', message });
        continue;
      }
      const netns = netnsOf(place, network);
      if (netns === undefined) problems.push({ ...at, code: 'unknown-name', message: noNetns(place, network) });
      if (isControl(command)) {
        const message = 'a command for the control plane changes what was built before; write it as a fault of the lab';
        problems.push({ ...at, col: before.length + 1, code: 'conflict', message });
        continue;
      }
      const read = parseCommand(command, { netns: netns ?? '', file: at.file, line: at.line });
      if ('problems' in read)
        problems.push(...read.problems.map((problem) => ({ ...problem, col: problem.col + before.length })));
      else if (netns !== undefined)
        for (const install of read.value) {
          const refusal = applier.apply(install);
          if (refusal !== undefined) problems.push(refusalProblem(refusal, { ...at, col: before.length + 1 }));
          else tellUnread(install, io);
        }
    }
    return { network: applier.network(), problems };
  };
}

/**
 * The namespace of a name: an object's, or its own.
 *
 * @throws InputError with what could not be changed as well.
 */
export function findNetns(name: string, { network, problems }: Changed): string {
  const found = netnsOf(name, network);
  if (found !== undefined && problems.length === 0) return found;
  const all = [...problems];
  if (found === undefined) {
    const message = noNetns(name, network);
    all.push({ code: 'unknown-name', message, file: 'options', path: ['namespace'], line: 0, col: 0 });
  }
  throw new InputError(all);
}

function netnsOf(name: string, network: Network): string | undefined {
  return network.directory.find(name)?.netns ?? (network.has(name) ? name : undefined);
}

function noNetns(name: string, network: Network): string {
  const known = network.names();
  const hint = didYouMean(name, known);
  return `no namespace is called "${name}"${hint === '' ? `; there are ${known.join(', ')}` : hint}`;
}
