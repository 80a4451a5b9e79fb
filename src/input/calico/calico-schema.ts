import * as z from 'zod/mini';
import { anyAddress, anySubnet, bool, either, keys, name, number, oneOf, opt, port, text } from '../schema-words.js';
import type { CalicoFile, CalicoSpecs } from './calico-file.js';

/**
 * Calico's objects. Their fields are those of projectcalico.org/v3 (github.com/projectcalico/api, from 3.21 to 3.30); what
 * is known and not read may hold anything.
 */
const unread = (names: string): Record<string, z.ZodMiniOptional<z.ZodMiniUnknown>> =>
  Object.fromEntries(names.split(' ').map((each) => [each, z.optional(z.unknown())]));

const selector = z.string({ error: "a selector such as rack == 'a'" });
const encapsulation = oneOf(['Never', 'Always', 'CrossSubnet']);
const asNumber = either(
  [number(0, 0xffff_ffff, 'an AS number'), text(/^\d{1,10}(\.\d{1,5})?$/, 'an AS number such as 64512 or 1.10')],
  'an AS number such as 64512',
);
const duration = text(/^(\d+h)?(\d+m)?(\d+s)?$/, 'a duration such as 120s');
const mtu = number(0, 65535, 'an MTU in bytes, 0 for the right one');
const community = text(/^\d{1,10}:\d{1,10}(:\d{1,10})?$/, 'a community such as 64512:100 or 64512:1:2');
const cidrs = (about: string): z.ZodMiniOptional<z.ZodMiniType<(string | { cidr: string })[]>> =>
  opt(z.array(either([anySubnet, keys({ cidr: anySubnet })], 'a subnet, or a map with cidr')), about);
const acceptReturn = oneOf(['Accept', 'Return']);
const length = number(0, 32, 'a prefix length, 0 to 32');
const state = oneOf(['confirmed', 'pending', 'pendingDeletion']);

const ipPool = {
  cidr: anySubnet.check(z.describe('Addresses of the pool')),
  blockSize: opt(
    number(20, 128, 'a prefix length, 20 to 32'),
    'Prefix length of its blocks, 20 to 32; 26 when left out',
  ),
  ipipMode: opt(encapsulation, 'IP in IP; Never when left out'),
  vxlanMode: opt(encapsulation, 'VXLAN; Never when left out'),
  natOutgoing: opt(bool, 'Whether packets that leave all pools are masqueraded'),
  disabled: opt(bool, 'Nothing more is allocated from it'),
  disableBGPExport: opt(bool, 'Its routes are not announced'),
  nodeSelector: opt(selector, 'Nodes whose pods get addresses of it; all() when left out'),
  allowedUses: opt(z.array(oneOf(['Workload', 'Tunnel', 'LoadBalancer'])), 'Workload and Tunnel when left out'),
  ...unread('namespaceSelector assignmentMode ipip nat-outgoing'),
};

const ipamConfig = {
  strictAffinity: opt(bool, "No address of another node's block is borrowed"),
  autoAllocateBlocks: opt(bool, 'Whether a node may claim a further block; true when left out'),
  maxBlocksPerHost: opt(number(0, 65536, 'a number of blocks'), 'Blocks that a node may have; 20 when left out or 0'),
  ...unread('kubeVirtVMAddressPersistence'),
};

