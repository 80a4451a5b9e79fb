import { type IpAddress, type IpPrefix, parseAddress, parseAnyPrefix } from '../../src/address/index.js';
import { DEFAULT_PROXY_CONFIG, type KubeProxyConfig } from '../../src/agents/index.js';
import {
  type Cluster,
  type EndpointSlice,
  type Node,
  type Protocol,
  SERVICE_DEFAULTS,
  type Service,
} from '../../src/cluster/index.js';
import { ip, prefix } from '../must.js';

/** API objects as the reference data of kube-proxy's own tests have them. */
export interface UpstreamObjects {
  readonly services: readonly UpstreamService[];
  readonly endpointSlices: readonly UpstreamSlice[];
}

interface UpstreamService {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: {
    readonly type?: Service['type'];
    readonly clusterIP: string;
    readonly externalIPs?: readonly string[];
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly externalTrafficPolicy?: Service['externalTrafficPolicy'];
    readonly internalTrafficPolicy?: Service['internalTrafficPolicy'];
    readonly healthCheckNodePort?: number;
    readonly sessionAffinity?: 'ClientIP' | 'None';
    readonly sessionAffinityConfig?: { readonly clientIP: { readonly timeoutSeconds: number } };
    readonly ports: readonly {
      readonly name: string;
      readonly port: number;
      readonly protocol: Protocol;
      readonly nodePort?: number;
    }[];
  };
  readonly status?: {
    readonly loadBalancer: { readonly ingress: readonly { readonly ip: string; readonly ipMode?: 'VIP' | 'Proxy' }[] };
  };
}

interface UpstreamSlice {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: Protocol }[];
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly nodeName?: string;
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  }[];
}

/** The node that they run on. */
export const NODE: Node = {
  name: 'test-node',
  labels: {},
  annotations: {},
  addresses: [ip('192.168.0.2')],
  podCIDR: prefix('10.0.0.0/24'),
};

/** The addresses of its devices. */
export const NODE_ADDRESSES: readonly IpAddress[] = [
  '127.0.0.1',
  '::1',
  '192.168.0.2',
  '192.168.1.2',
  '192.168.99.11',
  '2001:db8::1',
  '2001:db8:1::2',
].map(address);

/** As they run: nfacct counters are there, iptables is too old for --random-fully. */
export const UPSTREAM_CONFIG: KubeProxyConfig = {
  ...DEFAULT_PROXY_CONFIG,
  detectLocal: { mode: 'ClusterCIDR', cidrs: [cidr('10.0.0.0/8'), cidr('fd00:10::/64')] },
  nfacct: true,
  randomFully: false,
};

/** The cluster that the objects make. */
export function upstreamCluster({ services, endpointSlices }: UpstreamObjects): Cluster {
  return {
    podCIDR: prefix('10.0.0.0/8'),
    serviceCIDR: prefix('172.30.0.0/16'),
    nodes: [NODE],
    pods: [],
    services: services.map(service),
    endpointSlices: endpointSlices.map(slice),
  };
}

function service({ metadata, spec, status }: UpstreamService): Service {
  const timeout = spec.sessionAffinityConfig?.clientIP.timeoutSeconds ?? 10800;
  return {
    ...SERVICE_DEFAULTS,
    ...metadata,
    type: spec.type ?? 'ClusterIP',
    clusterIPs: [address(spec.clusterIP)],
    externalIPs: (spec.externalIPs ?? []).map(address),
    loadBalancerSourceRanges: (spec.loadBalancerSourceRanges ?? []).map(cidr),
    loadBalancerIngress: (status?.loadBalancer.ingress ?? []).map((each) => ({
      ip: address(each.ip),
      ipMode: each.ipMode ?? 'VIP',
    })),
    externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster',
    internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    healthCheckNodePort: spec.healthCheckNodePort,
    sessionAffinity: spec.sessionAffinity === 'ClientIP' ? timeout : undefined,
    ports: spec.ports.map((port) => ({ ...port, targetPort: port.port, nodePort: port.nodePort })),
  };
}

function slice({ metadata, ports, endpoints }: UpstreamSlice): EndpointSlice {
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    service: metadata.labels['kubernetes.io/service-name'] ?? '',
    ports,
    endpoints: endpoints.map(({ addresses: [first = ''], nodeName, conditions }) => ({
      address: address(first),
      ready: conditions?.ready,
      serving: conditions?.serving,
      terminating: conditions?.terminating,
      nodeName,
      zone: undefined,
      hints: undefined,
      target: undefined,
    })),
  };
}

/** The API lets leading zeros and blanks pass (k8s.io/utils/net ParseIPSloppy()); who reads objects drops them. */
function canonical(text: string): string {
  return text.trim().replace(/(^|[./])0+(?=\d)/g, '$1');
}

function address(text: string): IpAddress {
  const found = parseAddress(canonical(text));
  if (found === undefined) throw new Error(`not an address: ${text}`);
  return found;
}

/** An address range of either family. */
export function cidr(text: string): IpPrefix {
  const found = parseAnyPrefix(canonical(text));
  if (found === undefined) throw new Error(`not an address range: ${text}`);
  return found;
}
