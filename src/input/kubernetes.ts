import type { ServiceFile } from './lab-file.js';

/**
 * Kubernetes objects as far as they are read, in the API's own spelling. `kubernetes-schema.ts` checks that an object
 * is one.
 */
export interface ObjectFile {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface NamedFile {
  readonly metadata: { readonly name: string };
}

export interface ListFile {
  readonly items: readonly unknown[];
}

type Opt<T> = T | undefined;
type Strings = Readonly<Record<string, string>>;

interface MetadataFile {
  readonly name: string;
  readonly namespace?: Opt<string>;
  readonly labels?: Opt<Strings>;
  readonly annotations?: Opt<Strings>;
  readonly deletionTimestamp?: Opt<string>;
}

export interface NodeObject {
  readonly metadata: MetadataFile;
  readonly spec?: Opt<{ readonly podCIDR?: Opt<string> }>;
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

export type ProtocolFile = 'TCP' | 'UDP' | 'SCTP';

export interface PodObject {
  readonly metadata: MetadataFile;
  readonly spec: {
    readonly nodeName?: Opt<string>;
    readonly hostNetwork?: Opt<boolean>;
    readonly containers: readonly {
      readonly ports?: Opt<
        readonly {
          readonly name?: Opt<string>;
          readonly containerPort: number;
          readonly protocol?: Opt<ProtocolFile>;
          readonly hostPort?: Opt<number>;
          readonly hostIP?: Opt<string>;
        }[]
      >;
    }[];
  };
  readonly status?: Opt<{
    readonly podIP?: Opt<string>;
    readonly phase?: Opt<string>;
    readonly conditions?: Opt<readonly { readonly type: string; readonly status: string }[]>;
  }>;
}

export interface ServiceObject {
  readonly metadata: MetadataFile;
  /** What an entry of a lab's `services:` has in the same words. */
  readonly spec: Omit<
    ServiceFile,
    'labels' | 'annotations' | 'ingress' | 'port' | 'targetPort' | 'nodePort' | 'protocol'
  >;
  readonly status?: Opt<{ readonly loadBalancer?: Opt<{ readonly ingress?: ServiceFile['ingress'] }> }>;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly nodeName?: Opt<string>;
  readonly zone?: Opt<string>;
  readonly hints?: Opt<{
    readonly forZones?: Opt<readonly { readonly name: string }[]>;
    readonly forNodes?: Opt<readonly { readonly name: string }[]>;
  }>;
  readonly conditions?: Opt<{
    readonly ready?: Opt<boolean>;
    readonly serving?: Opt<boolean>;
    readonly terminating?: Opt<boolean>;
  }>;
  readonly targetRef?: Opt<{ readonly namespace?: Opt<string>; readonly name?: Opt<string> }>;
}

export interface SliceObject {
  readonly metadata: MetadataFile;
  readonly addressType: string;
  readonly ports?: Opt<
    readonly { readonly name?: Opt<string>; readonly protocol?: Opt<ProtocolFile>; readonly port: number }[] | null
  >;
  readonly endpoints?: Opt<readonly SliceEndpoint[] | null>;
}
