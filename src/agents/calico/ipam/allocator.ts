import { contains, formatIpv4, type Ipv4, type Ipv4Prefix, plus, prefixOf } from '../../../address/index.js';
import {
  type CalicoObjects,
  type IPAMAllocation,
  type IPAMBlock,
  type IPAMConfig,
  type IPPool,
  matchesSelector,
  type Node,
  parseSelector,
} from '../../../cluster/index.js';
import { AllocationBlock, type Reservations, reservesWhole, sizeOf } from './block.js';

/** What AssignIP() says. */
const NOT_CONFIGURED = '"The provided IP address is not in a configured pool"';

/** Who wants an address. */
export interface Claimant {
  readonly node: Node;
  /** See {@link IPAMAllocation}. */
  readonly handle: string;
  readonly pod: string | undefined;
}

/** What an address is wanted for, and of which pools; undefined: of any that selects the node. */
export interface AutoAssign {
  readonly use: 'Workload' | 'Tunnel';
  readonly pools: readonly IPPool[] | undefined;
}

/**
 * Calico's IPAM, as libcalico-go 3.21 lib/ipam hands out one address at a time.
 *
 * Where a node begins to look for a new block is libcalico-go's draw from Go's math/rand, seeded with the host's name
 * (randomBlockGenerator()); here it is the block that holds the node's podCIDR, so that a reader can tell whose a block
 * is, and the pool's first one where the pool does not hold that.
 */
export class Ipam {
  readonly #pools: readonly IPPool[];
  readonly #reservations: Reservations;
  readonly #config: IPAMConfig;
  readonly #blocks = new Map<Ipv4, AllocationBlock>();
  /** By node, in the order in which the API lists BlockAffinities: by name. */
  readonly #affine = new Map<string, AllocationBlock[]>();
  readonly #byHandle = new Map<string, IPAMAllocation>();
  readonly #byPod = new Map<string, IPAMAllocation>();
  readonly #selects = new WeakMap<IPPool, (node: Node) => boolean>();

  constructor({
    ipPools,
    ipReservations,
    blocks,
    ipamConfig,
  }: Pick<CalicoObjects, 'ipPools' | 'ipReservations' | 'blocks' | 'ipamConfig'>) {
    // Lists of objects come in order of their names.
    this.#pools = [...ipPools].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#reservations = ipReservations;
    this.#config = ipamConfig;
    for (const block of blocks) {
      this.#add(block);
      for (const allocation of block.allocations) this.#remember(allocation);
    }
  }

  /** All blocks that there are now, by address. */
  blocks(): readonly IPAMBlock[] {
    return [...this.#blocks.values()].map((block) => block.object()).sort((a, b) => a.cidr.address - b.cidr.address);
  }

  /** The pools of which a node may have addresses, in order; a disabled one is none. */
  poolsOf(node: Node): readonly IPPool[] {
    return this.#pools.filter((pool) => !pool.disabled && this.#selectsNode(pool, node));
  }

  /** An enabled pool by its name or prefix, as annotation and conflist name it. */
  poolCalled(name: string | Ipv4Prefix): IPPool | undefined {
    return this.#pools.find(
      (pool) =>
        !pool.disabled &&
        (typeof name === 'string'
          ? pool.name === name
          : pool.cidr.address === name.address && pool.cidr.length === name.length),
    );
  }

  /** What was given out under a handle, and to a pod (`namespace/name`). */
  allocationOf({
    handle,
    pod,
  }: {
    readonly handle: string;
    readonly pod: string | undefined;
  }): IPAMAllocation | undefined {
    return this.#byHandle.get(handle) ?? (pod === undefined ? undefined : this.#byPod.get(pod));
  }

  /** Why nobody who asks for an address gets it: AssignIP() looks for it in enabled pools alone. Undefined: it is in one. */
  whyNotToBeAskedFor(address: Ipv4): string | undefined {
    const pool = this.#poolAround(address);
    if (pool?.disabled === false) return undefined;
    const where = pool === undefined ? 'is in no IPPool' : `is in IPPool ${pool.name}, which is disabled`;
    return `${formatIpv4(address)}, which it asks for, ${where}: ${NOT_CONFIGURED}`;
  }