const bgpConfiguration = {
  asNumber: opt(asNumber, 'Of nodes without an own one; 64512 when left out'),
  nodeToNodeMeshEnabled: opt(bool, 'Whether each node has a session with each other; true when left out'),
  serviceClusterIPs: cidrs('Prefixes of cluster IPs that every node announces'),
  serviceExternalIPs: cidrs('Prefixes within which external IPs are announced'),
  serviceLoadBalancerIPs: cidrs('Prefixes within which addresses of load balancers are announced'),
  communities: opt(
    z.array(keys({ name: z.string({ error: 'a name' }), value: community })),
    'Names for communities such as 64512:100',
  ),
  prefixAdvertisements: opt(
    z.array(
      keys({
        cidr: anySubnet,
        communities: opt(z.array(z.string({ error: 'a community or the name of one' })), 'Communities or their names'),
      }),
    ),
    'Communities that announcements within a prefix get',
  ),
  nodeMeshMaxRestartTime: opt(duration, 'How long routes of a restarting node are kept; 120s when left out'),
  ...unread(
    'logSeverityScreen listenPort nodeMeshPassword bindMode ignoredInterfaces localWorkloadPeeringIPV4 localWorkloadPeeringIPV6 serviceLoadBalancerAggregation programClusterRoutes ipv4NormalRoutePriority ipv4ElevatedRoutePriority ipv6NormalRoutePriority ipv6ElevatedRoutePriority',
  ),
};

const bgpPeer = {
  node: opt(z.string({ error: 'the name of a node' }), 'The node; all nodes when left out'),
  nodeSelector: opt(selector, 'The nodes, in place of node'),
  peerIP: opt(text(/^(\[?[\da-fA-F:.]{2,45}\]?(:\d{1,5})?)?$/, 'an IP address such as 192.168.56.1'), 'The neighbour'),
  asNumber: opt(asNumber, 'AS of the neighbour'),
  peerSelector: opt(selector, 'Nodes that are the neighbours, in place of peerIP'),
  keepOriginalNextHop: opt(bool, 'Towards another AS NEXT_HOP stays what it was'),
  nextHopMode: opt(oneOf(['Auto', 'Self', 'Keep']), 'Calico 3.28 and later'),
  sourceAddress: opt(oneOf(['UseNodeIP', 'None']), 'UseNodeIP when left out'),
  filters: opt(z.array(z.string({ error: 'the name of a BGPFilter' })), 'BGPFilters, in order'),
  maxRestartTime: opt(duration, 'How long routes of a restarting neighbour are kept'),
  numAllowedLocalASNumbers: opt(number(0, 2 ** 31 - 1, 'a number'), 'How often the own AS may stand in AS_PATH'),
  password: opt(
    z.looseObject({ secretKeyRef: opt(z.looseObject({ name: z.string(), key: z.string() }), 'A key of a Secret') }),
    'TCP MD5: both sides need the same',
  ),
  ...unread(
    'ttlSecurity reachableBy localWorkloadSelector localASNumber reversePeering failureDetectionMode restartMode birdGatewayMode keepaliveTime',
  ),
};

const filterRule = keys({
  action: oneOf(['Accept', 'Reject']),
  matchOperator: opt(oneOf(['Equal', 'NotEqual', 'In', 'NotIn']), 'How cidr is compared'),
  cidr: opt(anySubnet, 'A prefix'),
  prefixLength: opt(keys({ min: opt(length, 'At least'), max: opt(length, 'At most') }), 'Lengths that match'),
  source: opt(oneOf(['RemotePeers']), 'Only what was learned from neighbours'),
  interface: opt(z.string({ error: 'a device' }), "The route's device; * stands for anything"),
  ...unread('peerType operations communities asPathPrefix priority'),
});

const bgpFilter = {
  exportV4: opt(z.array(filterRule), 'Rules for what is announced; the first that matches decides'),
  importV4: opt(z.array(filterRule), 'Rules for what is received'),
  ...unread('exportV6 importV6'),
};

