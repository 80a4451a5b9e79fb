import { hasEthernet, isChild, type Link, type Netns, type Peer, type Wire } from '../../linux/index.js';
import type { NetworkFile } from './network-file.js';
import type { ReadNamespace } from './read-namespace.js';

/**
 * Devices that take frames from one of another namespace (macvlan, ipvlan), by namespace and device of the one below.
 * Of that their dump tells the index, and a number of the namespace, which veths to there may give a name to. Otherwise
 * each device with that index may be it.
 */
export function childrenElsewhere(
  namespaces: ReadonlyMap<string, ReadNamespace>,
  wires: readonly Wire[],
  { namespaces: placed = {} }: NetworkFile,
): ReadonlyMap<string, readonly Peer[]> {
  const found = new Map<string, Peer[]>();
  const isPlaced = (ns: Netns): boolean => Object.hasOwn(placed, ns.name);
  for (const each of namespaces.values())
    for (const child of each.ns.links.values()) {
      const { link_index: ifindex, link_netnsid: netnsid } = child.kept ?? {};
      if (!isChild(child) || netnsid === undefined) continue;
      const name = nameOf(each, netnsid, wires);
      for (const { ns } of namespaces.values()) {
        const shared = ns.host === each.ns.host || !isPlaced(ns) || !isPlaced(each.ns);
        if (ns === each.ns || !shared || (name !== undefined && name !== ns.name)) continue;
        const lower = [...ns.links.values()].find((link) => link.ifindex === ifindex && isLower(link));
        if (lower === undefined) continue;
        const key = `${ns.name}/${lower.name}`;
        found.set(key, [...(found.get(key) ?? []), { netns: each.ns.name, dev: child.name }]);
      }
    }
  return found;
}

function isLower(link: Link): boolean {
  return hasEthernet(link) && link.kind !== 'loopback';
}

/** The namespace that has this number where the dump was taken, if a veth leads to it. */
function nameOf({ ns, farEnds }: ReadNamespace, netnsid: unknown, wires: readonly Wire[]): string | undefined {
  for (const [dev, far] of farEnds) {
    if (far.netnsid !== netnsid) continue;
    const is = (end: Peer): boolean => end.netns === ns.name && end.dev === dev;
    const wire = wires.find((ends) => ends.some(is));
    const other = wire?.find((end) => !is(end));
    if (other !== undefined) return other.netns;
  }
  return undefined;
}
