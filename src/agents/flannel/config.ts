import { ANY, contains, type Ipv4, type Ipv4Prefix } from '../../address/index.js';
import type { Node } from '../../cluster/index.js';
import { type Netns, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../../linux/index.js';
import { nodePublicIP } from './lease.js';

/** flanneld's flags and the parts of net-conf.json that all backends share (flannel 0.28 main.go, pkg/subnet/config.go). */
export interface FlannelConfig {
  /** `Network`: the whole overlay. */
  readonly network: Ipv4Prefix;
  /** `--iface`; undefined: the interface of the default route. */
  readonly iface: string | undefined;
  /** `--ip-masq`: false by default, but the published manifest sets it. */
  readonly ipMasq: boolean;
  /** `--iptables-forward-rules`. */
  readonly forwardRules: boolean;
  /** `--random-fully` on MASQUERADE: from iptables 1.6.2, unless `--ip-masq-fully-random-disable`. */
  readonly randomFully: boolean;
}

/** The interface that the backend sends through (backend.ExternalInterface). */
export interface ExternalInterface {
  readonly name: string;
  readonly mtu: number;
  /** Its first address (IfaceAddr). */
  readonly address: Ipv4;
  /** What the VTEP sends from and the lease tells (ExtAddr): the same, unless an annotation names another. */
  readonly publicIP: Ipv4;
}

/**
 * The interface that `--iface` names, else the one with the annotated public IP, else that of the default route
 * (pkg/ipmatch/match.go, LookupExtIface()).
 *
 * A machine without default route makes flanneld end with an error. So that a lab of one segment needs no router, the
 * interface with the node's own address is taken then.
 */
export function externalInterface(ns: Netns, node: Node, iface: string | undefined): ExternalInterface | undefined {
  const annotated = nodePublicIP(node);
  const found = annotated === undefined ? defaultRouteDevice(ns) : deviceOf(ns, annotated);
  const name = iface ?? found ?? (annotated === undefined ? deviceOf(ns, node.addresses[0]) : undefined);
  const link = name === undefined ? undefined : ns.links.get(name);
  const address = ns.ipv4.addresses.find((a) => a.dev === name && a.scope === RT_SCOPE_UNIVERSE)?.local;
  if (link === undefined || address === undefined) return undefined;
  return { name: link.name, mtu: link.mtu, address, publicIP: annotated ?? address };
}

function defaultRouteDevice(ns: Netns): string | undefined {
  const routes = ns.ipv4.tables.get(RT_TABLE_MAIN)?.at({ address: ANY, length: 0 }) ?? [];
  for (const route of routes) if (route.type === 'unicast') return route.nexthops[0].dev;
  return undefined;
}

function deviceOf(ns: Netns, address: Ipv4): string | undefined {
  return ns.ipv4.addresses.find((a) => a.local === address)?.dev;
}

/** Whether flannel's Network holds a whole subnet. */
export function holds(network: Ipv4Prefix, subnet: Ipv4Prefix): boolean {
  return network.length <= subnet.length && contains(network, subnet.address);
}
