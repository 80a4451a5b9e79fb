import { contains, type Ipv4Prefix, plus } from '../address/index.js';

/**
 * The `ordinal`-th node subnet of `length` bits within the cluster's pod CIDR, counted from 0; undefined when the CIDR
 * has no more.
 *
 * kube-controller-manager hands them out in order of registration, beginning with ordinal 0: of 10.244.0.0/16 the
 * first node gets 10.244.0.0/24 (`--node-cidr-mask-size` 24; k8s 1.30 pkg/controller/nodeipam/ipam/cidrset).
 */
export function nodeSubnet(clusterCIDR: Ipv4Prefix, length: number, ordinal: number): Ipv4Prefix | undefined {
  if (length < clusterCIDR.length || length > 32) return undefined;
  const offset = ordinal * 2 ** (32 - length);
  if (offset >= 2 ** (32 - clusterCIDR.length)) return undefined;
  const address = plus(clusterCIDR.address, offset);
  return contains(clusterCIDR, address) ? { address, length } : undefined;
}
