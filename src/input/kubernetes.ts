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
  readonly spec: {
    readonly type?: Opt<'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'>;
    readonly clusterIP?: Opt<string>;
    readonly selector?: Opt<Strings>;
    readonly ports?: Opt<
      readonly {
        readonly name?: Opt<string>;
        readonly protocol?: Opt<ProtocolFile>;
        readonly port: number;
        readonly targetPort?: Opt<number | string>;
        readonly nodePort?: Opt<number>;
      }[]
    >;
  };
}

export interface SliceObject {
  readonly metadata: MetadataFile;
  readonly addressType: string;
  readonly ports?: Opt<
    readonly { readonly name?: Opt<string>; readonly protocol?: Opt<ProtocolFile>; readonly port: number }[] | null
  >;
  readonly endpoints?: Opt<
    | readonly {
        readonly addresses: readonly string[];
        readonly nodeName?: Opt<string>;
        readonly conditions?: Opt<{
          readonly ready?: Opt<boolean>;
          readonly serving?: Opt<boolean>;
          readonly terminating?: Opt<boolean>;
        }>;
        readonly targetRef?: Opt<{ readonly namespace?: Opt<string>; readonly name?: Opt<string> }>;
      }[]
    | null
  >;
}
