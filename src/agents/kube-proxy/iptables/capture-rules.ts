import type { ServicePortInfo } from '../service-port.js';
import type { ServicePlan } from './service-plan.js';
import type { SyncConfig } from './sync-config.js';

/** A rule of table filter, and what it means for a packet to be stopped by it. */
export interface FilterRule {
  readonly line: string;
  readonly reason: 'NO_ENDPOINTS' | 'NO_LOCAL_ENDPOINT' | 'LB_SOURCE_RANGES' | undefined;
}

/** A service port's words in every rule about it: `-m tcp -p tcp`. */
export function match({ protocol }: ServicePortInfo): string {
  return `-m ${protocol} -p ${protocol}`;
}

/** One of a service port's addresses: `-d 10.96.0.1 --dport 443`. */
function frontend(port: ServicePortInfo, address: string): string {
  return `${match(port)} -d ${address} --dport ${port.port}`;
}

/** What rules about the cluster IP match. */
export function clusterIPMatch(port: ServicePortInfo): string {
  return `-m comment --comment "${port.name} cluster IP" ${frontend(port, port.clusterIP)}`;
}

/** From the shared chains of table nat into the service port's own. */
export function natCapture(plan: ServicePlan, config: SyncConfig): string[] {
  const { port, chains, hasInternal, hasAny, usesFirewallChain } = plan;
  const portal = (address: string, kind: string, to: string): string =>
    `-A KUBE-SERVICES -m comment --comment "${port.name} ${kind}" ${frontend(port, address)} -j ${to}`;
  const rules = hasInternal ? [`-A KUBE-SERVICES ${clusterIPMatch(port)} -j ${plan.internalChain}`] : [];
  if (!hasAny) return rules;
  const loadBalancer = usesFirewallChain ? chains.firewall : chains.external;
  return [
    ...rules,
    ...port.externalIPs.map((address) => portal(address, 'external IP', chains.external)),
    ...port.loadBalancerVIPs.map((address) => portal(address, 'loadbalancer IP', loadBalancer)),
    ...(port.nodePort === 0 ? [] : nodePortCapture(port, chains.external, config)),
  ];
}

function nodePortCapture(
  port: ServicePortInfo,
  external: string,
  { localhostNodePorts, nfacct }: SyncConfig,
): string[] {
  const rule = (to: string, count: string): string =>
    `-A KUBE-NODEPORTS -m comment --comment ${port.name} ${match(port)}${to} --dport ${port.nodePort}${count} -j ${external}`;
  const all = rule('', '');
  // The same chain twice: the first rule is there to count how many still use localhost.
  if (!localhostNodePorts || !nfacct) return [all];
  return [rule(' -d 127.0.0.0/8', ' -m nfacct --nfacct-name localhost_nps_accepted_pkts'), all];
}

/**
 * The rules of table filter: a REJECT for each frontend where there are no endpoints at all; a DROP for those that take
 * local ones alone where there are none here, which stops what table nat did not let through; a DROP of what the load
 * balancer's source ranges leave out; and the health check's port.
 */
export function filterRules(plan: ServicePlan): FilterRule[] {
  const { port, hasAny, hasInternal, hasExternal } = plan;
  const reason = hasAny ? 'NO_LOCAL_ENDPOINT' : 'NO_ENDPOINTS';
  const why = `-m comment --comment "${port.name} has no ${hasAny ? 'local ' : ''}endpoints"`;
  const stop = (chain: string, what: string): FilterRule => ({
    line: `-A ${chain} ${why} ${what} -j ${hasAny ? 'DROP' : 'REJECT'}`,
    reason,
  });
  const outside = (what: readonly string[]): FilterRule[] =>
    hasExternal ? [] : what.map((each) => stop('KUBE-EXTERNAL-SERVICES', each));
  const nodePort = `-m addrtype --dst-type LOCAL ${match(port)} --dport ${port.nodePort}`;
  return [
    ...(hasInternal ? [] : [stop('KUBE-SERVICES', frontend(port, port.clusterIP))]),
    ...outside(port.externalIPs.map((address) => frontend(port, address))),
    ...firewallDrops(plan),
    ...outside(port.loadBalancerVIPs.map((address) => frontend(port, address))),
    ...outside(port.nodePort === 0 ? [] : [nodePort]),
    ...(port.healthCheckNodePort === 0 ? [] : [healthCheck(port)]),
  ];
}

function firewallDrops({ port, chains, usesFirewallChain }: ServicePlan): FilterRule[] {
  if (!usesFirewallChain) return [];
  const why = `-m comment --comment "${port.name} traffic not accepted by ${chains.firewall}"`;
  return port.loadBalancerVIPs.map((address) => ({
    line: `-A KUBE-PROXY-FIREWALL ${why} ${frontend(port, address)} -j DROP`,
    reason: 'LB_SOURCE_RANGES',
  }));
}

/** Open whether or not there are local endpoints: the answer behind it says that. */
function healthCheck(port: ServicePortInfo): FilterRule {
  const why = `-m comment --comment "${port.name} health check node port"`;
  return {
    line: `-A KUBE-NODEPORTS ${why} -m tcp -p tcp --dport ${port.healthCheckNodePort} -j ACCEPT`,
    reason: undefined,
  };
}
