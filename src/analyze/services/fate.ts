import { type CategorizedEndpoints, externallyAccessible, type ServicePortInfo } from '../../agents/index.js';
import type { KubeProxyChoice } from '../../lab/index.js';
import type { Fate, PortOnNode } from '../../output/index.js';

/**
 * What becomes of packets to a service port on a node. Without any endpoint they are rejected: by a rule in iptables
 * mode, by the kernel for an empty virtual service in IPVS mode. Where only local ones count and there is none, iptables
 * mode drops, and IPVS mode uses those of other nodes where it knows any, else leaves the virtual service empty
 * (syncProxyRules() and syncEndpoint(), k8s 1.30 pkg/proxy/{iptables,ipvs}/proxier.go).
 */
export function fateOf(
  port: ServicePortInfo,
  { cluster, local, hasAny }: CategorizedEndpoints,
  mode: KubeProxyChoice['mode'],
): Pick<PortOnNode, 'internal' | 'external'> {
  const fate = (policyLocal: boolean): Fate => {
    if (!hasAny) return 'rejected';
    if ((policyLocal ? local : cluster).length > 0) return policyLocal ? 'local' : 'cluster';
    if (mode === 'iptables') return 'dropped';
    return cluster.length > 0 ? 'cluster' : 'rejected-here';
  };
  return {
    internal: fate(port.internalPolicyLocal),
    external: externallyAccessible(port) ? fate(port.externalPolicyLocal) : undefined,
  };
}
