import { formatAddress, type IpAddress, isLoopback } from '../../../address/index.js';
import type { Node } from '../../../cluster/index.js';
import type { InetAddress } from '../../../linux/index.js';
import type { KubeProxyConfig } from '../config.js';
import { NodePortAddresses } from '../node-port-addresses.js';
import type { Family } from '../service-port.js';

/** The device that all service addresses are on, so that the kernel takes them for its own. */
export const DUMMY = 'kube-ipvs0';

/** What a node itself has to do with the state of IPVS mode, in one family. */
export interface ProxiedNode extends Pick<Node, 'name' | 'labels'> {
  readonly family: Family;
  /** The node's primary address. */
  readonly nodeIP: IpAddress;
  /** Addresses of all devices but kube-ipvs0, without loopback (GetAllLocalAddressesExcept(), netlink_linux.go). */
  readonly own: ReadonlySet<string>;
  /** Addresses that take node ports. */
  readonly nodePortAddresses: readonly string[];
}

/**
 * A node's own addresses as its namespace has them now. Node ports are served on all of them, or on those of any device
 * that `--nodeport-addresses` covers, kube-ipvs0 among them: it is not left out then (GetNodeIPs(), k8s 1.30
 * pkg/proxy/util/nodeport_addresses.go).
 */
export function proxiedNode(
  { name, labels, addresses }: Pick<Node, 'name' | 'labels' | 'addresses'>,
  all: readonly Pick<InetAddress, 'dev' | 'local'>[],
  config: Pick<KubeProxyConfig, 'nodePortAddresses'>,
): ProxiedNode {
  const usable = all.filter(({ local }) => !isLoopback(local));
  const own = new Set(usable.filter(({ dev }) => dev !== DUMMY).map(({ local }) => formatAddress(local)));
  const nodePorts = new NodePortAddresses(config.nodePortAddresses, 'ip');
  const meant = nodePorts.matchAll ? [...own] : nodePorts.nodeIPs(usable.map(({ local }) => local));
  return { name, labels, family: 'ip', nodeIP: addresses[0], own, nodePortAddresses: meant };
}
