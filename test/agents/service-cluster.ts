import { parseAddress } from '../../src/address/index.js';
import type { Cluster, Endpoint, EndpointSlice, Service } from '../../src/cluster/index.js';
import { service } from '../lab/make-lab.js';
import { prefix } from '../must.js';

/** An endpoint without conditions: it is ready. */
export function endpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
  const found = parseAddress(address);
  if (found === undefined) throw new Error(`not an address: ${address}`);
  return {
    address: found,
    ready: undefined,
    serving: undefined,
    terminating: undefined,
    nodeName: undefined,
    zone: undefined,
    hints: undefined,
    target: undefined,
    ...more,
  };
}

/** A Service of port 80 and the slice of its endpoints at 8080. */
export interface ServiceWith {
  readonly service: Service;
  readonly slice: EndpointSlice;
}

/** Makes one; what is left out of `more` is as for a ClusterIP Service. */
export function serviceWith(name: string, endpoints: readonly Endpoint[], more: Partial<Service>): ServiceWith {
  const made = service(name, 80, more);
  const ports = made.ports.map((port) => ({ name: port.name, protocol: port.protocol, port: 8080 }));
  return { service: made, slice: { namespace: 'default', name: `${name}-1`, service: name, ports, endpoints } };
}

/** A cluster of such Services, without nodes. */
export function clusterWith(services: readonly ServiceWith[]): Cluster {
  return {
    podCIDR: prefix('10.244.0.0/16'),
    serviceCIDR: prefix('10.96.0.0/12'),
    nodes: [],
    pods: [],
    services: services.map((each) => each.service),
    endpointSlices: services.map((each) => each.slice),
  };
}
