import { type Candidate, type Cluster, candidates, matchesLabels, type Service } from '../../cluster/index.js';
import type { NoEndpointBecause, NoEndpointRow } from '../../output/index.js';
import { nearest } from '../../problem/index.js';

/**
 * The pods that look as if they were meant to be endpoints of a Service and are in none of its slices. What is in a
 * slice and not used is told of each node.
 */
export function noEndpointRows(service: Service, cluster: Cluster): readonly NoEndpointRow[] {
  const { namespace, selector = {} } = service;
  const own = candidates(cluster, service).flatMap((candidate): NoEndpointRow[] => {
    const because = reasons(candidate, Object.keys(selector).length);
    return because.length === 0 ? [] : [{ pod: nameOf(candidate.pod), because }];
  });
  if (Object.keys(selector).length === 0 || service.type === 'ExternalName') return own;
  const elsewhere = cluster.pods.filter((pod) => pod.namespace !== namespace && matchesLabels(selector, pod.labels));
  return [
    ...own,
    ...elsewhere.map((pod) => ({
      pod: nameOf(pod),
      because: [{ code: 'namespace', namespace: pod.namespace }] as const,
    })),
  ];
}

function nameOf({ namespace, name }: Candidate['pod']): string {
  return `pod/${namespace}/${name}`;
}

function reasons(candidate: Candidate, pairs: number): readonly NoEndpointBecause[] {
  const labels = candidate.reasons.flatMap((reason) => (reason.why === 'label' ? [reason] : []));
  // A pod that shares no pair with the selector is another one, unless a value is nearly the wanted one.
  const meant =
    labels.length < pairs || labels.some(({ wanted, found = '' }) => nearest(found, [wanted]) !== undefined);
  if (!meant) return [];
  return candidate.reasons.flatMap((reason): NoEndpointBecause[] => {
    if (reason.why === 'label')
      return [{ code: 'labels', key: reason.key, wanted: reason.wanted, found: reason.found }];
    return reason.why === 'no address' ? [{ code: 'no-address' }] : [];
  });
}
