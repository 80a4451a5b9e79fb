import type { Node } from '../../../cluster/index.js';
import type { KubeProxyConfig } from '../config.js';
import { type LocalDetector, localDetector } from '../detect-local.js';
import { NodePortAddresses } from '../node-port-addresses.js';
import type { Family } from '../service-port.js';

/** largeClusterEndpointsThreshold (k8s 1.30 pkg/proxy/iptables/proxier.go). */
const LARGE_CLUSTER = 1000;

/** What is the same for all service ports of a sync. */
export interface SyncConfig extends KubeProxyConfig {
  readonly family: Family;
  readonly detector: LocalDetector | undefined;
  readonly nodePorts: NodePortAddresses;
  /** More than 1000 endpoints in all: rules towards endpoints then go without a comment (largeClusterMode). */
  readonly large: boolean;
}

/** Whether localhost node ports are in force: where node ports are served on 127.0.0.1 at all (NewProxier()). */
export function servesLocalhost({ localhostNodePorts }: KubeProxyConfig, nodePorts: NodePortAddresses): boolean {
  return localhostNodePorts && nodePorts.containsIpv4Loopback;
}

/** Completes a configuration. */
export function syncConfig(
  config: KubeProxyConfig,
  family: Family,
  node: Pick<Node, 'podCIDR'>,
  totalEndpoints: number,
): SyncConfig {
  const nodePorts = new NodePortAddresses(config.nodePortAddresses, family);
  return {
    ...config,
    family,
    nodePorts,
    localhostNodePorts: servesLocalhost(config, nodePorts),
    detector: localDetector(config.detectLocal, family, node),
    large: totalEndpoints > LARGE_CLUSTER,
  };
}

/** All that the rules of a service port depend on of a configuration, as a text. */
export function configKey({ masqueradeAll, detector, localhostNodePorts, nfacct, large }: SyncConfig): string {
  return JSON.stringify([masqueradeAll, detector, localhostNodePorts, nfacct, large]);
}
