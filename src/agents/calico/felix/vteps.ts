import { type Ipv4, type Ipv4Prefix, type Mac, parseMac, prefixOf } from '../../../address/index.js';
import { type Cluster, NODE_ANNOTATIONS, type Node } from '../../../cluster/index.js';
import { sha1Hex } from '../../digest.js';
import { perCluster } from '../../per-cluster.js';
import { bgpAddress } from '../bgp-node.js';
import { tunnelAddress, VXLAN } from '../tunnel.js';

/** A node's end of the VXLAN. */
export interface Vtep {
  readonly node: string;
  /** The node's own address, from and to which packets are encapsulated. */
  readonly ip: Ipv4;
  /** Of vxlan.calico. */
  readonly address: Ipv4;
  readonly mac: Mac;
}

/**
 * A node's address and subnet as Felix knows them: where calico/node has not run, the InternalIP of its Node without one
 * (libcalico-go 3.21 updateprocessors/felixnodeprocessor.go, felix 3.21 calc/l3_route_resolver.go).
 */
export function nodeNetwork(node: Node): { readonly address: Ipv4; readonly prefix: Ipv4Prefix } {
  const [address] = node.addresses;
  return bgpAddress(node) ?? { address, prefix: prefixOf(address, 32) };
}

/**
 * All VTEPs, in order of nodes: of those that calico/node has given an address and one for the tunnel (felix 3.21
 * calc/vxlan_resolver.go OnResourceUpdate()).
 */
export const vteps: (cluster: Cluster) => readonly Vtep[] = perCluster(({ nodes }) =>
  nodes.flatMap((node): Vtep[] => {
    const ip = bgpAddress(node)?.address;
    const address = tunnelAddress(VXLAN, node);
    const mac = vtepMac(node);
    if (ip === undefined || address === undefined || mac === undefined) return [];
    return [{ node: node.name, ip, address, mac }];
  }),
);

/** `f` (0x66) and the first five bytes of SHA-1 of the node's name, unless an annotation says another. */
function vtepMac({ name, annotations }: Node): Mac | undefined {
  const given = annotations[NODE_ANNOTATIONS.vxlanTunnelMACAddr] ?? '';
  const hex = `66${sha1Hex(name).slice(0, 10)}`;
  return parseMac(given === '' ? (hex.match(/../g) ?? []).join(':') : given);
}
