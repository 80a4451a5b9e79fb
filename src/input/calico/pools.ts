import { formatPrefix, type Ipv4Prefix, overlaps, parseAnyPrefix, parsePrefix } from '../../address/index.js';
import { type IPPool, matchesSelector, type Node, parseSelector } from '../../cluster/index.js';
import type { Segment } from '../../lab/index.js';
import type { LabContext, Place } from '../context.js';
import type { EntryOf } from './entries.js';

/** What pools have to fit to. */
export interface Surroundings {
  readonly podCIDR: Ipv4Prefix;
  readonly serviceCIDR: Ipv4Prefix;
  readonly segments: readonly Segment[];
  readonly nodes: readonly Node[];
}

/** Reads IPPools and checks them as calicoctl does (libcalico-go 3.21 lib/validator/v3, validateIPPoolSpec()). */
export function readPools(
  entries: readonly EntryOf<'IPPool'>[],
  around: Surroundings,
  context: LabContext,
): readonly IPPool[] {
  const pools: IPPool[] = [];
  for (const entry of entries) {
    const pool = readPool(entry, around, context);
    if (pool === undefined) continue;
    const other = pools.find(({ cidr }) => overlaps(cidr, pool.cidr));
    if (other !== undefined) {
      const message = `${formatPrefix(pool.cidr)} overlaps ${formatPrefix(other.cidr)}, the cidr of IPPool ${other.name}`;
      context.complain(entry.at('cidr'), 'conflict', message);
    }
    pools.push(pool);
  }
  return pools;
}

const LINK_LOCAL = parsePrefix('169.254.0.0/16');

function readPool(entry: EntryOf<'IPPool'>, around: Surroundings, context: LabContext): IPPool | undefined {
  const { name, spec, at } = entry;
  const cidr = readCidr(spec.cidr, at('cidr'), `ippool/${name}`, context);
  if (cidr === undefined) return undefined;
  const text = formatPrefix(cidr);
  const { blockSize = 26, ipipMode = 'Never', vxlanMode = 'Never', nodeSelector = '' } = spec;
  if (blockSize > 32)
    context.complain(at('blockSize'), 'bad-value', `expected a prefix length, 20 to 32, found ${blockSize}`);
  else if (cidr.length > blockSize && spec.disabled !== true)
    context.complain(at('cidr'), 'bad-value', `${text} is smaller than one block, which is a /${blockSize}`);
  if (ipipMode !== 'Never' && vxlanMode !== 'Never')
    context.complain(at('vxlanMode'), 'conflict', 'ipipMode and vxlanMode: one of them has to be Never');
  if (LINK_LOCAL !== undefined && overlaps(cidr, LINK_LOCAL))
    context.complain(at('cidr'), 'bad-address', `${text} overlaps the link-local addresses, 169.254.0.0/16`);
  if (checkSelector(nodeSelector, at('nodeSelector'), context)) noteNodes(entry, nodeSelector, around, context);
  // A disabled one may stand for what is not this cluster's own, so that nothing is masqueraded on its way there.
  if (spec.disabled !== true) checkSurroundings(cidr, at('cidr'), name, around, context);
  return {
    name,
    cidr,
    blockSize,
    ipipMode,
    vxlanMode,
    natOutgoing: spec.natOutgoing ?? false,
    disabled: spec.disabled ?? false,
    disableBGPExport: spec.disableBGPExport ?? false,
    nodeSelector: nodeSelector === '' ? 'all()' : nodeSelector,
    allowedUses: (spec.allowedUses ?? ['Workload', 'Tunnel']).flatMap((use) => (use === 'LoadBalancer' ? [] : [use])),
  };
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

function noteNodes({ name, at }: EntryOf<'IPPool'>, text: string, { nodes }: Surroundings, context: LabContext): void {
  if (nodes.length > 0 && !selectsAny(text, nodes)) context.note(at('nodeSelector'), `IPPool ${name} selects no node`);
}

/** Whether a selector that can be read finds one of the nodes. */
export function selectsAny(text: string, nodes: readonly Node[]): boolean {
  const read = parseSelector(text);
  return 'message' in read || nodes.some(({ labels }) => matchesSelector(read.selector, labels));
}

/** Whether it is a selector; what is wrong with it is told with the place inside. */
export function checkSelector(text: string, place: Place, context: LabContext): boolean {
  const read = parseSelector(text);
  if (!('message' in read)) return true;
  const { message, offset } = read;
  context.complain(place, 'bad-value', `no selector: ${message}, at character ${offset + 1} of "${text}"`);
  return false;
}

/** An IPv4 prefix without bits outside its length; one of IPv6 is not modelled. */
export function readCidr(text: string, place: Place, where: string, context: LabContext): Ipv4Prefix | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    if (parseAnyPrefix(text) !== undefined) context.notModelled(place, { what: `IPv6 prefix ${text}`, where });
    else context.complain(place, 'bad-address', `expected a subnet such as 10.244.0.0/16, found "${text}"`);
    return undefined;
  }
  if (formatPrefix(prefix) !== text)
    context.complain(place, 'bad-value', `${text} has bits set outside its length; write ${formatPrefix(prefix)}`);
  return prefix;
}
