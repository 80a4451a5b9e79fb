import { formatAddress, formatAnyPrefix } from '../../address/index.js';
import {
  categorizeEndpoints,
  type EndpointInfo,
  type EndpointsMap,
  endpointsKey,
  endpointsMap,
  externallyAccessible,
  type Family,
  PROTOCOLS,
  type ServicePortInfo,
  servicePortName,
  servicePorts,
} from '../../agents/index.js';
import { type Cluster, type Node, type Service, type ServicePort, slicesOf } from '../../cluster/index.js';
import type { KubeProxyChoice, Lab } from '../../lab/index.js';
import type { EndpointRow, NotServedBecause, PortOnNode, ServicePortRow, ServiceRow } from '../../output/index.js';
import { fateOf } from './fate.js';
import { healthRows } from './health.js';
import { noEndpointRows, type PodIndex, podIndex } from './no-endpoints.js';
import { unusedRows } from './unused.js';

/** What kube-proxy knows of a cluster, in both families. */
interface Known {
  readonly cluster: Cluster;
  readonly mode: KubeProxyChoice['mode'];
  /** By {@link endpointsKey}. */
  readonly ports: ReadonlyMap<Family, ReadonlyMap<string, ServicePortInfo>>;
  readonly endpoints: ReadonlyMap<Family, EndpointsMap>;
  readonly targets: ReadonlyMap<string, string>;
  readonly pods: PodIndex;
}

const FAMILIES = ['ip', 'ip6'] as const satisfies readonly Family[];

/** The Services of a cluster, in its order: what each is reached by, and which endpoints every node uses for it. */
export function describeServices(
  { kubeProxy: { mode } }: Pick<Lab, 'kubeProxy'>,
  cluster: Cluster,
): readonly ServiceRow[] {
  const known: Known = {
    cluster,
    mode,
    ports: new Map(
      FAMILIES.map((family) => [
        family,
        new Map(servicePorts(cluster, family).map((info) => [endpointsKey(info), info])),
      ]),
    ),
    endpoints: new Map(FAMILIES.map((family) => [family, endpointsMap(cluster, family)])),
    targets: targetsOf(cluster),
    pods: podIndex(cluster),
  };
  return cluster.services.map((service) => serviceRow(service, known));
}

function serviceRow(service: Service, known: Known): ServiceRow {
  const { namespace, name, type, clusterIPs, selector, sessionAffinity, healthCheckNodePort } = service;
  const served = service.ports.flatMap((port) =>
    FAMILIES.flatMap((family) => infoOf(service, port, family, known) ?? []),
  );
  const external = served.some(externallyAccessible);
  const checked = served.some((info) => info.healthCheckNodePort !== 0);
  return {
    namespace,
    name,
    type,
    clusterIPs: clusterIPs === undefined || clusterIPs === 'None' ? [] : clusterIPs.map(formatAddress),
    externalIPs: service.externalIPs.map(formatAddress),
    loadBalancer: service.loadBalancerIngress.map(({ ip, ipMode }) => ({ ip: formatAddress(ip), ipMode })),
    loadBalancerSourceRanges: service.loadBalancerSourceRanges.map(formatAnyPrefix),
    selector,
    internalTrafficPolicy: service.internalTrafficPolicy,
    externalTrafficPolicy: external ? service.externalTrafficPolicy : undefined,
    affinitySeconds: sessionAffinity,
    healthCheckNodePort: checked ? healthCheckNodePort : undefined,
    notServed: notServed(service, known.mode),
    ports: service.ports.map((port) => portRow(service, port, known)),
    noEndpoints: noEndpointRows(service, known.cluster, known.pods),
    health: checked ? healthRows(service, known.cluster) : [],
  };
}

/** proxyconfig's informers leave out what another proxy serves, and what has no cluster IP (k8s 1.30 pkg/proxy). */
function notServed({ type, clusterIPs, labels }: Service, mode: Known['mode']): NotServedBecause | undefined {
  if (type === 'ExternalName') return 'external-name';
  if (clusterIPs === 'None' || 'service.kubernetes.io/headless' in labels) return 'headless';
  if ('service.kubernetes.io/service-proxy-name' in labels) return 'other-proxy';
  return mode === 'none' ? 'no-proxy' : undefined;
}

