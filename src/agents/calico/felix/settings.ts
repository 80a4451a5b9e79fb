import { formatPrefix, type Ipv4, parseIpv4 } from '../../../address/index.js';
import {
  CALICO_DEFAULTS,
  type CalicoObjects,
  type FelixConfiguration,
  type IPPool,
  NODE_ANNOTATIONS,
  type Node,
} from '../../../cluster/index.js';
import { type Netns, parseProtocol } from '../../../linux/index.js';
import { type AgentContext, ownNetns } from '../../agent.js';
import { type FelixMarks, felixMarks } from './marks.js';

/** All that the rules of a node follow from besides its pods: equal settings have equal rules. */
export interface RuleSettings {
  readonly felix: FelixConfiguration;
  readonly marks: FelixMarks;
  readonly ipip: boolean;
  readonly vxlan: boolean;
  /** The tunnel device has an address here, so that what leaves by it can be masqueraded. */
  readonly ipipAddress: boolean;
  readonly vxlanAddress: boolean;
  /** kube-proxy runs in IPVS mode. */
  readonly ipvs: boolean;
  readonly natOutgoing: boolean;
  /** In order, as BGPConfiguration announces them. */
  readonly blockedCIDRs: readonly string[];
}

/** kube-proxy's device in IPVS mode, by Felix's own knowledge of it (InterfaceExclude and dataplane/driver.go). */
export const KUBE_IPVS0 = 'kube-ipvs0';

/**
 * Undefined where Felix ends at its start: IptablesMarkMask leaves it too few bits.
 *
 * Whether kube-proxy is in IPVS mode Felix decides as it starts, by its device (felix 3.21 dataplane/driver.go). That the
 * device comes later does not restart it: only a running one would (checkIPVSConfigOnStateUpdate()), and kube-proxy leaves
 * it down. So a node is as after a start of Felix with kube-proxy there.
 */
export function ruleSettings(context: AgentContext): RuleSettings | undefined {
  const objects = objectsOf(context);
  const { felixConfiguration: felix, bgpConfiguration: bgp, ipPools } = objects;
  const marks = felixMarks(felix);
  const ipvs = ownNetns(context).links.has(KUBE_IPVS0);
  if (marks === undefined || (ipvs && marks.endpoint === 0)) return undefined;
  return {
    felix,
    marks,
    ipip: usesIpip(ipPools),
    vxlan: usesVxlan(ipPools),
    ipipAddress: ipipTunnelAddress(context.self) !== undefined,
    vxlanAddress: vxlanTunnelAddress(context.self) !== undefined,
    ipvs,
    natOutgoing: ipPools.some(({ natOutgoing }) => natOutgoing),
    blockedCIDRs: [...bgp.serviceClusterIPs, ...bgp.serviceExternalIPs, ...bgp.serviceLoadBalancerIPs]
      .map(formatPrefix)
      .sort(),
  };
}

/** Calico's objects; a cluster that was made without them has the defaults. */
export function objectsOf({ cluster }: Pick<AgentContext, 'cluster'>): CalicoObjects {
  return cluster.calico ?? CALICO_DEFAULTS;
}

/**
 * IpInIpEnabled: set as a pool is written that uses IPIP (libcalico-go 3.21 lib/clientv3/ippool.go maybeEnableIPIP());
 * from 3.22 on by the pools there are (felix calc/encapsulation_calculator.go). A disabled pool counts.
 */
function usesIpip(pools: readonly IPPool[]): boolean {
  return pools.some(({ ipipMode }) => ipipMode !== 'Never');
}

/** VXLANEnabled, in the same way. */
function usesVxlan(pools: readonly IPPool[]): boolean {
  return pools.some(({ vxlanMode }) => vxlanMode !== 'Never');
}

/** The address of `tunl0` as IPAM wrote it to the node. */
export function ipipTunnelAddress({ annotations }: Pick<Node, 'annotations'>): Ipv4 | undefined {
  return parseIpv4(annotations[NODE_ANNOTATIONS.ipv4IPIPTunnelAddr] ?? '');
}

/** The address of `vxlan.calico` as IPAM wrote it to the node. */
export function vxlanTunnelAddress({ annotations }: Pick<Node, 'annotations'>): Ipv4 | undefined {
  return parseIpv4(annotations[NODE_ANNOTATIONS.ipv4VXLANTunnelAddr] ?? '');
}

/** MTUIfacePattern. */
const MTU_INTERFACES = /^((en|wl|ww|sl|ib)[opsx].*|(eth|wlan|wwan).*)/;
/** The smallest of common clouds, where no interface is found. */
const FALLBACK_MTU = 1460;
/** The outer IP header. */
export const IPIP_OVERHEAD = 20;
/** Outer Ethernet, IP, UDP and VXLAN headers. */
export const VXLAN_OVERHEAD = 50;

/** MTUs of a node. */
export interface Mtus {
  readonly ipip: number;
  readonly vxlan: number;
  /** /var/lib/calico/mtu, which the CNI plug-in reads. */
  readonly pod: number;
}

/** What Felix makes of the host's smallest MTU (felix 3.21 dataplane/linux/int_dataplane.go findHostMTU(), determinePodMTU()). */
export function felixMtus({ links }: Pick<Netns, 'links'>, objects: CalicoObjects): Mtus {
  const mtus = [...links.values()].filter(({ name }) => MTU_INTERFACES.test(name)).map(({ mtu }) => mtu);
  const host = mtus.length === 0 ? FALLBACK_MTU : Math.min(...mtus);
  const { ipipMTU, vxlanMTU } = objects.felixConfiguration;
  const ipip = ipipMTU ?? host - IPIP_OVERHEAD;
  const vxlan = vxlanMTU ?? host - VXLAN_OVERHEAD;
  const used = [...(usesIpip(objects.ipPools) ? [ipip] : []), ...(usesVxlan(objects.ipPools) ? [vxlan] : [])];
  return { ipip, vxlan, pod: used.length === 0 ? host : Math.min(...used) };
}

/** DeviceRouteProtocol, of routes out of Felix's own devices. */
export function deviceProtocol({ felixConfiguration }: CalicoObjects): string {
  const number = String(felixConfiguration.deviceRouteProtocol);
  return parseProtocol(number) ?? number;
}
