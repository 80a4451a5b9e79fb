import { formatAnyPrefix } from '../../../address/index.js';
import type { EndpointInfo } from '../endpoint.js';
import { clusterIPMatch, match } from './capture-rules.js';
import { probability } from './names.js';
import type { ServicePlan } from './service-plan.js';
import type { SyncConfig } from './sync-config.js';

/** The chains that a service port has on a node, in the order in which they are declared. */
export function chainsOf(plan: ServicePlan): string[] {
  const { chains, reachable } = plan;
  return [
    ...(plan.usesExternalChain ? [chains.external] : []),
    ...(plan.usesFirewallChain ? [chains.firewall] : []),
    ...(plan.usesClusterChain ? [chains.cluster] : []),
    ...(plan.usesLocalChain ? [chains.local] : []),
    ...reachable.map((endpoint) => chainOf(plan, endpoint)),
  ];
}

/** The rules of those chains. */
export function chainRules(plan: ServicePlan, config: SyncConfig, nodeAllowed: boolean): string[] {
  const { chains, cluster, local, reachable } = plan;
  return [
    ...clusterIPMasquerade(plan, config),
    ...(plan.usesExternalChain ? externalRules(plan, config) : []),
    ...(plan.usesFirewallChain ? firewallRules(plan, nodeAllowed) : []),
    ...(plan.usesClusterChain ? choiceRules(plan, chains.cluster, cluster, config) : []),
    ...(plan.usesLocalChain ? choiceRules(plan, chains.local, local, config) : []),
    ...reachable.flatMap((endpoint) => endpointRules(plan, endpoint, config)),
  ];
}

function chainOf({ chains }: ServicePlan, endpoint: EndpointInfo): string {
  return chains.endpoints.get(endpoint) ?? '';
}

/** What comes from outside of the cluster to a cluster IP may leave by another node, so it has to come back here. */
function clusterIPMasquerade({ port, hasInternal, internalChain }: ServicePlan, config: SyncConfig): string[] {
  const { masqueradeAll, detector } = config;
  if (!hasInternal || (!masqueradeAll && detector === undefined)) return [];
  const notLocal = masqueradeAll || detector === undefined ? '' : ` ${detector.ifNotLocal}`;
  return [`-A ${internalChain} ${clusterIPMatch(port)}${notLocal} -j KUBE-MARK-MASQ`];
}

/**
 * With policy Cluster all is masqueraded, as it may cross nodes. With Local nothing is that comes from outside; the
 * node and its pods reach all endpoints, as if they had gone out to a load balancer and come in at another node.
 */
function externalRules({ port, chains, hasExternal, externalPolicyChain }: ServicePlan, config: SyncConfig): string[] {
  const rule = (why: string, what: string): string =>
    `-A ${chains.external} -m comment --comment "${why} for ${port.name} external destinations"${what}`;
  const rest = hasExternal ? [`-A ${chains.external} -j ${externalPolicyChain}`] : [];
  if (!port.externalPolicyLocal) return [rule('masquerade traffic', ' -j KUBE-MARK-MASQ'), ...rest];
  const { detector } = config;
  const local = ' -m addrtype --src-type LOCAL -j';
  return [
    ...(detector === undefined ? [] : [rule('pod traffic', ` ${detector.ifLocal} -j ${chains.cluster}`)]),
    rule('masquerade LOCAL traffic', `${local} KUBE-MARK-MASQ`),
    rule('route LOCAL traffic', `${local} ${chains.cluster}`),
    ...rest,
  ];
}

/**
 * What may use the load balancer goes on; what reaches the end is not translated, and dropped in table filter. Where the
 * node may, so may its own packets, which the load balancer's address can be the source of.
 */
function firewallRules({ port, chains }: ServicePlan, nodeAllowed: boolean): string[] {
  const from = [...port.loadBalancerSourceRanges.map(formatAnyPrefix), ...(nodeAllowed ? port.loadBalancerVIPs : [])];
  const why = `-m comment --comment "${port.name} loadbalancer IP"`;
  const end = `"other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL"`;
  return [
    ...from.map((source) => `-A ${chains.firewall} ${why} -s ${source} -j ${chains.external}`),
    `-A ${chains.firewall} -m comment --comment ${end}`,
  ];
}

/**
 * writeServiceToEndpointRules(): clients that an endpoint has seen within the time of their affinity go there; then each
 * rule takes its share of what those before it left.
 */
function choiceRules(
  plan: ServicePlan,
  chain: string,
  endpoints: readonly EndpointInfo[],
  { large }: SyncConfig,
): string[] {
  const { name, affinitySeconds } = plan.port;
  const rule = (endpoint: EndpointInfo, what: string): string => {
    const why = large ? '' : ` -m comment --comment "${name} -> ${endpoint.text}"`;
    return `-A ${chain}${why}${what} -j ${chainOf(plan, endpoint)}`;
  };
  const stay = affinitySeconds === undefined ? [] : endpoints;
  return [
    ...stay.map((endpoint) =>
      rule(endpoint, ` -m recent --name ${chainOf(plan, endpoint)} --rcheck --seconds ${affinitySeconds} --reap`),
    ),
    ...endpoints.map((endpoint, i) => {
      const left = endpoints.length - i;
      return rule(endpoint, left === 1 ? '' : ` -m statistic --mode random --probability ${probability(left)}`);
    }),
  ];
}

/** An endpoint that reaches itself by its Service is masqueraded: else it would see its own address as the peer's. */
function endpointRules(plan: ServicePlan, endpoint: EndpointInfo, { large }: SyncConfig): string[] {
  const { port } = plan;
  const chain = chainOf(plan, endpoint);
  const why = large ? '' : ` -m comment --comment ${port.name}`;
  const seen = port.affinitySeconds === undefined ? '' : ` -m recent --name ${chain} --set`;
  return [
    `-A ${chain}${why} -s ${endpoint.address} -j KUBE-MARK-MASQ`,
    `-A ${chain}${why}${seen} ${match(port)} -j DNAT --to-destination ${endpoint.text}`,
  ];
}
