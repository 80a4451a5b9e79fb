import {
  covers,
  formatAddress,
  type IpAddress,
  type IpPrefix,
  isIpv4Address,
  isIpv4Prefix,
} from '../../address/index.js';
import { type Cluster, needsHealthCheck, type Protocol, type Service, type ServicePort } from '../../cluster/index.js';

/** kube-proxy runs a proxier for each family (the metaproxier); tools name them `ip` and `ip6`. */
export type Family = 'ip' | 'ip6';

/**
 * One port of one Service in one family, as every mode of kube-proxy works with it (proxy.ServicePort, k8s 1.30
 * pkg/proxy/serviceport.go). Addresses are texts, as rules spell them.
 */
export interface ServicePortInfo {
  /** `ns/name:port`, or `ns/name` for a port without a name: what chains are hashed from and comments say. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly clusterIP: string;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  /** Load balancer addresses that nodes take for their own: those of ipMode VIP. */
  readonly loadBalancerVIPs: readonly string[];
  /** Empty: all clients may use the load balancer. */
  readonly loadBalancerSourceRanges: readonly IpPrefix[];
  /** Seconds for which a client stays with its endpoint; undefined for a Service without affinity. */
  readonly affinitySeconds: number | undefined;
  readonly externalPolicyLocal: boolean;
  readonly internalPolicyLocal: boolean;
  /** 0 for none. */
  readonly healthCheckNodePort: number;
}

/** Whether the port can be reached other than by its cluster IP. */
export function externallyAccessible(port: ServicePortInfo): boolean {
  return port.nodePort !== 0 || port.loadBalancerVIPs.length > 0 || port.externalIPs.length > 0;
}

/** Whether endpoints on other nodes may be chosen: what is local also reaches external addresses of policy Local so. */
export function usesClusterEndpoints(port: ServicePortInfo): boolean {
  return !port.internalPolicyLocal || externallyAccessible(port);
}

/** Whether some traffic may go to endpoints of its node alone. */
export function usesLocalEndpoints(port: ServicePortInfo): boolean {
  return port.internalPolicyLocal || (port.externalPolicyLocal && externallyAccessible(port));
}

/** Whether a node with that address may use a load balancer that filters its clients. */
export function allowsNode({ loadBalancerSourceRanges }: ServicePortInfo, nodeIP: IpAddress): boolean {
  return loadBalancerSourceRanges.some((range) => covers(range, nodeIP));
}

/** Protocols of the API as rules and names of chains spell them. */
export const PROTOCOLS: Readonly<Record<Protocol, ServicePortInfo['protocol']>> = {
  TCP: 'tcp',
  UDP: 'udp',
  SCTP: 'sctp',
};

/** Labels that leave a Service to another proxy, or make it headless (proxyconfig's informers, k8s 1.30). */
const NOT_OURS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

/**
 * The service ports of a cluster that kube-proxy serves: not those of headless Services, ExternalNames and Services
 * that have no cluster IP of the family.
 *
 * The real one walks a Go map, in random order; here they are sorted by name, as its tests compare them.
 */
export function servicePorts(cluster: Cluster, family: Family): ServicePortInfo[] {
  const infos = cluster.services.flatMap((service) => {
    const { clusterIPs } = service;
    if (clusterIPs === undefined || clusterIPs === 'None' || service.type === 'ExternalName') return [];
    if (NOT_OURS.some((label) => label in service.labels)) return [];
    const [clusterIP] = textsOf(clusterIPs, family);
    if (clusterIP === undefined) return [];
    return service.ports.map((port) => servicePort(service, port, clusterIP, family));
  });
  return infos.sort((a, b) => compare(a.name, b.name) || compare(a.protocol, b.protocol));
}

function servicePort(service: Service, port: ServicePort, clusterIP: string, family: Family): ServicePortInfo {
  const vips = service.loadBalancerIngress.flatMap(({ ip, ipMode }) => (ipMode === 'VIP' ? [ip] : []));
  const externalPolicyLocal = acceptsExternal(service) && service.externalTrafficPolicy === 'Local';
  return {
    name: servicePortName(service.namespace, service.name, port.name),
    protocol: PROTOCOLS[port.protocol],
    clusterIP,
    port: port.port,
    nodePort: port.nodePort ?? 0,
    externalIPs: textsOf(service.externalIPs, family),
    loadBalancerVIPs: textsOf(vips, family),
    loadBalancerSourceRanges: service.loadBalancerSourceRanges.filter(
      (range) => isIpv4Prefix(range) === (family === 'ip'),
    ),
    affinitySeconds: service.sessionAffinity,
    externalPolicyLocal,
    internalPolicyLocal: service.internalTrafficPolicy === 'Local',
    healthCheckNodePort: needsHealthCheck(service) ? (service.healthCheckNodePort ?? 0) : 0,
  };
}

/** ExternallyAccessible(), k8s 1.30 pkg/api/v1/service/util.go: without it externalTrafficPolicy means nothing. */
function acceptsExternal({ type, externalIPs }: Service): boolean {
  return type === 'NodePort' || type === 'LoadBalancer' || externalIPs.length > 0;
}

function textsOf(addresses: readonly IpAddress[], family: Family): readonly string[] {
  return addresses.filter((address) => isIpv4Address(address) === (family === 'ip')).map(formatAddress);
}

/** proxy.ServicePortName.String(). */
export function servicePortName(namespace: string, service: string, port: string): string {
  return `${namespace}/${service}${port === '' ? '' : `:${port}`}`;
}

/** Order of code units, which no locale changes. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
