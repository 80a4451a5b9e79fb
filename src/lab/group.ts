import { type Agent, BIRD2_METRIC, birdRoutes, callsOn, podNetns, type Steps, type View } from '../agents/index.js';
import type { BgpSimulation } from '../bgp/index.js';
import { type Cluster, type Node, podsOn } from '../cluster/index.js';
import { type Netns, type Role, Runtime } from '../linux/index.js';
import { Applier, applyTo, type Install, type Refusal } from '../plan/index.js';
import { Network } from '../topology/index.js';
import { offOf } from './complete.js';
import type { Lab, LabNode, Listener, Router } from './lab.js';
import { SWITCHABLE } from './start-order.js';
import { buildHost, buildNode, buildRouter, buildSegment } from './underlay.js';
import type { Wiring } from './wires.js';

/** Namespaces that are built together: a machine, with the pods on it if it is a node. */
export interface Group {
  /** The machine's first. */
  readonly members: readonly string[];
  /** The calls that build them. */
  steps(view: View): Steps;
}

/** What a group's calls have made. */
export interface BuiltGroup {
  readonly namespaces: ReadonlyMap<string, Netns>;
  readonly installs: readonly Install[];
  readonly refused: readonly Refusal[];
}

/** What groups are made from. */
export interface Plan {
  readonly lab: Lab;
  readonly cluster: Cluster;
  readonly wiring: Wiring;
  /** The programs of each node, in order. */
  readonly agents: readonly Agent[];
  /** Names of what a node may switch off: of the network's agents, and others. */
  readonly parts: readonly string[];
  /** The lab's BGP speakers, run when they are first asked for; undefined where nobody speaks BGP. */
  readonly bgp: () => BgpSimulation | undefined;
}

/** The groups of a lab: nodes, routers, hosts, segments. */
export function groupsOf(plan: Plan): readonly Group[] {
  const { lab, cluster, wiring } = plan;
  const roles = new Map<string, Role>();
  for (const { name } of lab.routers) roles.set(name, 'router');
  for (const { name } of lab.nodes) roles.set(name, 'node');
  const objects = new Map(cluster.nodes.map((node) => [node.name, node]));
  const listeners = listenersOf(lab);
  return [
    ...lab.nodes.map((node): Group => {
      const self = objects.get(node.name);
      if (self === undefined) throw new Error(`node ${node.name} is not in its cluster`);
      const pods = podsOn(cluster, node.name).filter((pod) => !pod.hostNetwork);
      const members = [node.name, ...pods.map(podNetns)];
      return { members, steps: (view) => nodeSteps(plan, node, self, members, listeners, view) };
    }),
    ...lab.routers.map((router): Group => ({ members: [router.name], steps: () => routerSteps(plan, router) })),
    ...lab.hosts.map(
      (host): Group => ({
        members: [host.name],
        *steps() {
          yield* buildHost(lab, host, wiring);
          yield* listen(host.name, `host/${host.name}`, host.listen);
        },
      }),
    ),
    ...lab.segments.map(
      (segment): Group => ({ members: [segment.name], steps: () => buildSegment(segment, wiring, roles) }),
    ),
  ];
}

/** A node: its card, its programs in order, with its pods at the end, and what listens in all of them. */
function* nodeSteps(
  { lab, cluster, wiring, agents, parts, bgp }: Plan,
  node: LabNode,
  self: Node,
  members: readonly string[],
  listeners: ReadonlyMap<string, readonly PodListeners[]>,
  view: View,
): Steps {
  yield* buildNode(lab, node, wiring);
  const off = offOf(node);
  for (const agent of agents) {
    const switchable = parts.includes(agent.name) || SWITCHABLE.includes(agent.name);
    if (!switchable || !off.has(agent.name)) yield* agent.install({ self, cluster, off, view, bgp });
  }
  for (const netns of members)
    for (const { object, sockets } of listeners.get(netns) ?? []) yield* listen(netns, object, sockets);
}

/** A router, and the routes that its BIRD has. */
function* routerSteps({ lab, wiring, bgp }: Plan, router: Router): Steps {
  yield* buildRouter(lab, router, wiring);
  const simulation = router.bgp === undefined ? undefined : bgp();
  // A router's filters know of no tunnel.
  if (simulation !== undefined) yield* birdRoutes(simulation, router.name, { metric: BIRD2_METRIC, links: new Set() });
}

interface PodListeners {
  readonly object: string;
  readonly sockets: readonly Listener[];
}

