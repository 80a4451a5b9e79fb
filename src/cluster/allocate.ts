import { type Ipv4, type Ipv4Prefix, isIpv4Address, lastAddress, plus } from '../address/index.js';
import type { Service, ServicePort } from './objects.js';

/** What node ports are taken from, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** `--service-node-port-range` of kube-apiserver where it is not given. */
export const NODE_PORT_RANGE: PortRange = { first: 30000, last: 32767 };

/**
 * The Services with cluster IPs, node ports and health check node ports handed out where one is needed and none is
 * given.
 *
 * kube-apiserver draws them at random; here the lowest free one is taken, in order of the list, so that a lab always
 * gets the same. Given ones are set aside first. The first address of the service CIDR stays free: in every cluster
 * it is that of `default/kubernetes`. Both kinds of ports are of one range (k8s 1.30
 * pkg/registry/core/service/storage/alloc.go). A field stays undefined when the range is used up.
 */
export function allocateServices(
  services: readonly Service[],
  serviceCIDR: Ipv4Prefix,
  range: PortRange = NODE_PORT_RANGE,
): Service[] {
  const clusterIPs = new ClusterIPs(services, serviceCIDR);
  const nodePorts = new NodePorts(services, range);
  return services.map((service) => ({
    ...service,
    clusterIPs: service.clusterIPs ?? (service.type === 'ExternalName' ? undefined : clusterIPs.next()),
    ports: needsNodePorts(service) ? nodePorts.fill(service.ports) : service.ports,
    healthCheckNodePort: service.healthCheckNodePort ?? (needsHealthCheck(service) ? nodePorts.next() : undefined),
  }));
}

/** Whether a Service's ports get node ports where none is given (shouldAllocateNodePorts(), alloc.go). */
export function needsNodePorts(service: Pick<Service, 'type' | 'allocateLoadBalancerNodePorts'>): boolean {
  return (
    service.type === 'NodePort' || (service.type === 'LoadBalancer' && service.allocateLoadBalancerNodePorts === true)
  );
}

/** Whether load balancers ask each node for its endpoints (NeedsHealthCheck(), k8s 1.30 pkg/api/service/util.go). */
export function needsHealthCheck(service: Pick<Service, 'type' | 'externalTrafficPolicy'>): boolean {
  return service.type === 'LoadBalancer' && service.externalTrafficPolicy === 'Local';
}

class ClusterIPs {
  readonly #taken: ReadonlySet<Ipv4>;
  readonly #last: Ipv4;
  #next: Ipv4;

  constructor(services: readonly Service[], serviceCIDR: Ipv4Prefix) {
    this.#taken = new Set(
      services.flatMap(({ clusterIPs = [] }) => (clusterIPs === 'None' ? [] : clusterIPs.filter(isIpv4Address))),
    );
    // The network's own address and its broadcast address are never handed out.
    this.#next = plus(serviceCIDR.address, 2);
    this.#last = plus(lastAddress(serviceCIDR), -1);
  }

  next(): [Ipv4] | undefined {
    while (this.#next <= this.#last) {
      const candidate = this.#next;
      this.#next = plus(candidate, 1);
      if (!this.#taken.has(candidate)) return [candidate];
    }
    return undefined;
  }
}

class NodePorts {
  readonly #taken: ReadonlySet<number>;
  readonly #last: number;
  #next: number;

  constructor(services: readonly Service[], { first, last }: PortRange) {
    this.#taken = new Set(
      services.flatMap(({ ports, healthCheckNodePort }) => [
        ...ports.flatMap(({ nodePort }) => nodePort ?? []),
        ...(healthCheckNodePort === undefined ? [] : [healthCheckNodePort]),
      ]),
    );
    this.#next = first;
    this.#last = last;
  }

  /** Ports of one Service with the same number, such as DNS over UDP and TCP, share a node port. */
  fill(ports: readonly ServicePort[]): ServicePort[] {
    const byPort = new Map<number, number>();
    for (const { port, nodePort } of ports) if (nodePort !== undefined) byPort.set(port, nodePort);
    return ports.map((port) => {
      const nodePort = port.nodePort ?? byPort.get(port.port) ?? this.next();
      if (nodePort !== undefined) byPort.set(port.port, nodePort);
      return { ...port, nodePort };
    });
  }

  next(): number | undefined {
    while (this.#next <= this.#last) {
      const candidate = this.#next++;
      if (!this.#taken.has(candidate)) return candidate;
    }
    return undefined;
  }
}
