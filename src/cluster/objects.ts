import type { Ipv4, Ipv4Prefix } from '../address/index.js';

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
  readonly ports: readonly ContainerPort[];
  /** Condition Ready. */
  readonly ready: boolean;
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

/** A Service. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** `None` for a headless Service; undefined: one is to be allocated. */
  readonly clusterIP: Ipv4 | 'None' | undefined;
  /** undefined: EndpointSlices are given by hand. */
  readonly selector: Labels | undefined;
  readonly ports: readonly ServicePort[];
}

/** One endpoint of an EndpointSlice (discovery.k8s.io/v1). */
export interface Endpoint {
  readonly address: Ipv4;
  /** undefined counts as true. */
  readonly ready: boolean | undefined;
  /** undefined counts as `ready`. */
  readonly serving: boolean | undefined;
  readonly terminating: boolean | undefined;
  readonly nodeName: string | undefined;
  /** `namespace/name` of the pod, where there is one. */
  readonly target: string | undefined;
}

/** An EndpointSlice. */
export interface EndpointSlice {
  readonly namespace: string;
  readonly name: string;
  /** Label kubernetes.io/service-name. */
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: number }[];
  readonly endpoints: readonly Endpoint[];
}

/** Everything that the agents of a cluster see, complete: addresses and ports handed out, slices derived. */
export interface Cluster {
  /** flannel's Network, kube-proxy's clusterCIDR. */
  readonly podCIDR: Ipv4Prefix;
  readonly serviceCIDR: Ipv4Prefix;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
}
