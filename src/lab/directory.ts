import { formatAddress, type Ipv4, isIpv4Address } from '../address/index.js';
import { podNetns } from '../agents/index.js';
import { type Cluster, type EndpointSlice, type Service, type ServicePort, slicesOf } from '../cluster/index.js';
import { Directory, type NamedObject, type NamedPort } from '../topology/index.js';
import type { Lab, LabPod } from './lab.js';

/**
 * The names of a lab's objects. A router is a host too: it has a name, and one can send from it. Nodes come before the
 * pods on their host network, so that the address of both is the node's.
 */
export function directoryOf(lab: Lab, cluster: Cluster): Directory {
  const bare = { namespace: '', ports: [] };
  const objects = [
    ...lab.nodes.map(({ name, addresses }): NamedObject => ({ ...bare, kind: 'node', name, netns: name, addresses })),
    ...cluster.pods.map((pod, i): NamedObject => {
      const { namespace, name, podIP, nodeName, hostNetwork } = pod;
      const ports = portsOf(lab.pods[i]);
      const addresses = podIP === undefined ? [] : [podIP];
      const netns = hostNetwork ? nodeName : podNetns(pod);
      const noAddress = cluster.whyNoIP?.get(`${namespace}/${name}`);
      const more = noAddress === undefined ? {} : { noAddress };
      return { kind: 'pod', namespace, name, netns, addresses, ports, ...more };
    }),
    ...cluster.services.map((service): NamedObject => {
      const { namespace, name } = service;
      const addresses = addressesOf(service);
      const ports = service.ports.map((port) => ({
        ...namedPort(port),
        endpoints: endpointsOf(slicesOf(cluster, service), port),
      }));
      const noAddress = noAddressOf(service, slicesOf(cluster, service));
      const leftAlone = service.loadBalancerIngress
        .flatMap(({ ip, ipMode }) => (ipMode === 'Proxy' ? [ip] : []))
        .filter(isIpv4Address);
      const more = leftAlone.length === 0 ? noAddress : { ...noAddress, leftAlone };
      return { kind: 'service', namespace, name, netns: undefined, addresses, ports, ...more };
    }),
    ...lab.hosts.map(
      ({ name, address, listen }): NamedObject => ({
        ...bare,
        kind: 'host',
        name,
        netns: name,
        addresses: [address],
        ports: listen.map(({ port, protocol }) => ({ name: undefined, protocol, port })),
      }),
    ),
    ...lab.routers.map(
      ({ name, interfaces }): NamedObject => ({
        ...bare,
        kind: 'host',
        name,
        netns: name,
        addresses: interfaces.map(({ address }) => address),
      }),
    ),
  ];
  return new Directory(objects, lab.serviceCIDR);
}

/**
 * What nodes take for the Service, which one with a cluster IP alone has anything of. That comes first: a trace to the
 * Service by its name goes there.
 */
function addressesOf({ clusterIPs = 'None', externalIPs, loadBalancerIngress }: Service): readonly Ipv4[] {
  if (clusterIPs === 'None') return [];
  const vips = loadBalancerIngress.flatMap(({ ip, ipMode }) => (ipMode === 'VIP' ? [ip] : []));
  return [...new Set([...clusterIPs, ...externalIPs, ...vips].filter(isIpv4Address))];
}

/** What DNS answers for a Service without a cluster IP: one asks that (Kubernetes DNS-Based Service Discovery 1.1). */
function noAddressOf(
  { type, clusterIPs, externalName }: Service,
  slices: readonly EndpointSlice[],
): { readonly noAddress?: string } {
  if (type === 'ExternalName')
    return { noAddress: `it is an ExternalName, DNS answers with ${externalName ?? 'another name'}; ask that host` };
  if (clusterIPs !== 'None') return {};
  const ready = slices.flatMap(({ endpoints }) => endpoints).filter((endpoint) => endpoint.ready !== false);
  const asked = new Set(
    ready.map(({ target, address }) => (target === undefined ? formatAddress(address) : `pod/${target}`)),
  );
  const ask = asked.size === 0 ? 'and now it has none' : `ask one of them: ${[...asked].slice(0, 3).join(', ')}`;
  return { noAddress: `it is headless, DNS answers with its endpoints; ${ask}` };
}

/**
 * How many endpoints kube-proxy sends a port's connections to: those that are ready, or where there are none those that
 * still serve while they terminate (proxy.CategorizeEndpoints(), k8s 1.30 pkg/proxy/topology.go).
 */
function endpointsOf(slices: readonly EndpointSlice[], { name, protocol }: ServicePort): number {
  const all = slices
    .filter(({ ports }) => ports.some((port) => port.name === name && port.protocol === protocol))
    .flatMap(({ endpoints }) => endpoints);
  const ready = all.filter((endpoint) => endpoint.ready !== false).length;
  return ready > 0 ? ready : all.filter(({ serving, terminating }) => serving !== false && terminating === true).length;
}

/** What a pod's containers declare, and what its programs listen on besides. */
function portsOf(pod: LabPod | undefined): readonly NamedPort[] {
  if (pod === undefined) return [];
  const declared = pod.ports.map(({ name, protocol, containerPort }) =>
    namedPort({ name: name ?? '', protocol, port: containerPort }),
  );
  const listening = pod.listen
    .filter(({ port, protocol }) => !declared.some((p) => p.port === port && p.protocol === protocol))
    .map(({ port, protocol }) => ({ name: undefined, protocol, port }));
  return [...declared, ...listening];
}

function namedPort({
  name,
  protocol,
  port,
}: {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}): NamedPort {
  return { name: name === '' ? undefined : name, protocol: protocol.toLowerCase() as NamedPort['protocol'], port };
}