  /**
   * That address, from whichever block it is in; a block that is not there yet is claimed for the node (AssignIP()). False
   * when it is in no pool, somebody else's already, or another node's while strictAffinity is set. Unlike there a disabled
   * pool will do, for who has an address already; of who asks for one {@link whyNotToBeAskedFor} is asked first.
   */
  assign(address: Ipv4, { node, handle, pod }: Claimant): boolean {
    const pool = this.#poolAround(address);
    if (pool === undefined) return false;
    const cidr = prefixOf(address, pool.blockSize);
    const block = this.#blocks.get(cidr.address) ?? this.#claim(cidr, node);
    if (this.#config.strictAffinity && block.affinity !== node.name) return false;
    if (block.allocationOf(address) !== undefined) return false;
    this.#take(block, { address, handle, node: node.name, pod });
    return true;
  }

  /**
   * The next address for a node (autoAssign()): of its own blocks in order, else of a new one, else, with no block left
   * in its pools, of anybody's. Undefined when there is none: also where another block would be needed but the node has as
   * many as it may have, or none is to be allocated automatically. Nothing is borrowed then.
   */
  autoAssign({ node, handle, pod }: Claimant, { use, pools: requested }: AutoAssign): Ipv4 | undefined {
    const pools = (requested ?? this.poolsOf(node)).filter((pool) => pool.allowedUses.includes(use));
    if (pools.length === 0) return undefined;
    this.#releaseUnselected(node);
    const found = this.#ownBlock(node, pools) ?? this.#newBlock(node, pools);
    if (found === 'refused') return undefined;
    const block = found ?? (this.#config.strictAffinity ? undefined : this.#borrowed(node, pools));
    const address = block?.first();
    if (block === undefined || address === undefined) return undefined;
    this.#take(block, { address, handle, node: node.name, pod });
    return address;
  }

  /** Why `assign` refused a node that address. */
  whyNotAssigned(address: Ipv4, node: Node): string {
    const text = formatIpv4(address);
    const pool = this.#poolAround(address);
    if (pool === undefined) return `${text}, which it asks for, is in no IPPool`;
    const block = this.#blocks.get(prefixOf(address, pool.blockSize).address);
    if (block?.allocationOf(address) !== undefined) return `${text}, which it asks for, is given to another already`;
    const owner = block?.affinity ?? 'no node';
    return `${text}, which it asks for, is in a block of ${owner}, and with strictAffinity ${node.name} can't use it`;
  }

  /** Why `autoAssign` has just had no address for a node. */
  whyNoneLeft(node: Node, { use, pools: requested }: AutoAssign): string {
    const selecting = requested ?? this.poolsOf(node);
    const pools = selecting.filter(({ allowedUses }) => allowedUses.includes(use));
    const which = (all: readonly IPPool[]): string =>
      `${all.length === 1 ? 'IPPool' : 'IPPools'} ${all.map(({ name }) => name).join(', ')}`;
    if (selecting.length === 0) return `no enabled IPPool selects node ${node.name}`;
    if (pools.length === 0) return `${which(selecting)}: allowedUses has no ${use}`;
    const { maxBlocksPerHost, autoAllocateBlocks, strictAffinity } = this.#config;
    const owned = this.#affineOf(node).filter((block) => isWithin(block, pools)).length;
    const left = `${which(pools)} ${pools.length === 1 ? 'has' : 'have'} no address left for it on ${node.name}`;
    if (owned >= maxBlocksPerHost)
      return `${left}: the blocks of the node are full, and maxBlocksPerHost is ${maxBlocksPerHost}`;
    if (!autoAllocateBlocks) return `${left}: autoAllocateBlocks is false, and no block of the node has room`;
    if (strictAffinity) return `${left}: all blocks are taken, and with strictAffinity none of another node's is used`;
    return `${left}: all are taken`;
  }

  /** The first of the node's blocks that has room; its affinity is confirmed then, whatever it was (getBlockFromAffinity()). */
  #ownBlock(node: Node, pools: readonly IPPool[]): AllocationBlock | undefined {
    for (const block of this.#affineOf(node))
      if (isWithin(block, pools) && block.first() !== undefined) {
        block.state = 'confirmed';
        return block;
      }
    return undefined;
  }

  /** A block that nobody has yet (findOrClaimBlock(), findUsableBlock()); undefined when all are taken. */
  #newBlock(node: Node, pools: readonly IPPool[]): AllocationBlock | 'refused' | undefined {
    const { maxBlocksPerHost, autoAllocateBlocks } = this.#config;
    const owned = this.#affineOf(node).filter((block) => isWithin(block, pools)).length;
    if (owned >= maxBlocksPerHost || !autoAllocateBlocks) return 'refused';
    for (const pool of pools)
      for (const cidr of blocksFrom(pool, node))
        if (!this.#blocks.has(cidr.address) && !reservesWhole(this.#reservations, cidr)) return this.#claim(cidr, node);
    return undefined;
  }

  /** The first block with room, whosever it is. */
  #borrowed(node: Node, pools: readonly IPPool[]): AllocationBlock | undefined {
    for (const pool of pools)
      for (const cidr of blocksFrom(pool, node)) {
        const block = this.#blocks.get(cidr.address);
        if (block?.first() !== undefined) return block;
      }
    return undefined;
  }

  /** Empty blocks of the node in pools that no longer select it go (prepareAffinityBlocksForHost()). */
  #releaseUnselected(node: Node): void {
    const own = this.#affineOf(node);
    const kept = own.filter((block) => {
      const pool = this.#pools.find((each) => !each.disabled && contains(each.cidr, block.cidr.address));
      return pool === undefined || this.#selectsNode(pool, node) || !block.empty;
    });
    if (kept.length === own.length) return;
    for (const block of own) if (!kept.includes(block)) this.#blocks.delete(block.cidr.address);
    this.#affine.set(node.name, kept);
  }

