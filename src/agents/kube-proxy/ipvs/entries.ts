import { formatAnyPrefix } from '../../../address/index.js';
import type { EndpointInfo } from '../endpoint.js';
import { allowsNode, type ServicePortInfo } from '../service-port.js';
import type { ProxiedNode } from './node.js';
import type { SetEntry, SetName } from './sets.js';

/** `10.96.0.1,tcp:443`. */
function ipPort(address: string, protocol: string, port: number): string {
  return `${address},${protocol}:${port}`;
}

/** What a service port has in the sets on every node (syncProxyRules(), k8s 1.30 pkg/proxy/ipvs/proxier.go). */
export function commonEntries(port: ServicePortInfo): readonly SetEntry[] {
  const { protocol, externalPolicyLocal } = port;
  const front = (address: string): string => ipPort(address, protocol, port.port);
  const entries: SetEntry[] = [
    { set: 'KUBE-CLUSTER-IP', entry: front(port.clusterIP) },
    { set: 'KUBE-IPVS-IPS', entry: port.clusterIP },
  ];
  for (const address of port.externalIPs)
    entries.push({ set: externalPolicyLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', entry: front(address) });
  for (const address of port.loadBalancerVIPs) {
    const entry = front(address);
    entries.push({ set: 'KUBE-LOAD-BALANCER', entry });
    if (externalPolicyLocal) entries.push({ set: 'KUBE-LOAD-BALANCER-LOCAL', entry });
    if (port.loadBalancerSourceRanges.length === 0) continue;
    entries.push({ set: 'KUBE-LOAD-BALANCER-FW', entry });
    for (const range of port.loadBalancerSourceRanges)
      entries.push({ set: 'KUBE-LOAD-BALANCER-SOURCE-CIDR', entry: `${entry},${formatAnyPrefix(range)}` });
  }
  return entries;
}

/** What it has there that is this node's own. */
export function nodeEntries(
  port: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  node: ProxiedNode,
): readonly SetEntry[] {
  return [...loopBackEntries(port, endpoints, node), ...sourceEntries(port, node), ...nodePortEntries(port, node)];
}

/** Endpoints of the node reach themselves by their Service, ready or not. */
function loopBackEntries(
  { protocol }: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  { name }: ProxiedNode,
): SetEntry[] {
  return endpoints
    .filter(({ nodeName }) => nodeName === name)
    .map(({ address, port }) => ({ set: 'KUBE-LOOP-BACK', entry: `${ipPort(address, protocol, port)},${address}` }));
}

/**
 * What the node itself sends to a load balancer that filters its clients has the load balancer's address for its source:
 * it is let through where a range contains the node.
 */
function sourceEntries(port: ServicePortInfo, node: ProxiedNode): SetEntry[] {
  if (!allowsNode(port, node.nodeIP)) return [];
  return port.loadBalancerVIPs.map((address) => ({
    set: 'KUBE-LOAD-BALANCER-SOURCE-IP',
    entry: `${ipPort(address, port.protocol, port.port)},${address}`,
  }));
}

const NODE_PORT_SETS: Readonly<Record<ServicePortInfo['protocol'], readonly [SetName, SetName]>> = {
  tcp: ['KUBE-NODE-PORT-TCP', 'KUBE-NODE-PORT-LOCAL-TCP'],
  udp: ['KUBE-NODE-PORT-UDP', 'KUBE-NODE-PORT-LOCAL-UDP'],
  sctp: ['KUBE-NODE-PORT-SCTP-HASH', 'KUBE-NODE-PORT-LOCAL-SCTP-HASH'],
};

/**
 * The node port, and that for health checks. The real one goes on to the next Service where no address takes node ports,
 * and so forgets the latter as well.
 */
function nodePortEntries(port: ServicePortInfo, { nodePortAddresses }: ProxiedNode): SetEntry[] {
  if (port.nodePort !== 0 && nodePortAddresses.length === 0) return [];
  const [all, local] = NODE_PORT_SETS[port.protocol];
  // A bitmap has no protocol and knows TCP and UDP alone; so SCTP has a hash, and all addresses in it.
  const entries =
    port.protocol === 'sctp'
      ? nodePortAddresses.map((address) => ipPort(address, 'sctp', port.nodePort))
      : [`${port.nodePort}`];
  const sets = port.nodePort === 0 ? [] : port.externalPolicyLocal ? [all, local] : [all];
  const healthCheck: SetEntry = { set: 'KUBE-HEALTH-CHECK-NODE-PORT', entry: `${port.healthCheckNodePort}` };
  return [
    ...sets.flatMap((set) => entries.map((entry): SetEntry => ({ set, entry }))),
    ...(port.healthCheckNodePort === 0 ? [] : [healthCheck]),
  ];
}
