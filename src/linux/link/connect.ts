import type { Netns } from '../netns.js';
import { withoutLower } from './kept.js';
import type { Link, Peer } from './link.js';

/** The two ends of a veth pair or cable. */
export type Wire = readonly [Peer, Peer];

/**
 * The same namespaces with the ends of each wire joined. A dump of one namespace can't name the other end of a veth
 * pair that leaves it, so somebody has to. A physical device at an end of a wire becomes a veth: both hand a frame to
 * the other end.
 *
 * Throws for an end that is not there or that is no device of an Ethernet kind.
 */
export function connectLinks(namespaces: Iterable<Netns>, wires: Iterable<Wire>): Netns[] {
  const links = new Map<string, Map<string, Link>>();
  const all = [...namespaces];
  for (const ns of all) links.set(ns.name, new Map(ns.links));
  const connect = (end: Peer, peer: Peer): void => {
    const link = links.get(end.netns)?.get(end.dev);
    if (link === undefined) throw new Error(`connectLinks: no link ${end.dev} in namespace ${end.netns}`);
    if (link.kind !== 'veth' && link.kind !== 'physical')
      throw new Error(`connectLinks: ${end.netns}/${end.dev} is a ${link.kind} and has no other end`);
    links.get(end.netns)?.set(end.dev, { ...withoutLower(link), kind: 'veth', peer });
  };
  for (const [a, b] of wires) {
    connect(a, b);
    connect(b, a);
  }
  return all.map((ns) => ({ ...ns, links: links.get(ns.name) ?? ns.links }));
}
