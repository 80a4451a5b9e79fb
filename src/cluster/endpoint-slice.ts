import type { Ipv4 } from '../address/index.js';
import type { Endpoint, EndpointSlice, Node, Pod, Service, ServicePort } from './objects.js';
import { matchesLabels } from './selector.js';

/** `--max-endpoints-per-slice` of kube-controller-manager. */
const MAX_ENDPOINTS_PER_SLICE = 100;

/**
 * The EndpointSlices of all Services that have a selector, as kube-controller-manager derives them from the pods.
 *
 * A pod that is not ready is in the slice with `ready: false`. Pods for which a named targetPort means another number
 * are in a slice of their own. A pod without an address is left out; one on the host network has its node's
 * (k8s 1.30 pkg/controller/endpointslice, staging/src/k8s.io/endpointslice/reconciler.go).
 */
export function deriveEndpointSlices(
  services: readonly Service[],
  pods: readonly Pod[],
  nodes: readonly Node[],
): EndpointSlice[] {
  const nodeAddress = new Map(nodes.map((node) => [node.name, node.addresses[0]]));
  const addressOf = (pod: Pod): Ipv4 | undefined => (pod.hostNetwork ? nodeAddress.get(pod.nodeName) : pod.podIP);
  const byNamespace = new Map<string, Pod[]>();
  for (const pod of pods) {
    const list = byNamespace.get(pod.namespace);
    if (list === undefined) byNamespace.set(pod.namespace, [pod]);
    else list.push(pod);
  }
  return services.flatMap((service) => {
    const { selector } = service;
    if (selector === undefined || Object.keys(selector).length === 0 || service.type === 'ExternalName') return [];
    const selected = (byNamespace.get(service.namespace) ?? []).filter((pod) => matchesLabels(selector, pod.labels));
    return slicesOf(service, selected, addressOf);
  });
}

type SlicePort = EndpointSlice['ports'][number];

function slicesOf(service: Service, pods: readonly Pod[], addressOf: (pod: Pod) => Ipv4 | undefined): EndpointSlice[] {
  const groups = new Map<string, { readonly ports: readonly SlicePort[]; readonly endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const address = addressOf(pod);
    if (address === undefined) continue;
    const ports = service.ports.flatMap((port) => slicePort(port, pod));
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(pod, address));
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
  const port =
    typeof targetPort === 'number'
      ? targetPort
      : pod.ports.find((p) => p.name === targetPort && p.protocol === protocol)?.containerPort;
  return port === undefined ? [] : [{ name, protocol, port }];
}

function endpointOf(pod: Pod, address: Ipv4): Endpoint {
  return {
    address,
    ready: pod.ready && !pod.terminating,
    serving: pod.ready,
    terminating: pod.terminating,
    nodeName: pod.nodeName,
    zone: undefined,
    hints: undefined,
    target: `${pod.namespace}/${pod.name}`,
  };
}

function chunks(endpoints: readonly Endpoint[]): (readonly Endpoint[])[] {
  const parts = [];
  for (let i = 0; i < endpoints.length; i += MAX_ENDPOINTS_PER_SLICE)
    parts.push(endpoints.slice(i, i + MAX_ENDPOINTS_PER_SLICE));
  return parts;
}
