import type { CalicoFile } from './calico/calico-file.js';

/**
 * A lab file as it is written: what `lab-schema.ts` lets through. `read-lab.ts` completes it to a `Lab`.
 */
export interface LabFile {
  readonly podpath?: 1 | undefined;
  readonly description?: string | undefined;
  readonly podCIDR?: string | undefined;
  readonly serviceCIDR?: string | undefined;
  /** `30000-32767`. */
  readonly serviceNodePortRange?: string | undefined;
  /** Of all segments that do not say their own. */
  readonly mtu?: number | undefined;
  readonly segments?: Named<string | SegmentFile> | undefined;
  readonly routers?: Named<readonly string[] | RouterFile> | undefined;
  readonly hosts?: Named<string | HostFile> | undefined;
  readonly nodes?: Named<string | NodeFile> | undefined;
  readonly pods?: Named<string | PodFile> | undefined;
  readonly services?: Named<ServiceFile> | undefined;
  readonly cni?: string | CniFile | undefined;
  readonly calico?: CalicoFile | undefined;
  readonly kubeProxy?: ProxyModeFile | KubeProxyFile | undefined;
  readonly kubelet?: 'on' | 'off' | undefined;
  /** By place: `node-1`, `pod/web-0`, or `node/*` for all of a kind. */
  readonly sysctl?: Named<Named<string | number>> | undefined;
  readonly links?: Named<Named<LinkFile>> | undefined;
  readonly commands?: Named<Commands> | undefined;
  /** Control commands in order: a line, or one by its place. */
  readonly events?: readonly LineFile[] | undefined;
  readonly faults?: Named<FaultFile> | undefined;
  readonly manifest?: string | readonly unknown[] | undefined;
  readonly expect?: readonly (string | Named<string>)[] | undefined;
}

/** What a map of the file is keyed by. */
export type Named<T> = Readonly<Record<string, T>>;

/** Lines that the real tools take. */
export type Commands = string | readonly string[];

/** A control command that needs no machine, or lines by their place. */
export type LineFile = string | Named<Commands>;

/** Lines in order, or by place; `description` and `events` are no places. */
export type FaultFile = string | readonly LineFile[] | FaultMapFile;

type FaultMapFile = Named<Commands> & {
  readonly description?: string | undefined;
  readonly events?: readonly LineFile[] | undefined;
};

export interface SegmentFile {
  readonly subnet: string;
  readonly mtu?: number | undefined;
}

export interface RouterFile {
  readonly addresses: readonly string[];
  readonly routes?: Named<string> | undefined;
  readonly bgp?: RouterBgpFile | undefined;
}

/** Our words, or BIRD's. */
export interface RouterBgpFile {
  readonly as: number;
  readonly routerId?: string | undefined;
  readonly clusterId?: string | undefined;
  readonly neighbors?: readonly RouterNeighborFile[] | undefined;
  readonly announce?: readonly string[] | undefined;
  readonly aggregates?: readonly AggregateFile[] | undefined;
  readonly fibLimit?: number | undefined;
}

export interface AggregateFile {
  readonly net: string;
  readonly asSet?: boolean | undefined;
  readonly summaryOnly?: boolean | undefined;
  readonly origin?: 'IGP' | 'EGP' | 'INCOMPLETE' | undefined;
}

export interface RouterNeighborFile {
  readonly address: string;
  readonly as: number;
  readonly rrClient?: boolean | undefined;
  readonly nextHopSelf?: boolean | undefined;
  readonly addPaths?: boolean | undefined;
  readonly passive?: boolean | undefined;
  readonly password?: string | undefined;
  readonly import?: readonly string[] | undefined;
  readonly export?: readonly string[] | undefined;
}

export interface HostFile {
  readonly address: string;
  readonly segment?: string | undefined;
  readonly listen?: readonly ListenFile[] | undefined;
  readonly routes?: Named<string> | undefined;
}

export interface NodeFile {
  readonly address: string;
  readonly segment?: string | undefined;
  readonly podCIDR?: string | undefined;
  readonly mtu?: number | undefined;
  readonly labels?: Named<string> | undefined;
  readonly annotations?: Named<string> | undefined;
  readonly off?: readonly string[] | undefined;
}

export interface PodFile {
  readonly node: string;
  readonly ip?: string | undefined;
  readonly hostNetwork?: boolean | undefined;
  readonly labels?: Named<string> | undefined;
  readonly annotations?: Named<string> | undefined;
  readonly ports?: readonly (number | string | ContainerPortFile)[] | undefined;
  readonly ready?: boolean | undefined;
  readonly terminating?: boolean | undefined;
  readonly listen?: readonly ListenFile[] | undefined;
}