  #poolAround(address: Ipv4): IPPool | undefined {
    return this.#pools.find(({ cidr }) => contains(cidr, address));
  }

  #affineOf({ name }: Node): readonly AllocationBlock[] {
    return this.#affine.get(name) ?? [];
  }

  #claim(cidr: Ipv4Prefix, { name }: Node): AllocationBlock {
    return this.#add({ cidr, affinity: name, state: 'confirmed', allocations: [] });
  }

  #add(object: IPAMBlock): AllocationBlock {
    const block = new AllocationBlock(object, this.#reservations);
    this.#blocks.set(block.cidr.address, block);
    if (block.affinity === undefined) return block;
    const own = [...(this.#affine.get(block.affinity) ?? []), block];
    this.#affine.set(
      block.affinity,
      own.sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    return block;
  }

  #take(block: AllocationBlock, allocation: IPAMAllocation): void {
    block.take(allocation);
    this.#remember(allocation);
  }

  #remember(allocation: IPAMAllocation): void {
    this.#byHandle.set(allocation.handle, allocation);
    if (allocation.pod !== undefined) this.#byPod.set(allocation.pod, allocation);
  }

  /** SelectsNode(), lib/ipam/pools.go; a selector that can't be read selects none. */
  #selectsNode(pool: IPPool, node: Node): boolean {
    let selects = this.#selects.get(pool);
    if (selects === undefined) {
      const read = parseSelector(pool.nodeSelector);
      selects = 'selector' in read ? ({ labels }) => matchesSelector(read.selector, labels) : () => false;
      this.#selects.set(pool, selects);
    }
    return selects(node);
  }
}

function isWithin(block: AllocationBlock, pools: readonly IPPool[]): boolean {
  return pools.some(({ cidr }) => contains(cidr, block.cidr.address));
}

/** Each block of a pool once, upward from the node's own part of it and then from the pool's beginning. */
function* blocksFrom({ cidr, blockSize }: IPPool, { podCIDR }: Node): Generator<Ipv4Prefix> {
  const size = sizeOf({ address: cidr.address, length: blockSize });
  const count = sizeOf(cidr) / size;
  const start = contains(cidr, podCIDR.address) ? Math.floor((podCIDR.address - cidr.address) / size) : 0;
  for (let i = 0; i < count; i++)
    yield { address: plus(cidr.address, ((start + i) % count) * size), length: blockSize };
}
