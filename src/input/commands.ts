import { type Fault, isControl, type Override, parseControl } from '../lab/index.js';
import { classifySysctl, sysctlName } from '../linux/index.js';
import { type Install, parseCommand } from '../plan/index.js';
import type { Problem, Read } from '../problem/index.js';
import { type Directory, type ObjectKind, objectName } from '../topology/index.js';
import { inside, keyOf, type LabContext, type Place, positionOf } from './context.js';
import type { Commands, FaultFile, LabFile, LineFile, LinkFile, Named } from './lab-file.js';

/** Settings that differ from what is installed, as the commands that make them: sysctls, then links, then the rest. */
export function readOverrides(
  file: LabFile,
  root: Place,
  directory: Directory,
  context: LabContext,
): readonly Override[] {
  const sysctls = readPlaced(
    file.sysctl ?? {},
    inside(root, 'sysctl'),
    directory,
    context,
    (settings) =>
      Object.entries(settings).map(([key, value]) => ({ path: [key], command: `sysctl -w ${key}=${value}` })),
    'made',
  );
  const links = readPlaced(
    file.links ?? {},
    inside(root, 'links'),
    directory,
    context,
    (devices) => Object.entries(devices).flatMap(([dev, link]) => linkCommands(dev, link)),
    'made',
  );
  const commands = readPlaced(
    file.commands ?? {},
    inside(root, 'commands'),
    directory,
    context,
    commandLines,
    'written',
  );
  return [...sysctls, ...links, ...commands];
}

/** The faults of a lab, by name. */
export function readFaults(file: LabFile, root: Place, directory: Directory, context: LabContext): readonly Fault[] {
  return Object.entries(file.faults ?? {}).flatMap(([name, fault]) => {
    const before = context.problems.length;
    const place = inside(root, 'faults', name);
    const lines = faultLines(fault, place, directory, context);
    if (context.problems.length > before) {
      context.lost.add(name);
      return [];
    }
    const description = typeof fault === 'object' && 'description' in fault ? (fault.description ?? '') : '';
    const events = lines.filter(({ command }) => isControl(command));
    return [{ name, description, commands: lines.filter((line) => !events.includes(line)), events }];
  });
}

/** The lines of a fault: its `events` first. */
function faultLines(fault: FaultFile, place: Place, directory: Directory, context: LabContext): readonly Override[] {
  if (typeof fault === 'string') return readAlone(fault, place, context);
  if (isList(fault)) return readLines(fault, place, directory, context, 'fault');
  const { description: _, events = [], ...commands } = fault;
  return [
    ...readLines(events, inside(place, 'events'), directory, context, 'event'),
    ...readPlaced(commands, place, directory, context, commandLines, 'fault'),
  ];
}

function isList(fault: FaultFile): fault is readonly LineFile[] {
  return Array.isArray(fault);
}

/** `events:`: control commands, those that need no machine by themselves. */
export function readEvents(file: LabFile, root: Place, directory: Directory, context: LabContext): readonly Override[] {
  return readLines(file.events ?? [], inside(root, 'events'), directory, context, 'event');
}

function readLines(
  lines: readonly LineFile[],
  parent: Place,
  directory: Directory,
  context: LabContext,
  written: Written,
): readonly Override[] {
  return lines.flatMap((said, i) => {
    const place = inside(parent, i);
    if (typeof said === 'string') return readAlone(said, place, context);
    return readPlaced(said, place, directory, context, commandLines, written);
  });
}

/** A control command that stands alone, with no machine said to run it on. */
function readAlone(said: string, place: Place, context: LabContext): readonly Override[] {
  const { line, col } = positionOf(place);
  const command = said.trim();
  if (!isControl(command) && 'value' in parseCommand(command, { netns: '', file: context.file, line })) {
    context.complain(place, 'missing', `this runs on some machine: write a map such as {node-1: ${command}}`);
    return [];
  }
  if (!isCommand(command, place, 'event', context)) return [];
  return [{ netns: '', command, file: context.file, path: place.path, line, col }];
}

/** A command, and where it stands below its place. */
interface Line {
  readonly path: readonly (string | number)[];
  readonly command: string;
}

