import type { Cluster, EndpointSlice, Pod, Service } from './objects.js';

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
  return groupBy(pods, ({ nodeName }) => nodeName);
}

const slices = new WeakMap<Cluster['endpointSlices'], ReadonlyMap<string, readonly EndpointSlice[]>>();

/** The EndpointSlices of one Service, in order. All are sorted out at the first call for a list of them. */
export function slicesOf(
  { endpointSlices }: Pick<Cluster, 'endpointSlices'>,
  { namespace, name }: Pick<Service, 'namespace' | 'name'>,
): readonly EndpointSlice[] {
  let byService = slices.get(endpointSlices);
  if (byService === undefined) {
    byService = groupBy(endpointSlices, (slice) => `${slice.namespace}/${slice.service}`);
    slices.set(endpointSlices, byService);
  }
  return byService.get(`${namespace}/${name}`) ?? [];
}

/** `Map.groupBy()`, which Node.js has from 21 on. */
export function groupBy<T, K>(list: readonly T[], keyOf: (each: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const each of list) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return groups;
}
