import {
  contains,
  formatPrefix,
  type IpAddress,
  type IpPrefix,
  type Ipv4,
  type Ipv4Prefix,
  isIpv4Address,
  lastAddress,
  parseAddress,
  parseAnyPrefix,
} from '../address/index.js';
import {
  allocateServices,
  type LoadBalancerIngress,
  needsHealthCheck,
  needsNodePorts,
  type PortRange,
  type Service,
  type ServicePort,
} from '../cluster/index.js';
import { checkClaims } from './check-claims.js';
import { checkService } from './check-service.js';
import type { LabContext, Place } from './context.js';
import type { ServicePortFile } from './lab-file.js';
import type { NamedService } from './named-service.js';

/** What cluster IPs and node ports are taken from. */
export interface ServiceRanges {
  readonly serviceCIDR: Ipv4Prefix;
  readonly nodePorts: PortRange;
}

/** Completes the Services and checks them as the API server does. */
export function readServices(
  services: readonly NamedService[],
  { serviceCIDR, nodePorts }: ServiceRanges,
  context: LabContext,
): readonly Service[] {
  const read = services.map((named) => {
    const service = serviceOf(named, context);
    checkService(named, service, context);
    return service;
  });
  for (const [i, { clusterIPs }] of read.entries()) {
    const named = services[i];
    if (named === undefined || clusterIPs === undefined || clusterIPs === 'None') continue;
    const own = clusterIPs.find(isIpv4Address);
    if (own === undefined) continue;
    const wrong = outOf(serviceCIDR, own);
    if (wrong === undefined) continue;
    const { clusterIP = named.service.clusterIPs?.join() } = named.service;
    context.misfit(named.at('clusterIP'), `${clusterIP} ${wrong} ${formatPrefix(serviceCIDR)}`);
  }
  checkClaims(services, read, nodePorts, context);
  for (const [i, service] of allocateServices(read, serviceCIDR, nodePorts).entries()) {
    const { place } = services[i] ?? {};
    if (place === undefined) continue;
    const { type, clusterIPs, ports, healthCheckNodePort } = service;
    if (clusterIPs === undefined && type !== 'ExternalName')
      context.misfit(place, `no address is left in serviceCIDR ${formatPrefix(serviceCIDR)}`);
    const portMissing = needsNodePorts(service) && ports.some(({ nodePort }) => nodePort === undefined);
    if (portMissing || (needsHealthCheck(service) && healthCheckNodePort === undefined))
      context.misfit(place, `no port is left of ${nodePorts.first} to ${nodePorts.last}`);
  }
  return read;
}

/** contains(), k8s 1.30 pkg/registry/core/service/ipallocator/bitmap.go: the first and the last are never allocated. */
function outOf(serviceCIDR: Ipv4Prefix, address: Ipv4): string | undefined {
  if (!contains(serviceCIDR, address)) return 'is not in the serviceCIDR';
  if (address === serviceCIDR.address) return "can't be a clusterIP: it is the network address of the serviceCIDR";
  if (address === lastAddress(serviceCIDR))
    return "can't be a clusterIP: it is the broadcast address of the serviceCIDR";
  return undefined;
}

/** DefaultClientIPServiceAffinitySeconds, k8s 1.30 pkg/apis/core/types.go. */
const AFFINITY_SECONDS = 10800;

function serviceOf(named: NamedService, context: LabContext): Service {
  const { namespace, name, service: said } = named;
  const ports = readPorts(named, context);
  const type = said.type ?? (ports.some((port) => port.nodePort !== undefined) ? 'NodePort' : 'ClusterIP');
  const affinity = said.sessionAffinity === 'ClientIP';
  return {
    namespace,
    name,
    labels: said.labels ?? {},
    annotations: said.annotations ?? {},
    type,
    clusterIPs: readClusterIPs(named, context),
    selector: said.selector,
    ports,
    ...(said.externalName === undefined ? {} : { externalName: said.externalName }),
    externalIPs: readAddresses(named, 'externalIPs', context),
    sessionAffinity: affinity ? (said.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS) : undefined,
    externalTrafficPolicy: said.externalTrafficPolicy ?? 'Cluster',
    internalTrafficPolicy: said.internalTrafficPolicy ?? 'Cluster',
    healthCheckNodePort: said.healthCheckNodePort,
    loadBalancerSourceRanges: readRanges(named, context),
    loadBalancerIngress: readIngress(named, context),
    allocateLoadBalancerNodePorts: said.allocateLoadBalancerNodePorts ?? true,
    publishNotReadyAddresses: said.publishNotReadyAddresses ?? false,
    trafficDistribution: said.trafficDistribution,
  };
}

