import { ANY, type Ipv4 } from '../../address/index.js';
import {
  isOldSs,
  type Netns,
  type NetnsDump,
  type NetnsReading,
  type Origin,
  type Process,
  readNetns,
  type Socket,
  type Source,
} from '../../linux/index.js';
import type { Problem } from '../../problem/index.js';
import { checkedAddress, checkedPrefix } from '../address.js';
import { fileNames, SNAPSHOT_PARTS, type SnapshotPart } from './layout.js';
import type { NamespaceFile, ProcessFile } from './network-file.js';

/** What became of a file. */
export type PartState = 'read' | 'absent';

/** One namespace as its folder tells it. */
export interface ReadNamespace {
  readonly ns: Netns;
  readonly learned: NetnsReading['learned'];
  readonly farEnds: NetnsReading['farEnds'];
  /** By file name. */
  readonly parts: ReadonlyMap<string, PartState>;
  /** Its dumps can't be read: what it holds is not known. */
  readonly broken: boolean;
  /** What a packet that reaches it leans on, as a trace says it. */
  readonly assumed: readonly string[];
}

/** Where a namespace's files are. */
export interface NamespaceSource {
  readonly name: string;
  readonly said: NamespaceFile;
  /** `network.yaml`, as problems call it. */
  readonly networkFile: string;
  /** A file of the folder; undefined when it is not there. */
  text(file: string): Source | undefined;
}

/** Reads a namespace's folder. What is wrong in it goes to `problems`. */
export function readNamespace(source: NamespaceSource, problems: Problem[]): ReadNamespace {
  const { name, said } = source;
  const found = new Map<SnapshotPart, Source>();
  const parts = new Map<string, PartState>();
  for (const part of SNAPSHOT_PARTS) {
    const text = fileNames(part).flatMap((file) => source.text(file) ?? [])[0];
    const absent = text === undefined || (isBlank(text) && part.blank === 'failed');
    if (!absent) found.set(part, text);
    if (!absent || part.rare === undefined) parts.set(part.file, absent ? 'absent' : 'read');
  }
  const dump: { -readonly [K in keyof NetnsDump]: NetnsDump[K] } = { link: { file: name, text: '[]' } };
  for (const [{ reader }, text] of found)
    dump[reader] = isBlank(text) && IS_JSON.has(reader) ? { ...text, text: '[]' } : text;
  const role = said.role ?? 'host';
  const read = readNetns(dump, { name, role, host: said.host ?? name });
  if ('problems' in read) problems.push(...read.problems);
  const { ns, farEnds, learned } = 'value' in read ? read.value : nothingOf(name, said);
  const whole: Netns = { ...ns, ...programsOf(source, ns.sockets) };
  const ss = dump.sockets;
  const old = ss !== undefined && isOldSs(ss) && ns.sockets.some(({ dualStack }) => dualStack === true) ? [OLD_SS] : [];
  const assumed = [...assumptionsOf(whole, said, parts), ...old];
  return { ns: whole, learned, farEnds, parts, broken: 'problems' in read, assumed };
}

const OLD_SS =
  'Sockets of any IPv6 address take IPv4 unless an IPv4 socket has their port: the ss of ss.txt is too old to say';

/** Parts that are JSON, of which nothing at all is an empty list. */
const IS_JSON: ReadonlySet<keyof NetnsDump> = new Set([
  'link',
  'bridgeLink',
  'addr',
  'route',
  'rule',
  'neigh',
  'proxy',
  'fdb',
]);

function isBlank({ text }: Source): boolean {
  return text.trim() === '';
}

/** Something to go on with, so that all that is wrong is told at once. */
function nothingOf(name: string, { role = 'host', host = name }: NamespaceFile): NetnsReading {
  const read = readNetns({ link: { file: name, text: '[]' } }, { name, role, host });
  if ('problems' in read) throw new Error(`${name}: an empty dump has problems`);
  return read.value;
}

function assumptionsOf(ns: Netns, said: NamespaceFile, parts: ReadonlyMap<string, PartState>): string[] {
  return SNAPSHOT_PARTS.flatMap((part) => {
    const { file, absent, reader } = part;
    if (parts.get(file) !== 'absent' || !part.leans(ns)) return [];
    // What listens is said.
    if (reader === 'sockets' && said.listen !== undefined) return [];
    return [`${absent}, for want of ${file}`];
  });
}

/** What the namespace's programs do: network.yaml says more than `ss`, which only tells that they listen. */
function programsOf(
  { said, networkFile }: NamespaceSource,
  dumped: readonly Socket[],
): Pick<Netns, 'sockets' | 'processes'> {
  const origin: Origin = { by: 'dump', file: networkFile };
  const processes = (said.processes ?? []).map((process) => processOf(process, origin));
  const relays = processes.map(({ address, port }, process): Socket => {
    return { protocol: 'udp', address, port, behaviour: 'process', process, origin };
  });
  const listeners = (said.listen ?? []).map((each): Socket => {
    const { port, address, behaviour = 'echo', bytes } = typeof each === 'string' ? { port: each } : each;
    const bound = { ...parsePort(port), address: address === undefined ? ANY : checkedAddress(address), origin };
    return behaviour === 'sink' ? { ...bound, behaviour } : { ...bound, behaviour: 'reply', bytes };
  });
  const isOne = (a: Socket, b: Socket): boolean =>
    a.protocol === b.protocol && a.port === b.port && a.address === b.address;
  // What else `ss` says of the same socket holds.
  const named = [...relays, ...listeners].map((socket): Socket => {
    const { behaviour: _, origin: __, ...told } = dumped.find((each) => isOne(each, socket)) ?? socket;
    return { ...told, ...socket };
  });
  const others = dumped.filter((socket) => !named.some((each) => isOne(each, socket)));
  return { processes, sockets: [...named, ...others] };
}

/** `tcp/80`, with a name before it or without. */
export function parsePort(text: string): { readonly protocol: Socket['protocol']; readonly port: number } {
  const [, protocol = '', port = ''] = /(\w+)\/(\d+)$/.exec(text) ?? [];
  return { protocol: protocol as Socket['protocol'], port: Number(port) };
}

function processOf({ kind, dev, listen, routes, errorSource }: ProcessFile, origin: Origin): Process {
  return {
    kind,
    dev,
    ...parseEndpoint(listen),
    routes: Object.entries(routes).map(([dst, peer]) => {
      const { address, port } = parseEndpoint(peer);
      return { dst: checkedPrefix(dst), peer: address, port };
    }),
    errorSource: checkedAddress(errorSource),
    origin,
  };
}

function parseEndpoint(text: string): { readonly address: Ipv4; readonly port: number } {
  const [address = '', port = ''] = text.split(':');
  return { address: checkedAddress(address), port: Number(port) };
}
