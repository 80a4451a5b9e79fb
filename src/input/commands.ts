import type { Fault, Override } from '../lab/index.js';
import { type Directory, type ObjectKind, objectName } from '../topology/index.js';
import { inside, keyOf, type LabContext, type Place, positionOf } from './context.js';
import type { Commands, LabFile, LinkFile, Named } from './lab-file.js';

/** Names that commands can be given for. */
export interface Places {
  readonly directory: Directory;
  readonly routers: readonly string[];
  /** Their switches. */
  readonly segments: readonly string[];
}

/** Settings that differ from what is installed, as the commands that make them: sysctls, then links, then the rest. */
export function readOverrides(file: LabFile, root: Place, places: Places, context: LabContext): readonly Override[] {
  const sysctls = readPlaced(file.sysctl ?? {}, inside(root, 'sysctl'), places, context, (settings) =>
    Object.entries(settings).map(([key, value]) => ({ path: [key], command: `sysctl -w ${key}=${value}` })),
  );
  const links = readPlaced(file.links ?? {}, inside(root, 'links'), places, context, (devices) =>
    Object.entries(devices).flatMap(([dev, link]) => linkCommands(dev, link)),
  );
  const commands = readPlaced(file.commands ?? {}, inside(root, 'commands'), places, context, commandLines);
  return [...sysctls, ...links, ...commands];
}

/** The faults of a lab, by name. */
export function readFaults(file: LabFile, root: Place, places: Places, context: LabContext): readonly Fault[] {
  return Object.entries(file.faults ?? {}).map(([name, fault]) => {
    const place = inside(root, 'faults', name);
    const { description, ...commands } = fault;
    if (description !== undefined && typeof description !== 'string')
      context.complain(inside(place, 'description'), 'bad-type', 'expected text, found a list');
    return {
      name,
      description: typeof description === 'string' ? description : '',
      commands: readPlaced(commands, place, places, context, commandLines),
    };
  });
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
  places: Places,
  context: LabContext,
  lines: (value: T) => readonly Line[],
): readonly Override[] {
  return Object.entries(said).flatMap(([key, value]) => {
    const place = inside(parent, key);
    const names = placesOf(key, keyOf(place), places, context);
    return lines(value).flatMap(({ path, command }) => {
      const { line } = positionOf(inside(place, ...path));
      return names.map((netns) => ({ netns, command, file: context.file, line }));
    });
  });
}

const KINDS: readonly string[] = ['node', 'pod', 'host', 'router', 'segment'];

/** The namespaces that a key of `sysctl:`, `faults:` … stands for, as `Directory.find` takes them. */
function placesOf(key: string, place: Place, places: Places, context: LabContext): readonly string[] {
  const { directory, routers, segments } = places;
  const objects = directory.objects.filter((object) => object.netns !== undefined);
  const [kind = '', rest] = key.split('/');
  const bare = new Map([
    ['router', routers],
    ['segment', segments],
  ]);
  if (rest === '*' && KINDS.includes(kind))
    return bare.get(kind) ?? objects.filter((o) => o.kind === (kind as ObjectKind)).map(objectName);
  for (const [each, names] of bare)
    for (const name of names) if (key === name || key === `${each}/${name}`) return [name];
  const found = directory.find(key);
  if (found?.netns !== undefined) return [objectName(found)];
  const same = objects.filter((object) => object.name === key).map(objectName);
  const message = `nothing with a network of its own is called "${key}"`;
  if (same.length > 1) context.complain(place, 'unknown-name', `${message}; there are ${same.join(' and ')}`);
  else
    context.unknownName(place, key, message, () => [
      ...objects.flatMap((object) => [object.name, objectName(object)]),
      ...routers,
      ...segments,
      ...KINDS.map((each) => `${each}/*`),
    ]);
  return [];
}