function readPorts(named: NamedService, context: LabContext): readonly ServicePort[] {
  const { service, place, at } = named;
  const { port, ports } = service;
  if (ports === undefined) {
    if (port !== undefined) return [portOf({ ...service, port })];
    if (service.type !== 'ExternalName' && service.clusterIP !== 'None')
      context.complain(place, 'missing', 'expected a port, found none; write port: 80');
    return [];
  }
  for (const key of ['port', 'targetPort', 'nodePort', 'protocol'] as const)
    if (service[key] !== undefined) context.complain(at(key), 'conflict', `give ${key} inside of ports, or no ports`);
  return ports.map(portOf);
}

function portOf(said: ServicePortFile): ServicePort {
  const { name = '', port, targetPort = port, nodePort, protocol = 'TCP' } = said;
  return { name, protocol, port, targetPort, nodePort };
}

/**
 * The addresses in `clusterIPs`, of which the first is `clusterIP`, or in that alone
 * (ValidateServiceClusterIPsRelatedFields(), k8s 1.30 pkg/apis/core/validation).
 */
function readClusterIPs(named: NamedService, context: LabContext): Service['clusterIPs'] {
  const { clusterIP, clusterIPs = clusterIP === undefined ? [] : [clusterIP] } = named.service;
  const key = named.service.clusterIPs === undefined ? 'clusterIP' : 'clusterIPs';
  const [first] = clusterIPs;
  if (clusterIP !== undefined && first !== undefined && clusterIP !== first)
    context.complain(named.at('clusterIPs', 0), 'conflict', `the first one must be clusterIP ${clusterIP}`);
  if (first === undefined) return undefined;
  if (first === 'None' && clusterIPs.length === 1) return 'None';
  const read = clusterIPs.flatMap((text, i) => {
    const place = key === 'clusterIP' ? named.at(key) : named.at(key, i);
    return addressOf(text, place, 'an IP address or None', context);
  });
  const families = new Set(read.map(isIpv4Address));
  if (families.size < read.length)
    context.complain(named.at(key), 'conflict', 'expected at most one address of each family');
  return read.length === 0 ? undefined : read;
}

function readAddresses(named: NamedService, key: 'externalIPs', context: LabContext): IpAddress[] {
  return (named.service[key] ?? []).flatMap((text, i) => addressOf(text, named.at(key, i), 'an IP address', context));
}

function addressOf(text: string, place: Place, expected: string, context: LabContext): IpAddress[] {
  const address = parseAddress(sloppy(text));
  return address === undefined
    ? (context.complain(place, 'bad-address', `expected ${expected}, found "${text}"`) ?? [])
    : [address];
}

/** Octets may have leading zeros and mean decimal numbers, prefixes may have blanks around (netutils.ParseIPSloppy()). */
export function sloppy(text: string): string {
  return text.trim().replace(/(?<![\da-fA-F:])0+(?=\d+[./]|\d+$)/g, '');
}

function readRanges(named: NamedService, context: LabContext): IpPrefix[] {
  return (named.service.loadBalancerSourceRanges ?? []).flatMap((text, i) => {
    const range = parseAnyPrefix(sloppy(text));
    if (range !== undefined) return [range];
    const place = named.at('loadBalancerSourceRanges', i);
    return context.complain(place, 'bad-address', `expected a subnet, found "${text}"`) ?? [];
  });
}

/** An entry with a name alone leads nowhere in a node. */
function readIngress(named: NamedService, context: LabContext): LoadBalancerIngress[] {
  return (named.service.ingress ?? []).flatMap((said, i) => {
    const { ip, ipMode } = typeof said === 'string' ? { ip: said } : said;
    const place = named.at('ingress', i);
    if (ip === undefined || ip === '') {
      if (ipMode !== undefined) context.complain(place, 'conflict', 'ipMode needs an ip');
      return [];
    }
    return addressOf(ip, place, 'an IP address', context).map((address) => ({ ip: address, ipMode: ipMode ?? 'VIP' }));
  });
}
