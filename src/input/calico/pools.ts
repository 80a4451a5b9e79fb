import { formatPrefix, type Ipv4Prefix, overlaps } from '../../address/index.js';
import { type IPPool, matchesSelector, type Node, parseSelector } from '../../cluster/index.js';
import type { Segment } from '../../lab/index.js';
import type { LabContext, Place } from '../context.js';
import type { EntryOf } from './entries.js';
import { readEntry } from './read-entry.js';

/** What pools have to fit to. */
export interface Surroundings {
  readonly podCIDR: Ipv4Prefix;
  readonly serviceCIDR: Ipv4Prefix;
  readonly segments: readonly Segment[];
  readonly nodes: readonly Node[];
}

/** Reads IPPools, and checks whether they fit together and to what is around them. */
export function readPools(
  entries: readonly EntryOf<'IPPool'>[],
  around: Surroundings,
  context: LabContext,
): readonly IPPool[] {
  const pools: IPPool[] = [];
  for (const entry of entries) {
    const pool = readEntry(entry, context);
    if (pool === undefined) continue;
    const { name, at } = entry;
    if (around.nodes.length > 0 && !selectsAny(pool.nodeSelector, around.nodes))
      context.note(at('nodeSelector'), `IPPool ${name} selects no node`);
    // A disabled one may stand for what is not this cluster's own, so that nothing is masqueraded on its way there.
    if (!pool.disabled) checkSurroundings(pool.cidr, at('cidr'), name, around, context);
    const other = pools.find(({ cidr }) => overlaps(cidr, pool.cidr));
    if (other !== undefined) {
      const message = `${formatPrefix(pool.cidr)} overlaps ${formatPrefix(other.cidr)}, the cidr of IPPool ${other.name}`;
      context.complain(at('cidr'), 'conflict', message);
    }
    pools.push({ name, ...pool });
  }
  return pools;
}

function checkSurroundings(
  cidr: Ipv4Prefix,
  place: Place,
  name: string,
  { podCIDR, serviceCIDR, segments }: Surroundings,
  context: LabContext,
): void {
  const text = formatPrefix(cidr);
  if (overlaps(cidr, serviceCIDR)) context.misfit(place, `${text} overlaps serviceCIDR ${formatPrefix(serviceCIDR)}`);
  const segment = segments.find(({ subnet }) => overlaps(subnet, cidr));
  if (segment !== undefined && !overlaps(segment.subnet, podCIDR))
    context.misfit(place, `${text} overlaps segment ${segment.name}, ${formatPrefix(segment.subnet)}`);
  if (cidr.length < podCIDR.length || !overlaps(cidr, podCIDR)) {
    const pods = formatPrefix(podCIDR);
    const message = `IPPool ${name} is not within podCIDR ${pods}: what tells pods by the podCIDR takes those of ${text} for others`;
    context.note(place, message);
  }
}

/** Whether a selector that can be read finds one of the nodes. */
export function selectsAny(text: string, nodes: readonly Node[]): boolean {
  const read = parseSelector(text);
  return 'message' in read || nodes.some(({ labels }) => matchesSelector(read.selector, labels));
}
