import { formatAddress, isIpv4Address } from '../../address/index.js';
import {
  type Cluster,
  type Endpoint,
  type EndpointHints,
  type EndpointSlice,
  type Node,
  TOPOLOGY_ZONE,
} from '../../cluster/index.js';
import {
  compare,
  type Family,
  PROTOCOLS,
  type ServicePortInfo,
  servicePortName,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './service-port.js';

/** An endpoint of one service port (proxy.BaseEndpointInfo, k8s 1.30 pkg/proxy/endpoint.go). */
export interface EndpointInfo {
  /** `10.244.1.2`. */
  readonly address: string;
  readonly port: number;
  /** `10.244.1.2:8080`, `[fd00::2]:8080`: its identity, also in hashed names. */
  readonly text: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
  readonly hints: EndpointHints | undefined;
}

/** Endpoints by service port: a slice's port belongs to the Service's port of the same name and protocol. */
export type EndpointsMap = ReadonlyMap<string, readonly EndpointInfo[]>;

/** The key of a service port in an {@link EndpointsMap}. */
export function endpointsKey({ name, protocol }: Pick<ServicePortInfo, 'name' | 'protocol'>): string {
  return `${name} ${protocol}`;
}

/**
 * The endpoints of all service ports, each once and sorted by `ip:port` (k8s 1.30 pkg/proxy/endpointslicecache.go).
 */
export function endpointsMap(cluster: Cluster, family: Family): EndpointsMap {
  const found = new Map<string, Map<string, EndpointInfo>>();
  for (const slice of cluster.endpointSlices)
    for (const port of slice.ports) {
      const name = servicePortName(slice.namespace, slice.service, port.name);
      const key = endpointsKey({ name, protocol: PROTOCOLS[port.protocol] });
      const endpoints = found.get(key) ?? new Map<string, EndpointInfo>();
      found.set(key, endpoints);
      for (const endpoint of slice.endpoints) {
        if (isIpv4Address(endpoint.address) !== (family === 'ip')) continue;
        const info = endpointInfo(endpoint, port);
        endpoints.set(info.text, info);
      }
    }
  return new Map([...found].map(([key, endpoints]) => [key, [...endpoints.values()].sort(byText)]));
}

/**
 * An absent condition means ready, serving and not terminating: `serving` does not follow `ready`, as the API has it for
 * others (newEndpointSliceData()).
 */
function endpointInfo(endpoint: Endpoint, { port }: EndpointSlice['ports'][number]): EndpointInfo {
  const { ready = true, serving = true, terminating = false, nodeName, hints } = endpoint;
  const address = formatAddress(endpoint.address);
  const text = `${isIpv4Address(endpoint.address) ? address : `[${address}]`}:${port}`;
  return { address, port, text, ready, serving, terminating, nodeName, hints };
}

function byText(a: EndpointInfo, b: EndpointInfo): number {
  return compare(a.text, b.text);
}

/** The endpoints of a service port as one node uses them, each list sorted as the map is. */
export interface CategorizedEndpoints {
  /** For traffic policy Cluster. */
  readonly cluster: readonly EndpointInfo[];
  /** For traffic policy Local. */
  readonly local: readonly EndpointInfo[];
  /** All that some traffic of this node may go to. */
  readonly reachable: readonly EndpointInfo[];
  /** Whether there are any, on this node or another: if not, traffic is rejected and not dropped. */
  readonly hasAny: boolean;
}

/**
 * Which endpoints a node uses: the ready ones, or where there are none those that still serve while they terminate
 * (proxy.CategorizeEndpoints(), k8s 1.30 pkg/proxy/topology.go).
 */
export function categorizeEndpoints(
  endpoints: readonly EndpointInfo[],
  port: ServicePortInfo,
  node: Pick<Node, 'name' | 'labels'>,
): CategorizedEndpoints {
  const cluster = usesClusterEndpoints(port) ? usable(endpoints, (all) => nearEndpoints(all, node)) : [];
  if (!usesLocalEndpoints(port)) return { cluster, local: [], reachable: cluster, hasAny: cluster.length > 0 };
  const local = usable(endpoints.filter(({ nodeName }) => nodeName === node.name));
  const hasAny = local.length > 0 || endpoints.some((each) => each.ready || (each.serving && each.terminating));
  const chosen = new Set([...cluster, ...local]);
  return { cluster, local, reachable: endpoints.filter((each) => chosen.has(each)), hasAny };
}

/** Whether which endpoints are used may not be the same on every node. */
export function dependsOnNode(port: ServicePortInfo, endpoints: readonly EndpointInfo[]): boolean {
  return usesLocalEndpoints(port) || endpoints.some(({ hints }) => hints !== undefined);
}

function usable(
  endpoints: readonly EndpointInfo[],
  near: (ready: readonly EndpointInfo[]) => readonly EndpointInfo[] = (all) => all,
): readonly EndpointInfo[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? near(ready) : endpoints.filter(({ serving, terminating }) => serving && terminating);
}

/**
 * Those that hints mean for this node, or else for its zone; all of them unless each has hints and one fits
 * (topologyModeFromHints(), k8s 1.34 pkg/proxy/topology.go).
 */
function nearEndpoints(ready: readonly EndpointInfo[], { name, labels }: Pick<Node, 'name' | 'labels'>) {
  return hinted(ready, 'forNodes', name) ?? hinted(ready, 'forZones', labels[TOPOLOGY_ZONE]) ?? ready;
}

function hinted(
  ready: readonly EndpointInfo[],
  by: keyof EndpointHints,
  mine: string | undefined,
): readonly EndpointInfo[] | undefined {
  if (mine === undefined || mine === '' || ready.some(({ hints }) => (hints?.[by].length ?? 0) === 0)) return undefined;
  const near = ready.filter(({ hints }) => hints?.[by].includes(mine));
  return near.length === 0 ? undefined : near;
}
