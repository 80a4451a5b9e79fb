import { type Ipv4, type Ipv4Prefix, isIpv4Address, lastAddress, plus } from '../address/index.js';
import type { Service, ServicePort } from './objects.js';

/** `--service-node-port-range` of kube-apiserver, both ends included. */
export const NODE_PORT_RANGE = { first: 30000, last: 32767 } as const;

/**
 * The Services with cluster IPs and node ports handed out where one is needed and none is given.
 *
 * kube-apiserver draws both at random; here the lowest free one is taken, in order of the list, so that a lab always
 * gets the same. Given ones are set aside first. The first address of the service CIDR stays free: in every cluster
 * it is that of `default/kubernetes` (k8s 1.30 pkg/registry/core/service). A field stays undefined when the range is
 * used up.
 */
export function allocateServices(services: readonly Service[], serviceCIDR: Ipv4Prefix): Service[] {
  const clusterIPs = new ClusterIPs(services, serviceCIDR);
  const nodePorts = new NodePorts(services);
  return services.map((service) => ({
    ...service,
    clusterIPs: service.clusterIPs ?? (service.type === 'ExternalName' ? undefined : clusterIPs.next()),
    ports: usesNodePorts(service) ? nodePorts.fill(service.ports) : service.ports,
  }));
}

function usesNodePorts(service: Service): boolean {
  return service.type === 'NodePort' || service.type === 'LoadBalancer';
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
  #next: number = NODE_PORT_RANGE.first;

  constructor(services: readonly Service[]) {
    this.#taken = new Set(services.flatMap(({ ports }) => ports.flatMap(({ nodePort }) => nodePort ?? [])));
  }

  /** Ports of one Service with the same number, such as DNS over UDP and TCP, share a node port. */
  fill(ports: readonly ServicePort[]): ServicePort[] {
    const byPort = new Map<number, number>();
    for (const { port, nodePort } of ports) if (nodePort !== undefined) byPort.set(port, nodePort);
    return ports.map((port) => {
      const nodePort = port.nodePort ?? byPort.get(port.port) ?? this.#take();
      if (nodePort !== undefined) byPort.set(port.port, nodePort);
      return { ...port, nodePort };
    });
  }

  #take(): number | undefined {
    while (this.#next <= NODE_PORT_RANGE.last) {
      const candidate = this.#next++;
      if (!this.#taken.has(candidate)) return candidate;
    }
    return undefined;
  }
}
