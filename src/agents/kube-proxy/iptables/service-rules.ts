import type { Origin } from '../../../linux/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import type { KubeProxyConfig } from '../config.js';
import type { LocalDetector } from '../detect-local.js';
import type { EndpointInfo } from '../endpoint.js';
import type { ServicePortInfo } from '../service-port.js';
import { endpointChain, probability, serviceChain } from './names.js';

/** What one service port adds to the text for iptables-restore: a part for each of its four places. */
export interface ServiceRules {
  /** Rules of table filter: for a port without endpoints. */
  readonly filter: readonly RestoreChunk[];
  /** Chain lines of table nat. */
  readonly natChains: readonly RestoreChunk[];
  /** Rules of table nat. */
  readonly natRules: readonly RestoreChunk[];
}

/** What is the same for all service ports of a sync. */
export interface SyncConfig extends KubeProxyConfig {
  readonly detector: LocalDetector | undefined;
  /** More than 1000 endpoints in all: rules towards endpoints then go without a comment (largeClusterMode). */
  readonly large: boolean;
}

/** A service port's words in every rule about it: `-m tcp -p tcp`. */
function match({ protocol }: ServicePortInfo): string {
  return `-m ${protocol} -p ${protocol}`;
}

/**
 * The rules of a service port, of traffic policy Cluster: those for its cluster IP, its node port, the choice of an
 * endpoint and the endpoints, or REJECTs where it has none (syncProxyRules(), k8s 1.30 pkg/proxy/iptables/proxier.go).
 *
 * They do not depend on the node, so all nodes share them.
 */
export function serviceRules(
  port: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  config: SyncConfig,
): ServiceRules {
  const origin: Origin = { by: 'kube-proxy', object: `service/${port.name}` };
  if (endpoints.length === 0) {
    const lines = noEndpointRules(port);
    return { filter: [{ origin: { ...origin, reason: 'NO_ENDPOINTS' }, lines }], natChains: [], natRules: [] };
  }
  const { name, protocol } = port;
  const service = serviceChain('KUBE-SVC-', name, protocol);
  const external = port.nodePort === 0 ? undefined : serviceChain('KUBE-EXT-', name, protocol);
  const targets = endpoints.map((endpoint) => ({ endpoint, chain: endpointChain(name, protocol, endpoint.text) }));
  const chains = [...(external === undefined ? [] : [external]), service, ...targets.map(({ chain }) => chain)];
  const rules = [
    ...captureRules(port, service, external, config),
    ...clusterIPMasquerade(port, service, config),
    ...(external === undefined ? [] : externalRules(port, service, external)),
    ...choiceRules(port, service, targets, config),
    ...targets.flatMap((target) => endpointRules(port, target, config)),
  ];
  return {
    filter: [],
    natChains: [{ origin, lines: chains.map((chain) => `:${chain} - [0:0]`) }],
    natRules: [{ origin, lines: rules }],
  };
}

/** Each frontend answers "port unreachable" by itself. */
function noEndpointRules(port: ServicePortInfo): string[] {
  const why = `-m comment --comment "${port.name} has no endpoints"`;
  const clusterIP = `-d ${port.clusterIP} --dport ${port.port}`;
  const rules = [`-A KUBE-SERVICES ${why} ${match(port)} ${clusterIP} -j REJECT`];
  if (port.nodePort !== 0)
    rules.push(
      `-A KUBE-EXTERNAL-SERVICES ${why} -m addrtype --dst-type LOCAL ${match(port)} --dport ${port.nodePort} -j REJECT`,
    );
  return rules;
}

/** From the shared chains into the port's own. */
function captureRules(
  port: ServicePortInfo,
  service: string,
  external: string | undefined,
  { localhostNodePorts, nfacct }: SyncConfig,
): string[] {
  const rules = [`-A KUBE-SERVICES ${clusterIPMatch(port)} -j ${service}`];
  if (external === undefined) return rules;
  const nodePort = (to: string, count: string): string =>
    `-A KUBE-NODEPORTS -m comment --comment ${port.name} ${match(port)}${to} --dport ${port.nodePort}${count} -j ${external}`;
  // The same chain twice: the first rule is there to count how many still use localhost.
  if (localhostNodePorts && nfacct)
    rules.push(nodePort(' -d 127.0.0.0/8', ' -m nfacct --nfacct-name localhost_nps_accepted_pkts'));
  return [...rules, nodePort('', '')];
}

function clusterIPMatch(port: ServicePortInfo): string {
  const frontend = `-d ${port.clusterIP} --dport ${port.port}`;
  return `-m comment --comment "${port.name} cluster IP" ${match(port)} ${frontend}`;
}

/** What comes from outside of the cluster to a cluster IP may leave by another node, so it has to come back here. */
function clusterIPMasquerade(port: ServicePortInfo, service: string, config: SyncConfig): string[] {
  const { masqueradeAll, detector } = config;
  if (!masqueradeAll && detector === undefined) return [];
  const notLocal = masqueradeAll || detector === undefined ? '' : ` ${detector.ifNotLocal}`;
  return [`-A ${service} ${clusterIPMatch(port)}${notLocal} -j KUBE-MARK-MASQ`];
}

/** Node ports with traffic policy Cluster: the endpoint may be on another node, so all is masqueraded. */
function externalRules(port: ServicePortInfo, service: string, external: string): string[] {
  const why = `-m comment --comment "masquerade traffic for ${port.name} external destinations"`;
  return [`-A ${external} ${why} -j KUBE-MARK-MASQ`, `-A ${external} -j ${service}`];
}

interface EndpointTarget {
  readonly endpoint: EndpointInfo;
  readonly chain: string;
}

/** writeServiceToEndpointRules(): each rule takes its share of what those before it left. */
function choiceRules(
  port: ServicePortInfo,
  service: string,
  targets: readonly EndpointTarget[],
  config: SyncConfig,
): string[] {
  return targets.map(({ endpoint, chain }, i) => {
    const why = config.large ? '' : ` -m comment --comment "${port.name} -> ${endpoint.text}"`;
    const left = targets.length - i;
    const share = left === 1 ? '' : ` -m statistic --mode random --probability ${probability(left)}`;
    return `-A ${service}${why}${share} -j ${chain}`;
  });
}

/** An endpoint that reaches itself by its Service is masqueraded: else it would see its own address as the peer's. */
function endpointRules(port: ServicePortInfo, { endpoint, chain }: EndpointTarget, config: SyncConfig): string[] {
  const why = config.large ? '' : ` -m comment --comment ${port.name}`;
  return [
    `-A ${chain}${why} -s ${endpoint.address} -j KUBE-MARK-MASQ`,
    `-A ${chain}${why} ${match(port)} -j DNAT --to-destination ${endpoint.text}`,
  ];
}
