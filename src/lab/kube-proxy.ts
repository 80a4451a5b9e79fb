import {
  type AgentContext,
  type Connections,
  deleteDrained,
  KUBE_IPVS0,
  type ProxierMemory,
  type ProxierState,
  resyncIptables,
  type Steps,
  syncIpvs,
} from '../agents/index.js';
import type { Cluster } from '../cluster/index.js';
import { endText, ipvsKeyText, Runtime } from '../linux/index.js';
import { Applier, type Install } from '../plan/index.js';
import { argumentProblem, didYouMean, InputError } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { keepAllocated } from './allocated.js';
import { buildNetwork } from './build.js';
import { offOf } from './complete.js';
import type { KubeProxyChoice, Lab } from './lab.js';

/** What runs: a Simulation, say. */
export interface Running {
  readonly network: Network;
  readonly runtime: Runtime;
}

/** What kube-proxy remembers from one sync to the next. */
type Memory =
  | { readonly mode: 'iptables'; readonly state: ProxierState }
  | { readonly mode: 'ipvs'; readonly state: ProxierMemory };

/** The calls of one run, and what they end in. */
interface Ran<Result> {
  readonly installs: readonly Install[];
  readonly result: Result;
}

/**
 * The kube-proxy of one node, while the cluster around it changes. Its calls are returned and not made: each list is for
 * `simulation.apply`, before the next one is asked for.
 */
export class KubeProxy {
  readonly #node: string;
  readonly #choice: KubeProxyChoice;
  #cluster: Cluster;
  #memory: Memory;

  /**
   * As it runs on a node of the lab, after its first sync.
   *
   * @throws InputError when the lab has no such node, or no kube-proxy runs there.
   */
  constructor(lab: Lab, node: string) {
    this.#node = node;
    this.#choice = lab.kubeProxy;
    // What it remembers is from before commands of the lab, and it does not know of them.
    const { network, cluster } = buildNetwork({ ...lab, overrides: [], faults: [] });
    const off = checkedNode(lab, node, network);
    const start = { ...contextOf(cluster, node), off };
    this.#cluster = cluster;
    this.#memory = run(network, (view) => syncSteps(this.#choice, { ...start, view }, undefined, 0, () => 0)).result;
  }

  /**
   * What it does once the API server tells the cluster that `lab` describes: rules, virtual servers and real servers of
   * what has changed, and connections of UDP to forget. A real server of TCP that still has connections in IPVS mode gets
   * no new ones, and stays until {@link deleteDrained}. What was handed out before stays with its pod or Service: their
   * addresses and ports. Of `lab` nothing but the cluster counts: pods, Services, EndpointSlices, nodes.
   *
   * @throws InputError when the node is not in the lab or not in the network that runs.
   */
  sync(lab: Lab, running: Running): readonly Install[] {
    const { cluster } = buildNetwork({ ...keepAllocated(lab, this.#cluster), overrides: [], faults: [] });
    const off = checkedNode({ ...lab, kubeProxy: this.#choice }, this.#node, running.network);
    const start = { ...contextOf(cluster, this.#node), off };
    const connections = connectionsOf(running, this.#node);
    const { installs, result } = run(running.network, (view) =>
      syncSteps(this.#choice, { ...start, view }, this.#memory, running.runtime.clock, connections),
    );
    this.#cluster = cluster;
    this.#memory = result;
    return installs;
  }

  /** What it does each minute in IPVS mode: it deletes real servers of weight 0 whose connections have ended. */
  deleteDrained(running: Running): readonly Install[] {
    const memory = this.#memory;
    if (memory.mode === 'iptables') return [];
    const start = { ...contextOf(this.#cluster, this.#node), off: new Set<string>() };
    const { installs, result } = run(running.network, (view) =>
      deleteDrained({ ...start, view }, memory.state, connectionsOf(running, this.#node)),
    );
    this.#memory = { mode: 'ipvs', state: result };
    return installs;
  }
}

/** The {@link KubeProxy} of a lab's node. */
export function createKubeProxy(lab: Lab, node: string): KubeProxy {
  return new KubeProxy(lab, node);
}

/** What is off on a node on which kube-proxy runs. */
function checkedNode(lab: Lab, name: string, network: Network): ReadonlySet<string> {
  const node = lab.nodes.find((each) => each.name === name);
  if (node === undefined || !network.has(name)) {
    const known = lab.nodes.map((each) => each.name).filter((each) => network.has(each));
    const message = `no node is called "${name}"${didYouMean(name, known) || `; there are ${known.join(', ')}`}`;
    throw new InputError([argumentProblem('node', [], 'unknown-name', message)]);
  }
  const off = offOf(node);
  const why = whyNotRunning(lab, name, off, network);
  if (why !== undefined)
    throw new InputError([argumentProblem('node', [], 'bad-value', `no kube-proxy runs on ${name}: ${why}`)]);
  return off;
}

function whyNotRunning(
  { kubeProxy: { mode } }: Lab,
  name: string,
  off: ReadonlySet<string>,
  network: Network,
): string | undefined {
  if (mode === 'none') return 'the lab has none';
  if (off.has('kube-proxy')) return 'it is off there';
  // In IPVS mode it ends where the kernel refuses its scheduler or its sysctls, before it makes its device.
  if (mode === 'ipvs' && network.netns(name)?.links.has(KUBE_IPVS0) !== true) return `there is no ${KUBE_IPVS0}`;
  return undefined;
}

function contextOf(cluster: Cluster, name: string): Pick<AgentContext, 'self' | 'cluster'> {
  const self = cluster.nodes.find((node) => node.name === name);
  if (self === undefined) throw new Error(`node ${name} is not in its cluster`);
  return { self, cluster };
}

function* syncSteps(
  { mode, config }: KubeProxyChoice,
  context: AgentContext,
  memory: Memory | undefined,
  now: number,
  connections: Connections,
): Steps<Memory> {
  if (mode === 'ipvs') {
    const last = memory?.mode === 'ipvs' ? memory.state : undefined;
    return { mode, state: yield* syncIpvs(context, config, last, connections) };
  }
  const last = memory?.mode === 'iptables' ? memory.state : undefined;
  return { mode: 'iptables', state: yield* resyncIptables(context, config, last, now) };
}

/** Carries calls out on the side, since one may depend on what those before it did. */
function run<Result>(network: Network, steps: (view: Applier) => Steps<Result>): Ran<Result> {
  const applier = new Applier(network, new Runtime());
  const all = steps(applier);
  const installs: Install[] = [];
  let step = all.next(undefined);
  while (step.done !== true) {
    installs.push(step.value);
    step = all.next(applier.apply(step.value));
  }
  return { installs, result: step.value };
}

/** How many connections of IPVS a real server has now; those whose time is over are only not cleared away yet. */
function connectionsOf({ runtime }: Running, node: string): Connections {
  const { connections } = runtime.of(node).ipvs;
  return (service, server) =>
    connections
      .list()
      .filter(
        (each) =>
          !each.template &&
          each.expires > runtime.clock &&
          each.service === ipvsKeyText(service.key) &&
          endText(each.server) === endText(server),
      ).length;
}
