import type { IpAddress, IpPrefix, Ipv4, Ipv4Prefix } from '../address/index.js';
import type { CalicoObjects } from './calico.js';

/** Labels or annotations of an object. */
export type Labels = Readonly<Record<string, string>>;

/** A Node, as far as the packet path depends on it. */
export interface Node {
  readonly name: string;
  /** status.addresses of type InternalIP; the first one is the node's. */
  readonly addresses: readonly [Ipv4, ...Ipv4[]];
  /** spec.podCIDR: what kube-controller-manager gave the node. */
  readonly podCIDR: Ipv4Prefix;
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** L4 protocols that the Kubernetes API knows, in its spelling. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** A port that a container declares. */
export interface ContainerPort {
  readonly name: string | undefined;
  readonly containerPort: number;
  readonly protocol: Protocol;
  readonly hostPort: number | undefined;
  /** 0.0.0.0 unless given. */
  readonly hostIP: Ipv4 | undefined;
}

/** A Pod. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName: string;
  /** status.podIP where it is given; undefined: IPAM hands one out. */
  readonly podIP: Ipv4 | undefined;
  readonly hostNetwork: boolean;
  readonly labels: Labels;
  /** Left out: none. */
  readonly annotations?: Labels | undefined;
  readonly ports: readonly ContainerPort[];
  /** Condition Ready. */
  readonly ready: boolean;
  /** Whether it has a deletionTimestamp: it is being stopped, and may serve until then. */
  readonly terminating: boolean;
}

/** One port of a Service. */
export interface ServicePort {
  /** Empty when the Service has one port without a name. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** A number, or the name of a container port. */
  readonly targetPort: number | string;
  /** undefined: none is needed, or one is to be allocated. */
  readonly nodePort: number | undefined;
}

/** Whether traffic may go to endpoints anywhere, or to those of the same node alone. */
export type TrafficPolicy = 'Cluster' | 'Local';

/** An address of status.loadBalancer.ingress. One with a hostname alone leads nowhere in a node. */
export interface LoadBalancerIngress {
  readonly ip: IpAddress;
  /** `VIP`: nodes take the address for their own; `Proxy`: the load balancer is always passed. */
  readonly ipMode: 'VIP' | 'Proxy';
}

/** A Service (core/v1), as far as the packet path depends on it. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** One of each family that it has. `None` for a headless Service; undefined: one is to be allocated. */
  readonly clusterIPs: readonly IpAddress[] | 'None' | undefined;
  /** undefined: EndpointSlices are given by hand. */
  readonly selector: Labels | undefined;
  readonly ports: readonly ServicePort[];
  /** Of type ExternalName: the name that DNS answers. */
  readonly externalName?: string;
  readonly externalIPs: readonly IpAddress[];
  /** sessionAffinity ClientIP: for how many seconds (sessionAffinityConfig.clientIP.timeoutSeconds); undefined: None. */
  readonly sessionAffinity: number | undefined;
  readonly externalTrafficPolicy: TrafficPolicy;
  readonly internalTrafficPolicy: TrafficPolicy;
  /** undefined: none is needed, or one is to be allocated. */
  readonly healthCheckNodePort: number | undefined;
  /** Empty: all clients may use the load balancer. */
  readonly loadBalancerSourceRanges: readonly IpPrefix[];
  /** status.loadBalancer.ingress. */
  readonly loadBalancerIngress: readonly LoadBalancerIngress[];
  /** False: a load balancer that needs no node ports. */
  readonly allocateLoadBalancerNodePorts: boolean;
  readonly publishNotReadyAddresses: boolean;
  readonly trafficDistribution: 'PreferClose' | 'PreferSameZone' | 'PreferSameNode' | undefined;
}

/** What a Service is like where nothing is said. */
export const SERVICE_DEFAULTS: Omit<Service, 'namespace' | 'name' | 'ports'> = {
  labels: {},
  annotations: {},
  type: 'ClusterIP',
  clusterIPs: undefined,
  selector: undefined,
  externalIPs: [],
  sessionAffinity: undefined,
  externalTrafficPolicy: 'Cluster',
  internalTrafficPolicy: 'Cluster',
  healthCheckNodePort: undefined,
  loadBalancerSourceRanges: [],
  loadBalancerIngress: [],
  allocateLoadBalancerNodePorts: true,
  publishNotReadyAddresses: false,
  trafficDistribution: undefined,
};

/** For whom an endpoint is meant (discovery.k8s.io/v1 EndpointHints). */
export interface EndpointHints {
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
}

/** One endpoint of an EndpointSlice (discovery.k8s.io/v1). */
export interface Endpoint {
  /** The first of its addresses: all that kube-proxy looks at. */
  readonly address: IpAddress;
  /** undefined counts as true. */
  readonly ready: boolean | undefined;
  /** undefined counts as true for kube-proxy. */
  readonly serving: boolean | undefined;
  readonly terminating: boolean | undefined;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
  readonly hints: EndpointHints | undefined;
  /** `namespace/name` of the pod, where there is one. */
  readonly target: string | undefined;
}

/** An EndpointSlice of addressType IPv4 or IPv6: of the family that its endpoints' addresses are. */
export interface EndpointSlice {
  readonly namespace: string;
  readonly name: string;
  /** Label kubernetes.io/service-name. */
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: number }[];
  readonly endpoints: readonly Endpoint[];
  /**
   * Whether the EndpointSlice controller made it (label endpointslice.kubernetes.io/managed-by): it stands for what
   * would be derived from the Service's selector. Others come besides that.
   */
  readonly managed?: boolean;
}

/** Everything that the agents of a cluster see, complete: addresses and ports handed out, slices derived. */
export interface Cluster {
  /** flannel's Network, kube-proxy's clusterCIDR. */
  readonly podCIDR: Ipv4Prefix;
  readonly serviceCIDR: Ipv4Prefix;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  /** Why the network's IPAM refused a pod an address, by `namespace/name`. */
  readonly whyNoIP?: ReadonlyMap<string, string>;
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  /** Calico's own objects, and what its IPAM has handed out; of another network undefined. */
  readonly calico?: CalicoObjects | undefined;
}
