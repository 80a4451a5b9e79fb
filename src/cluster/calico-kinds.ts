import type { Ipv4, Ipv4Prefix } from '../address/index.js';
import type {
  BGPConfiguration,
  BGPFilter,
  BGPFilterRule,
  BGPPeer,
  CalicoObjects,
  Community,
  EncapsulationMode,
  FelixConfiguration,
  IPAMConfig,
  IPPool,
} from './calico.js';
import { checkBGPConfiguration, checkBGPFilterRule, checkBGPPeer, checkIPPool } from './calico-check.js';
import {
  anyText,
  type Field,
  type Form,
  field,
  listOf,
  type MapForm,
  mapOf,
  numberOf,
  required,
  textOf,
  type Unmodelled,
  wordOf,
} from './calico-form.js';
import { defaultsOf } from './calico-read.js';

// The kinds of projectcalico.org/v3 (github.com/projectcalico/api, from 3.21 to 3.30).

const bool: Form<boolean> = { form: 'boolean' };
const selector = textOf('selector', "a selector such as rack == 'a'");
const mtu = numberOf(0, 65535, 'an MTU in bytes, 0 for the right one');
const port = { min: 1, max: 65535, expected: 'a port, 1 to 65535' };
const length = numberOf(0, 32, 'a prefix length, 0 to 32');
const duration = textOf<number>('duration', 'a duration such as 120s', { pattern: /^(\d+h)?(\d+m)?(\d+s)?$/ });
const community = textOf<Community>('community', 'a community such as 64512:100 or 64512:1:2', {
  pattern: /^\d{1,10}:\d{1,10}(:\d{1,10})?$/,
});
const peerIP = textOf<Ipv4>('peer', 'an IP address such as 192.168.56.1', {
  pattern: /^(\[?[\da-fA-F:.]{2,45}\]?(:\d{1,5})?)?$/,
});
const address = textOf<Ipv4>('address', 'an IPv4 address such as 203.0.113.7', { pattern: /^[\da-fA-F:.]{2,45}$/ });
const portRange = textOf<{ readonly min: number; readonly max: number }>('ports', 'ports such as 32768:65535', {
  pattern: /^\d{1,5}:\d{1,5}$/,
  number: port,
});

/** `64512`, or `1.10` for 65546; uint32. 0 is nobody's (RFC 7607): BIRD reads no bird.cfg with it. */
export const AS_NUMBER: Form<number> = textOf('AS', 'an AS number such as 64512 or "1.10"', {
  pattern: /^\d{1,10}(\.\d{1,5})?$/,
  number: { min: 1, max: 0xffff_ffff, expected: 'an AS number, 1 to 4294967295' },
});

const subnetForm = { pattern: /^[\da-fA-F:.]{2,45}\/\d{1,3}$/ };
/** A prefix of either family; one of IPv6 is read as nothing. */
export const SUBNET: Form<Ipv4Prefix> = textOf('subnet', 'a subnet such as 203.0.113.0/24', subnetForm);
const ipv4Subnet = textOf<Ipv4Prefix>('IPv4 subnet', 'a subnet such as 203.0.113.0/24', subnetForm);

/** Names of fields under no value of which packets go as if they were not there. */
function never(names: string): Readonly<Record<string, Unmodelled>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, { fine: [] }]));
}

const encapsulation = wordOf<EncapsulationMode>('Never', 'Always', 'CrossSubnet');
const blockSize = numberOf(20, 128, 'a prefix length, 20 to 32');
const use: Form<'Workload' | 'Tunnel' | undefined> = {
  form: 'word',
  words: { Workload: 'Workload', Tunnel: 'Tunnel', LoadBalancer: undefined },
};
const times = numberOf(0, 2 ** 31 - 1, 'a number');
const blocks = numberOf(0, 65536, 'a number of blocks');
const acceptOrReturn = wordOf('Accept', 'Return');
const insertMode: Form<'insert' | 'append'> = {
  form: 'word',
  words: { insert: 'insert', append: 'append', Insert: 'insert', Append: 'append' },
};
const markMask = numberOf(0, 0xffff_ffff, 'a mask of 32 bits');
const secretKeyRef = mapOf(
  { name: required(anyText('the name of a Secret'), 'The Secret'), key: required(anyText('a key'), 'A key of it') },
  { unread: 'optional' },
);
const password = mapOf({ secretKeyRef: field(secretKeyRef, undefined, 'A key of a Secret') });
const namedCommunity = mapOf({
  name: required(anyText('a name'), 'What it is called'),
  value: required(community, 'What it is'),
});
const prefixAdvertisement = mapOf({
  cidr: required(SUBNET, 'A prefix'),
  communities: field(listOf(anyText('a community or the name of one')), [], 'Communities or their names'),
});
const onlyCidr: Form<Ipv4Prefix> = {
  form: 'only',
  of: mapOf({ cidr: required(SUBNET, 'A prefix') }),
  expected: 'a subnet, or a map with cidr',
};
const cidrs = (about: string): Field<readonly Ipv4Prefix[]> => field(listOf(onlyCidr), [], about);
const bounds = mapOf({ min: field(length, 0, 'At least'), max: field(length, 32, 'At most') });

