import type { KubeProxyConfig } from '../config.js';
import { type CategorizedEndpoints, categorizeEndpoints, type EndpointInfo } from '../endpoint.js';
import type { ServicePortInfo } from '../service-port.js';
import type { ProxiedNode } from './node.js';

/** A virtual server that a service port asks for (utilipvs.VirtualServer, k8s 1.30 pkg/proxy/ipvs/util/ipvs.go). */
export interface VirtualServer {
  readonly address: string;
  /** What it is recognised by, as options of ipvsadm: `-t 10.96.0.1:443`. */
  readonly key: string;
  /** Its options: `-s rr -p 10800`. */
  readonly options: string;
  /** Whether its address goes to kube-ipvs0: one that another device of the node has does not. */
  readonly bind: 'always' | 'unless-own' | 'never';
  readonly endpoints: readonly EndpointInfo[];
}

const PROTOCOL = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;

/** `10.96.0.1:443`, `[fd00::1]:443`. */
function end(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The scheduler and its flags; clients stay where the Service has affinity. */
function optionsOf(port: ServicePortInfo, { ipvs }: Pick<KubeProxyConfig, 'ipvs'>): string {
  const scheduler = ipvs.scheduler === '' ? 'rr' : ipvs.scheduler;
  return [
    `-s ${scheduler}`,
    ...(port.affinitySeconds === undefined ? [] : [`-p ${port.affinitySeconds}`]),
    // FlagSourceHash is the second flag of a scheduler, which `mh` reads as: hash the source port as well.
    ...(scheduler === 'mh' ? ['-b mh-port'] : []),
  ].join(' ');
}

/** The endpoints of a virtual server: policy Local falls back to all of them where the node has none (syncEndpoint()). */
function endpointsFor({ cluster, local }: CategorizedEndpoints, onlyLocal: boolean): readonly EndpointInfo[] {
  return onlyLocal && local.length > 0 ? local : cluster;
}

/** The virtual servers of the cluster IP, the external IPs and the load balancer's addresses. */
export function addressServers(
  port: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  node: Pick<ProxiedNode, 'name' | 'labels'>,
  config: Pick<KubeProxyConfig, 'ipvs'>,
): readonly VirtualServer[] {
  const categorized = categorizeEndpoints(endpoints, port, node);
  const options = optionsOf(port, config);
  const server = (address: string, bind: VirtualServer['bind'], onlyLocal: boolean): VirtualServer => ({
    address,
    key: `${PROTOCOL[port.protocol]} ${end(address, port.port)}`,
    options,
    bind,
    endpoints: endpointsFor(categorized, onlyLocal),
  });
  return [
    server(port.clusterIP, 'always', port.internalPolicyLocal),
    ...externalAddresses(port).map((address) => server(address, 'unless-own', port.externalPolicyLocal)),
  ];
}

/** External IPs and addresses of the load balancer, each once. */
export function externalAddresses({ externalIPs, loadBalancerVIPs, clusterIP }: ServicePortInfo): readonly string[] {
  return [...new Set([...externalIPs, ...loadBalancerVIPs])].filter((address) => address !== clusterIP);
}

/** The virtual servers of the node port: one for each address that takes node ports. */
export function nodePortServers(
  port: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  node: ProxiedNode,
  config: Pick<KubeProxyConfig, 'ipvs'>,
): readonly VirtualServer[] {
  if (port.nodePort === 0) return [];
  const chosen = endpointsFor(categorizeEndpoints(endpoints, port, node), port.externalPolicyLocal);
  const options = optionsOf(port, config);
  return node.nodePortAddresses.map((address) => ({
    address,
    key: `${PROTOCOL[port.protocol]} ${end(address, port.nodePort)}`,
    options,
    bind: 'never',
    endpoints: chosen,
  }));
}
