import { formatIpv4, type Ipv4 } from '../../address/index.js';
import type { Cluster } from '../../cluster/index.js';
import { compare, servicePortName } from './service-port.js';

/** An endpoint of one service port (proxy.BaseEndpointInfo, k8s 1.30 pkg/proxy/endpoint.go). */
export interface EndpointInfo {
  readonly address: Ipv4;
  /** `10.244.1.2:8080`: its identity, also in hashed names. */
  readonly text: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
}

/** Endpoints by service port: a slice's port belongs to the Service's port of the same name and protocol. */
export type EndpointsMap = ReadonlyMap<string, readonly EndpointInfo[]>;

/** The key of a service port in an {@link EndpointsMap}. */
export function endpointsKey(servicePort: string, protocol: string): string {
  return `${servicePort} ${protocol}`;
}

/**
 * The endpoints of all service ports, each once and sorted by `ip:port` (k8s 1.30 pkg/proxy/endpointslicecache.go). An
 * absent condition means ready, serving as ready, and not terminating.
 */
export function endpointsMap(cluster: Cluster): EndpointsMap {
  const found = new Map<string, Map<string, EndpointInfo>>();
  for (const slice of cluster.endpointSlices)
    for (const port of slice.ports) {
      const name = servicePortName(slice.namespace, slice.service, port.name);
      const key = endpointsKey(name, port.protocol.toLowerCase());
      const endpoints = found.get(key) ?? new Map<string, EndpointInfo>();
      found.set(key, endpoints);
      for (const { address, ready = true, serving = ready, terminating = false, nodeName } of slice.endpoints) {
        const text = `${formatIpv4(address)}:${port.port}`;
        endpoints.set(text, { address, text, ready, serving, terminating, nodeName });
      }
    }
  return new Map([...found].map(([key, endpoints]) => [key, [...endpoints.values()].sort(byText)]));
}

function byText(a: EndpointInfo, b: EndpointInfo): number {
  return compare(a.text, b.text);
}

/**
 * The endpoints for traffic policy Cluster: the ready ones, or where there are none those that still serve while they
 * terminate (proxy.CategorizeEndpoints(), k8s 1.30 pkg/proxy/topology.go). Topology hints are not modelled.
 */
export function clusterEndpoints(endpoints: readonly EndpointInfo[]): readonly EndpointInfo[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter(({ serving, terminating }) => serving && terminating);
}
