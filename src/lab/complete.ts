import { isIpv4Address } from '../address/index.js';
import type { CniSetup, Off } from '../agents/index.js';
import {
  allocateServices,
  type Cluster,
  deriveEndpointSlices,
  type EndpointSlice,
  type Node,
  type Pod,
} from '../cluster/index.js';
import type { Lab, LabNode } from './lab.js';

/**
 * What the API server of a lab's cluster tells once everything runs: annotations that the network's daemons wrote,
 * addresses of pods, cluster IPs and node ports, EndpointSlices. It follows from the lab alone.
 */
export function completeCluster(lab: Lab, cni: CniSetup): Cluster {
  const lengths = new Map(lab.segments.map(({ name, subnet }) => [name, subnet.length]));
  const named = lab.nodes.map((node) => {
    return { node: nodeOf(node), off: offOf(node), prefixLength: lengths.get(node.segment) ?? 32 };
  });
  const own = lab.pods.filter((pod) => !pod.hostNetwork);
  const { podCIDR, serviceCIDR } = lab;
  const registered = cni.register({ podCIDR, nodes: named, pods: own, calico: lab.calico });
  const nodes = named.map(({ node }): Node => {
    return { ...node, annotations: { ...node.annotations, ...registered.annotations.get(node.name) } };
  });
  const addresses = new Map(nodes.map((node) => [node.name, node.addresses[0]]));
  const pods = lab.pods.map((pod): Pod => {
    const { listen: _listen, ...object } = pod;
    return { ...object, podIP: pod.hostNetwork ? addresses.get(pod.nodeName) : registered.podIPs.get(pod) };
  });
  const services = allocateServices(lab.services, serviceCIDR, lab.serviceNodePortRange);
  const given = new Set(
    lab.endpointSlices.filter(standsForDerived).map(({ namespace, service }) => `${namespace}/${service}`),
  );
  const underived = services.filter(({ namespace, name }) => !given.has(`${namespace}/${name}`));
  const endpointSlices = [...lab.endpointSlices, ...deriveEndpointSlices(underived, pods, nodes)];
  const whyNoIP = new Map([...registered.whyNoIP].map(([pod, why]) => [`${pod.namespace}/${pod.name}`, why]));
  return { podCIDR, serviceCIDR, nodes, pods, whyNoIP, services, endpointSlices, calico: registered.calico };
}

/** The node's API object, as it was registered. */
function nodeOf({ segment: _segment, mtu: _mtu, off: _off, ...object }: LabNode): Node {
  return object;
}

/** Whether the EndpointSlice controller has said what would be derived, which is of IPv4. */
function standsForDerived({ managed, endpoints }: EndpointSlice): boolean {
  return managed === true && endpoints.some(({ address }) => isIpv4Address(address));
}

/** What does not run on a node. */
export function offOf(node: LabNode): Off {
  return new Set(node.off);
}