const felixConfiguration = {
  defaultEndpointToHostAction: opt(
    oneOf(['Drop', 'Return', 'Accept']),
    'For packets of pods to their own node; Accept when left out',
  ),
  chainInsertMode: opt(oneOf(['insert', 'append', 'Insert', 'Append']), "Where Felix's rules go; insert when left out"),
  iptablesFilterAllowAction: opt(acceptReturn, 'Accept when left out'),
  iptablesMangleAllowAction: opt(acceptReturn, 'Accept when left out'),
  iptablesMarkMask: opt(
    number(0, 0xffff_ffff, 'a mask of 32 bits'),
    'Marks that Felix may use; 0xffff0000 when left out',
  ),
  ipipMTU: opt(mtu, "MTU of tunl0; the card's less 20 when left out"),
  vxlanMTU: opt(mtu, "MTU of vxlan.calico; the card's less 50 when left out"),
  vxlanVNI: opt(number(1, 0xff_ffff, 'a VNI'), '4096 when left out'),
  vxlanPort: opt(port, '4789 when left out'),
  deviceRouteProtocol: opt(number(0, 255, 'a route protocol, 0 to 255'), '3 (boot) when left out'),
  removeExternalRoutes: opt(bool, 'true when left out'),
  natOutgoingAddress: opt(anyAddress, 'What natOutgoing translates to; MASQUERADE when left out'),
  natPortRange: opt(
    either([port, text(/^\d{1,5}:\d{1,5}$/, 'ports such as 32768:65535')], 'ports such as 32768:65535'),
    'Ports that natOutgoing translates to',
  ),
  allowVXLANPacketsFromWorkloads: opt(bool, 'false when left out'),
  allowIPIPPacketsFromWorkloads: opt(bool, 'false when left out'),
  disableConntrackInvalidCheck: opt(bool, 'false when left out'),
  serviceLoopPrevention: opt(oneOf(['Drop', 'Reject', 'Disabled']), 'Drop when left out'),
  ...unread(
    'awsSrcDstCheck bpfConnectTimeLoadBalancing bpfConnectTimeLoadBalancingEnabled bpfDataIfacePattern bpfDisableUnprivileged bpfEnabled bpfExtToServiceConnmark bpfExternalServiceMode bpfKubeProxyEndpointSlicesEnabled bpfKubeProxyIptablesCleanupEnabled bpfKubeProxyMinSyncPeriod bpfLogLevel bpfPSNATPorts dataplaneDriver debugDisableLogDropping debugMemoryProfilePath debugSimulateCalcGraphHangAfter debugSimulateDataplaneHangAfter deviceRouteSourceAddress deviceRouteSourceAddressIPv6 endpointReportingDelay endpointReportingEnabled endpointStatusPathPrefix externalNodesList failsafeInboundHostPorts failsafeOutboundHostPorts featureDetectOverride featureGates floatingIPs genericXDPEnabled healthEnabled healthHost healthPort interfaceExclude interfacePrefix interfaceRefreshInterval ipForwarding ipipEnabled ipsetsRefreshInterval iptablesBackend iptablesLockFilePath iptablesLockProbeInterval iptablesLockTimeout iptablesNATOutgoingInterfaceFilter iptablesPostWriteCheckInterval iptablesRefreshInterval ipv6Support kubeNodePortRanges logFilePath logPrefix logSeverityFile logSeverityScreen logSeveritySys maxIpsetSize metadataAddr metadataPort mtuIfacePattern natOutgoingExclusions netlinkTimeout nftablesMode nftablesFilterAllowAction nftablesMangleAllowAction openstackRegion policySyncPathPrefix programClusterRoutes prometheusGoMetricsEnabled prometheusMetricsEnabled prometheusMetricsHost prometheusMetricsPort prometheusProcessMetricsEnabled prometheusWireGuardMetricsEnabled reportingInterval reportingTTL routeRefreshInterval routeSource routeSyncDisabled routeTableRange routeTableRanges sidecarAccelerationEnabled usageReportingEnabled usageReportingInitialDelay usageReportingInterval useInternalDataplaneDriver vxlanEnabled vxlanMTUV6 wireguardEnabled wireguardEnabledV6 wireguardHostEncryptionEnabled wireguardInterfaceName wireguardListeningPort wireguardMTU wireguardRoutingRulePriority workloadSourceSpoofing xdpEnabled xdpRefreshInterval',
  ),
};

