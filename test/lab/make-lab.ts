import { DEFAULT_PROXY_CONFIG } from '../../src/agents/index.js';
import {
  CALICO_DEFAULTS,
  type ContainerPort,
  NODE_PORT_RANGE,
  SERVICE_DEFAULTS,
  type Service,
} from '../../src/cluster/index.js';
import type { Host, Lab, LabNode, LabPod, Listener, Router, Segment } from '../../src/lab/index.js';
import { ip, prefix } from '../must.js';

/** A node on segment `lan`, 192.168.10.0/24; its number makes address and podCIDR. */
export function node(n: number, more: Partial<LabNode> = {}): LabNode {
  return {
    name: `node-${n}`,
    addresses: [ip(`192.168.10.1${n}`)],
    podCIDR: prefix(`10.244.${n}.0/24`),
    labels: {},
    annotations: {},
    segment: 'lan',
    mtu: 1500,
    off: [],
    ...more,
  };
}

/** An Ethernet segment. */
export function segment(name: string, subnet: string): Segment {
  return { name, subnet: prefix(subnet), mtu: 1500 };
}

/** The router `rtr`: its address on each segment. */
export function router(addresses: Readonly<Record<string, string>>, routes: Router['routes'] = []): Router {
  const interfaces = Object.entries(addresses).map(([on, address]) => ({ segment: on, address: ip(address) }));
  return { name: 'rtr', interfaces, routes };
}

export function pod(name: string, nodeName: string, more: Partial<LabPod> = {}): LabPod {
  return {
    namespace: 'default',
    name,
    nodeName,
    podIP: undefined,
    hostNetwork: false,
    labels: {},
    ports: [],
    ready: true,
    terminating: false,
    listen: [],
    ...more,
  };
}

export function port(containerPort: number, more: Partial<ContainerPort> = {}): ContainerPort {
  return { name: undefined, containerPort, protocol: 'TCP', hostPort: undefined, hostIP: undefined, ...more };
}

export function listener(at: number, more: Partial<Listener> = {}): Listener {
  return { protocol: 'tcp', port: at, address: ip('0.0.0.0'), behaviour: 'echo', ...more };
}

/** A Service of one port that selects `app: NAME`. */
export function service(name: string, at: number, more: Partial<Service> = {}): Service {
  return {
    ...SERVICE_DEFAULTS,
    namespace: 'default',
    name,
    selector: { app: name },
    ports: [{ name: '', protocol: 'TCP', port: at, targetPort: at, nodePort: undefined }],
    ...more,
  };
}

export function host(name: string, address: string, segment: string): Host {
  return { name, segment, address: ip(address), listen: [], routes: [] };
}

/** One segment `lan` without router, Flannel VXLAN, kubelet and kube-proxy. */
export function makeLab(more: Partial<Lab> = {}): Lab {
  return {
    name: 'test',
    description: '',
    podCIDR: prefix('10.244.0.0/16'),
    calico: CALICO_DEFAULTS,
    events: [],
    serviceCIDR: prefix('10.96.0.0/12'),
    serviceNodePortRange: NODE_PORT_RANGE,
    nodes: [node(1), node(2)],
    pods: [],
    services: [],
    endpointSlices: [],
    segments: [{ name: 'lan', subnet: prefix('192.168.10.0/24'), mtu: 1500 }],
    routers: [],
    hosts: [],
    cni: { name: 'flannel/vxlan', options: {} },
    kubeProxy: {
      mode: 'iptables',
      config: { ...DEFAULT_PROXY_CONFIG, detectLocal: { mode: 'ClusterCIDR', cidrs: [prefix('10.244.0.0/16')] } },
    },
    kubelet: 'on',
    overrides: [],
    faults: [],
    expect: [],
    unmodelled: [],
    ...more,
  };
}
