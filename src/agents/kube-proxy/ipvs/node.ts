import { covers, formatAddress, type IpAddress, isIpv4Prefix, parseAddress } from '../../../address/index.js';
import type { Node } from '../../../cluster/index.js';
import type { Netns } from '../../../linux/index.js';
import type { KubeProxyConfig } from '../config.js';
import type { Family } from '../service-port.js';

/** The device that all service addresses are on, so that the kernel takes them for its own. */
export const DUMMY = 'kube-ipvs0';

/** What a node itself has to do with the state of IPVS mode, in one family. */
export interface ProxiedNode extends Pick<Node, 'name' | 'labels'> {
  readonly family: Family;
  /** The node's primary address; undefined where it has none of the family. */
  readonly nodeIP: IpAddress | undefined;
  /** Addresses of all devices but kube-ipvs0, without loopback (GetAllLocalAddressesExcept(), netlink_linux.go). */
  readonly own: ReadonlySet<string>;
  /** Addresses that take node ports. */
  readonly nodePortAddresses: readonly string[];
}

/** A node's own addresses as its namespace has them now. */
export function proxiedNode(
  { name, labels, addresses }: Pick<Node, 'name' | 'labels' | 'addresses'>,
  { ipv4 }: Pick<Netns, 'ipv4'>,
  config: Pick<KubeProxyConfig, 'nodePortAddresses'>,
): ProxiedNode {
  const texts = (all: Netns['ipv4']['addresses']): string[] => all.map(({ local }) => formatAddress(local));
  const own = texts(ipv4.addresses.filter(({ dev }) => dev !== DUMMY)).filter(isNoLoopback);
  return {
    ...{ name, labels, family: 'ip', nodeIP: addresses[0], own: new Set(own) },
    nodePortAddresses: nodePortAddresses('ip', own, texts(ipv4.addresses), config),
  };
}

/**
 * The addresses that take node ports: all of the node's own, or those of any device that `--nodeport-addresses` covers.
 * That may be addresses of kube-ipvs0 as well: it is not left out then (GetNodeIPs(), k8s 1.30
 * pkg/proxy/util/nodeport_addresses.go).
 */
export function nodePortAddresses(
  family: Family,
  own: readonly string[],
  all: readonly string[],
  config: Pick<KubeProxyConfig, 'nodePortAddresses'>,
): readonly string[] {
  const cidrs = config.nodePortAddresses.filter((cidr) => isIpv4Prefix(cidr) === (family === 'ip'));
  if (cidrs.length === 0 || cidrs.some(({ length }) => length === 0)) return [...new Set(own)];
  const covered = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== undefined && cidrs.some((cidr) => covers(cidr, address));
  };
  return [...new Set(all)].filter((text) => covered(text) && isNoLoopback(text));
}

function isNoLoopback(address: string): boolean {
  return !address.startsWith('127.') && address !== '::1';
}
