import { type Ipv4, parseIpv4 } from '../../address/index.js';
import { type IPPool, NODE_ANNOTATIONS, type Node } from '../../cluster/index.js';
import { IP_HLEN, VXLAN_OVERHEAD } from '../../packet/index.js';

/** One of the two kinds of tunnel that pools may ask for. */
export interface Tunnel {
  /** What of a pool says when it is used. */
  readonly mode: 'ipipMode' | 'vxlanMode';
  /** Felix's device for it; of IPIP's confd's filters and BIRD know too. */
  readonly device: string;
  /** Bytes that it adds to a packet. */
  readonly overhead: number;
  /** What of a Node has the device's address. */
  readonly annotation: string;
  /** Under which the address is in IPAM's blocks, with the node's name behind it. */
  readonly handle: string;
}

export const IPIP: Tunnel & { readonly device: 'tunl0' } = {
  mode: 'ipipMode',
  device: 'tunl0',
  overhead: IP_HLEN,
  annotation: NODE_ANNOTATIONS.ipv4IPIPTunnelAddr,
  handle: 'ipip-tunnel-addr',
};

export const VXLAN: Tunnel = {
  mode: 'vxlanMode',
  device: 'vxlan.calico',
  overhead: VXLAN_OVERHEAD,
  annotation: NODE_ANNOTATIONS.ipv4VXLANTunnelAddr,
  handle: 'vxlan-tunnel-addr',
};

/** In the order of reconcileTunnelAddrs() (node 3.21 pkg/allocateip/allocateip.go). */
export const TUNNELS: readonly Tunnel[] = [IPIP, VXLAN];

/** The address of a tunnel's device, as calico/node wrote it to the Node; undefined where it has none. */
export function tunnelAddress({ annotation }: Tunnel, { annotations }: Pick<Node, 'annotations'>): Ipv4 | undefined {
  return parseIpv4(annotations[annotation] ?? '');
}

/**
 * Whether Felix has a tunnel on: IpInIpEnabled is set as a pool is written that uses IPIP (libcalico-go 3.21
 * lib/clientv3/ippool.go maybeEnableIPIP()), VXLANEnabled in the same way; from 3.23 on both follow from the pools there
 * are (felix calc/encapsulation_calculator.go). A disabled pool counts.
 */
export function usesTunnel(pools: readonly IPPool[], { mode }: Tunnel): boolean {
  return pools.some((pool) => pool[mode] !== 'Never');
}