function commandLines(commands: Commands): readonly Line[] {
  if (typeof commands === 'string') return [{ path: [], command: commands.trim() }];
  return commands.map((command, i) => ({ path: [i], command: command.trim() }));
}

function linkCommands(dev: string, link: LinkFile): readonly Line[] {
  const { mtu, address, state } = link;
  const settings = [
    ...(mtu === undefined ? [] : [{ key: 'mtu', words: `mtu ${mtu}` }]),
    ...(address === undefined ? [] : [{ key: 'address', words: `address ${address}` }]),
    ...(state === undefined ? [] : [{ key: 'state', words: state }]),
  ];
  return settings.map(({ key, words }) => ({ path: [dev, key], command: `ip link set dev ${dev} ${words}` }));
}

function readPlaced<T>(
  said: Named<T>,
  parent: Place,
  directory: Directory,
  context: LabContext,
  lines: (value: T) => readonly Line[],
  written: Written,
): readonly Override[] {
  return Object.entries(said).flatMap(([key, value]) => {
    const place = inside(parent, key);
    const names = placesOf(key, keyOf(place), directory, context);
    return lines(value).flatMap(({ path, command }) => {
      const at = inside(place, ...path);
      const { line, col } = positionOf(at);
      if (!isCommand(command, at, written, context)) return [];
      return names.map((netns) => ({ netns, command, file: context.file, path: at.path, line, col }));
    });
  });
}

/** Whether a command stands in the file, and what may stand there besides, or has been made of a setting. */
type Written = 'written' | 'fault' | 'event' | 'made';

/** Whether a command is one which the tool takes. Problems of a written one are told in columns of the command. */
function isCommand(command: string, at: Place, written: Written, context: LabContext): boolean {
  const { line, col } = positionOf(written === 'made' ? keyOf(at) : at);
  const read = readLine(command, { file: context.file, line }, written);
  if ('value' in read) {
    for (const { call } of read.value)
      if (call.call === 'sysctl set' && classifySysctl(call.path).is === 'other')
        context.note(at, `${sysctlName(call.path)} is kept, but nothing that is modelled reads it`);
    return true;
  }
  const { path } = at;
  const shift = written === 'made' ? (): number => col : (problem: Problem): number => col + problem.col - 1;
  context.problems.push(...read.problems.map((problem) => ({ ...problem, path, line, col: shift(problem) })));
  return false;
}

/** What a line calls; one for the control plane calls nothing of the kernel. */
function readLine(
  command: string,
  { file, line }: { readonly file: string; readonly line: number },
  written: Written,
): Read<readonly Install[]> {
  if (written === 'event' || (written === 'fault' && isControl(command))) {
    const read = parseControl(command, { file, line });
    return 'problems' in read ? read : { value: [] };
  }
  if (isControl(command)) {
    const message = 'a control command stands among events: or in a fault';
    return { problems: [{ code: 'conflict', message, file, path: [], line, col: 1 }] };
  }
  return parseCommand(command, { netns: '', file, line });
}

const KINDS: readonly ObjectKind[] = ['node', 'pod', 'host'];

/** The namespaces that a key of `sysctl:`, `faults:` … stands for, as `Directory.find` takes them. */
function placesOf(key: string, place: Place, directory: Directory, context: LabContext): readonly string[] {
  const objects = directory.objects.filter((object) => object.netns !== undefined);
  const kind = KINDS.find((each) => key === `${each}/*`);
  if (kind !== undefined) return objects.filter((object) => object.kind === kind).map(objectName);
  const found = directory.find(key);
  if (found?.netns !== undefined) return [objectName(found)];
  const same = objects.filter((object) => object.name === key).map(objectName);
  const message = `nothing with a network of its own is called "${key}"`;
  if (same.length > 1) context.complain(place, 'unknown-name', `${message}; there are ${same.join(' and ')}`);
  else
    context.unknownName(place, key, message, () => [
      ...objects.flatMap((object) => [object.name, objectName(object)]),
      ...KINDS.map((each) => `${each}/*`),
    ]);
  return [];
}