export interface ContainerPortFile {
  readonly name?: string | undefined;
  readonly containerPort: number;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP' | undefined;
  readonly hostPort?: number | undefined;
  readonly hostIP?: string | undefined;
}

/** `8080`, `53/udp`, `127.0.0.1:8080`, or all of it in words. */
export type ListenFile = number | string | ListenerFile;

export interface ListenerFile {
  readonly port: number;
  readonly protocol?: 'tcp' | 'udp' | 'sctp' | undefined;
  readonly address?: string | undefined;
  readonly behaviour?: 'echo' | 'sink' | undefined;
}

/** In the API's words, those of `metadata`, `spec` and `status.loadBalancer` side by side. */
export interface ServiceFile {
  readonly labels?: Named<string> | undefined;
  readonly annotations?: Named<string> | undefined;
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName' | undefined;
  readonly clusterIP?: string | undefined;
  /** One of each family. */
  readonly clusterIPs?: readonly string[] | undefined;
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[] | undefined;
  readonly selector?: Named<string> | undefined;
  readonly port?: number | undefined;
  readonly targetPort?: number | string | undefined;
  readonly nodePort?: number | undefined;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP' | undefined;
  readonly ports?: readonly ServicePortFile[] | undefined;
  readonly externalName?: string | undefined;
  readonly externalIPs?: readonly string[] | undefined;
  readonly sessionAffinity?: 'None' | 'ClientIP' | undefined;
  readonly sessionAffinityConfig?: AffinityConfigFile | undefined;
  readonly externalTrafficPolicy?: 'Cluster' | 'Local' | undefined;
  readonly internalTrafficPolicy?: 'Cluster' | 'Local' | undefined;
  readonly healthCheckNodePort?: number | undefined;
  readonly loadBalancerSourceRanges?: readonly string[] | undefined;
  readonly ingress?: readonly (string | IngressFile)[] | undefined;
  readonly allocateLoadBalancerNodePorts?: boolean | undefined;
  readonly publishNotReadyAddresses?: boolean | undefined;
  readonly trafficDistribution?: 'PreferClose' | 'PreferSameZone' | 'PreferSameNode' | undefined;
}

export interface AffinityConfigFile {
  readonly clientIP?: { readonly timeoutSeconds?: number | undefined } | undefined;
}

/** An entry of status.loadBalancer.ingress. */
export interface IngressFile {
  readonly ip?: string | undefined;
  readonly ipMode?: 'VIP' | 'Proxy' | undefined;
  readonly hostname?: string | undefined;
}

export interface ServicePortFile {
  readonly name?: string | undefined;
  readonly port: number;
  readonly targetPort?: number | string | undefined;
  readonly nodePort?: number | undefined;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP' | undefined;
}

/** `name` and whatever options the plug-in reads. */
export interface CniFile {
  readonly name: string;
  readonly [option: string]: unknown;
}

export type ProxyModeFile = 'iptables' | 'ipvs' | 'none';

/** As KubeProxyConfiguration spells it (kubeproxy.config.k8s.io/v1alpha1), and two things that its machine decides. */
export interface KubeProxyFile {
  readonly mode?: ProxyModeFile | undefined;
  /** The same as `iptables.masqueradeAll`. */
  readonly masqueradeAll?: boolean | undefined;
  /** A prefix, one of each family with a comma between, or `none`. */
  readonly clusterCIDR?: string | undefined;
  readonly detectLocalMode?: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix' | undefined;
  readonly detectLocal?:
    | {
        readonly bridgeInterface?: string | undefined;
        readonly interfaceNamePrefix?: string | undefined;
      }
    | undefined;
  readonly nodePortAddresses?: readonly string[] | undefined;
  readonly iptables?:
    | {
        readonly masqueradeBit?: number | undefined;
        readonly localhostNodePorts?: boolean | undefined;
        readonly masqueradeAll?: boolean | undefined;
      }
    | undefined;
  readonly ipvs?:
    | {
        readonly scheduler?: string | undefined;
        readonly strictARP?: boolean | undefined;
        readonly excludeCIDRs?: readonly string[] | undefined;
      }
    | undefined;
  readonly randomFully?: boolean | undefined;
  readonly nfacct?: boolean | undefined;
}

export interface LinkFile {
  readonly mtu?: number | undefined;
  readonly state?: 'up' | 'down' | undefined;
  readonly address?: string | undefined;
}
