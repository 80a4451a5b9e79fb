import { contains, formatIpv4, formatPrefix, type Ipv4, type Ipv4Prefix } from '../address/index.js';
import { nodeSubnet } from '../cluster/index.js';
import type { LabNode, Segment } from '../lab/index.js';
import { checkedAddress, checkedPrefix } from './address.js';
import { inside, type LabContext, type Place } from './context.js';
import type { NodeFile } from './lab-file.js';
import { PrefixOwners } from './prefix-owners.js';
import { segmentOf } from './underlay.js';

/** A node as the file or a manifest gives it. */
export interface NamedNode {
  readonly name: string;
  readonly node: NodeFile;
  readonly place: Place;
}

/** Puts the nodes on their segments and gives each a podCIDR. */
export function readNodes(
  nodes: readonly NamedNode[],
  segments: readonly Segment[],
  cluster: Ipv4Prefix,
  context: LabContext,
): readonly LabNode[] {
  const taken = new PrefixOwners();
  const given = nodes.map(({ name, node, place }) => givenPodCIDR(name, node, cluster, taken, place, context));
  const free = freeSubnets(cluster, taken);
  return nodes.flatMap(({ name, node, place }, i) => {
    const segment = segmentOf(
      { place, address: checkedAddress(node.address), segment: node.segment },
      segments,
      context,
    );
    const podCIDR = given[i] ?? free.next().value;
    if (podCIDR === undefined) {
      context.misfit(place, `no part of podCIDR ${formatPrefix(cluster)} is left for ${name}`);
      return [];
    }
    if (given[i] === undefined)
      context.note(inside(place, 'podCIDR'), `podCIDR of ${name} is ${formatPrefix(podCIDR)}`);
    return [
      {
        name,
        addresses: [checkedAddress(node.address)],
        podCIDR,
        // kubelet registers its node with this (initialNode(), k8s 1.30 pkg/kubelet/kubelet_node_status.go).
        labels: { 'kubernetes.io/hostname': name, ...node.labels },
        annotations: node.annotations ?? {},
        segment: segment?.name ?? '',
        mtu: node.mtu ?? segment?.mtu ?? 0,
        off: node.off ?? [],
      },
    ];
  });
}

function givenPodCIDR(
  name: string,
  node: NodeFile,
  cluster: Ipv4Prefix,
  taken: PrefixOwners,
  parent: Place,
  context: LabContext,
): Ipv4Prefix | undefined {
  if (node.podCIDR === undefined) return undefined;
  const own = checkedPrefix(node.podCIDR);
  const text = formatPrefix(own);
  const place = inside(parent, 'podCIDR');
  if (own.length < cluster.length || !contains(cluster, own.address))
    context.misfit(place, `${text} is not part of the cluster's podCIDR ${formatPrefix(cluster)}`);
  const other = taken.overlapping(own);
  if (other !== undefined) context.complain(place, 'conflict', `${text} overlaps the podCIDR of ${other}`);
  taken.add(own, name);
  return own;
}

/**
 * The parts of the cluster's prefix that are handed out to nodes, in order: /24 where the whole is a /22 or larger, a
 * quarter else, and without the first part, so that node-1 gets 10.244.1.0/24 (flannel's SubnetLen and SubnetMin,
 * pkg/subnet/config.go; kube-controller-manager hands out the first part as well).
 */
function* freeSubnets(cluster: Ipv4Prefix, taken: PrefixOwners): Generator<Ipv4Prefix, undefined> {
  const length = cluster.length <= 22 ? 24 : cluster.length + 2;
  if (length > 30) return undefined;
  for (let ordinal = 1; ; ordinal++) {
    const subnet = nodeSubnet(cluster, length, ordinal);
    if (subnet === undefined) return undefined;
    if (taken.overlapping(subnet) === undefined) yield subnet;
  }
}

/** Problems with an address that two have. */
export function checkDuplicates(
  owners: readonly { readonly name: string; readonly address: Ipv4 | undefined; readonly place: Place }[],
  context: LabContext,
): void {
  const seen = new Map<Ipv4, string>();
  for (const { name, address, place } of owners) {
    if (address === undefined) continue;
    const before = seen.get(address);
    if (before === undefined) seen.set(address, name);
    else context.complain(place, 'conflict', `${formatIpv4(address)} is the address of ${before} too`);
  }
}
