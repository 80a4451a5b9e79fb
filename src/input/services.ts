import { contains, formatPrefix, type Ipv4Prefix } from '../address/index.js';
import {
  allocateServices,
  NODE_PORT_RANGE,
  SERVICE_DEFAULTS,
  type Service,
  type ServicePort,
} from '../cluster/index.js';
import { checkedAddress } from './address.js';
import { inside, type LabContext, type Place } from './context.js';
import type { ServiceFile, ServicePortFile } from './lab-file.js';

/** A Service as the file or a manifest gives it. */
export interface NamedService {
  readonly namespace: string;
  readonly name: string;
  readonly service: ServiceFile;
  readonly place: Place;
}

/** Completes the Services and checks them as the API server does. */
export function readServices(
  services: readonly NamedService[],
  serviceCIDR: Ipv4Prefix,
  context: LabContext,
): readonly Service[] {
  const nodePorts = new Map<string, string>();
  const addresses = new Map<string, string>();
  const read = services.map(({ namespace, name, service, place }): Service => {
    const ports = readPorts(service, place, context);
    const type = service.type ?? (ports.some((port) => port.nodePort !== undefined) ? 'NodePort' : 'ClusterIP');
    checkNodePorts(ports, type, `${namespace}/${name}`, nodePorts, place, context);
    const { clusterIP } = service;
    if (clusterIP !== undefined && clusterIP !== 'None' && !contains(serviceCIDR, checkedAddress(clusterIP))) {
      const message = `${clusterIP} is not in the serviceCIDR ${formatPrefix(serviceCIDR)}`;
      context.misfit(inside(place, 'clusterIP'), message);
    }
    if (clusterIP !== undefined && clusterIP !== 'None') {
      const other = addresses.get(clusterIP);
      if (other === undefined) addresses.set(clusterIP, `${namespace}/${name}`);
      else context.complain(inside(place, 'clusterIP'), 'conflict', `${clusterIP} is the clusterIP of ${other} too`);
    }
    if (clusterIP === 'None' && type !== 'ClusterIP' && type !== 'ExternalName')
      context.complain(inside(place, 'clusterIP'), 'conflict', `a Service of type ${type} can't be headless`);
    return {
      ...SERVICE_DEFAULTS,
      namespace,
      name,
      type,
      clusterIPs: clusterIP === undefined || clusterIP === 'None' ? clusterIP : [checkedAddress(clusterIP)],
      selector: service.selector,
      ports,
    };
  });
  for (const [i, { type, clusterIPs, ports }] of allocateServices(read, serviceCIDR).entries()) {
    const { place } = services[i] ?? {};
    if (place === undefined) continue;
    if (clusterIPs === undefined && type !== 'ExternalName')
      context.misfit(place, `no address is left in serviceCIDR ${formatPrefix(serviceCIDR)}`);
    if ((type === 'NodePort' || type === 'LoadBalancer') && ports.some(({ nodePort }) => nodePort === undefined))
      context.misfit(place, `no port is left of ${NODE_PORT_RANGE.first} to ${NODE_PORT_RANGE.last}`);
  }
  return read;
}

function readPorts(service: ServiceFile, place: Place, context: LabContext): readonly ServicePort[] {
  const { port, ports } = service;
  if (ports === undefined) {
    if (port !== undefined) return [portOf({ ...service, port })];
    if (service.type !== 'ExternalName' && service.clusterIP !== 'None')
      context.complain(place, 'missing', 'expected a port, found none; write port: 80');
    return [];
  }
  for (const key of ['port', 'targetPort', 'nodePort', 'protocol'] as const)
    if (service[key] !== undefined)
      context.complain(inside(place, key), 'conflict', `give ${key} inside of ports, or no ports`);
  const names = new Set<string>();
  for (const [i, each] of ports.entries()) {
    if (ports.length > 1 && each.name === undefined)
      context.complain(inside(place, 'ports', i), 'missing', 'expected a name, found none; several ports need names');
    if (names.has(each.name ?? ''))
      context.complain(inside(place, 'ports', i, 'name'), 'conflict', `two ports are called "${each.name}"`);
    if (each.name !== undefined) names.add(each.name);
  }
  return ports.map(portOf);
}

function portOf(said: ServicePortFile): ServicePort {
  const { name = '', port, targetPort = port, nodePort, protocol = 'TCP' } = said;
  return { name, protocol, port, targetPort, nodePort };
}

function checkNodePorts(
  ports: readonly ServicePort[],
  type: Service['type'],
  name: string,
  taken: Map<string, string>,
  place: Place,
  context: LabContext,
): void {
  for (const { nodePort, protocol } of ports) {
    if (nodePort === undefined) continue;
    const key = `${nodePort}/${protocol}`;
    const other = taken.get(key);
    if (type !== 'NodePort' && type !== 'LoadBalancer')
      context.complain(place, 'conflict', `nodePort ${nodePort} needs type NodePort or LoadBalancer, found ${type}`);
    else if (nodePort < NODE_PORT_RANGE.first || nodePort > NODE_PORT_RANGE.last)
      context.complain(
        place,
        'bad-value',
        `nodePort must be ${NODE_PORT_RANGE.first} to ${NODE_PORT_RANGE.last}, found ${nodePort}`,
      );
    else if (other !== undefined) context.complain(place, 'conflict', `nodePort ${nodePort} is ${other}'s too`);
    taken.set(key, name);
  }
}
