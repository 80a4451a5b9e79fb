import { type CniSetup, cniBackend } from '../agents/index.js';
import { didYouMean, type Problem } from '../problem/index.js';
import { completeCluster } from './complete.js';
import { type ControlCommand, parseControl } from './control.js';
import { machineName } from './control-plane.js';
import type { Lab, Override } from './lab.js';
import { changeObject, type ObjectCommand, World } from './world.js';

/**
 * What is wrong with the control commands of a lab and of its faults: speakers, sessions and objects that are not there
 * when a command is reached. A fault is looked at on its own, after the lab's events. That the lines can be read at all
 * has been seen before.
 */
export function checkEvents(lab: Lab): readonly Problem[] {
  if (lab.events.length === 0 && lab.faults.every(({ events }) => events.length === 0)) return [];
  const setup = setupOf(lab);
  if (setup === undefined) return [];
  const cluster = completeCluster(lab, setup);
  const world = new World(lab, setup, cluster);
  const problems = checkLines(world, lab, lab.events);
  for (const { events } of lab.faults) {
    const own = lab.events.some(changesWorld) || events.some(changesWorld) ? new World(lab, setup, cluster) : world;
    if (own !== world) checkLines(own, lab, lab.events);
    problems.push(...checkLines(own, lab, events));
  }
  return problems;
}

/**
 * The part of {@link checkEvents} that needs no BIRD, for a lab in which other things are wrong: objects that are not
 * there, and machines that are no routers. `isKnown` says whether an object can be looked for among the lab's.
 */
export function checkEventsApart(lab: Lab, isKnown: (command: ObjectCommand) => boolean): readonly Problem[] {
  const stations = new Set([...lab.nodes, ...lab.hosts].map(({ name }) => name));
  const routers = new Set(lab.routers.map(({ name }) => name));
  const check = (lines: readonly Override[], before: Lab['calico']): { problems: Problem[]; calico: Lab['calico'] } => {
    let calico = before;
    const problems = found(lines, (machine, command) => {
      if (command.command === 'fib limit')
        return stations.has(machine) && !routers.has(machine) ? notRouter(lab, machine) : undefined;
      if ((command.command !== 'patch' && command.command !== 'delete') || !isKnown(command)) return undefined;
      const changed = changeObject(calico, command);
      if ('problem' in changed) return refusedChange(command, changed.problem);
      calico = changed.calico;
      return undefined;
    });
    return { problems, calico };
  };
  const { problems, calico } = check(lab.events, lab.calico);
  return [...problems, ...lab.faults.flatMap(({ events }) => check(events, calico).problems)];
}

function setupOf({ cni, podCIDR }: Lab): CniSetup | undefined {
  const configured = cniBackend(cni.name)?.configure(cni.options, podCIDR);
  return configured === undefined || 'problems' in configured ? undefined : configured.setup;
}

function changesWorld({ command }: Override): boolean {
  return /\bcalicoctl\b/.test(command);
}

function checkLines(world: World, lab: Lab, lines: readonly Override[]): Problem[] {
  return found(lines, (machine, command) => check(world, lab, machine, command));
}

/** What `check` finds in lines, at its place in the file. */
function found(
  lines: readonly Override[],
  check: (machine: string, command: ControlCommand) => Found | undefined,
): Problem[] {
  return lines.flatMap(({ netns, command, file, path, line, col }): Problem[] => {
    const read = parseControl(command, { file, line });
    if ('problems' in read) return [];
    return read.value.flatMap((each): Problem[] => {
      const problem = check(machineName(netns), each);
      if (problem === undefined) return [];
      return [{ ...problem, file, path, line, col: col + problem.col - 1 }];
    });
  });
}

type Found = Pick<Problem, 'code' | 'message' | 'col'>;

function check(world: World, lab: Lab, machine: string, command: ControlCommand): Found | undefined {
  switch (command.command) {
    case 'sleep':
      return undefined;
    case 'patch':
    case 'delete': {
      const problem = world.change(command);
      if (problem === undefined) {
        world.reconfigured();
        return undefined;
      }
      return refusedChange(command, problem);
    }
    case 'fib limit':
      return lab.routers.some(({ name }) => name === machine) ? noBird(world, machine) : notRouter(lab, machine);
    case 'kill':
    case 'shutdown':
    case 'start':
      return noBird(world, machine);
    default:
      return noBird(world, machine) ?? noSession(world, machine, command.session);
  }
}

function refusedChange(command: ObjectCommand, message: string): Found {
  const { col } = command.command === 'patch' ? command.patch : command.name;
  return { code: 'bad-value', message, col };
}

function notRouter(lab: Lab, machine: string): Found {
  const names = lab.routers.map(({ name }) => name);
  if (machine === '' && names.length > 0) return nowhere(names);
  const none = machine === '' ? 'there is none' : `"${machine}" is none${didYouMean(machine, names)}`;
  return { code: 'unknown-name', message: `only a router has a FIB limit, and ${none}`, col: 1 };
}

function noBird({ speakers }: World, machine: string): Found | undefined {
  if (speakers.has(machine)) return undefined;
  if (machine === '') return nowhere(speakers.keys());
  return {
    code: 'unknown-name',
    message: `no BIRD runs on "${machine}"${didYouMean(machine, speakers.keys())}`,
    col: 1,
  };
}

function nowhere(machines: Iterable<string>): Found {
  const [first = 'NODE'] = machines;
  const message = `no machine is said to run it on: write a map such as {${first}: …}`;
  return { code: 'missing', message, col: 1 };
}

function noSession(
  world: World,
  machine: string,
  { text, col }: { readonly text: string; readonly col: number },
): Found | undefined {
  if (world.sessions(machine, text).length > 0) return undefined;
  const names = (world.speakers.get(machine)?.sessions ?? []).map(({ name }) => name);
  const near = didYouMean(text, names);
  const some = names.length === 0 ? 'it has none' : `it has ${names.slice(0, 5).join(', ')}`;
  const message = `no session of ${machine} is called "${text}"${near === '' ? `; ${some}` : near}`;
  return { code: 'unknown-name', message, col };
}
