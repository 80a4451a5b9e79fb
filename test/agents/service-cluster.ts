import { type Ipv4, parseAddress } from '../../src/address/index.js';
import { DEFAULT_PROXY_CONFIG, type DetectLocal, type KubeProxyConfig } from '../../src/agents/index.js';
import { NEVER_SYNCED, sync } from '../../src/agents/kube-proxy/iptables/sync.js';
import type { Cluster, Endpoint, EndpointSlice, Node, Service } from '../../src/cluster/index.js';
import type { RestoreChunk } from '../../src/plan/index.js';
import { node, service } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';

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

/** A cluster with one Service `default/web` of port 80, and these endpoints at 8080. */
export function webCluster(endpoints: readonly Endpoint[], more: Partial<Service> = {}): Cluster {
  return clusterWith([serviceWith('web', endpoints, { clusterIPs: [ip('10.96.0.80')], ...more })]);
}

/** kube-proxy told pods by the whole pod CIDR. */
export const POD_CIDR: DetectLocal = { mode: 'ClusterCIDR', cidrs: [prefix('10.244.0.0/16')] };

/** The text of a first sync on node-1. */
export function syncText(
  what: Cluster,
  config: KubeProxyConfig,
  on: Node = node(1),
  addresses: readonly Ipv4[] = on.addresses,
): readonly RestoreChunk[] {
  const state = { addresses, tcpLiberal: false };
  return sync({ cluster: what, node: on, config, family: 'ip', state, natChains: [], now: 0 }, NEVER_SYNCED).chunks;
}

/** Its lines, with `--cluster-cidr`. */
export function linesOf(
  what: Cluster,
  more: Partial<KubeProxyConfig> = {},
  addresses: readonly string[] = [],
): string[] {
  const config = { ...DEFAULT_PROXY_CONFIG, detectLocal: POD_CIDR, ...more };
  return syncText(what, config, node(1), addresses.map(ip)).flatMap(({ lines }) => lines);
}
