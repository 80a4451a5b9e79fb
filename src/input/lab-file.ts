/**
 * A lab file as it is written: what `lab-schema.ts` lets through. `read-lab.ts` completes it to a `Lab`.
 */
export interface LabFile {
  readonly podpath?: 1 | undefined;
  readonly description?: string | undefined;
  readonly podCIDR?: string | undefined;
  readonly serviceCIDR?: string | undefined;
  /** Of all segments that do not say their own. */
  readonly mtu?: number | undefined;
  readonly segments?: Named<string | SegmentFile> | undefined;
  readonly routers?: Named<readonly string[] | RouterFile> | undefined;
  readonly hosts?: Named<string | HostFile> | undefined;
  readonly nodes?: Named<string | NodeFile> | undefined;
  readonly pods?: Named<string | PodFile> | undefined;
  readonly services?: Named<ServiceFile> | undefined;
  readonly cni?: string | CniFile | undefined;
  readonly kubeProxy?: 'iptables' | 'none' | KubeProxyFile | undefined;
  readonly kubelet?: 'on' | 'off' | undefined;
  /** By place: `node-1`, `pod/web-0`, or `node/*` for all of a kind. */
  readonly sysctl?: Named<Named<string | number>> | undefined;
  readonly links?: Named<Named<LinkFile>> | undefined;
  readonly commands?: Named<Commands> | undefined;
  /** By name, then by place; `description` is no place. */
  readonly faults?: Named<Named<Commands>> | undefined;
  readonly manifest?: string | readonly unknown[] | undefined;
  readonly expect?: readonly (string | Named<string>)[] | undefined;
}

/** What a map of the file is keyed by. */
export type Named<T> = Readonly<Record<string, T>>;

/** Lines that the real tools take. */
export type Commands = string | readonly string[];

export interface SegmentFile {
  readonly subnet: string;
  readonly mtu?: number | undefined;
}

export interface RouterFile {
  readonly addresses: readonly string[];
  readonly routes?: Named<string> | undefined;
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
  readonly ports?: readonly (number | string | ContainerPortFile)[] | undefined;
  readonly ready?: boolean | undefined;
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

export interface ServiceFile {
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName' | undefined;
  readonly clusterIP?: string | undefined;
  readonly selector?: Named<string> | undefined;
  readonly port?: number | undefined;
  readonly targetPort?: number | string | undefined;
  readonly nodePort?: number | undefined;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP' | undefined;
  readonly ports?: readonly ServicePortFile[] | undefined;
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

export interface KubeProxyFile {
  readonly mode?: 'iptables' | 'none' | undefined;
  readonly masqueradeAll?: boolean | undefined;
  readonly clusterCIDR?: string | undefined;
}

export interface LinkFile {
  readonly mtu?: number | undefined;
  readonly state?: 'up' | 'down' | undefined;
  readonly address?: string | undefined;
}
