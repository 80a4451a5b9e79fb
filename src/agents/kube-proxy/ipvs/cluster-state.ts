import type { Cluster } from '../../../cluster/index.js';
import type { Origin } from '../../../linux/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import type { KubeProxyConfig } from '../config.js';
import { type EndpointInfo, endpointsKey, endpointsMap } from '../endpoint.js';
import { type Family, type ServicePortInfo, servicePorts } from '../service-port.js';
import { commonEntries } from './entries.js';
import { addressServers, dependsOnNode, type VirtualServer } from './frontend.js';
import { addLines } from './servers.js';
import { type SetEntry, type SetName, setName } from './sets.js';

/** A service port, and what is the same for it on every node. */
export interface ProxiedPort {
  readonly port: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
  readonly origin: Origin;
  readonly entries: readonly SetEntry[];
  /** Virtual servers, but those of the node port; undefined where their endpoints depend on the node. */
  readonly servers: readonly VirtualServer[] | undefined;
  /** The lines that make them from nothing. */
  readonly serverChunk: RestoreChunk | undefined;
}

/** What is the same on every node of a cluster. */
export interface ClusterState {
  readonly ports: readonly ProxiedPort[];
  /** The last service port that asks for a virtual server, by the server's key: it is the one that gets it. */
  readonly owners: ReadonlyMap<string, ServicePortInfo>;
  readonly hasNodePort: boolean;
  readonly filled: ReadonlySet<SetName>;
  /** The lines that fill empty sets. */
  readonly entryChunks: readonly RestoreChunk[];
  /** All there are of {@link ProxiedPort.serverChunk}. */
  readonly serverChunks: readonly RestoreChunk[];
}

/** As long as a cluster is there, so that all its nodes have the same objects; by family and scheduler. */
const MADE = new WeakMap<Cluster, Map<string, ClusterState>>();

/** What is the same on every node, made once for a cluster. */
export function clusterState(cluster: Cluster, family: Family, config: Pick<KubeProxyConfig, 'ipvs'>): ClusterState {
  const made = MADE.get(cluster) ?? new Map<string, ClusterState>();
  MADE.set(cluster, made);
  const key = `${family} ${config.ipvs.scheduler}`;
  const state = made.get(key) ?? makeState(cluster, family, config);
  made.set(key, state);
  return state;
}

const ANY_NODE = { name: '', labels: {} };

function makeState(cluster: Cluster, family: Family, config: Pick<KubeProxyConfig, 'ipvs'>): ClusterState {
  const endpoints = endpointsMap(cluster, family);
  const found = servicePorts(cluster, family);
  const owners = new Map<string, ServicePortInfo>();
  for (const port of found) for (const { key } of addressServers(port, [], ANY_NODE, config)) owners.set(key, port);
  const ports = found.map((port): ProxiedPort => {
    const all = endpoints.get(endpointsKey(port)) ?? [];
    const origin: Origin = { by: 'kube-proxy', object: `service/${port.name}` };
    const servers = dependsOnNode(port, all)
      ? undefined
      : addressServers(port, all, ANY_NODE, config).filter(({ key }) => owners.get(key) === port);
    const serverChunk = servers && { origin, lines: servers.flatMap(addLines) };
    return { port, endpoints: all, origin, entries: commonEntries(port), servers, serverChunk };
  });
  return {
    ports,
    owners,
    hasNodePort: found.some(({ nodePort }) => nodePort !== 0),
    filled: new Set(ports.flatMap(({ entries }) => entries.map(({ set }) => set))),
    entryChunks: ports.map(({ origin, entries }) => ({ origin, lines: entryLines(entries, family) })),
    serverChunks: ports.flatMap(({ serverChunk }) => serverChunk ?? []),
  };
}

/** Whether a set can't hold an entry: no hash takes a network of length 0, and ipset refuses to ask for it. */
export function isRefused({ entry }: SetEntry): boolean {
  return entry.endsWith('/0');
}

/** The lines that add entries, but those that are refused. */
export function entryLines(entries: readonly SetEntry[], family: Family): string[] {
  return entries.filter((entry) => !isRefused(entry)).map((entry) => entryLine(entry, family));
}

/** `add KUBE-CLUSTER-IP 10.96.0.1,tcp:443 -exist`. */
export function entryLine({ set, entry }: SetEntry, family: Family): string {
  return `add ${setName(set, family)} ${entry} -exist`;
}
