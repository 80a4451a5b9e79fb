import type { Origin } from '../../../linux/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import type { KubeProxyConfig } from '../config.js';
import type { ClusterState } from './cluster-state.js';
import { nodeEntries } from './entries.js';
import { addressServers, externalAddresses, nodePortServers, type VirtualServer } from './frontend.js';
import type { ProxiedNode } from './node.js';
import { outFilterRules } from './rules.js';
import type { SetEntry, SetName } from './sets.js';

/** What a service port needs on one node, besides what it needs on all. */
export interface PortOnNode {
  readonly origin: Origin;
  /** Entries of sets. */
  readonly entries: readonly SetEntry[];
  /** Virtual servers that only this node has so. */
  readonly servers: readonly VirtualServer[];
}

/** What one node needs besides what all need. */
export interface NodeState {
  /** As many as the cluster has service ports. */
  readonly ports: readonly PortOnNode[];
  /** What has to be on kube-ipvs0, with the service port that brought each address there first. */
  readonly addresses: ReadonlyMap<string, Origin>;
  readonly filled: ReadonlySet<SetName>;
  readonly outFilter: readonly RestoreChunk[];
}

/** What a node needs of a cluster's Services (the loop of syncProxyRules(), k8s 1.30 pkg/proxy/ipvs/proxier.go). */
export function nodeState(cluster: ClusterState, node: ProxiedNode, config: Pick<KubeProxyConfig, 'ipvs'>): NodeState {
  const addresses = new Map<string, Origin>();
  const filled = new Set(cluster.filled);
  const ports = cluster.ports.map(({ port, endpoints, origin, servers }): PortOnNode => {
    const external = externalAddresses(port).filter((address) => !node.own.has(address));
    for (const address of [port.clusterIP, ...external]) if (!addresses.has(address)) addresses.set(address, origin);
    const entries = [
      ...external.map((entry): SetEntry => ({ set: 'KUBE-IPVS-IPS', entry })),
      ...nodeEntries(port, endpoints, node),
    ];
    for (const { set } of entries) filled.add(set);
    const asked = servers === undefined ? addressServers(port, endpoints, node, config) : [];
    return {
      origin,
      entries,
      servers: [
        ...asked.filter(({ key }) => cluster.owners.get(key) === port),
        ...nodePortServers(port, endpoints, node, config).filter(({ key }) => !cluster.owners.has(key)),
      ],
    };
  });
  return { ports, addresses, filled, outFilter: cluster.ports.flatMap(({ port }) => outFilterRules(port, node)) };
}
