import { type Cluster, type Labels, matchesLabels, type Pod, type Service } from '../../cluster/index.js';
import type { NoEndpointBecause, NoEndpointRow } from '../../output/index.js';

/** The pods that look as if they were meant to be endpoints of a Service and are none. */
export function noEndpointRows({ namespace, selector, type }: Service, { pods }: Cluster): readonly NoEndpointRow[] {
  if (selector === undefined || Object.keys(selector).length === 0 || type === 'ExternalName') return [];
  return pods.flatMap((pod) => {
    const because = reason(pod, namespace, selector);
    return because === undefined ? [] : [{ pod: `pod/${pod.namespace}/${pod.name}`, because }];
  });
}

function reason(pod: Pod, namespace: string, selector: Labels): NoEndpointBecause | undefined {
  const fits = matchesLabels(selector, pod.labels);
  if (pod.namespace !== namespace) return fits ? { code: 'namespace', namespace: pod.namespace } : undefined;
  if (fits) return pod.podIP === undefined && !pod.hostNetwork ? { code: 'no-address' } : undefined;
  const pairs = Object.entries(selector);
  const wrong = pairs.filter(([key, value]) => pod.labels[key] !== value);
  const [first] = wrong;
  // A pod that shares no pair with the selector is simply another one.
  if (first === undefined || wrong.length === pairs.length) return undefined;
  return { code: 'labels', key: first[0], wanted: first[1], found: pod.labels[first[0]] };
}
