import type { Ipv4, Ipv4Prefix } from '../address/index.js';

/**
 * Calico's API objects, as far as the packet path depends on them, and what its IPAM has given out. Fields have the names
 * of projectcalico.org/v3 (github.com/projectcalico/api, from 3.21 to 3.30); `CALICO_KINDS` says how they are written.
 */
export interface CalicoObjects {
  readonly ipPools: readonly IPPool[];
  readonly ipReservations: readonly Ipv4Prefix[];
  readonly blocks: readonly IPAMBlock[];
  readonly ipamConfig: IPAMConfig;
  readonly bgpConfiguration: BGPConfiguration;
  readonly bgpPeers: readonly BGPPeer[];
  readonly bgpFilters: readonly BGPFilter[];
  readonly felixConfiguration: FelixConfiguration;
}

/** When a pool's packets are encapsulated: always, never, or on their way to nodes of other subnets. */
export type EncapsulationMode = 'Always' | 'CrossSubnet' | 'Never';

/** IPPool: prefixes that IPAM takes blocks from, and how packets between their addresses travel. */
export interface IPPool {
  readonly name: string;
  readonly cidr: Ipv4Prefix;
  /** Prefix length of its blocks, 20 to 32; 26 unless given. */
  readonly blockSize: number;
  /** One of the two modes is `Never`: checkIPPool(). */
  readonly ipipMode: EncapsulationMode;
  readonly vxlanMode: EncapsulationMode;
  /** Packets from its addresses to such of no pool are masqueraded. */
  readonly natOutgoing: boolean;
  /** Nothing more is allocated from it; its routes and NAT stay. */
  readonly disabled: boolean;
  /** None of its routes are announced. */
  readonly disableBGPExport: boolean;
  /** A Calico selector on nodes; `all()` unless given. */
  readonly nodeSelector: string;
  /** Whether pods and tunnel devices get addresses of it. */
  readonly allowedUses: readonly ('Workload' | 'Tunnel')[];
}

/** What an address of a block is used for: a pod, or a node's own tunnel device. */
export interface IPAMAllocation {
  readonly address: Ipv4;
  /** `k8s-pod-network.CONTAINERID`, `ipip-tunnel-addr-NODE`, `vxlan-tunnel-addr-NODE`. */
  readonly handle: string;
  /** The node that uses it; another than the block's when it was borrowed. */
  readonly node: string;
  /** `namespace/name`; undefined for a tunnel's. */
  readonly pod: string | undefined;
}

/** A block of a pool, and the node that it is affine to. */
export interface IPAMBlock {
  readonly cidr: Ipv4Prefix;
  /** undefined: of no node. */
  readonly affinity: string | undefined;
  /** Only a confirmed affinity makes BIRD announce the block in place of its addresses. */
  readonly state: 'confirmed' | 'pending' | 'pendingDeletion';
  readonly allocations: readonly IPAMAllocation[];
}

/** IPAMConfig (to calicoctl IPAMConfiguration) `default`. */
export interface IPAMConfig {
  /** No address of another node's block is borrowed. */
  readonly strictAffinity: boolean;
  /** A node claims a further block when its own are full. */
  readonly autoAllocateBlocks: boolean;
  /** 20 unless given (libcalico-go 3.21 lib/ipam/ipam.go, autoAssign()). */
  readonly maxBlocksPerHost: number;
}

/** `64512:100` as a uint32, the first number in its upper half (RFC 1997), or the three uint32 of a large one (RFC 8092). */
export type Community = number | readonly [number, number, number];

/** BGPConfiguration `default`. */
export interface BGPConfiguration {
  /** Of nodes without an own one, uint32; 64512 unless given. */
  readonly asNumber: number;
  readonly nodeToNodeMeshEnabled: boolean;
  readonly serviceClusterIPs: readonly Ipv4Prefix[];
  readonly serviceExternalIPs: readonly Ipv4Prefix[];
  readonly serviceLoadBalancerIPs: readonly Ipv4Prefix[];
  /** Names that `prefixAdvertisements` may use. */
  readonly communities: readonly { readonly name: string; readonly value: Community }[];
  /** Communities, or names of such, that announcements within a prefix get. */
  readonly prefixAdvertisements: readonly { readonly cidr: Ipv4Prefix; readonly communities: readonly string[] }[];
  /** Seconds; 120 unless given. */
  readonly nodeMeshMaxRestartTime: number;
}

