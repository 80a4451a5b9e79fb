import { formatAddress, isIpv4Address, parseIpv4 } from '../../address/index.js';
import type { Cluster, Service } from '../../cluster/index.js';
import type { KubeProxyChoice, Lab } from '../../lab/index.js';
import type { Network } from '../../topology/index.js';
import type { Query } from '../../trace/index.js';

/** The lab with kube-proxy in that mode. */
export function withProxyMode(lab: Lab, mode: KubeProxyChoice['mode']): Lab {
  return { ...lab, kubeProxy: { ...lab.kubeProxy, mode } };
}

/** The lab with a Service that selects nothing, and none of the EndpointSlices that it was given. */
export function withoutEndpoints(lab: Lab, { namespace, name }: Service): Lab {
  return {
    ...lab,
    services: lab.services.map((each) =>
      each.namespace === namespace && each.name === name ? { ...each, selector: undefined } : each,
    ),
    endpointSlices: lab.endpointSlices.filter((each) => each.namespace !== namespace || each.service !== name),
  };
}

/** The Service that a packet is for, by its name, an address of its own, or a node port; undefined for none. */
export function serviceOf({ to, port, proto }: Query, cluster: Cluster, { directory }: Network): Service | undefined {
  const head = to.replace(/:\d+$/, '');
  const object = parseIpv4(head) === undefined ? directory.find(head) : undefined;
  if (object?.kind === 'service')
    return cluster.services.find(({ namespace, name }) => namespace === object.namespace && name === object.name);
  const addresses = object?.addresses.map(formatAddress) ?? [head];
  const [asked = ''] = addresses;
  const own = cluster.services.find((service) => addressesOf(service).includes(asked));
  if (own !== undefined) return own;
  if (!cluster.nodes.some((node) => node.addresses.some((address) => formatAddress(address) === asked)))
    return undefined;
  return cluster.services.find(({ ports }) =>
    ports.some(({ nodePort, protocol }) => nodePort === port && protocol.toLowerCase() === proto),
  );
}

function addressesOf({ clusterIPs, externalIPs, loadBalancerIngress }: Service): readonly string[] {
  const own = clusterIPs === undefined || clusterIPs === 'None' ? [] : clusterIPs;
  const vips = loadBalancerIngress.map(({ ip }) => ip);
  return [...own, ...externalIPs, ...vips].filter(isIpv4Address).map(formatAddress);
}

/** The first port from the asked one on that is neither a port nor a node port of any Service. */
export function portOfNone(cluster: Cluster, asked: number): number {
  const taken = new Set(
    cluster.services.flatMap(({ ports }) => ports.flatMap(({ port, nodePort }) => [port, nodePort])),
  );
  let port = asked;
  do port = (port % 65535) + 1;
  while (taken.has(port));
  return port;
}
