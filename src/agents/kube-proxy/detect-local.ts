import { formatAnyPrefix, type IpPrefix, isIpv4Prefix } from '../../address/index.js';
import type { Node } from '../../cluster/index.js';
import type { DetectLocal } from './config.js';
import type { Family } from './service-port.js';

/** The words of a rule that tell whether a packet is from a pod of this node. */
export interface LocalDetector {
  readonly ifLocal: string;
  readonly ifNotLocal: string;
}

/**
 * The detector of a family, undefined where there is none (proxyutil.LocalTrafficDetector, k8s 1.30
 * pkg/proxy/util/iptables/traffic.go).
 */
export function localDetector(
  detect: DetectLocal,
  family: Family,
  node: Pick<Node, 'podCIDR'>,
): LocalDetector | undefined {
  switch (detect.mode) {
    case 'ClusterCIDR':
      return bySource(detect.cidrs, family);
    case 'NodeCIDR':
      return bySource([node.podCIDR], family);
    case 'BridgeInterface':
      return either(`-i ${detect.bridge}`);
    case 'InterfaceNamePrefix':
      return either(`-i ${detect.prefix}+`);
    case 'none':
      return undefined;
  }
}

function bySource(cidrs: readonly IpPrefix[], family: Family): LocalDetector | undefined {
  const cidr = cidrs.find((each) => isIpv4Prefix(each) === (family === 'ip'));
  return cidr === undefined ? undefined : either(`-s ${formatAnyPrefix(cidr)}`);
}

function either(words: string): LocalDetector {
  return { ifLocal: words, ifNotLocal: `! ${words}` };
}
