import type { BgpSimulation } from '../bgp/index.js';
import type { Cluster, Node } from '../cluster/index.js';
import type { Netns, Origin } from '../linux/index.js';
import type { Call, Install, Refusal } from '../plan/index.js';

/**
 * The calls of a program, one at a time. What comes back for each is the kernel's refusal, or undefined when the call
 * was carried out; the next call may depend on it.
 */
export type Steps<Result = void> = Generator<Install, Result, Refusal | undefined>;

/** The namespaces of a node as they are now, between two calls. */
export interface View {
  /** undefined when there is no such namespace on this node. */
  netns(name: string): Netns | undefined;
}

/** What a program on a node can see. */
export interface AgentContext {
  /** The node that it runs on; its namespace has the same name. */
  readonly self: Node;
  /** What the API server tells, complete. Other nodes are known by this alone. */
  readonly cluster: Cluster;
  /** What does not run on this node: agents (`flanneld`) and parts of them (`flanneld/masq`). */
  readonly off: ReadonlySet<string>;
  readonly view: View;
  /** The network's BGP speakers, converged and after what befell them; undefined where nobody speaks BGP. */
  readonly bgp?: (() => BgpSimulation | undefined) | undefined;
}

/** A daemon: a pure function of what it sees. Its options are given to whatever makes it. */
export interface Agent {
  /** The program's own name, which `off` and origins use: `flanneld`, `kube-proxy`. */
  readonly name: string;
  /** What it installs on a node as it starts there. */
  install(context: AgentContext): Steps;
}

/** The namespace of the node itself; an agent is not started before it is there. */
export function ownNetns({ self, view }: AgentContext): Netns {
  const ns = view.netns(self.name);
  if (ns === undefined) throw new Error(`node ${self.name} has no namespace yet`);
  return ns;
}

/** A call and its cause, which many namespaces share. */
export type SharedCall = Pick<Install, 'origin' | 'call'>;

/** Makes calls on one namespace that have one cause. */
export function callsOn(netns: string, origin: Origin): (call: Call) => Install {
  return (call) => ({ netns, origin, call });
}
