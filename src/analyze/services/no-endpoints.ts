import {
  type Candidate,
  type Cluster,
  candidates,
  matchesLabels,
  type Pod,
  type Service,
} from '../../cluster/index.js';
import type { NoEndpointBecause, NoEndpointRow } from '../../output/index.js';
import { nearest } from '../../problem/index.js';

/** Where pods are looked for that may have been meant: with many Services none of them looks at all pods. */
export interface PodIndex {
  /** By `key=value` of each of their labels. */
  readonly byLabel: ReadonlyMap<string, readonly Pod[]>;
  /** Those that are an endpoint of nothing. */
  readonly idle: readonly Pod[];
  /** The place of each in the cluster's list. */
  readonly order: ReadonlyMap<Pod, number>;
}

/** Made once for all Services of a cluster. */
export function podIndex({ pods, endpointSlices }: Cluster): PodIndex {
  const targets = new Set(endpointSlices.flatMap(({ endpoints }) => endpoints.map(({ target }) => target)));
  const byLabel = new Map<string, Pod[]>();
  for (const pod of pods)
    for (const pair of Object.entries(pod.labels)) {
      const key = pair.join('=');
      const list = byLabel.get(key);
      if (list === undefined) byLabel.set(key, [pod]);
      else list.push(pod);
    }
  return {
    byLabel,
    idle: pods.filter(({ namespace, name }) => !targets.has(`${namespace}/${name}`)),
    order: new Map(pods.map((pod, i) => [pod, i])),
  };
}

/**
 * The pods that look as if they were meant to be endpoints of a Service and are in none of its slices: those that share
 * a label with its selector, and of those that are an endpoint of nothing the ones with nearly such a label. What is in
 * a slice and not used is told of each node.
 */
export function noEndpointRows(
  service: Service,
  { nodes }: Pick<Cluster, 'nodes'>,
  { byLabel, idle, order }: PodIndex,
): readonly NoEndpointRow[] {
  const { namespace, selector = {} } = service;
  const sharing = Object.entries(selector).flatMap((pair) => byLabel.get(pair.join('=')) ?? []);
  const pods = [...new Set([...sharing, ...idle])].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  const own = candidates({ nodes, pods }, service).flatMap((candidate): NoEndpointRow[] => {
    const because = reasons(candidate, Object.keys(selector).length);
    return because.length === 0 ? [] : [{ pod: nameOf(candidate.pod), because }];
  });
  if (Object.keys(selector).length === 0 || service.type === 'ExternalName') return own;
  const elsewhere = pods.filter((pod) => pod.namespace !== namespace && matchesLabels(selector, pod.labels));
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
