import { contains, type IpAddress, type Ipv4Prefix, isIpv4Address } from '../../address/index.js';
import { type BGPConfiguration, type Cluster, type Service, slicesOf } from '../../cluster/index.js';
import type { BgpNode } from './bgp-node.js';

/** What a node announces for Services. */
export interface ServiceRoutes {
  /** `/staticroutes`. */
  readonly announced: readonly Ipv4Prefix[];
  /** `/rejectcidrs`: what it does not put into its own table, as kube-proxy serves it. */
  readonly rejected: readonly Ipv4Prefix[];
}

/** By node: what {@link ServiceRoutes} says. Nothing of Services is looked at where no CIDR is advertised. */
export function serviceRoutes(cluster: Cluster, config: BGPConfiguration): (node: BgpNode) => ServiceRoutes {
  const { serviceClusterIPs, serviceExternalIPs, serviceLoadBalancerIPs } = config;
  const cidrs = [...serviceExternalIPs, ...serviceClusterIPs, ...serviceLoadBalancerIPs];
  const local = cidrs.length === 0 ? [] : localServices(cluster, config);
  return (node) => {
    // ExcludeServiceAdvertisement(), confd 3.21 pkg/backends/calico/client.go: such a node only learns.
    if (node.labels['node.kubernetes.io/exclude-from-external-load-balancers'] === 'true')
      return { announced: [], rejected: cidrs };
    const own = local.filter(({ nodes }) => nodes.has(node.name)).flatMap(({ routes }) => routes);
    return { announced: distinct([...cidrs, ...own]), rejected: cidrs };
  };
}

interface LocalService {
  readonly routes: readonly Ipv4Prefix[];
  /** Those with a ready endpoint. */
  readonly nodes: ReadonlySet<string>;
}

/**
 * Services with externalTrafficPolicy Local, which the nodes of their endpoints announce one by one (advertiseThisService()
 * and getAllRoutesForService(), confd 3.21 pkg/backends/calico/routes.go).
 */
function localServices(cluster: Cluster, config: BGPConfiguration): readonly LocalService[] {
  return cluster.services.flatMap((service): LocalService[] => {
    const { type, clusterIPs = 'None', externalTrafficPolicy } = service;
    if (type === 'ExternalName' || clusterIPs === 'None' || externalTrafficPolicy !== 'Local') return [];
    const endpoints = slicesOf(cluster, service).flatMap((slice) => slice.endpoints);
    const ready = endpoints.filter((each) => each.ready !== false && isIpv4Address(each.address));
    return [{ routes: routesOf(service, config), nodes: new Set(ready.flatMap(({ nodeName }) => nodeName ?? [])) }];
  });
}

function routesOf(service: Service, config: BGPConfiguration): readonly Ipv4Prefix[] {
  const { clusterIPs, externalIPs, loadBalancerIngress } = service;
  const own = clusterIPs === undefined || clusterIPs === 'None' ? [] : clusterIPs.slice(0, 1);
  return [
    ...(config.serviceClusterIPs.length === 0 ? [] : own),
    ...within(externalIPs, config.serviceExternalIPs),
    ...within(
      loadBalancerIngress.map(({ ip }) => ip),
      config.serviceLoadBalancerIPs,
    ),
  ]
    .filter(isIpv4Address)
    .map((address) => ({ address, length: 32 }));
}

function within(addresses: readonly IpAddress[], cidrs: readonly Ipv4Prefix[]): readonly IpAddress[] {
  return addresses.filter((address) => isIpv4Address(address) && cidrs.some((cidr) => contains(cidr, address)));
}

function distinct(prefixes: readonly Ipv4Prefix[]): readonly Ipv4Prefix[] {
  return [...new Map(prefixes.map((prefix) => [`${prefix.address}/${prefix.length}`, prefix])).values()];
}
