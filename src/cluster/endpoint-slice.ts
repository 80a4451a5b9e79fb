import type { Ipv4 } from '../address/index.js';
import type { Endpoint, EndpointHints, EndpointSlice, Labels, Node, Pod, Service, ServicePort } from './objects.js';
import { groupBy } from './placement.js';
import { matchesLabels } from './selector.js';

/** `--max-endpoints-per-slice` of kube-controller-manager. */
const MAX_ENDPOINTS_PER_SLICE = 100;

/** The node label that says where an endpoint is, and which hints are for the node (v1.LabelTopologyZone). */
export const TOPOLOGY_ZONE = 'topology.kubernetes.io/zone';

/**
 * The EndpointSlices of all Services that have a selector, as kube-controller-manager derives them from the pods.
 *
 * A pod that is not ready or terminates is in the slice with `ready: false`, unless the Service publishes addresses
 * that are not ready. Pods for which a named targetPort means another number are in a slice of their own. A pod without
 * an address is left out; one on the host network has its node's (k8s 1.30 pkg/controller/endpointslice,
 * staging/src/k8s.io/endpointslice: reconciler.go, podToEndpoint() in utils.go). Hints are those of
 * `trafficDistribution`; the ones of annotation topology-mode depend on the nodes' processors and on what was hinted
 * before, and are not made. IPv4 only.
 */
export function deriveEndpointSlices(
  services: readonly Service[],
  pods: readonly Pod[],
  nodes: readonly Node[],
): EndpointSlice[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const byLabel = podsByLabel(pods);
  return services.flatMap((service) => {
    const selector = selectorOf(service);
    if (selector === undefined) return [];
    const [pair] = Object.entries(selector);
    if (pair === undefined) return [];
    const some = byLabel.get(labelKey(service, pair)) ?? [];
    const selected = some.filter((pod) => matchesLabels(selector, pod.labels));
    return slicesOf(service, selected, byName);
  });
}

/** Pods by namespace and label, in order: with many Services none of them looks at all pods. */
function podsByLabel(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const pairs = pods.flatMap((pod) => Object.entries(pod.labels).map((pair) => ({ pod, key: labelKey(pod, pair) })));
  return new Map([...groupBy(pairs, ({ key }) => key)].map(([key, of]) => [key, of.map(({ pod }) => pod)]));
}

function labelKey({ namespace }: { readonly namespace: string }, [key, value]: readonly [string, string]): string {
  return `${namespace} ${key}=${value}`;
}

/** The labels by which a Service's endpoints are found; undefined where no controller looks for any. */
export function selectorOf({ type, selector }: Pick<Service, 'type' | 'selector'>): Labels | undefined {
  return type === 'ExternalName' || Object.keys(selector ?? {}).length === 0 ? undefined : selector;
}

/** The address that a pod's endpoints have. */
export function endpointAddress(pod: Pod, node: Pick<Node, 'addresses'> | undefined): Ipv4 | undefined {
  return pod.hostNetwork ? node?.addresses[0] : pod.podIP;
}

type SlicePort = EndpointSlice['ports'][number];

function slicesOf(service: Service, pods: readonly Pod[], nodes: ReadonlyMap<string, Node>): EndpointSlice[] {
  const groups = new Map<string, { readonly ports: readonly SlicePort[]; readonly endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const node = nodes.get(pod.nodeName);
    const address = endpointAddress(pod, node);
    if (address === undefined) continue;
    const ports = service.ports.flatMap((port) => slicePort(port, pod));
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(service, pod, { address, zone: zoneOf(node) }));
    groups.set(key, group);
  }
  const { namespace, name } = service;
  return [...groups.values()]
    .flatMap(({ ports, endpoints }) => chunks(endpoints).map((part) => ({ ports, part })))
    .map(
      ({ ports, part }, i): EndpointSlice => ({
        namespace,
        name: `${name}-${i + 1}`,
        service: name,
        ports,
        endpoints: part,
      }),
    );
}

/** Where a Service's port leads in this pod; nothing when the pod has no container port of that name and protocol. */
function slicePort({ name, protocol, targetPort }: ServicePort, pod: Pod): SlicePort[] {
  const port = portIn(pod, { protocol, targetPort });
  return port === undefined ? [] : [{ name, protocol, port }];
}

/** FindPort(), staging/src/k8s.io/endpointslice/utils.go. */
export function portIn(
  pod: Pod,
  { protocol, targetPort }: Pick<ServicePort, 'protocol' | 'targetPort'>,
): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  return pod.ports.find((each) => each.name === targetPort && each.protocol === protocol)?.containerPort;
}

function zoneOf(node: Node | undefined): string | undefined {
  const zone = node?.labels[TOPOLOGY_ZONE];
  return zone === '' ? undefined : zone;
}

function endpointOf(
  service: Service,
  pod: Pod,
  { address, zone }: { readonly address: Ipv4; readonly zone: string | undefined },
): Endpoint {
  const ready = service.publishNotReadyAddresses || (pod.ready && !pod.terminating);
  return {
    address,
    ready,
    serving: pod.ready,
    terminating: pod.terminating,
    nodeName: pod.nodeName,
    zone,
    hints: ready ? hintsOf(service, pod.nodeName, zone) : undefined,
    target: `${pod.namespace}/${pod.name}`,
  };
}

/**
 * Each ready endpoint is meant for its own zone, with PreferSameNode for its own node too (preferCloseHeuristic, k8s
 * 1.34 staging/src/k8s.io/endpointslice/trafficdist). With topology-mode that one decides, and this is not looked at
 * (reconcileByAddressType(), reconciler.go).
 */
function hintsOf(service: Service, node: string, zone: string | undefined): EndpointHints | undefined {
  const { trafficDistribution } = service;
  if (trafficDistribution === undefined || topologyMode(service) === 'Auto') return undefined;
  const forNodes = trafficDistribution === 'PreferSameNode' ? [node] : [];
  const forZones = zone === undefined ? [] : [zone];
  return forZones.length === 0 && forNodes.length === 0 ? undefined : { forZones, forNodes };
}

/** Whether hints are to be shared out among zones (hintsEnabled(), staging/src/k8s.io/endpointslice/utils.go). */
export function topologyMode({ annotations }: Pick<Service, 'annotations'>): 'Auto' | undefined {
  const mode =
    annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode'];
  return mode === 'Auto' || mode === 'auto' ? 'Auto' : undefined;
}

function chunks(endpoints: readonly Endpoint[]): (readonly Endpoint[])[] {
  const parts = [];
  for (let i = 0; i < endpoints.length; i += MAX_ENDPOINTS_PER_SLICE)
    parts.push(endpoints.slice(i, i + MAX_ENDPOINTS_PER_SLICE));
  return parts;
}
