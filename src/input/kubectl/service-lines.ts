import { formatAddress, isIpv4Address } from '../../address/index.js';
import { type Endpoint, type EndpointSlice, topologyMode } from '../../cluster/index.js';
import type { ServiceFile, ServicePortFile } from '../lab-file.js';
import type { NamedService } from '../named-service.js';

/** Labels and annotations of a Service that something reads. */
const READ_LABELS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];
const READ_ANNOTATIONS = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'];

/** A Service as its entry in the lab: without what is the default. */
export function serviceEntry({ service }: NamedService): Record<string, unknown> {
  const { type, selector, ports = [] } = service;
  const affinity = service.sessionAffinity === 'ClientIP';
  const timeout = service.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  return compact({
    labels: pick(service.labels, READ_LABELS),
    annotations: pick(service.annotations, READ_ANNOTATIONS),
    type: type === 'ClusterIP' ? undefined : type,
    ...clusterIPs(service),
    selector,
    ports: ports.map(servicePort),
    externalName: service.externalName,
    externalIPs: service.externalIPs,
    sessionAffinity: affinity ? 'ClientIP' : undefined,
    sessionAffinityConfig: affinity && timeout !== undefined ? { clientIP: { timeoutSeconds: timeout } } : undefined,
    externalTrafficPolicy: unless('Cluster', service.externalTrafficPolicy),
    internalTrafficPolicy: unless('Cluster', service.internalTrafficPolicy),
    healthCheckNodePort: service.healthCheckNodePort,
    loadBalancerSourceRanges: service.loadBalancerSourceRanges?.map((each) => each.trim()),
    ingress: service.ingress?.map(ingressEntry),
    allocateLoadBalancerNodePorts: unless(true, service.allocateLoadBalancerNodePorts),
    publishNotReadyAddresses: unless(false, service.publishNotReadyAddresses),
    trafficDistribution: service.trafficDistribution,
  });
}

function clusterIPs({ clusterIP, clusterIPs: all = [], ipFamilies = [] }: ServiceFile): object {
  const families = ipFamilies.includes('IPv6') ? { ipFamilies } : {};
  return all.length > 1 || all[0]?.includes(':') ? { clusterIPs: all, ...families } : { clusterIP, ...families };
}

function unless<T>(usual: T, value: T | undefined): T | undefined {
  return value === usual ? undefined : value;
}

function ingressEntry(said: NonNullable<ServiceFile['ingress']>[number]): unknown {
  if (typeof said === 'string') return said;
  const { ip, ipMode, hostname } = said;
  return ip !== undefined && ipMode !== 'Proxy' ? ip : compact({ ip, ipMode, hostname });
}

function servicePort({ name, protocol, port, targetPort, nodePort }: ServicePortFile): object {
  return compact({
    name,
    protocol: protocol === 'TCP' ? undefined : protocol,
    port,
    targetPort: targetPort === port ? undefined : targetPort,
    nodePort,
  });
}

function pick(
  from: Readonly<Record<string, string>> | undefined,
  keys: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(from ?? {}).filter(([key]) => keys.includes(key)));
}

/** Without what is undefined or an empty list or map. */
export function compact(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const said = Object.entries(record).filter(
    ([, value]) =>
      value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
  );
  return Object.fromEntries(said);
}

/**
 * The slices that the lab can't derive: of Services without a selector, of IPv6, of those whose hints are shared out
 * among zones, and of those with an endpoint at none of the addresses that the lab's pods and nodes have.
 */
export function sliceObjects(
  slices: readonly EndpointSlice[],
  services: readonly NamedService[],
  known: ReadonlySet<string>,
): object[] {
  const derived = new Set(
    services
      .filter(({ service: { selector = {}, annotations = {} } }) => {
        return Object.keys(selector).length > 0 && topologyMode({ annotations }) === undefined;
      })
      .map(({ namespace, name }) => `${namespace}/${name}`),
  );
  for (const { namespace, service, endpoints, managed } of slices)
    if (managed && endpoints.some(({ address }) => isIpv4Address(address) && !known.has(formatAddress(address))))
      derived.delete(`${namespace}/${service}`);
  return slices
    .filter(
      ({ namespace, service, endpoints, managed }) =>
        !derived.has(`${namespace}/${service}`) ||
        managed !== true ||
        endpoints.some(({ address }) => !isIpv4Address(address)),
    )
    .map(({ namespace, name, service, ports, endpoints, managed }) => {
      const labels = {
        'kubernetes.io/service-name': service,
        ...(managed ? { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } : {}),
      };
      const [first] = endpoints;
      return {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name, namespace, labels },
        addressType: first === undefined || isIpv4Address(first.address) ? 'IPv4' : 'IPv6',
        ports: ports.map((port) => compact({ ...port, name: unless('', port.name) })),
        endpoints: endpoints.map(endpointObject),
      };
    });
}

function endpointObject({ address, ready, serving, terminating, nodeName, zone, hints, target }: Endpoint): object {
  const [namespace, name] = target?.split('/') ?? [];
  const named = (names: readonly string[] = []): object[] => names.map((each) => ({ name: each }));
  return compact({
    addresses: [formatAddress(address)],
    conditions: compact({ ready, serving, terminating }),
    nodeName,
    zone,
    hints: compact({ forZones: named(hints?.forZones), forNodes: named(hints?.forNodes) }),
    targetRef: compact({ namespace, name }),
  });
}