/** BGPPeer: sessions of one node, of those that a selector finds, or of all, with one address or with the nodes of a selector. */
export interface BGPPeer {
  readonly name: string;
  readonly node: string | undefined;
  /** undefined together with `node`: all nodes. */
  readonly nodeSelector: string | undefined;
  /** undefined together with `peerSelector`: no session comes of it. */
  readonly peerIP: Ipv4 | undefined;
  /** Of the neighbour, uint32; undefined where it is that of each node that `peerSelector` finds. */
  readonly asNumber: number | undefined;
  readonly peerSelector: string | undefined;
  /** Towards another AS NEXT_HOP stays what it was. */
  readonly keepOriginalNextHop: boolean;
  /** 3.30.2 and later: `Auto`, `Self` or `Keep`. */
  readonly nextHopMode: 'Auto' | 'Self' | 'Keep' | undefined;
  /** Names of BGPFilters, 3.26 and later. */
  readonly filters: readonly string[];
  /** Seconds; BIRD's 120 unless given. */
  readonly maxRestartTime: number | undefined;
  /** How often the own AS may stand in AS_PATH. */
  readonly numAllowedLocalASNumbers: number;
  /** TCP MD5. What is in the Secret no object says. */
  readonly password: { readonly secretKeyRef: { readonly name: string; readonly key: string } | undefined } | undefined;
}

/** One rule of a BGPFilter; what is undefined may be anything. */
export interface BGPFilterRule {
  readonly action: 'Accept' | 'Reject';
  readonly matchOperator: 'Equal' | 'NotEqual' | 'In' | 'NotIn' | undefined;
  readonly cidr: Ipv4Prefix | undefined;
  /** Both included. */
  readonly prefixLength: { readonly min: number; readonly max: number } | undefined;
  readonly source: 'RemotePeers' | undefined;
  /** A device's name, in which `*` stands for any characters. */
  readonly interface: string | undefined;
}

/** BGPFilter (Calico 3.26 and later). */
export interface BGPFilter {
  readonly name: string;
  readonly exportV4: readonly BGPFilterRule[];
  readonly importV4: readonly BGPFilterRule[];
}

/** FelixConfiguration `default`, as far as it changes what is forwarded. */
export interface FelixConfiguration {
  /** What becomes of packets from pods to their own node: Felix drops them, Calico's manifests say Accept. */
  readonly defaultEndpointToHostAction: 'Drop' | 'Return' | 'Accept';
  readonly chainInsertMode: 'insert' | 'append';
  readonly iptablesFilterAllowAction: 'Accept' | 'Return';
  readonly iptablesMangleAllowAction: 'Accept' | 'Return';
  /** uint32; 0xffff0000 unless given. */
  readonly iptablesMarkMask: number;
  /** Bytes; undefined: by the uplink, less what the tunnel adds. Likewise the next. */
  readonly ipipMTU: number | undefined;
  readonly vxlanMTU: number | undefined;
  /** uint24. */
  readonly vxlanVNI: number;
  readonly vxlanPort: number;
  /** rtm_protocol of the routes that Felix writes; 3 (boot) unless given. */
  readonly deviceRouteProtocol: number;
  /** Felix takes routes away that others have put on its devices. */
  readonly removeExternalRoutes: boolean;
  /** undefined: MASQUERADE chooses. */
  readonly natOutgoingAddress: Ipv4 | undefined;
  /** Both included; undefined: MASQUERADE or SNAT chooses. */
  readonly natPortRange: { readonly min: number; readonly max: number } | undefined;
  readonly allowVXLANPacketsFromWorkloads: boolean;
  readonly allowIPIPPacketsFromWorkloads: boolean;
  readonly disableConntrackInvalidCheck: boolean;
  readonly serviceLoopPrevention: 'Drop' | 'Reject' | 'Disabled';
}

/** Annotations that calico/node keeps on its Node where the datastore is Kubernetes (libcalico-go lib/backend/k8s/resources/node.go). */
export const NODE_ANNOTATIONS = {
  /** With the prefix length: `192.168.56.11/24`. */
  ipv4Address: 'projectcalico.org/IPv4Address',
  asNumber: 'projectcalico.org/ASNumber',
  routeReflectorClusterID: 'projectcalico.org/RouteReflectorClusterID',
  ipv4IPIPTunnelAddr: 'projectcalico.org/IPv4IPIPTunnelAddr',
  ipv4VXLANTunnelAddr: 'projectcalico.org/IPv4VXLANTunnelAddr',
  vxlanTunnelMACAddr: 'projectcalico.org/VXLANTunnelMACAddr',
} as const;
