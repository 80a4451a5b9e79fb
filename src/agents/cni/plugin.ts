import type { Ipv4, Ipv4Prefix, Mac } from '../../address/index.js';
import type { Netns } from '../../linux/index.js';
import type { Call, Install } from '../../plan/index.js';
import { callsOn, type Steps, type View } from '../agent.js';
import type { IptablesUser } from '../iptables.js';

/** What the runtime tells a plug-in besides its configuration (CNI SPEC 1.1 §2, "Parameters"). */
export interface CniArgs {
  /** The namespace that the plug-ins run in: the node's. */
  readonly host: string;
  /** CNI_NETNS: the pod's. */
  readonly netns: string;
  /** CNI_CONTAINERID. */
  readonly containerID: string;
  /** CNI_IFNAME. */
  readonly ifname: string;
  /** `MAC` of CNI_ARGS; undefined: the kernel draws one. */
  readonly mac: Mac | undefined;
  /** What the calls are made for: `pod/default/web-0`. */
  readonly object: string;
  readonly view: View;
}

/** An address of a result. */
export interface CniAddress {
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly gateway: Ipv4 | undefined;
}

/** A route of a result; without `gw` it leads to the gateway of the address. */
export interface CniRoute {
  readonly dst: Ipv4Prefix;
  readonly gw: Ipv4 | undefined;
}

/** What one plug-in hands to the next as `prevResult`. */
export interface CniResult {
  readonly ips: readonly CniAddress[];
  readonly routes: readonly CniRoute[];
}

/** A plug-in's ADD: its calls, and its result, or undefined when it failed and the chain ends. */
export type CniSteps = Steps<CniResult | undefined>;

/** Makes calls for a plug-in, in the node's namespace or in the pod's. */
export function pluginCalls(plugin: string, args: CniArgs, where: 'host' | 'pod'): (call: Call) => Install {
  const netns = where === 'host' ? args.host : args.netns;
  return callsOn(netns, { by: `cni/${plugin}`, object: args.object });
}

/** Runs iptables for a plug-in in the node's namespace; what pods share is made for `object` instead of the pod. */
export function pluginIptables(plugin: string, args: CniArgs, object: string = args.object): IptablesUser {
  return { view: args.view, netns: args.host, origin: { by: `cni/${plugin}`, object } };
}

/** The node's namespace as it is now. */
export function hostNetns({ view, host }: CniArgs): Netns {
  const ns = view.netns(host);
  if (ns === undefined) throw new Error(`CNI: no namespace ${host}`);
  return ns;
}
