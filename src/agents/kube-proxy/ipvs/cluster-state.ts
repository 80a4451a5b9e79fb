import type { Cluster } from '../../../cluster/index.js';
import type { Origin } from '../../../linux/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import type { KubeProxyConfig } from '../config.js';
import { dependsOnNode } from '../endpoint.js';
import { type ServiceEntry, type ServiceMap, serviceMap } from '../service-map.js';
import type { Family, ServicePortInfo } from '../service-port.js';
import { commonEntries } from './entries.js';
import { addressServers, type VirtualServer } from './frontend.js';
import { addLines } from './servers.js';
import { type SetEntry, type SetName, setName } from './sets.js';

/** A service port, and what is the same for it on every node. */
export interface ProxiedPort extends ServiceEntry {
  readonly origin: Origin;
  readonly entries: readonly SetEntry[];
  /** Virtual servers, but those of the node port; undefined where their endpoints depend on the node. */
  readonly servers: readonly VirtualServer[] | undefined;
  /** The lines that make them from nothing. */
  readonly serverChunk: RestoreChunk | undefined;
}

/** What is the same on every node of a cluster. */
export interface ClusterState {
  readonly services: ServiceMap;
  readonly ports: readonly ProxiedPort[];
  /** The last service port that asks for a virtual server, by the server's key: it is the one that gets it. */
  readonly owners: ReadonlyMap<string, ServicePortInfo>;
  readonly filled: ReadonlySet<SetName>;
  /** The lines that fill empty sets. */
  readonly entryChunks: readonly RestoreChunk[];
  /** All there are of {@link ProxiedPort.serverChunk}. */
  readonly serverChunks: readonly RestoreChunk[];
}

/** By scheduler. */
const MADE = new WeakMap<ServiceMap, Map<string, ClusterState>>();

/** What is the same on every node, made once for a cluster. */
export function clusterState(cluster: Cluster, family: Family, config: Pick<KubeProxyConfig, 'ipvs'>): ClusterState {
  const services = serviceMap(cluster, family);
  const made = MADE.get(services) ?? new Map<string, ClusterState>();
  MADE.set(services, made);
  const { scheduler } = config.ipvs;
  const state = made.get(scheduler) ?? makeState(services, family, config);
  made.set(scheduler, state);
  return state;
}

const ANY_NODE = { name: '', labels: {} };

function makeState(services: ServiceMap, family: Family, config: Pick<KubeProxyConfig, 'ipvs'>): ClusterState {
  const owners = new Map<string, ServicePortInfo>();
  for (const { port } of services.entries)
    for (const { key } of addressServers(port, [], ANY_NODE, config)) owners.set(key, port);
  const ports = services.entries.map(({ port, endpoints }): ProxiedPort => {
    const origin: Origin = { by: 'kube-proxy', object: `service/${port.name}` };
    const servers = dependsOnNode(port, endpoints)
      ? undefined
      : addressServers(port, endpoints, ANY_NODE, config).filter(({ key }) => owners.get(key) === port);
    const serverChunk = servers && { origin, lines: servers.flatMap(addLines) };
    return { port, endpoints, origin, entries: commonEntries(port), servers, serverChunk };
  });
  return {
    services,
    ports,
    owners,
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
