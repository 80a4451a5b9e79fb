import { formatAddress, type IpAddress } from '../address/index.js';
import type { PortRange, Service } from '../cluster/index.js';
import type { LabContext, Place } from './context.js';
import type { NamedService } from './named-service.js';

/**
 * What two Services can't both have: a cluster IP, a node port (the allocators of k8s 1.30
 * pkg/registry/core/service/storage), and one port at one external address. The API allows the last one, and which of
 * them gets the packets is up to the order of a map in kube-proxy.
 */
export function checkClaims(
  named: readonly NamedService[],
  services: readonly Service[],
  range: PortRange,
  context: LabContext,
): void {
  const claims: Claims = { clusterIPs: new Map(), nodePorts: new Map(), frontends: new Map() };
  for (const [i, service] of services.entries()) {
    const { at, service: said } = named[i] ?? {};
    if (at === undefined || said === undefined) continue;
    const owner = `${service.namespace}/${service.name}`;
    claimAddresses({ at, said, service, owner }, claims, context);
    claimPorts({ at, said, service, owner }, claims, range, context);
  }
}

/** Of each kind, who has one. */
interface Claims {
  readonly clusterIPs: Map<string, string>;
  readonly nodePorts: Map<number, string>;
  /** `203.0.113.7:80/TCP`. */
  readonly frontends: Map<string, string>;
}

interface Claimant {
  readonly at: NamedService['at'];
  readonly said: NamedService['service'];
  readonly service: Service;
  readonly owner: string;
}

function claimAddresses({ at, said, service, owner }: Claimant, claims: Claims, context: LabContext): void {
  const { clusterIPs = [], externalIPs, loadBalancerIngress, ports } = service;
  for (const address of clusterIPs === 'None' ? [] : clusterIPs) {
    const text = formatAddress(address);
    const other = claims.clusterIPs.get(text);
    if (other === undefined) claims.clusterIPs.set(text, owner);
    else {
      const message = `${text} is the clusterIP of ${other} too`;
      context.complain(at(said.clusterIP === undefined ? 'clusterIPs' : 'clusterIP'), 'conflict', message);
      continue;
    }
    for (const { port, protocol } of ports) claims.frontends.set(`${text}:${port}/${protocol}`, owner);
  }
  const external: (readonly [IpAddress, Place])[] = [
    ...externalIPs.map((ip, i) => [ip, at('externalIPs', i)] as const),
    ...loadBalancerIngress.flatMap(({ ip, ipMode }, i) => (ipMode === 'VIP' ? [[ip, at('ingress', i)] as const] : [])),
  ];
  for (const [ip, place] of external)
    for (const { port, protocol } of ports) {
      const key = `${formatAddress(ip)}:${port}/${protocol}`;
      const other = claims.frontends.get(key);
      if (other === undefined) claims.frontends.set(key, owner);
      else if (other !== owner) context.complain(place, 'conflict', `${key} is ${other}'s too`);
    }
}

/**
 * One number is one node port, whatever the protocol; only ports of a Service with the same number, such as DNS over UDP
 * and TCP, share one (initNodePorts(), alloc.go).
 */
function claimPorts(
  { at, said, service, owner }: Claimant,
  claims: Claims,
  range: PortRange,
  context: LabContext,
): void {
  const own = new Map<number, { readonly port: number; readonly protocols: Set<string> }>();
  for (const [i, { port, nodePort, protocol }] of service.ports.entries()) {
    if (nodePort === undefined || (service.type !== 'NodePort' && service.type !== 'LoadBalancer')) continue;
    const place = said.ports === undefined ? at('nodePort') : at('ports', i, 'nodePort');
    const before = own.get(nodePort);
    if (before === undefined) {
      own.set(nodePort, { port, protocols: new Set([protocol]) });
      claimPort(nodePort, { what: 'nodePort', place, owner }, claims, range, context);
    } else if (before.port !== port || before.protocols.has(protocol))
      context.complain(place, 'conflict', `nodePort ${nodePort} is there twice`);
    else before.protocols.add(protocol);
  }
  const { healthCheckNodePort } = service;
  if (healthCheckNodePort === undefined) return;
  const claim = { what: 'healthCheckNodePort', place: at('healthCheckNodePort'), owner };
  claimPort(healthCheckNodePort, claim, claims, range, context);
}

function claimPort(
  number: number,
  { what, place, owner }: { readonly what: string; readonly place: Place; readonly owner: string },
  { nodePorts }: Claims,
  { first, last }: PortRange,
  context: LabContext,
): void {
  const other = nodePorts.get(number);
  if (number < first || number > last)
    context.misfit(place, `${what} must be ${first} to ${last}, found ${number}`, 'bad-value');
  else if (other !== undefined) context.complain(place, 'conflict', `${what} ${number} is ${other}'s too`);
  else nodePorts.set(number, owner);
}
