import { contains, formatPrefix, type Ipv4, type Ipv4Prefix, prefixOf } from '../../../address/index.js';
import type { CalicoObjects, Cluster, IPPool, Node } from '../../../cluster/index.js';
import { newRoute, type Origin, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../../../linux/index.js';
import type { SharedCall } from '../../agent.js';
import { perCluster } from '../../per-cluster.js';
import { VXLAN } from '../tunnel.js';
import { deviceProtocol, objectsOf } from './settings.js';
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
  readonly tunnelled: readonly SharedCall[];
  readonly direct: readonly { readonly dst: Ipv4Prefix; readonly node: string; readonly via: Ipv4 }[];
}

/** What a node routes of the pools of VXLAN (felix 3.21 calc/l3_route_resolver.go, dataplane/linux/vxlan_mgr.go). */
export function vxlanRoutes(cluster: Cluster, self: Node): VxlanRoutes {
  const { destinations, addresses } = knowledgeOf(cluster);
  const here = nodeNetwork(self);
  const blackholes: Ipv4Prefix[] = [];
  const tunnelled: SharedCall[] = [];
  const direct: { dst: Ipv4Prefix; node: string; via: Ipv4 }[] = [];
  for (const { dst, node, crossSubnet, through } of destinations) {
    if (node === self.name) {
      // A /32 is a pod's, and has its route by that.
      if (dst.length < 32) blackholes.push(dst);
      continue;
    }
    // Whether the other's address is of this node's own subnet: the other's mask is not looked at.
    const via = crossSubnet ? addresses.get(node) : undefined;
    if (via !== undefined && contains(here.prefix, via)) direct.push({ dst, node, via });
    else if (through !== undefined) tunnelled.push(through);
  }
  return { blackholes, tunnelled, direct };
}

interface Knowledge {
  /** `through` is undefined where the node has no VTEP. */
  readonly destinations: readonly (Destination & { readonly through: SharedCall | undefined })[];
  readonly addresses: ReadonlyMap<string, Ipv4>;
}

const knowledgeOf = perCluster((cluster): Knowledge => {
  const byNode = new Map(vteps(cluster).map((vtep) => [vtep.node, vtep]));
  const destinations = cluster.calico === undefined ? [] : destinationsOf(cluster.calico);
  const protocol = deviceProtocol(objectsOf({ cluster }));
  return {
    destinations: destinations.map((each) => {
      const vtep = byNode.get(each.node);
      return { ...each, through: vtep === undefined ? undefined : throughTunnel(each.dst, vtep, protocol) };
    }),
    addresses: new Map(cluster.nodes.map((node) => [node.name, nodeNetwork(node).address])),
  };
});

/** The call that makes it is the same on all nodes. */
function throughTunnel(dst: Ipv4Prefix, { node, address }: Vtep, protocol: string): SharedCall {
  const nexthop = { dev: VXLAN.device, via: address, onlink: true };
  const route = { ...newRoute(dst, nexthop), protocol, scope: RT_SCOPE_UNIVERSE };
  return { origin: blockOf(dst, node), call: { call: 'route add', table: RT_TABLE_MAIN, route } };
}

/** What routes to a block are there for. */
export function blockOf(dst: Ipv4Prefix, node: string): Origin {
  return { by: 'felix', object: `block ${formatPrefix(dst)} of ${node}` };
}

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
