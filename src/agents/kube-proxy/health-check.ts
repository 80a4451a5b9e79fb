import { isIpv4Address } from '../../address/index.js';
import { type Cluster, needsHealthCheck, type Service, slicesOf } from '../../cluster/index.js';

/** What kube-proxy on one node answers a load balancer that asks whether to send it connections for a Service. */
export interface HealthCheck {
  /** The healthCheckNodePort: HTTP, any path. */
  readonly port: number;
  readonly status: 200 | 503;
  /** `localEndpoints` of the answer's body: addresses with a ready endpoint on the node. */
  readonly localEndpoints: number;
  /** The header by which a load balancer can weigh nodes. */
  readonly header: { readonly name: 'X-Load-Balancing-Endpoint-Weight'; readonly value: string };
}

/**
 * The answer of a node's healthCheckNodePort while kube-proxy is up and healthy; undefined where no port is opened.
 *
 * Only ready endpoints count, and each address once whatever its ports: what still serves while it terminates gets
 * traffic, but the load balancer is told to send no more (getLocalReadyEndpointIPs(), k8s 1.30
 * pkg/proxy/endpointschangetracker.go; hcHandler.ServeHTTP(), pkg/proxy/healthcheck/service_health.go). IPv4 only.
 */
export function healthCheck(
  cluster: Pick<Cluster, 'endpointSlices'>,
  node: string,
  service: Service,
): HealthCheck | undefined {
  const { healthCheckNodePort: port } = service;
  if (port === undefined || !needsHealthCheck(service)) return undefined;
  const local = slicesOf(cluster, service)
    .filter(({ ports }) => ports.length > 0)
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ address, ready, nodeName }) => isIpv4Address(address) && ready !== false && nodeName === node);
  const localEndpoints = new Set(local.map(({ address }) => address)).size;
  return {
    port,
    status: localEndpoints > 0 ? 200 : 503,
    localEndpoints,
    header: { name: 'X-Load-Balancing-Endpoint-Weight', value: String(localEndpoints) },
  };
}
