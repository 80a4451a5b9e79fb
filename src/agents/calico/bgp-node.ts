import { formatIpv4, type Ipv4, type Ipv4Prefix, parseIpv4, prefixOf } from '../../address/index.js';
import {
  CALICO_DEFAULTS,
  type Cluster,
  type Labels,
  NODE_ANNOTATIONS,
  type Node,
  parseASNumber,
} from '../../cluster/index.js';

/** A node as confd knows it: what its Node's spec.bgp says. */
export interface BgpNode {
  readonly name: string;
  readonly address: Ipv4;
  /** The same, as it is compared and named. */
  readonly text: string;
  /** `network_v4`: the subnet that its address is in. */
  readonly network: Ipv4Prefix;
  readonly as: number;
  /** undefined: no route reflector. */
  readonly clusterId: Ipv4 | undefined;
  readonly labels: Labels;
}

/** The nodes that speak BGP, in order of names, as the templates range over `/host`. Without an address a node has no IPv4. */
export function bgpNodes({ nodes, calico }: Cluster): readonly BgpNode[] {
  const found = nodes.flatMap((node) => bgpNode(node, (calico ?? CALICO_DEFAULTS).bgpConfiguration.asNumber));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A node's address as calico/node wrote it, with its subnet; undefined where calico/node has not run. */
export function bgpAddress({
  annotations,
}: Pick<Node, 'annotations'>): { readonly address: Ipv4; readonly prefix: Ipv4Prefix } | undefined {
  const [text = '', length = '32'] = (annotations[NODE_ANNOTATIONS.ipv4Address] ?? '').split('/');
  const address = parseIpv4(text);
  return address === undefined ? undefined : { address, prefix: prefixOf(address, Number(length)) };
}

function bgpNode(node: Node, globalAs: number): BgpNode[] {
  const { name, labels, annotations } = node;
  const own = bgpAddress(node);
  if (own === undefined) return [];
  const { address, prefix: network } = own;
  const cluster = annotations[NODE_ANNOTATIONS.routeReflectorClusterID] ?? '';
  const as = parseASNumber(annotations[NODE_ANNOTATIONS.asNumber] ?? '') ?? globalAs;
  return [{ name, address, text: formatIpv4(address), network, as, clusterId: parseIpv4(cluster), labels }];
}
