import type { CalicoKinds } from '../../cluster/index.js';

/**
 * Calico's objects as they are written, in the words of projectcalico.org/v3: what `calico-schema.ts` lets through. What
 * is not read is left out.
 */
type Opt<T> = T | undefined;

/** The spec of an object whose fields `CALICO_KINDS` has. */
export type Spec = Readonly<Record<string, unknown>>;

/** A lab's section `calico:`. */
export interface CalicoFile {
  readonly ipPools?: Opt<Readonly<Record<string, string | Spec>>>;
  readonly ipReservations?: Opt<readonly string[]>;
  readonly ipamConfig?: Opt<Spec>;
  /** By node, the blocks that are affine to it. */
  readonly blocks?: Opt<Readonly<Record<string, readonly (string | LabBlockFile)[]>>>;
  readonly bgpConfiguration?: Opt<Spec>;
  readonly bgpPeers?: Opt<Readonly<Record<string, Spec>>>;
  readonly bgpFilters?: Opt<Readonly<Record<string, Spec>>>;
  readonly felixConfiguration?: Opt<Spec>;
}

/** A block, with the state of its node's affinity to it. */
interface LabBlockFile {
  readonly cidr: string;
  readonly state?: Opt<'confirmed' | 'pending' | 'pendingDeletion'>;
}

/** An IPReservation. */
interface IPReservationFile {
  readonly reservedCIDRs?: Opt<readonly string[]>;
}

/** A BlockAffinity, as kubectl prints it. */
interface BlockAffinityFile {
  readonly cidr: string;
  readonly node: string;
  readonly state?: Opt<'' | 'confirmed' | 'pending' | 'pendingDeletion'>;
  readonly deleted?: Opt<string | boolean>;
}

/** An IPAMBlock (libcalico-go lib/apis/v3/ipam_block.go). */
interface IPAMBlockFile {
  readonly cidr: string;
  /** `host:node-1`. */
  readonly affinity?: Opt<string | null>;
  /** By ordinal, an index of `attributes`. */
  readonly allocations: readonly (number | null)[];
  readonly attributes: readonly {
    readonly handle_id?: Opt<string | null>;
    readonly secondary?: Opt<Readonly<Record<string, string>> | null>;
  }[];
  readonly deleted?: Opt<boolean>;
}

/** A Node of projectcalico.org/v3: what calicoctl prints of the annotations of Kubernetes' own. */
interface CalicoNodeFile {
  readonly bgp?: Opt<{
    readonly ipv4Address?: Opt<string>;
    readonly asNumber?: unknown;
    readonly ipv4IPIPTunnelAddr?: Opt<string>;
    readonly routeReflectorClusterID?: Opt<string>;
  }>;
  readonly ipv4VXLANTunnelAddr?: Opt<string>;
  readonly vxlanTunnelMACAddr?: Opt<string>;
}

/** What a kind of object has for its `spec`. */
export type CalicoSpecs = { readonly [K in keyof CalicoKinds]: Spec } & {
  readonly IPReservation: IPReservationFile;
  readonly BlockAffinity: BlockAffinityFile;
  readonly IPAMBlock: IPAMBlockFile;
  readonly Node: CalicoNodeFile;
};
