import type { Cluster } from '../cluster/index.js';

/** What follows from the cluster alone, made once for all of its nodes. */
export function perCluster<T>(make: (cluster: Cluster) => T): (cluster: Cluster) => T {
  const known = new WeakMap<Cluster, T>();
  return (cluster) => {
    const found = known.get(cluster) ?? make(cluster);
    known.set(cluster, found);
    return found;
  };
}