const ipPool: MapForm<Omit<IPPool, 'name'>> = mapOf(
  {
    cidr: required(SUBNET, 'Addresses of the pool', { fixed: true }),
    blockSize: field(blockSize, 26, 'Prefix length of its blocks, 20 to 32; 26 when left out', { fixed: true }),
    ipipMode: field(encapsulation, 'Never', 'IP in IP; Never when left out'),
    vxlanMode: field(encapsulation, 'Never', 'VXLAN; Never when left out'),
    natOutgoing: field(bool, false, 'Whether packets that leave all pools are masqueraded'),
    disabled: field(bool, false, 'Nothing more is allocated from it'),
    disableBGPExport: field(bool, false, 'Its routes are not announced'),
    nodeSelector: field(selector, 'all()', 'Nodes whose pods get addresses of it; all() when left out'),
    allowedUses: field(listOf(use), ['Workload', 'Tunnel'], 'Workload and Tunnel when left out'),
  },
  {
    unmodelled: { namespaceSelector: { fine: ['all()'] }, assignmentMode: { fine: ['Automatic'] } },
    unread: 'ipip nat-outgoing',
    check: checkIPPool,
  },
);

const ipamConfig: MapForm<IPAMConfig> = mapOf(
  {
    strictAffinity: field(bool, false, "No address of another node's block is borrowed"),
    autoAllocateBlocks: field(bool, true, 'Whether a node may claim a further block; true when left out'),
    maxBlocksPerHost: field(blocks, 20, 'Blocks that a node may have; 20 when left out or 0', {
      zero: 'nothing',
    }),
  },
  { unread: 'kubeVirtVMAddressPersistence' },
);

const bgpConfiguration: MapForm<BGPConfiguration> = mapOf(
  {
    asNumber: field(AS_NUMBER, 64512, 'Of nodes without an own one; 64512 when left out'),
    nodeToNodeMeshEnabled: field(bool, true, 'Whether each node has a session with each other; true when left out'),
    serviceClusterIPs: cidrs('Prefixes of cluster IPs that every node announces'),
    serviceExternalIPs: cidrs('Prefixes within which external IPs are announced'),
    serviceLoadBalancerIPs: cidrs('Prefixes within which addresses of load balancers are announced'),
    communities: field(listOf(namedCommunity), [], 'Names for communities such as 64512:100'),
    prefixAdvertisements: field(listOf(prefixAdvertisement), [], 'Communities that announcements within a prefix get'),
    nodeMeshMaxRestartTime: field(duration, 120, 'How long routes of a restarting node are kept; 120s when left out'),
  },
  {
    unmodelled: {
      ...never('ignoredInterfaces localWorkloadPeeringIPV4 ipv4NormalRoutePriority ipv4ElevatedRoutePriority'),
      listenPort: { fine: [0, 179] },
      serviceLoadBalancerAggregation: { fine: ['Enabled'] },
      programClusterRoutes: { fine: ['Enabled'] },
    },
    unread:
      'logSeverityScreen nodeMeshPassword bindMode localWorkloadPeeringIPV6 ipv6NormalRoutePriority ipv6ElevatedRoutePriority',
    check: checkBGPConfiguration,
  },
);

