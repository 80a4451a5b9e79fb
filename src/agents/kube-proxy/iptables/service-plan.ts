import type { Node } from '../../../cluster/index.js';
import { type CategorizedEndpoints, categorizeEndpoints, type EndpointInfo } from '../endpoint.js';
import type { ServiceEntry } from '../service-map.js';
import {
  externallyAccessible,
  type ServicePortInfo,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from '../service-port.js';
import { endpointChain, serviceChain } from './names.js';

/** The chains of a service port, whether or not it has them. */
export interface ServiceChains {
  /** KUBE-SVC-: the endpoints of traffic policy Cluster. */
  readonly cluster: string;
  /** KUBE-SVL-: those of traffic policy Local. */
  readonly local: string;
  /** KUBE-EXT-: where traffic from outside enters. */
  readonly external: string;
  /** KUBE-FW-: who may use the load balancer. */
  readonly firewall: string;
  /** KUBE-SEP- of each endpoint. */
  readonly endpoints: ReadonlyMap<EndpointInfo, string>;
}

const CHAINS = new WeakMap<ServiceEntry, ServiceChains>();

/** The names, hashed once for all nodes. */
function serviceChains(entry: ServiceEntry): ServiceChains {
  const known = CHAINS.get(entry);
  if (known !== undefined) return known;
  const { name, protocol } = entry.port;
  const chains = {
    cluster: serviceChain('KUBE-SVC-', name, protocol),
    local: serviceChain('KUBE-SVL-', name, protocol),
    external: serviceChain('KUBE-EXT-', name, protocol),
    firewall: serviceChain('KUBE-FW-', name, protocol),
    endpoints: new Map(entry.endpoints.map((each) => [each, endpointChain(name, protocol, each.text)])),
  };
  CHAINS.set(entry, chains);
  return chains;
}

/** Where the traffic of a service port may go on one node (the first part of the loop of syncProxyRules(), k8s 1.30). */
export interface ServicePlan extends CategorizedEndpoints {
  readonly port: ServicePortInfo;
  readonly chains: ServiceChains;
  /** Whether some endpoint is there for the cluster IP. */
  readonly hasInternal: boolean;
  /** The same for what comes from outside. */
  readonly hasExternal: boolean;
  readonly usesClusterChain: boolean;
  readonly usesLocalChain: boolean;
  /** Also without endpoints for what comes from outside: what comes from the node and its pods is let through by it. */
  readonly usesExternalChain: boolean;
  readonly usesFirewallChain: boolean;
  /** The chain for the cluster IP. */
  readonly internalChain: string;
  /** The chain behind {@link ServiceChains.external}. */
  readonly externalPolicyChain: string;
}

/** Decides it. */
export function servicePlan(entry: ServiceEntry, node: Pick<Node, 'name' | 'labels'>): ServicePlan {
  const { port } = entry;
  const chains = serviceChains(entry);
  const categorized = categorizeEndpoints(entry.endpoints, port, node);
  const { cluster, local, hasAny } = categorized;
  const hasLocal = local.length > 0;
  return {
    ...categorized,
    port,
    chains,
    hasInternal: hasAny && (!port.internalPolicyLocal || hasLocal),
    hasExternal: hasAny && (!port.externalPolicyLocal || hasLocal),
    usesClusterChain: cluster.length > 0 && usesClusterEndpoints(port),
    usesLocalChain: hasLocal && usesLocalEndpoints(port),
    usesExternalChain: hasAny && externallyAccessible(port),
    usesFirewallChain: hasAny && port.loadBalancerVIPs.length > 0 && port.loadBalancerSourceRanges.length > 0,
    internalChain: port.internalPolicyLocal ? chains.local : chains.cluster,
    externalPolicyChain: port.externalPolicyLocal ? chains.local : chains.cluster,
  };
}
