import type { Link, Netns, Wire } from '../../linux/index.js';
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
  readonly dev: string;
  readonly own: number;
  readonly far: number;
}

/**
 * Veth pairs that two dumps reveal: each end says which index the other has in its namespace (IFLA_LINK). Indexes are
 * not unique among machines: an end on the same machine goes before others, and of several none is taken.
 */
export function inferredPairs(namespaces: readonly ReadNamespace[], known: readonly Wire[]): Wires {
  const taken = new Set(known.flat().map(({ netns, dev }) => `${netns}/${dev}`));
  const byIndexes = new Map<string, FarEnd[]>();
  const all: FarEnd[] = [];
  for (const { ns, farEnds } of namespaces)
    for (const [dev, { ifindex: far }] of farEnds) {
      const own = ns.links.get(dev)?.ifindex;
      if (own === undefined || taken.has(`${ns.name}/${dev}`)) continue;
      const end = { ns, dev, own, far };
      all.push(end);
      byIndexes.set(`${own} ${far}`, [...(byIndexes.get(`${own} ${far}`) ?? []), end]);
    }
  const candidates = (end: FarEnd): readonly FarEnd[] => {
    const fitting = (byIndexes.get(`${end.far} ${end.own}`) ?? []).filter(({ ns }) => ns !== end.ns);
    const near = fitting.filter(({ ns }) => ns.host === end.ns.host);
    return near.length > 0 ? near : fitting;
  };
  const wires: Wire[] = [];
  const notes: string[] = [];
  const met = new Set<FarEnd>();
  for (const end of all) {
    const [other, ...more] = candidates(end);
    if (other === undefined || met.has(end)) continue;
    if (more.length > 0 || candidates(other).length > 1) {
      const names = [other, ...more].map(nameOf).join(', ');
      notes.push(`the other end of ${nameOf(end)} may be ${names}: say which in wires`);
      continue;
    }
    met.add(other);
    wires.push([
      { netns: end.ns.name, dev: end.dev },
      { netns: other.ns.name, dev: other.dev },
    ]);
    notes.push(`inferred wire ${nameOf(end)} - ${nameOf(other)}: each names the other's index`);
  }
  return { wires, notes };
}

function nameOf({ ns, dev }: FarEnd): string {
  return `${ns.name}/${dev}`;
}
