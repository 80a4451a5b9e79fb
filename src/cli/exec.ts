import type { Fault, Lab, Override } from '../lab/index.js';
import { didYouMean, type Problem, type Read } from '../problem/index.js';
import { type Network, objectName } from '../topology/index.js';

/** What --exec says, as a fault that the lab does not have. */
interface Executed {
  readonly value: Fault;
  readonly problems: readonly Problem[];
  /** Sysctls that nothing here reads: they are set all the same, and change nothing. */
  readonly unread: readonly string[];
}

/** A line of --exec; columns of problems are those of the whole argument. */
interface Line {
  /** undefined: nobody is said to run it. */
  readonly place: string | undefined;
  readonly command: string;
  readonly at: Pick<Problem, 'file' | 'path' | 'line' | 'col'>;
}

const EXEC = /^(\s*([^\s:]+)\s*:\s*)(.*)$/s;

function lineOf(text: string, line: number): Line {
  const at = { file: '--exec', path: [], line, col: 1 };
  const [, before = '', place, command = ''] = EXEC.exec(text) ?? [];
  if (command === '') return { place: undefined, command: text.trim(), at };
  return { place, command, at: { ...at, col: before.length + 1 } };
}

/** Where command lines are run: dumps have no lab. */
interface Scene {
  readonly network: Network;
  /** With the events that come before. */
  readonly lab: Lab | undefined;
}

/** Reads the command lines of --exec. */
export async function execReader(texts: readonly string[]): Promise<(scene: Scene) => Executed> {
  const { checkEvents, isControl } = await import('../lab/index.js');
  const readLine = await lineReader();
  return (scene) => {
    const read = texts.map((text, i) => readLine(text, i + 1, scene));
    const overrides = read.flatMap(({ override }) => override ?? []);
    const events = overrides.filter(({ command }) => isControl(command));
    const value = { ...EXECUTED, commands: overrides.filter((each) => !events.includes(each)), events };
    const problems = read.flatMap((each) => each.problems);
    const unread = read.flatMap((each) => each.unread);
    const { lab } = scene;
    if (lab === undefined || events.length === 0) return { value, problems, unread };
    const wrong = checkEvents({ ...lab, faults: [value] }).filter(({ file }) => file === '--exec');
    if (wrong.length === 0) return { value, problems, unread };
    // What the other commands would meet comes of the events.
    return { value: EXECUTED, problems: [...problems, ...wrong], unread };
  };
}

const EXECUTED: Fault = { name: '', description: '', commands: [], events: [] };

/** What a line says. */
interface ReadLine {
  readonly override: Override | undefined;
  readonly problems: readonly Problem[];
  readonly unread: readonly string[];
}

async function lineReader(): Promise<(text: string, line: number, scene: Scene) => ReadLine> {
  const { parseCommand } = await import('../plan/index.js');
  const { classifySysctl, sysctlName } = await import('../linux/index.js');
  const { isControl, parseControl } = await import('../lab/index.js');
  const parse = (command: string, netns: string, at: Line['at'], lab: Lab | undefined): Read<readonly string[]> => {
    if (isControl(command)) {
      const read = lab === undefined ? noControlPlane(at) : parseControl(command, at);
      return 'problems' in read ? read : { value: [] };
    }
    const read = parseCommand(command, { netns, file: at.file, line: at.line });
    if ('problems' in read) return read;
    const sysctls = read.value.flatMap(({ call }) => (call.call === 'sysctl set' ? [call.path] : []));
    return { value: sysctls.filter((path) => classifySysctl(path).is === 'other').map(sysctlName) };
  };
  return (text, number, { network, lab }) => {
    const { place, command, at } = lineOf(text, number);
    if (place === undefined && !isControl(command)) {
      const message = `expected 'NETNS: COMMAND', such as 'node-1: ip route del default', found '${text}'`;
      return { override: undefined, problems: [{ ...at, code: 'syntax', message }], unread: [] };
    }
    const problems: Problem[] = [];
    const netns = place === undefined ? '' : netnsOf(place, network);
    if (netns === undefined)
      problems.push({ ...at, col: 1, code: 'unknown-name', message: noNetns(place ?? '', network) });
    const read = parse(command, netns ?? '', at, lab);
    if ('problems' in read) problems.push(...read.problems.map((each) => ({ ...each, col: each.col + at.col - 1 })));
    const override = { netns: objectOf(netns ?? '', network), command, ...at };
    return {
      override: problems.length === 0 ? override : undefined,
      problems,
      unread: 'value' in read ? read.value : [],
    };
  };
}

function noControlPlane(at: Line['at']): Read<never> {
  const message = 'a folder of dumps has no control plane: only a lab can be built anew';
  return { problems: [{ ...at, col: 1, code: 'conflict', message }] };
}

/** The namespace of a name: an object's, or its own; undefined where there is none. */
export function netnsOf(name: string, network: Network): string | undefined {
  return network.directory.find(name)?.netns ?? (network.has(name) ? name : undefined);
}

/** As labs have it: the object of a namespace, or the namespace of a switch. */
function objectOf(netns: string, { directory }: Network): string {
  const object = directory.ofNetns(netns);
  return object === undefined ? netns : objectName(object);
}

/** What is said of a name that no namespace has. */
export function noNetns(name: string, network: Network): string {
  const known = network.names();
  const hint = didYouMean(name, known);
  return `no namespace is called "${name}"${hint === '' ? `; there are ${known.join(', ')}` : hint}`;
}
