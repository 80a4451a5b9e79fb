import { type Ipv4, isIpv4Address } from '../address/index.js';
import type { CniSetup, Off } from '../agents/index.js';
import {
  allocateServices,
  type Cluster,
  deriveEndpointSlices,
  type EndpointSlice,
  groupByNode,
  type Node,
  type Pod,
} from '../cluster/index.js';
import type { Lab, LabNode } from './lab.js';

/**
 * What the API server of a lab's cluster tells once everything runs: annotations that the network's daemons wrote,
 * addresses of pods, cluster IPs and node ports, EndpointSlices. It follows from the lab alone.
 */
export function completeCluster(lab: Lab, cni: CniSetup): Cluster {
  const nodes = lab.nodes.map((node): Node => {
    const { segment: _segment, mtu: _mtu, off, ...object } = node;
    return { ...object, annotations: { ...node.annotations, ...cni.annotations(node, new Set(off)) } };
  });
  const pods = withAddresses(lab, cni);
  const services = allocateServices(lab.services, lab.serviceCIDR, lab.serviceNodePortRange);
  const given = new Set(
    lab.endpointSlices.filter(standsForDerived).map(({ namespace, service }) => `${namespace}/${service}`),
  );
  const underived = services.filter(({ namespace, name }) => !given.has(`${namespace}/${name}`));
  const endpointSlices = [...lab.endpointSlices, ...deriveEndpointSlices(underived, pods, nodes)];
  return { podCIDR: lab.podCIDR, serviceCIDR: lab.serviceCIDR, nodes, pods, services, endpointSlices };
}

/** Whether the EndpointSlice controller has said what would be derived, which is of IPv4. */
function standsForDerived({ managed, endpoints }: EndpointSlice): boolean {
  return managed === true && endpoints.some(({ address }) => isIpv4Address(address));
}

/** The pods in order, with the address that IPAM gives each: on the host network, the node's. */
function withAddresses(lab: Lab, cni: CniSetup): readonly Pod[] {
  const ip = new Map<Pod, Ipv4 | undefined>();
  const byNode = groupByNode(lab.pods);
  for (const node of lab.nodes) {
    const all = byNode.get(node.name) ?? [];
    const own = all.filter((pod) => !pod.hostNetwork);
    const addresses = cni.podAddresses(node, offOf(node), own);
    for (const [i, pod] of own.entries()) ip.set(pod, addresses[i]);
    for (const pod of all) if (pod.hostNetwork) ip.set(pod, node.addresses[0]);
  }
  return lab.pods.map((pod): Pod => {
    const { listen: _listen, ...object } = pod;
    return { ...object, podIP: ip.get(pod) };
  });
}

/** What does not run on a node. */
export function offOf(node: LabNode): Off {
  return new Set(node.off);
}
