import type { Ipv4, Ipv4Prefix } from '../../address/index.js';
import type { SpeakerConfig, SpeakerInterface } from '../../bgp/index.js';
import {
  type CalicoObjects,
  type Cluster,
  groupByNode,
  type Labels,
  type Node,
  type Pod,
} from '../../cluster/index.js';
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

/** A node before its network's daemons have started. */
export interface UnregisteredNode {
  readonly node: Node;
  readonly off: Off;
  /** Of its first address: that of the segment it is on. */
  readonly prefixLength: number;
}

/** A cluster before its network has said anything: no pod has an address but those that are given one. */
export interface Unregistered {
  readonly podCIDR: Ipv4Prefix;
  readonly nodes: readonly UnregisteredNode[];
  /** All but those on the host network, in the order in which they start. */
  readonly pods: readonly Pod[];
  readonly calico: CalicoObjects;
}

/** What a network's daemons and its IPAM write to the API. */
export interface Registered {
  /** By node: what its daemons add to its Node object. A node is left out where they do not run. */
  readonly annotations: ReadonlyMap<string, Labels>;
  /** A pod without an address is left out: IPAM refused it. */
  readonly podIPs: ReadonlyMap<Pod, Ipv4>;
  /** Why, of those pods for which that is worth telling: a clause such as "10.244.1.0/30 has no address left". */
  readonly whyNoIP: ReadonlyMap<Pod, string>;
  /** Of Calico: with the pools and blocks that there are now. */
  readonly calico?: CalicoObjects;
}

/** A backend with its options. */
export interface CniSetup {
  /** The daemons of each node, in order. */
  readonly agents: readonly Agent[];
  /** What they do once pods are there, in order. */
  readonly late?: readonly Agent[];
  register(cluster: Unregistered): Registered;
  /** The BGP speakers of the nodes; left out: none of them speaks BGP. */
  readonly speakers?: (cluster: Cluster, machines: ReadonlyMap<string, Machine>) => readonly SpeakerConfig[];
  /** MTU of the pods of a node whose network card has that one; left out: the same. */
  readonly podMtu?: (uplink: number) => number;
  /** The plug-ins of one node, which may remember what they did for earlier pods; undefined when there are none. */
  readonly plugins: ((context: AgentContext) => PodNetwork) | undefined;
}

/** A node's place on the underlay, as its BGP daemon finds it. */
export interface Machine {
  readonly interfaces: readonly SpeakerInterface[];
  readonly defaultGateway: Ipv4 | undefined;
}

/** Calls the plug-ins' ADD for one pod, in order; false when one failed. */
export type PodNetwork = (pod: Pod, args: CniArgs) => Steps<boolean>;

/** Registers nodes one by one, where each knows what it writes and what its pods get. */
export function registerEach(
  { nodes, pods }: Unregistered,
  one: (
    node: Node,
    off: Off,
    pods: readonly Pod[],
  ) => {
    readonly annotations: Labels;
    readonly podIPs: readonly (Ipv4 | undefined)[];
    /** Of a pod without one. */
    readonly whyNoIP?: string;
  },
): Registered {
  const byNode = groupByNode(pods);
  const annotations = new Map<string, Labels>();
  const podIPs = new Map<Pod, Ipv4>();
  const whyNoIP = new Map<Pod, string>();
  for (const { node, off } of nodes) {
    const own = byNode.get(node.name) ?? [];
    const registered = one(node, off, own);
    annotations.set(node.name, registered.annotations);
    for (const [i, pod] of own.entries()) {
      const ip = registered.podIPs[i];
      if (ip !== undefined) podIPs.set(pod, ip);
      else if (registered.whyNoIP !== undefined) whyNoIP.set(pod, registered.whyNoIP);
    }
  }
  return { annotations, podIPs, whyNoIP };
}
