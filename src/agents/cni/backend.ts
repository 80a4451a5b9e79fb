import type { Ipv4, Ipv4Prefix } from '../../address/index.js';
import type { Labels, Node, Pod } from '../../cluster/index.js';
import type { Agent, AgentContext, Steps } from '../agent.js';
import type { OptionProblem, OptionSpecs } from './options.js';
import type { CniArgs } from './plugin.js';

/** A cluster network that a lab can choose by name: daemons on each node, and plug-ins for each pod. */
export interface CniBackend {
  /** `flannel/vxlan`. */
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** What can be set, with defaults. */
  readonly options: OptionSpecs;
  /** What can be switched off on a node: its agents, and parts of them. */
  readonly parts: readonly string[];
  /** Puts it together for a cluster with this pod CIDR; all problems of the options at once. */
  configure(
    options: Readonly<Record<string, unknown>>,
    podCIDR: Ipv4Prefix,
  ): { readonly setup: CniSetup } | { readonly problems: readonly OptionProblem[] };
}

/** What is switched off on a node: names of agents and of their parts. */
export type Off = ReadonlySet<string>;

/** A backend with its options. */
export interface CniSetup {
  /** The daemons of each node, in order. */
  readonly agents: readonly Agent[];
  /** What they write into their Node object, for the others to see; nothing where they do not run. */
  annotations(node: Node, off: Off): Labels;
  /** What its IPAM gives the pods of a node, started in this order; undefined for a pod that gets no address. */
  podAddresses(node: Node, off: Off, pods: readonly Pod[]): readonly (Ipv4 | undefined)[];
  /** MTU of the pods of a node whose network card has that one; left out: the same. */
  readonly podMtu?: (uplink: number) => number;
  /** The plug-ins of one node, which may remember what they did for earlier pods; undefined when there are none. */
  readonly plugins: ((context: AgentContext) => PodNetwork) | undefined;
}

/** Calls the plug-ins' ADD for one pod, in order; false when one failed. */
export type PodNetwork = (pod: Pod, args: CniArgs) => Steps<boolean>;
