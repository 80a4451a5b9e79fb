import { contains, formatPrefix, type Ipv4Prefix, overlaps, plus } from '../../address/index.js';
import type { IPAMAllocation, IPAMBlock, IPPool, Node } from '../../cluster/index.js';
import type { LabContext } from '../context.js';
import { PrefixOwners } from '../prefix-owners.js';
import { type CalicoEntry, type EntryOf, entriesOf } from './entries.js';
import { readSubnet } from './read-entry.js';

/** What blocks have to fit to. */
export interface BlockSurroundings {
  /** With the one that is made where none is given. */
  readonly pools: readonly Pick<IPPool, 'name' | 'cidr' | 'blockSize'>[];
  readonly nodes: readonly Node[];
}

/** The blocks that are given: by BlockAffinities, whose state they have, and by IPAMBlocks, which say who has what. */
export function readBlocks(
  entries: readonly CalicoEntry[],
  { pools, nodes }: BlockSurroundings,
  context: LabContext,
): readonly IPAMBlock[] {
  const names = new Set(nodes.map(({ name }) => name));
  const blocks = new Map<string, IPAMBlock>();
  const taken = new PrefixOwners();
  for (const entry of entriesOf(entries, 'BlockAffinity')) {
    const { spec, name, at } = entry;
    if (String(spec.deleted) === 'true') continue;
    const cidr = readSubnet(spec.cidr, at('cidr'), `blockaffinity/${name}`, context);
    if (cidr === undefined) continue;
    if (!names.has(spec.node))
      context.unknownName(entry.place, spec.node, `no node is called "${spec.node}"`, () => names);
    checkBlock(cidr, entry, pools, context);
    const text = formatPrefix(cidr);
    const other = taken.overlapping(cidr);
    if (other !== undefined) context.complain(at('cidr'), 'conflict', `${text} is, or overlaps, a block of ${other}`);
    taken.add(cidr, spec.node);
    blocks.set(text, { cidr, affinity: spec.node, state: spec.state || 'confirmed', allocations: [] });
  }
  for (const entry of entriesOf(entries, 'IPAMBlock')) {
    const cidr = entry.spec.deleted === true ? undefined : blockCidr(entry, context);
    if (cidr === undefined) continue;
    checkBlock(cidr, entry, pools, context);
    const text = formatPrefix(cidr);
    const host = entry.spec.affinity?.replace(/^host:/, '');
    const known = blocks.get(text);
    blocks.set(text, {
      cidr,
      affinity: host,
      state: known === undefined || known.affinity !== host ? 'confirmed' : known.state,
      allocations: allocationsOf(cidr, host, entry, context),
    });
  }
  return [...blocks.values()];
}

function blockCidr({ spec, name, at }: EntryOf<'IPAMBlock'>, context: LabContext): Ipv4Prefix | undefined {
  return readSubnet(spec.cidr, at('cidr'), `ipamblock/${name}`, context);
}

/** A block is one of those that a pool consists of (lib/ipam/ipam.go, getBlockCIDRForAddress()). */
function checkBlock(
  cidr: Ipv4Prefix,
  { at }: EntryOf<'BlockAffinity'> | EntryOf<'IPAMBlock'>,
  pools: BlockSurroundings['pools'],
  context: LabContext,
): void {
  const text = formatPrefix(cidr);
  const pool = pools.find((each) => contains(each.cidr, cidr.address) && overlaps(each.cidr, cidr));
  if (pool === undefined) {
    const known = pools.map((each) => `${each.name} ${formatPrefix(each.cidr)}`).join(', ');
    context.misfit(at('cidr'), `${text} is in no IPPool; there ${pools.length === 1 ? 'is' : 'are'} ${known}`);
  } else if (pool.blockSize !== cidr.length)
    context.misfit(at('cidr'), `${text} is no block of IPPool ${pool.name}: those are /${pool.blockSize}`);
}

/** The addresses that are in use: of each an index of `attributes`, or null. */
function allocationsOf(
  { address }: Ipv4Prefix,
  host: string | undefined,
  { spec, at }: EntryOf<'IPAMBlock'>,
  context: LabContext,
): readonly IPAMAllocation[] {
  return spec.allocations.flatMap((index, ordinal) => {
    if (index === null) return [];
    const attribute = spec.attributes[index];
    if (attribute === undefined) {
      const message = `there is no attributes[${index}]; there are ${spec.attributes.length}`;
      return context.complain(at('allocations', ordinal), 'bad-value', message) ?? [];
    }
    const { node = host ?? '', namespace, pod } = attribute.secondary ?? {};
    const owner = namespace === undefined || pod === undefined ? undefined : `${namespace}/${pod}`;
    return [{ address: plus(address, ordinal), handle: attribute.handle_id ?? '', node, pod: owner }];
  });
}