const bgpPeer: MapForm<Omit<BGPPeer, 'name'>> = mapOf(
  {
    node: field(anyText('the name of a node'), undefined, 'The node; all nodes when left out'),
    nodeSelector: field(selector, undefined, 'The nodes, in place of node'),
    peerIP: field(peerIP, undefined, 'The neighbour'),
    asNumber: field(AS_NUMBER, undefined, 'AS of the neighbour'),
    peerSelector: field(selector, undefined, 'Nodes that are the neighbours, in place of peerIP'),
    keepOriginalNextHop: field(bool, false, 'Towards another AS NEXT_HOP stays what it was'),
    nextHopMode: field(wordOf('Auto', 'Self', 'Keep'), undefined, 'Calico 3.30.2 and later'),
    filters: field(listOf(anyText('the name of a BGPFilter')), [], 'BGPFilters, in order'),
    maxRestartTime: field(duration, undefined, 'How long routes of a restarting neighbour are kept'),
    numAllowedLocalASNumbers: field(times, 0, 'How often the own AS may stand in AS_PATH'),
    password: field(password, undefined, 'TCP MD5: both sides need the same'),
  },
  {
    unmodelled: {
      ...never('reachableBy localWorkloadSelector'),
      sourceAddress: { fine: ['UseNodeIP'], form: wordOf('UseNodeIP', 'None'), about: 'UseNodeIP when left out' },
      ttlSecurity: { fine: [0], form: numberOf(0, 255, 'a number of hops, 0 to 255'), about: '0 when left out' },
      localASNumber: { fine: [0] },
      reversePeering: { fine: ['Auto'] },
      failureDetectionMode: { fine: ['None'] },
      restartMode: { fine: ['GracefulRestart'] },
      birdGatewayMode: { fine: ['Recursive'] },
    },
    unread: 'keepaliveTime',
    check: checkBGPPeer,
  },
);

const rule: MapForm<BGPFilterRule> = mapOf(
  {
    action: required(wordOf('Accept', 'Reject'), 'What becomes of a route that matches'),
    matchOperator: field(wordOf('Equal', 'NotEqual', 'In', 'NotIn'), undefined, 'How cidr is compared'),
    cidr: field(ipv4Subnet, undefined, 'A prefix'),
    prefixLength: field(bounds, undefined, 'Lengths that match'),
    source: field(wordOf('RemotePeers'), undefined, 'Only what was learned from neighbours'),
    interface: field(anyText('a device'), undefined, "The route's device; * stands for anything"),
  },
  {
    unmodelled: {
      ...never('peerType operations communities asPathPrefix priority'),
    },
    check: checkBGPFilterRule,
  },
);

const bgpFilter: MapForm<Omit<BGPFilter, 'name'>> = mapOf(
  {
    exportV4: field(listOf(rule), [], 'Rules for what is announced; the first that matches decides'),
    importV4: field(listOf(rule), [], 'Rules for what is received'),
  },
  { unread: 'exportV6 importV6' },
);

