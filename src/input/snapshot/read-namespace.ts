import { ANY, type Ipv4 } from '../../address/index.js';
import {
  type Ipset,
  type Netns,
  type NetnsDump,
  type NetnsReading,
  type Origin,
  type Process,
  parseIpsets,
  parseRuleset,
  type Ruleset,
  readNetns,
  type Socket,
  type Source,
} from '../../linux/index.js';
import type { Problem, Read } from '../../problem/index.js';
import { checkedAddress, checkedPrefix } from '../address.js';
import { fileNames, SNAPSHOT_PARTS, type SnapshotPart } from './layout.js';
import type { NamespaceFile, ProcessFile } from './network-file.js';

/** What became of a file. */
export type PartState = 'read' | 'absent' | 'not read';

/** One namespace as its folder tells it. */
export interface ReadNamespace {
  readonly ns: Netns;
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
    const absent = text === undefined || (text.text.trim() === '' && part.blank === 'failed');
    if (!absent) found.set(part, text);
    parts.set(part.file, absent ? 'absent' : part.reader === 'unread' ? 'not read' : 'read');
  }
  const take = (reader: SnapshotPart['reader']): Source | undefined => {
    for (const [part, text] of found) if (part.reader === reader) return text;
    return undefined;
  };
  const dump: { -readonly [K in keyof NetnsDump]: NetnsDump[K] } = { link: { file: name, text: '[]' } };
  for (const reader of DUMPED) {
    const text = take(reader);
    if (text !== undefined)
      dump[reader] = text.text.trim() === '' ? { ...text, text: BLANK.get(reader) ?? '[]' } : text;
  }
  const role = said.role ?? 'host';
  const read = readNetns(dump, { name, role, host: said.host ?? name });
  if ('problems' in read) problems.push(...read.problems);
  const { ns, farEnds } = 'value' in read ? read.value : nothingOf(name, said);
  const rules = (reader: 'iptables' | 'ip6tables'): Ruleset => {
    const family = reader === 'iptables' ? 'ip' : 'ip6';
    return taken(take(reader), (text, file) => parseRuleset(text, file, { family }), ns[reader], problems);
  };
  const noSets: ReadonlyMap<string, Ipset> = ns.ipsets;
  const whole: Netns = {
    ...ns,
    iptables: rules('iptables'),
    ip6tables: rules('ip6tables'),
    ipsets: taken(take('ipsets'), parseIpsets, noSets, problems),
    ...programsOf(source, ns.sockets),
  };
  return { ns: whole, farEnds, parts, broken: 'problems' in read, assumed: assumptionsOf(whole, said, found, parts) };
}

const DUMPED = ['link', 'bridgeLink', 'addr', 'route', 'rule', 'neigh', 'proxy', 'fdb', 'sysctl', 'sockets'] as const;
/** An empty text in the words of its reader, where that does not read JSON. */
const BLANK: ReadonlyMap<string, string> = new Map([['sockets', '']]);

function taken<T>(
  source: Source | undefined,
  read: (text: string, file: string) => Read<T>,
  absent: T,
  problems: Problem[],
): T {
  if (source === undefined) return absent;
  const result = read(source.text, source.file);
  if ('value' in result) return result.value;
  problems.push(...result.problems);
  return absent;
}

/** Something to go on with, so that all that is wrong is told at once. */
function nothingOf(name: string, { role = 'host', host = name }: NamespaceFile): NetnsReading {
  const read = readNetns({ link: { file: name, text: '[]' } }, { name, role, host });
  if ('problems' in read) throw new Error(`${name}: an empty dump has problems`);
  return read.value;
}

function assumptionsOf(
  ns: Netns,
  said: NamespaceFile,
  found: ReadonlyMap<SnapshotPart, Source>,
  parts: ReadonlyMap<string, PartState>,
): string[] {
  return SNAPSHOT_PARTS.flatMap((part) => {
    const { file, absent, reader } = part;
    const text = found.get(part)?.text.trim() ?? '';
    if (parts.get(file) === 'not read') return text === '' || !part.leans(ns) ? [] : [`Not read: ${file}`];
    if (parts.get(file) !== 'absent' || !part.leans(ns)) return [];
    // What listens is said.
    if (reader === 'sockets' && said.listen !== undefined) return [];
    return [`Assumed: ${absent}, for want of ${file}`];
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
  const named = [...relays, ...listeners];
  const isNamed = (socket: Socket): boolean =>
    named.some(
      (each) => each.protocol === socket.protocol && each.port === socket.port && each.address === socket.address,
    );
  return { processes, sockets: [...named, ...dumped.filter((socket) => !isNamed(socket))] };
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