/** What pods listen on, by network namespace: those on the host network listen in the node's. */
function listenersOf(lab: Lab): ReadonlyMap<string, readonly PodListeners[]> {
  const byNetns = new Map<string, PodListeners[]>();
  for (const pod of lab.pods) {
    const netns = pod.hostNetwork ? pod.nodeName : podNetns(pod);
    const list = byNetns.get(netns) ?? [];
    byNetns.set(netns, list);
    list.push({ object: `pod/${pod.namespace}/${pod.name}`, sockets: pod.listen });
  }
  return byNetns;
}

function* listen(netns: string, object: string, sockets: readonly Listener[]): Steps {
  const call = callsOn(netns, { by: 'lab', object });
  for (const { protocol, address, port, behaviour } of sockets) {
    const answer =
      behaviour === 'sink' ? ({ behaviour } as const) : ({ behaviour: 'reply', bytes: undefined } as const);
    yield call({ call: 'socket listen', socket: { protocol, address, port, ...answer } });
  }
}

/** Carries a group's calls out, from nothing, and then the overrides that touch it. */
export function buildGroup(group: Group, overrides: readonly Install[]): BuiltGroup {
  const applier = new Applier(Network.of([]), new Runtime());
  const installs: Install[] = [];
  function* all(): Steps {
    yield* withNewNetns(group.steps(applier), applier);
    for (const install of overrides) if (group.members.includes(install.netns)) yield install;
    // The far end of a cable, up or down, is this end's carrier.
    for (const install of overrides) if (isFarEnd(group, applier, install)) applier.apply(install);
  }
  const refused = applyTo(applier, recorded(all(), installs));
  const made = applier.network();
  const namespaces = new Map<string, Netns>();
  for (const name of group.members) {
    const ns = made.netns(name);
    if (ns !== undefined) namespaces.set(name, ns);
  }
  return { namespaces, installs, refused };
}

/** Whether a call sets a link that this group's cables end at. */
function isFarEnd({ members }: Group, view: View, { netns, call }: Install): boolean {
  return call.call === 'link set' && !members.includes(netns) && view.netns(netns)?.links.has(call.dev) === true;
}

/** Keeps what was called. */
function* recorded(steps: Steps, installs: Install[]): Steps {
  for (let step = steps.next(undefined); step.done !== true; ) {
    installs.push(step.value);
    step = steps.next(yield step.value);
  }
}

/** The steps, and what befalls each namespace when it is new. */
function* withNewNetns(steps: Steps, view: View): Steps {
  for (let step = steps.next(undefined); step.done !== true; ) {
    const { netns, call } = step.value;
    const refusal = yield step.value;
    if (call.call === 'netns add' && refusal === undefined) {
      // A lab has IPv4 only: on a real kernel IPv6 would send frames of its own.
      for (const dev of ['all', 'default']) yield disableIpv6(netns, dev);
      if (call.host !== netns) yield* inheritSysctls(netns, call.host, view);
    }
    step = steps.next(refusal);
  }
}

/**
 * A node is the first namespace of its kernel, from which a new one copies `conf/all` and `conf/default`, forwarding
 * included (devinet_init_net() with net.core.devconf_inherit_init_net 0, linux net/ipv4/devinet.c). It is written as
 * calls because on the kernel that builds a lab all nodes are namespaces, and its own first one has nothing to do
 * with them.
 */
function* inheritSysctls(netns: string, host: string, view: View): Steps {
  const from = view.netns(host)?.sysctls.entries(['all', 'default']) ?? [];
  const origin = { by: 'kernel', object: `new namespace on ${host}` };
  // Writing `forwarding` writes others.
  const forwardingFirst = [...from].sort(([a], [b]) => Number(isForwarding(b)) - Number(isForwarding(a)));
  for (const [path, value] of forwardingFirst)
    if (path.startsWith('net/ipv4/conf/') && view.netns(netns)?.sysctls.get(path) !== value)
      yield { netns, origin, call: { call: 'sysctl set', path, value } };
}

function isForwarding(path: string): boolean {
  return path === 'net/ipv4/conf/all/forwarding';
}

function disableIpv6(netns: string, dev: string): Install {
  const call = { call: 'sysctl set', path: `net/ipv6/conf/${dev}/disable_ipv6`, value: '1' } as const;
  return { netns, origin: { by: 'lab', object: 'IPv4 only' }, call };
}
