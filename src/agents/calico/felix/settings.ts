import { formatPrefix } from '../../../address/index.js';
import { CALICO_DEFAULTS, type CalicoObjects, type FelixConfiguration } from '../../../cluster/index.js';
import { type Netns, parseProtocol } from '../../../linux/index.js';
import { type AgentContext, ownNetns } from '../../agent.js';
import { IPIP, tunnelAddress, usesTunnel, VXLAN } from '../tunnel.js';
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
    ipip: usesTunnel(ipPools, IPIP),
    vxlan: usesTunnel(ipPools, VXLAN),
    ipipAddress: tunnelAddress(IPIP, context.self) !== undefined,
    vxlanAddress: tunnelAddress(VXLAN, context.self) !== undefined,
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

/** MTUIfacePattern. */
const MTU_INTERFACES = /^((en|wl|ww|sl|ib)[opsx].*|(eth|wlan|wwan).*)/;
/** The smallest of common clouds, where no interface is found. */
const FALLBACK_MTU = 1460;
/** MTUs of a node, in bytes. */
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
  const { ipPools, felixConfiguration } = objects;
  const { ipipMTU, vxlanMTU } = felixConfiguration;
  const ipip = ipipMTU ?? host - IPIP.overhead;
  const vxlan = vxlanMTU ?? host - VXLAN.overhead;
  const used = [...(usesTunnel(ipPools, IPIP) ? [ipip] : []), ...(usesTunnel(ipPools, VXLAN) ? [vxlan] : [])];
  return { ipip, vxlan, pod: used.length === 0 ? host : Math.min(...used) };
}

/** DeviceRouteProtocol, of routes out of Felix's own devices. */
export function deviceProtocol({ felixConfiguration }: CalicoObjects): string {
  const number = String(felixConfiguration.deviceRouteProtocol);
  return parseProtocol(number) ?? number;
}