function infoOf(
  { namespace, name }: Service,
  port: ServicePort,
  family: Family,
  { ports }: Known,
): ServicePortInfo | undefined {
  const key = endpointsKey({ name: servicePortName(namespace, name, port.name), protocol: PROTOCOLS[port.protocol] });
  return ports.get(family)?.get(key);
}

function portRow(service: Service, port: ServicePort, known: Known): ServicePortRow {
  const nodes = notServed(service, known.mode) === undefined ? portOnNodes(service, port, known) : [];
  const { name, protocol, targetPort, nodePort } = port;
  return {
    id: servicePortName(service.namespace, service.name, name),
    name,
    protocol: PROTOCOLS[protocol],
    port: port.port,
    targetPort,
    nodePort,
    usable: nodes.length === 0 ? undefined : nodes.some(({ cluster, local }) => cluster.length + local.length > 0),
    nodes,
  };
}

/** Both families together: an endpoint's address says which one it is of. */
function portOnNodes(service: Service, port: ServicePort, known: Known): readonly PortOnNode[] {
  const perFamily = FAMILIES.flatMap((family) => {
    const info = infoOf(service, port, family, known);
    return info === undefined ? [] : [{ info, endpoints: known.endpoints.get(family)?.get(endpointsKey(info)) ?? [] }];
  });
  const [first] = perFamily;
  if (first === undefined) return [];
  const elsewhere = otherPorts(service, port, known);
  return known.cluster.nodes.map((node) => {
    const all = perFamily.map(({ info, endpoints }) => onNode(info, endpoints, node, known));
    const [one] = all;
    if (one === undefined) throw new Error(`${first.info.name} has no family`);
    return {
      node: node.name,
      cluster: all.flatMap(({ cluster }) => cluster),
      local: all.flatMap(({ local }) => local),
      unused: [...all.flatMap(({ unused }) => unused), ...elsewhere],
      internal: one.internal,
      external: one.external,
    };
  });
}

function onNode(info: ServicePortInfo, endpoints: readonly EndpointInfo[], node: Node, known: Known): PortOnNode {
  const row = (endpoint: EndpointInfo): EndpointRow => endpointRow(endpoint, known);
  const categorized = categorizeEndpoints(endpoints, info, node);
  return {
    node: node.name,
    cluster: categorized.cluster.map(row),
    local: categorized.local.map(row),
    unused: unusedRows(endpoints, categorized, node).map(({ endpoint, because }) => ({ ...row(endpoint), because })),
    ...fateOf(info, categorized, known.mode),
  };
}

function endpointRow({ address, text, nodeName }: EndpointInfo, { targets }: Known): EndpointRow {
  return { address: text, target: targets.get(address), nodeName };
}

/** Endpoints of slices of the Service that have no port of that name and protocol. */
function otherPorts(service: Service, port: ServicePort, known: Known): PortOnNode['unused'] {
  return slicesOf(known.cluster, service)
    .filter(({ ports }) => !ports.some((each) => each.name === port.name && each.protocol === port.protocol))
    .flatMap(({ endpoints }) =>
      endpoints.map(({ address, nodeName }) => {
        const text = formatAddress(address);
        const because = { code: 'no-port', port: String(port.targetPort) } as const;
        return { address: text, target: known.targets.get(text), nodeName, because };
      }),
    );
}

/** Names of pods by address: what slices say, else who has it. */
function targetsOf({ endpointSlices, pods }: Cluster): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const { podIP, hostNetwork, namespace, name } of pods)
    if (podIP !== undefined && !hostNetwork) targets.set(formatAddress(podIP), `pod/${namespace}/${name}`);
  for (const { endpoints } of endpointSlices)
    for (const { address, target } of endpoints)
      if (target !== undefined) targets.set(formatAddress(address), `pod/${target}`);
  return targets;
}
