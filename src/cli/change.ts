import type { Command } from 'commander';
import type { OpenedNetwork } from '../input/index.js';
import type { Fault, Override } from '../lab/index.js';
import { InputError, type Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { execReader, netnsOf, noNetns } from './exec.js';
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
      "run 'NETNS: COMMAND' first, as ip, bridge, iptables, sysctl, birdc take it (again for more)",
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
  const { applyCommands, applyFaults } = await import('../lab/index.js');
  const read = await changeReader(options);
  return (opened, io) => {
    const { faults, problems, tell } = read(opened);
    const { network } = opened;
    const changed =
      opened.kind === 'lab'
        ? applyFaults(network, opened.opened.lab, faults)
        : applyCommands(
            network,
            faults.flatMap((fault) => (typeof fault === 'string' ? [] : fault.commands)),
          );
    if (problems.length + changed.problems.length === 0) tell(io);
    return { network: changed.network, problems: [...problems, ...changed.problems] };
  };
}

/** What is asked to be changed of a network. */
interface Asked {
  /** Of the lab by their names, and one of what --exec says: as far as they can be made. */
  readonly faults: readonly (string | Fault)[];
  readonly problems: readonly Problem[];
  /** Says what is of no use. */
  readonly tell: (io: Io) => void;
}

/** Reads --fault and --exec. */
export async function changeReader({
  fault = [],
  exec = [],
}: ChangeOptions): Promise<(opened: OpenedNetwork) => Asked> {
  const { checkFaults } = await import('../lab/index.js');
  const readExec = exec.length === 0 ? undefined : await execReader(exec);
  return (opened) => {
    const lab = opened.kind === 'lab' ? opened.opened.lab : undefined;
    const known = lab?.faults.filter(({ name }) => fault.includes(name)) ?? [];
    const names = fault.filter((name) => known.some((each) => each.name === name));
    const unknown = checkFaults(lab, fault);
    if (readExec === undefined) return { faults: names, problems: unknown, tell: () => undefined };
    const before = lab === undefined ? undefined : { ...lab, events: [...lab.events, ...eventsOf(known)] };
    const { value, problems, unread } = readExec({ network: opened.network, lab: before });
    const tell = (io: Io): void => {
      for (const each of unread) io.err(`note: ${each} is kept, but nothing that is modelled reads it\n`);
    };
    return { faults: [...names, value], problems: [...unknown, ...problems], tell };
  };
}

function eventsOf(faults: readonly Fault[]): readonly Override[] {
  return faults.flatMap(({ events }) => events);
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
