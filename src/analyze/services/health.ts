import { healthCheck } from '../../agents/index.js';
import type { Cluster, Service } from '../../cluster/index.js';
import type { HealthRow } from '../../output/index.js';

/** What a health check of each node is answered; empty for a Service without a port for that. */
export function healthRows(service: Service, cluster: Cluster): readonly HealthRow[] {
  return cluster.nodes.flatMap(({ name: node }): HealthRow[] => {
    const answer = healthCheck(cluster, node, service);
    return answer === undefined ? [] : [{ node, status: answer.status, localEndpoints: answer.localEndpoints }];
  });
}
