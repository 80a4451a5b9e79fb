import { lowerOf } from './kept.js';
import type { Link, LinkOf } from './link.js';

/** A device that takes frames from the one below, by their MAC (macvlan) or IP address (ipvlan). */
export type ChildLink = LinkOf<'unmodelled'>;

/** A VLAN device is none: it takes tagged frames only, and nothing that is modelled sends them. */
const CHILDREN = new Set(['macvlan', 'macvtap', 'ipvlan', 'ipvtap']);

/** Whether a device takes frames that come to another. */
export function isChild(link: Link | undefined): link is ChildLink {
  return link?.kind === 'unmodelled' && CHILDREN.has(link.type);
}

const NONE: readonly ChildLink[] = [];
const known = new WeakMap<ReadonlyMap<string, Link>, ReadonlyMap<string, readonly ChildLink[]>>();

/** The children of a device among the links of its own namespace. */
export function childrenAmong(links: ReadonlyMap<string, Link>, dev: string): readonly ChildLink[] {
  const before = known.get(links);
  if (before !== undefined) return before.get(dev) ?? NONE;
  const byLower = new Map<string, ChildLink[]>();
  for (const link of links.values()) {
    const lower = isChild(link) ? lowerOf(link) : undefined;
    if (isChild(link) && lower !== undefined) byLower.set(lower, [...(byLower.get(lower) ?? []), link]);
  }
  known.set(links, byLower);
  return byLower.get(dev) ?? NONE;
}
