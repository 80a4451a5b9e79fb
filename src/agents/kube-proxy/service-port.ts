import type { Ipv4 } from '../../address/index.js';
import type { Cluster, Service, ServicePort } from '../../cluster/index.js';

/**
 * One port of one Service, as every mode of kube-proxy works with it (proxy.ServicePort, k8s 1.30
 * pkg/proxy/serviceport.go). External IPs, load balancers, affinity and traffic policies will be further fields; until
 * then readers of labs name a Service that has them as not modelled.
 */
export interface ServicePortInfo {
  /** `ns/name:port`, or `ns/name` for a port without a name: what chains are hashed from and comments say. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly clusterIP: Ipv4;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
}

/**
 * The service ports of a cluster that kube-proxy serves: not those of headless Services and ExternalNames.
 *
 * The real one walks a Go map, in random order; here they are sorted by name, as its tests compare them.
 */
export function servicePorts(cluster: Cluster): ServicePortInfo[] {
  const infos = cluster.services.flatMap((service) => {
    const { clusterIP } = service;
    if (typeof clusterIP !== 'number' || service.type === 'ExternalName') return [];
    return service.ports.map((port) => servicePort(service, port, clusterIP));
  });
  return infos.sort((a, b) => compare(a.name, b.name) || compare(a.protocol, b.protocol));
}

function servicePort(service: Service, port: ServicePort, clusterIP: Ipv4): ServicePortInfo {
  return {
    name: servicePortName(service.namespace, service.name, port.name),
    protocol: port.protocol.toLowerCase() as ServicePortInfo['protocol'],
    clusterIP,
    port: port.port,
    nodePort: port.nodePort ?? 0,
  };
}

/** proxy.ServicePortName.String(). */
export function servicePortName(namespace: string, service: string, port: string): string {
  return `${namespace}/${service}${port === '' ? '' : `:${port}`}`;
}

/** Order of code units, which no locale changes. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
