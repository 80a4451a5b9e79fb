import type { Cluster, Service } from '../../cluster/index.js';
import type { HealthRow } from '../../output/index.js';

/**
 * What a health check of each node is answered: 200 where a ready endpoint is on the node, which a terminating one is
 * not (k8s 1.30 pkg/proxy/healthcheck/service_health.go).
 */
export function healthRows({ namespace, name }: Service, { endpointSlices, nodes }: Cluster): readonly HealthRow[] {
  const endpoints = endpointSlices
    .filter((slice) => slice.namespace === namespace && slice.service === name)
    .flatMap((slice) => slice.endpoints);
  return nodes.map((node) => {
    const local = endpoints.filter(({ nodeName, ready = true }) => ready && nodeName === node.name);
    const count = new Set(local.map(({ address }) => JSON.stringify(address))).size;
    return { node: node.name, status: count > 0 ? 200 : 503, localEndpoints: count };
  });
}
