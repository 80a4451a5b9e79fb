/** One endpoint, as a node may use it. */
export interface EndpointRow {
  /** `10.244.1.2:8080`. */
  readonly address: string;
  /** `pod/default/web-1`; undefined for an address of nobody known. */
  readonly target: string | undefined;
  readonly nodeName: string | undefined;
}

/** Why a node does not use an endpoint. */
export type UnusedBecause =
  /** Its pod is not ready, nor terminating. */
  | { readonly code: 'not-ready' }
  /** Its pod is terminating and serves no more. */
  | { readonly code: 'stopped' }
  /** Its pod terminates and still serves, but others are ready. */
  | { readonly code: 'terminating' }
  /** Hints mean it for other nodes or zones. */
  | { readonly code: 'hinted-nodes' | 'hinted-zones'; readonly hinted: readonly string[]; readonly mine: string }
  /** It is on another node, and only endpoints of the node itself count. */
  | { readonly code: 'other-node' }
  /** Its slice has no port of that name and protocol. */
  | { readonly code: 'no-port'; readonly port: string };

/** An endpoint that a node leaves out. */
export interface UnusedRow extends EndpointRow {
  readonly because: UnusedBecause;
}

/** What becomes of a packet for one kind of address of a Service port. */
export type Fate =
  /** It goes to one of the endpoints that are listed for it. */
  | 'cluster'
  | 'local'
  /** There is no endpoint anywhere: it is answered with an ICMP error. */
  | 'rejected'
  /** There are endpoints, but none here, where only those of the node count: iptables mode drops. */
  | 'dropped'
  /** The same in IPVS mode, whose virtual service is empty then: it answers with an ICMP error. */
  | 'rejected-here';

/** One Service port as kube-proxy of one node deals with it. */
export interface PortOnNode {
  readonly node: string;
  /** Endpoints for traffic policy Cluster. */
  readonly cluster: readonly EndpointRow[];
  /** Endpoints for traffic policy Local. */
  readonly local: readonly EndpointRow[];
  /** Endpoints that no traffic of this node goes to. */
  readonly unused: readonly UnusedRow[];
  /** Of packets to the cluster IP. */
  readonly internal: Fate;
  /** Of packets from outside to a node port, external IP or load balancer VIP; undefined where there is none. */
  readonly external: Fate | undefined;
}

/** One port of a Service. */
export interface ServicePortRow {
  /** As kube-proxy calls it: `default/web:http`. */
  readonly id: string;
  /** Empty for the only port. */
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** A number, or the name of a container port. */
  readonly targetPort: number | string;
  readonly nodePort: number | undefined;
  /** Whether any node has an endpoint to send to; undefined where kube-proxy does not serve the Service. */
  readonly usable: boolean | undefined;
  readonly nodes: readonly PortOnNode[];
}

/** A pod that one could take for an endpoint, and is none. */
export interface NoEndpointRow {
  /** `pod/default/web-2`. */
  readonly pod: string;
  readonly because: readonly NoEndpointBecause[];
}

/** Why a pod is no endpoint of a Service. */
export type NoEndpointBecause =
  | { readonly code: 'labels'; readonly key: string; readonly wanted: string; readonly found: string | undefined }
  | { readonly code: 'namespace'; readonly namespace: string }
  | { readonly code: 'no-address' };

/** What an external load balancer learns from the health check port of one node. */
export interface HealthRow {
  readonly node: string;
  readonly status: 200 | 503;
  /** Ready endpoints on the node. */
  readonly localEndpoints: number;
}

/** Why kube-proxy installs nothing for a Service. */
export type NotServedBecause = 'headless' | 'external-name' | 'other-proxy' | 'no-proxy';

/** A Service, and what kube-proxy makes of it. */
export interface ServiceRow {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIPs: readonly string[];
  readonly externalIPs: readonly string[];
  readonly loadBalancer: readonly { readonly ip: string; readonly ipMode: 'VIP' | 'Proxy' }[];
  /** Empty: all clients. */
  readonly loadBalancerSourceRanges: readonly string[];
  /** undefined: its EndpointSlices are made by hand. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  /** undefined where nothing external leads to it. */
  readonly externalTrafficPolicy: 'Cluster' | 'Local' | undefined;
  /** Seconds of sessionAffinity ClientIP; undefined for None. */
  readonly affinitySeconds: number | undefined;
  readonly healthCheckNodePort: number | undefined;
  readonly notServed: NotServedBecause | undefined;
  readonly ports: readonly ServicePortRow[];
  readonly noEndpoints: readonly NoEndpointRow[];
  /** By node; empty without a health check port. */
  readonly health: readonly HealthRow[];
}

/** Whether some port of a Service that kube-proxy serves has no endpoint to send to. */
export function lacksEndpoints({ ports }: ServiceRow): boolean {
  return ports.some(({ usable }) => usable === false);
}