const felixConfiguration: MapForm<FelixConfiguration> = mapOf(
  {
    defaultEndpointToHostAction: field(
      wordOf('Drop', 'Return', 'Accept'),
      // Felix's own is Drop; the published manifests set FELIX_DEFAULTENDPOINTTOHOSTACTION.
      'Accept',
      'For packets of pods to their own node; Accept when left out',
    ),
    chainInsertMode: field(insertMode, 'insert', "Where Felix's rules go; insert when left out"),
    iptablesFilterAllowAction: field(acceptOrReturn, 'Accept', 'Accept when left out'),
    iptablesMangleAllowAction: field(acceptOrReturn, 'Accept', 'Accept when left out'),
    iptablesMarkMask: field(markMask, 0xffff_0000, 'Marks that Felix may use; 0xffff0000 when left out'),
    ipipMTU: field(mtu, undefined, "MTU of tunl0; the card's less 20 when left out", { zero: 'nothing' }),
    vxlanMTU: field(mtu, undefined, "MTU of vxlan.calico; the card's less 50 when left out", { zero: 'nothing' }),
    vxlanVNI: field(numberOf(1, 0xff_ffff, 'a VNI'), 4096, '4096 when left out'),
    vxlanPort: field({ form: 'number', ...port }, 4789, '4789 when left out'),
    deviceRouteProtocol: field(numberOf(0, 255, 'a route protocol, 0 to 255'), 3, '3 (boot) when left out'),
    removeExternalRoutes: field(bool, true, 'true when left out'),
    natOutgoingAddress: field(address, undefined, 'What natOutgoing translates to; MASQUERADE when left out'),
    natPortRange: field(portRange, undefined, 'Ports that natOutgoing translates to'),
    allowVXLANPacketsFromWorkloads: field(bool, false, 'false when left out'),
    allowIPIPPacketsFromWorkloads: field(bool, false, 'false when left out'),
    disableConntrackInvalidCheck: field(bool, false, 'false when left out'),
    serviceLoopPrevention: field(wordOf('Drop', 'Reject', 'Disabled'), 'Drop', 'Drop when left out'),
  },
  {
    unmodelled: {
      ...never(
        'ipipEnabled vxlanEnabled deviceRouteSourceAddress iptablesNATOutgoingInterfaceFilter externalNodesList mtuIfacePattern kubeNodePortRanges featureDetectOverride',
      ),
      bpfEnabled: { fine: [false] },
      wireguardEnabled: { fine: [false] },
      interfacePrefix: { fine: ['cali'] },
      ipForwarding: { fine: ['Enabled'] },
      nftablesMode: { fine: ['Disabled', 'Auto'] },
      routeSource: { fine: ['CalicoIPAM'] },
      routeSyncDisabled: { fine: [false] },
      programClusterRoutes: { fine: ['Disabled'] },
      floatingIPs: { fine: ['Disabled'] },
      natOutgoingExclusions: { fine: ['IPPoolsOnly'] },
      nftablesFilterAllowAction: { fine: ['Accept'] },
      nftablesMangleAllowAction: { fine: ['Accept'] },
      workloadSourceSpoofing: { fine: ['Disabled'] },
      useInternalDataplaneDriver: { fine: [true] },
    },
    unread:
      'awsSrcDstCheck bpfConnectTimeLoadBalancing bpfConnectTimeLoadBalancingEnabled bpfDataIfacePattern bpfDisableUnprivileged bpfExtToServiceConnmark bpfExternalServiceMode bpfKubeProxyEndpointSlicesEnabled bpfKubeProxyIptablesCleanupEnabled bpfKubeProxyMinSyncPeriod bpfLogLevel bpfPSNATPorts dataplaneDriver debugDisableLogDropping debugMemoryProfilePath debugSimulateCalcGraphHangAfter debugSimulateDataplaneHangAfter deviceRouteSourceAddressIPv6 endpointReportingDelay endpointReportingEnabled endpointStatusPathPrefix failsafeInboundHostPorts failsafeOutboundHostPorts featureGates genericXDPEnabled healthEnabled healthHost healthPort interfaceExclude interfaceRefreshInterval ipsetsRefreshInterval iptablesBackend iptablesLockFilePath iptablesLockProbeInterval iptablesLockTimeout iptablesPostWriteCheckInterval iptablesRefreshInterval ipv6Support logFilePath logPrefix logSeverityFile logSeverityScreen logSeveritySys maxIpsetSize metadataAddr metadataPort netlinkTimeout openstackRegion policySyncPathPrefix prometheusGoMetricsEnabled prometheusMetricsEnabled prometheusMetricsHost prometheusMetricsPort prometheusProcessMetricsEnabled prometheusWireGuardMetricsEnabled reportingInterval reportingTTL routeRefreshInterval routeTableRange routeTableRanges sidecarAccelerationEnabled usageReportingEnabled usageReportingInitialDelay usageReportingInterval vxlanMTUV6 wireguardEnabledV6 wireguardHostEncryptionEnabled wireguardInterfaceName wireguardListeningPort wireguardMTU wireguardRoutingRulePriority xdpEnabled xdpRefreshInterval',
  },
);

/** What the spec of each kind is read as, with the object's name apart. */
export interface CalicoKinds {
  readonly IPPool: Omit<IPPool, 'name'>;
  readonly IPAMConfig: IPAMConfig;
  readonly BGPConfiguration: BGPConfiguration;
  readonly BGPPeer: Omit<BGPPeer, 'name'>;
  readonly BGPFilter: Omit<BGPFilter, 'name'>;
  readonly FelixConfiguration: FelixConfiguration;
}

/** The fields of the kinds that labs, manifests and `calicoctl patch` have in common. */
export const CALICO_KINDS: { readonly [K in keyof CalicoKinds]: MapForm<CalicoKinds[K]> } = {
  IPPool: ipPool,
  IPAMConfig: ipamConfig,
  BGPConfiguration: bgpConfiguration,
  BGPPeer: bgpPeer,
  BGPFilter: bgpFilter,
  FelixConfiguration: felixConfiguration,
};

/** Where objects of a kind are kept: those of which there is one, `default`, by themselves, the others as a list. */
export const CALICO_SECTIONS = {
  IPPool: 'ipPools',
  IPAMConfig: 'ipamConfig',
  BGPConfiguration: 'bgpConfiguration',
  BGPPeer: 'bgpPeers',
  BGPFilter: 'bgpFilters',
  FelixConfiguration: 'felixConfiguration',
} as const;

/** What the objects are like where nothing is said. */
export const CALICO_DEFAULTS: CalicoObjects = {
  ipPools: [],
  ipReservations: [],
  blocks: [],
  ipamConfig: defaultsOf(ipamConfig),
  bgpConfiguration: defaultsOf(bgpConfiguration),
  bgpPeers: [],
  bgpFilters: [],
  felixConfiguration: defaultsOf(felixConfiguration),
};
