import { contains, type Ipv4, type Ipv4Prefix, prefixOf } from '../../../address/index.js';
import type { CalicoObjects, Cluster, IPPool, Node } from '../../../cluster/index.js';
import { perCluster } from './per-cluster.js';
import { nodeNetwork, type Vtep, vteps } from './vteps.js';

/** A block of VXLAN, or an address that is not where its block is, and the node that it is on. */
interface Destination {
  readonly dst: Ipv4Prefix;
  readonly node: string;
  /** Its pool lets nodes of one subnet do without VXLAN. */
  readonly crossSubnet: boolean;
}

/** The routes of one node in VXLAN. */
export interface VxlanRoutes {
  readonly blackholes: readonly Ipv4Prefix[];
  readonly tunnelled: readonly { readonly dst: Ipv4Prefix; readonly vtep: Vtep }[];
  readonly direct: readonly { readonly dst: Ipv4Prefix; readonly node: string; readonly via: Ipv4 }[];
}

/** What a node routes of the pools of VXLAN (felix 3.21 calc/l3_route_resolver.go, dataplane/linux/vxlan_mgr.go). */
export function vxlanRoutes(cluster: Cluster, self: Node): VxlanRoutes {
  const { destinations, nodes, byNode } = knowledgeOf(cluster);
  const here = nodeNetwork(self);
  const blackholes: Ipv4Prefix[] = [];
  const tunnelled: { dst: Ipv4Prefix; vtep: Vtep }[] = [];
  const direct: { dst: Ipv4Prefix; node: string; via: Ipv4 }[] = [];
  for (const { dst, node, crossSubnet } of destinations) {
    const other = nodes.get(node);
    if (node === self.name) {
      // A /32 is a pod's, and has its route by that.
      if (dst.length < 32) blackholes.push(dst);
      continue;
    }
    // Whether the other's address is of this node's own subnet: the other's mask is not looked at.
    const via = other === undefined ? undefined : nodeNetwork(other).address;
    if (crossSubnet && via !== undefined && contains(here.prefix, via)) {
      direct.push({ dst, node, via });
      continue;
    }
    const vtep = byNode.get(node);
    if (vtep !== undefined) tunnelled.push({ dst, vtep });
  }
  return { blackholes, tunnelled, direct };
}

interface Knowledge {
  readonly destinations: readonly Destination[];
  readonly nodes: ReadonlyMap<string, Node>;
  readonly byNode: ReadonlyMap<string, Vtep>;
}

const knowledgeOf = perCluster(
  (cluster): Knowledge => ({
    destinations: cluster.calico === undefined ? [] : destinationsOf(cluster.calico),
    nodes: new Map(cluster.nodes.map((node) => [node.name, node])),
    byNode: new Map(vteps(cluster).map((vtep) => [vtep.node, vtep])),
  }),
);

/** v4RoutesFromBlock(), of the blocks in pools of VXLAN. */
function destinationsOf({ blocks, ipPools }: CalicoObjects): Destination[] {
  return blocks.flatMap(({ cidr, affinity, allocations }) => {
    const around = ipPools.filter((pool) => pool.cidr.length <= cidr.length && contains(pool.cidr, cidr.address));
    if (innermost(around)?.vxlanMode === 'Never' || around.length === 0) return [];
    const crossSubnet = around.some((p) => p.vxlanMode === 'CrossSubnet' || p.ipipMode === 'CrossSubnet');
    // An address of a tunnel device has no route of its own: the way to a VTEP is that to its node.
    const borrowed = allocations.filter(({ node, pod }) => node !== affinity && pod !== undefined);
    const isTunnel = cidr.length === 32 && allocations.some(({ pod }) => pod === undefined);
    return [
      ...(affinity === undefined || isTunnel ? [] : [{ dst: cidr, node: affinity, crossSubnet }]),
      ...borrowed.map(({ address, node }) => ({ dst: prefixOf(address, 32), node, crossSubnet })),
    ];
  });
}

function innermost(pools: readonly IPPool[]): IPPool | undefined {
  return [...pools].sort((a, b) => b.cidr.length - a.cidr.length)[0];
}
