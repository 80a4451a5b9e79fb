import type { Link, Netns, Peer, Wire } from '../../linux/index.js';
import type { Problem } from '../../problem/index.js';
import type { YamlDocument } from '../yaml.js';
import type { NetworkFile } from './network-file.js';
import type { ReadNamespace } from './read-namespace.js';

/** Wires, and what is to be said of them. */
export interface Wires {
  readonly wires: readonly Wire[];
  readonly notes: readonly string[];
}

/** The wires that `network.yaml` names. What is wrong with them goes to `problems`. */
export function namedWires(
  { wires = [] }: NetworkFile,
  namespaces: ReadonlyMap<string, ReadNamespace>,
  document: YamlDocument,
  file: string,
  problems: Problem[],
): Wires {
  const taken = new Map<string, number>();
  const notes: string[] = [];
  const complain = (path: readonly (string | number)[], code: Problem['code'], message: string): void => {
    problems.push({ code, message, file, path, ...document.positionOf(path) });
  };
  const check = (text: string, wire: number, end: number): boolean => {
    const { netns, dev } = endOf(text);
    const path = ['wires', wire, end];
    const place = namespaces.get(netns);
    const before = taken.get(text);
    taken.set(text, wire);
    if (place === undefined) complain(path, 'unknown-name', `no namespace is called "${netns}"`);
    else if (before !== undefined) complain(path, 'conflict', `${text} is an end of wires[${before}] as well`);
    else if (place.parts.get('ip-link.json') === 'absent')
      notes.push(`the wire at ${text} leads nowhere, for want of ${netns}/ip-link.json`);
    else if (!place.broken)
      return isEnd(place.ns.links.get(dev), text, (message) => complain(path, 'unknown-name', message));
    return false;
  };
  const good = wires.flatMap(([a = '', b = ''], i): Wire[] => {
    const ends = [check(a, i, 0), check(b, i, 1)];
    return ends.every(Boolean) ? [[endOf(a), endOf(b)]] : [];
  });
  return { wires: good, notes };
}

function isEnd(link: Link | undefined, text: string, complain: (message: string) => void): boolean {
  if (link?.kind === 'veth' || link?.kind === 'physical') return true;
  const { netns, dev } = endOf(text);
  complain(
    link === undefined ? `${netns} has no device ${dev}` : `${text} is a ${link.kind} device and has no other end`,
  );
  return false;
}

function endOf(text: string): { readonly netns: string; readonly dev: string } {
  const [netns = '', dev = ''] = text.split('/');
  return { netns, dev };
}

/** One end of a veth pair whose other end is in another namespace. */
interface FarEnd {
  readonly ns: Netns;
  /** Whether network.yaml says which machine it is on. */
  readonly placed: boolean;
  readonly dev: string;
  readonly own: number;
  readonly far: number;
}

/** Wires, and the ends of which it is not clear where they lead. */
export interface InferredPairs extends Wires {
  readonly open: readonly Peer[];
  /** By namespace: what a packet that reaches it leans on. */
  readonly assumed: ReadonlyMap<string, readonly string[]>;
}

/**
 * Veth pairs that two dumps reveal: each end says which index the other has in its namespace (IFLA_LINK). That means
 * something on one kernel only, so both have to be on one machine, where it is known. Of several that fit none is taken.
 */
export function inferredPairs(
  namespaces: ReadonlyMap<string, ReadNamespace>,
  known: readonly Wire[],
  { namespaces: placed = {} }: NetworkFile,
): InferredPairs {
  const taken = new Set(known.flat().map(({ netns, dev }) => `${netns}/${dev}`));
  const byIndexes = new Map<string, FarEnd[]>();
  for (const { ns, farEnds } of namespaces.values())
    for (const [dev, { ifindex: far }] of farEnds) {
      const own = ns.links.get(dev)?.ifindex;
      if (own === undefined || taken.has(`${ns.name}/${dev}`)) continue;
      const end = { ns, placed: Object.hasOwn(placed, ns.name), dev, own, far };
      const same = byIndexes.get(`${own} ${far}`);
      if (same === undefined) byIndexes.set(`${own} ${far}`, [end]);
      else same.push(end);
    }
  const fitting = (end: FarEnd): readonly FarEnd[] =>
    (byIndexes.get(`${end.far} ${end.own}`) ?? []).filter((other) => other.ns !== end.ns && mayShareKernel(end, other));
  const assumed = new Map<string, string[]>();
  const result = { wires: [] as Wire[], notes: [] as string[], open: [] as Peer[], assumed };
  const met = new Set<FarEnd>();
  for (const end of [...byIndexes.values()].flat()) {
    const candidates = fitting(end);
    const [other] = candidates;
    if (other === undefined || met.has(end)) continue;
    if (candidates.length > 1 || fitting(other).length > 1) {
      const names = candidates.map(nameOf).join(', ');
      const may = `the other end of ${nameOf(end)} may be ${names}: say which in wires`;
      result.notes.push(may);
      const before = assumed.get(end.ns.name) ?? [];
      assumed.set(end.ns.name, [...before, `${may[0]?.toUpperCase()}${may.slice(1)}`]);
      result.open.push(peerOf(end));
      continue;
    }
    met.add(other);
    result.wires.push([peerOf(end), peerOf(other)]);
    result.notes.push(`inferred wire ${nameOf(end)} - ${nameOf(other)}: each names the other's index`);
  }
  return result;
}

function mayShareKernel(a: FarEnd, b: FarEnd): boolean {
  return a.ns.host === b.ns.host || !a.placed || !b.placed;
}

function peerOf({ ns, dev }: FarEnd): Peer {
  return { netns: ns.name, dev };
}

function nameOf({ ns, dev }: FarEnd): string {
  return `${ns.name}/${dev}`;
}
