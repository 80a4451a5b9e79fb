import type { EncapsulationMode } from '../../cluster/index.js';

/**
 * Calico's objects as they are written, in the words of projectcalico.org/v3: what `calico-schema.ts` lets through. What
 * is not read is left out.
 */
type Opt<T> = T | undefined;

/** A lab's section `calico:`. */
export interface CalicoFile {
  readonly ipPools?: Opt<Readonly<Record<string, string | IPPoolFile>>>;
  readonly ipReservations?: Opt<readonly string[]>;
  readonly ipamConfig?: Opt<IPAMConfigFile>;
  /** By node, the blocks that are affine to it. */
  readonly blocks?: Opt<Readonly<Record<string, readonly (string | LabBlockFile)[]>>>;
  readonly bgpConfiguration?: Opt<BGPConfigurationFile>;
  readonly bgpPeers?: Opt<Readonly<Record<string, BGPPeerFile>>>;
  readonly bgpFilters?: Opt<Readonly<Record<string, BGPFilterFile>>>;
  readonly felixConfiguration?: Opt<FelixConfigurationFile>;
}

export interface LabBlockFile {
  readonly cidr: string;
  readonly state?: Opt<'confirmed' | 'pending' | 'pendingDeletion'>;
}

export interface IPPoolFile {
  readonly cidr: string;
  readonly blockSize?: Opt<number>;
  readonly ipipMode?: Opt<EncapsulationMode>;
  readonly vxlanMode?: Opt<EncapsulationMode>;
  readonly natOutgoing?: Opt<boolean>;
  readonly disabled?: Opt<boolean>;
  readonly disableBGPExport?: Opt<boolean>;
  readonly nodeSelector?: Opt<string>;
  readonly allowedUses?: Opt<readonly ('Workload' | 'Tunnel' | 'LoadBalancer')[]>;
}

export interface IPReservationFile {
  readonly reservedCIDRs?: Opt<readonly string[]>;
}

export interface IPAMConfigFile {
  readonly strictAffinity?: Opt<boolean>;
  readonly autoAllocateBlocks?: Opt<boolean>;
  readonly maxBlocksPerHost?: Opt<number>;
}

export interface BlockAffinityFile {
  readonly cidr: string;
  readonly node: string;
  readonly state?: Opt<'' | 'confirmed' | 'pending' | 'pendingDeletion'>;
  readonly deleted?: Opt<string | boolean>;
}

export interface IPAMBlockFile {
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

/** A number, the same as text, or `1.10` for 65546. */
export type ASNumberFile = number | string;

export interface BGPConfigurationFile {
  readonly asNumber?: Opt<ASNumberFile>;
  readonly nodeToNodeMeshEnabled?: Opt<boolean>;
  readonly serviceClusterIPs?: Opt<readonly (string | { readonly cidr: string })[]>;
  readonly serviceExternalIPs?: Opt<readonly (string | { readonly cidr: string })[]>;
  readonly serviceLoadBalancerIPs?: Opt<readonly (string | { readonly cidr: string })[]>;
  readonly communities?: Opt<readonly { readonly name: string; readonly value: string }[]>;
  readonly prefixAdvertisements?: Opt<
    readonly { readonly cidr: string; readonly communities?: Opt<readonly string[]> }[]
  >;
  readonly nodeMeshMaxRestartTime?: Opt<string>;
}

export interface BGPPeerFile {
  readonly node?: Opt<string>;
  readonly nodeSelector?: Opt<string>;
  readonly peerIP?: Opt<string>;
  readonly asNumber?: Opt<ASNumberFile>;
  readonly peerSelector?: Opt<string>;
  readonly keepOriginalNextHop?: Opt<boolean>;
  readonly nextHopMode?: Opt<'Auto' | 'Self' | 'Keep'>;
  readonly sourceAddress?: Opt<'UseNodeIP' | 'None'>;
  readonly filters?: Opt<readonly string[]>;
  readonly maxRestartTime?: Opt<string>;
  readonly numAllowedLocalASNumbers?: Opt<number>;
  readonly password?: Opt<{ readonly secretKeyRef?: Opt<{ readonly name: string; readonly key: string }> }>;
}

export interface BGPFilterRuleFile {
  readonly action: 'Accept' | 'Reject';
  readonly matchOperator?: Opt<'Equal' | 'NotEqual' | 'In' | 'NotIn'>;
  readonly cidr?: Opt<string>;
  readonly prefixLength?: Opt<{ readonly min?: Opt<number>; readonly max?: Opt<number> }>;
  readonly source?: Opt<'RemotePeers'>;
  readonly interface?: Opt<string>;
}

export interface BGPFilterFile {
  readonly exportV4?: Opt<readonly BGPFilterRuleFile[]>;
  readonly importV4?: Opt<readonly BGPFilterRuleFile[]>;
}

export interface FelixConfigurationFile {
  readonly defaultEndpointToHostAction?: Opt<'Drop' | 'Return' | 'Accept'>;
  readonly chainInsertMode?: Opt<'insert' | 'append' | 'Insert' | 'Append'>;
  readonly iptablesFilterAllowAction?: Opt<'Accept' | 'Return'>;
  readonly iptablesMangleAllowAction?: Opt<'Accept' | 'Return'>;
  readonly iptablesMarkMask?: Opt<number>;
  readonly ipipMTU?: Opt<number>;
  readonly vxlanMTU?: Opt<number>;
  readonly vxlanVNI?: Opt<number>;
  readonly vxlanPort?: Opt<number>;
  readonly deviceRouteProtocol?: Opt<number>;
  readonly removeExternalRoutes?: Opt<boolean>;
  readonly natOutgoingAddress?: Opt<string>;
  /** `32768:65535`. */
  readonly natPortRange?: Opt<number | string>;
  readonly allowVXLANPacketsFromWorkloads?: Opt<boolean>;
  readonly allowIPIPPacketsFromWorkloads?: Opt<boolean>;
  readonly disableConntrackInvalidCheck?: Opt<boolean>;
  readonly serviceLoopPrevention?: Opt<'Drop' | 'Reject' | 'Disabled'>;
}

/** A Node of projectcalico.org/v3: what calicoctl prints of the annotations of Kubernetes' own. */
export interface CalicoNodeFile {
  readonly bgp?: Opt<{
    readonly ipv4Address?: Opt<string>;
    readonly asNumber?: Opt<ASNumberFile>;
    readonly ipv4IPIPTunnelAddr?: Opt<string>;
    readonly routeReflectorClusterID?: Opt<string>;
  }>;
  readonly ipv4VXLANTunnelAddr?: Opt<string>;
  readonly vxlanTunnelMACAddr?: Opt<string>;
}

/** What a kind of object has for its `spec`. */
export interface CalicoSpecs {
  readonly IPPool: IPPoolFile;
  readonly IPReservation: IPReservationFile;
  readonly IPAMConfig: IPAMConfigFile;
  readonly BlockAffinity: BlockAffinityFile;
  readonly IPAMBlock: IPAMBlockFile;
  readonly BGPConfiguration: BGPConfigurationFile;
  readonly BGPPeer: BGPPeerFile;
  readonly BGPFilter: BGPFilterFile;
  readonly FelixConfiguration: FelixConfigurationFile;
  readonly Node: CalicoNodeFile;
}
