import type { Cluster, Pod } from './objects.js';

const known = new WeakMap<Cluster, ReadonlyMap<string, readonly Pod[]>>();

/** The pods of one node, in order. All nodes are sorted out at the first call for a cluster. */
export function podsOn(cluster: Cluster, node: string): readonly Pod[] {
  let byNode = known.get(cluster);
  if (byNode === undefined) {
    byNode = groupByNode(cluster.pods);
    known.set(cluster, byNode);
  }
  return byNode.get(node) ?? [];
}

/** Pods by the name of their node, in order. */
export function groupByNode<P extends Pod>(pods: readonly P[]): ReadonlyMap<string, readonly P[]> {
  const byNode = new Map<string, P[]>();
  for (const pod of pods) {
    const list = byNode.get(pod.nodeName);
    if (list === undefined) byNode.set(pod.nodeName, [pod]);
    else list.push(pod);
  }
  return byNode;
}