/** Felix has more settings with every version: what is no field of these is let through, and a near miss told. */
export const felixSchema: z.ZodMiniType<CalicoSpecs['FelixConfiguration']> = z.looseObject(felixConfiguration);

/** A lab's section `calico:`. */
export const calicoSchema: z.ZodMiniType<CalicoFile> = keys({
  ipPools: opt(
    z.record(name, either([anySubnet, keys(ipPool)], 'a subnet, or a map with cidr')),
    'IPPools by name; one over the podCIDR when left out',
  ),
  ipReservations: opt(z.array(anySubnet), 'Prefixes of IPReservations: nothing of them is allocated'),
  ipamConfig: opt(keys(ipamConfig), 'IPAMConfiguration'),
  blocks: opt(
    z.record(
      name,
      z.array(
        either(
          [anySubnet, keys({ cidr: anySubnet, state: opt(state, 'Of the affinity; confirmed when left out') })],
          'a block such as 10.244.1.0/26, or a map with cidr',
        ),
        { error: 'a list of blocks' },
      ),
    ),
    'Blocks that are affine to a node, by node; further ones are claimed as they are needed',
  ),
  bgpConfiguration: opt(keys(bgpConfiguration), 'BGPConfiguration default'),
  bgpPeers: opt(z.record(name, keys(bgpPeer)), 'BGPPeers by name'),
  bgpFilters: opt(z.record(name, keys(bgpFilter)), 'BGPFilters by name'),
  felixConfiguration: opt(felixSchema, 'FelixConfiguration default'),
});

const ordinal = z.nullable(z.int({ error: 'an index' }));

/** The `spec` of each kind in an object of projectcalico.org/v3 or crd.projectcalico.org/v1. */
export const SPECS: { readonly [K in keyof CalicoSpecs]: z.ZodMiniType<CalicoSpecs[K]> } = {
  IPPool: z.looseObject(ipPool),
  IPReservation: z.looseObject({ reservedCIDRs: z.optional(z.array(anySubnet)) }),
  IPAMConfig: z.looseObject(ipamConfig),
  BlockAffinity: z.looseObject({
    cidr: anySubnet,
    node: z.string({ error: 'the name of a node' }),
    state: z.optional(oneOf(['', 'confirmed', 'pending', 'pendingDeletion'])),
    deleted: z.optional(z.union([z.boolean(), z.string()])),
    ...unread('type'),
  }),
  IPAMBlock: z.looseObject({
    cidr: anySubnet,
    affinity: z.optional(z.nullable(z.string({ error: 'host: and a node' }))),
    allocations: z.array(ordinal),
    attributes: z.array(
      z.looseObject({
        handle_id: z.optional(z.nullable(z.string())),
        secondary: z.optional(z.nullable(z.record(z.string(), z.string()))),
      }),
    ),
    deleted: z.optional(bool),
    ...unread('strictAffinity unallocated sequenceNumber sequenceNumberForAllocation affinityClaimTime'),
  }),
  BGPConfiguration: z.looseObject(bgpConfiguration),
  BGPPeer: z.looseObject(bgpPeer),
  BGPFilter: z.looseObject(bgpFilter),
  FelixConfiguration: felixSchema,
  Node: z.looseObject({
    bgp: z.optional(
      z.looseObject({
        ipv4Address: z.optional(z.string()),
        asNumber: z.optional(asNumber),
        ipv4IPIPTunnelAddr: z.optional(z.string()),
        routeReflectorClusterID: z.optional(z.string()),
        ...unread('ipv6Address'),
      }),
    ),
    ipv4VXLANTunnelAddr: z.optional(z.string()),
    vxlanTunnelMACAddr: z.optional(z.string()),
    ...unread('orchRefs wireguard addresses ipv6VXLANTunnelAddr vxlanTunnelMACAddrV6'),
  }),
};
