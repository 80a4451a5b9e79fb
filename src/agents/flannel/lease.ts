import {
  formatIpv4,
  formatMac,
  formatPrefix,
  type Ipv4,
  type Ipv4Prefix,
  type Mac,
  parseIpv4,
  parseMac,
} from '../../address/index.js';
import type { Cluster, Labels, Node } from '../../cluster/index.js';
import { perCluster } from '../per-cluster.js';

/**
 * What a flanneld tells the others of its node (flannel 0.28 pkg/lease/lease.go). With `--kube-subnet-mgr` a lease is
 * the node's podCIDR and annotations of its Node object.
 */
export interface Lease {
  readonly node: string;
  readonly subnet: Ipv4Prefix;
  /** Where the others send to. */
  readonly publicIP: Ipv4;
  /** `vxlan`, `host-gw`; empty for udp, which says none. */
  readonly backendType: string;
  /** JSON, in the backend's own form. */
  readonly backendData: string;
}

/** What a backend adds to its node's lease. */
export type LeaseAttrs = Pick<Lease, 'backendType' | 'backendData'>;

/** `--kube-annotation-prefix`. */
const PREFIX = 'flannel.alpha.coreos.com';

/**
 * The annotations that flanneld writes into its Node (AcquireLease(), pkg/subnet/kube/kube.go): before it looks whether
 * the podCIDR is part of its Network, so that the others see such a node as well.
 */
export function leaseAnnotations(node: Node, attrs: LeaseAttrs): Labels {
  // What an administrator wants the others to be told, of a node behind NAT.
  const overwrite = parseIpv4(node.annotations[`${PREFIX}/public-ip-overwrite`] ?? '');
  return {
    [`${PREFIX}/backend-data`]: attrs.backendData,
    [`${PREFIX}/backend-type`]: attrs.backendType,
    [`${PREFIX}/public-ip`]: formatIpv4(overwrite ?? nodePublicIP(node) ?? node.addresses[0]),
    [`${PREFIX}/kube-subnet-manager`]: 'true',
  };
}

/** The address that an administrator has chosen for a node's flanneld: it has to be on one of its interfaces. */
export function nodePublicIP(node: Node): Ipv4 | undefined {
  return parseIpv4(node.annotations[`${PREFIX}/node-public-ip`] ?? '');
}

/** The leases of a cluster, in order of its nodes, always the same objects; a node whose flanneld never ran has none. */
export const leases: (cluster: Cluster) => readonly Lease[] = perCluster(({ nodes }) =>
  nodes.flatMap((node) => leaseOf(node) ?? []),
);

/** A node's own lease; undefined while there is none (nodeToLease(), pkg/subnet/kube/kube.go). */
export function leaseOf(node: Node): Lease | undefined {
  const value = (name: string): string | undefined => node.annotations[`${PREFIX}/${name}`];
  const publicIP = parseIpv4(value('public-ip') ?? '');
  if (value('kube-subnet-manager') !== 'true' || publicIP === undefined) return undefined;
  const backendType = value('backend-type') ?? '';
  return { node: node.name, subnet: node.podCIDR, publicIP, backendType, backendData: value('backend-data') ?? 'null' };
}

/** How a lease is named as the cause of a call. */
export function leaseName({ subnet, node }: Pick<Lease, 'subnet' | 'node'>): string {
  return `lease ${formatPrefix(subnet)} of ${node}`;
}

/** What vxlan writes into its lease, as Go's encoding/json does: `{"VNI":1,"VtepMAC":"02:f1:0a:f4:01:00"}`. */
export function vxlanData(vni: number, mac: Mac): string {
  return JSON.stringify({ VNI: vni, VtepMAC: formatMac(mac) });
}

/** The VTEP's address in a vxlan lease; undefined when it has none (vxlanLeaseAttrs, pkg/backend/vxlan). */
export function vtepMacOf(backendData: string): Mac | undefined {
  const [, mac] = /"VtepMAC"\s*:\s*"([^"]*)"/i.exec(backendData) ?? [];
  return parseMac(mac ?? '');
}

/**
 * The VTEP address that a node's flanneld takes: the one in its annotations, where an earlier run left one.
 *
 * A first run draws it at random, locally administered and unicast (pkg/mac/mac.go). Here it is 02:f1 and the first
 * address of the node's podCIDR: the same each time, and a reader sees whose it is.
 */
export function vtepMac(node: Node): Mac {
  const stored = vtepMacOf(node.annotations[`${PREFIX}/backend-data`] ?? '');
  return stored ?? ((0x02f1_0000_0000 + node.podCIDR.address) as Mac);
}
