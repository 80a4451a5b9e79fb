import { type CniSetup, cniBackend } from '../agents/index.js';
import type { BgpSimulation } from '../bgp/index.js';
import type { Cluster } from '../cluster/index.js';
import type { Netns } from '../linux/index.js';
import { formatCommand, type Install, type Refusal } from '../plan/index.js';
import type { Problem } from '../problem/index.js';
import { Network, type RefusedCall } from '../topology/index.js';
import { commandInstalls, refusalProblem } from './command.js';
import { controlPlaneOf } from './control-plane.js';
import { directoryOf } from './directory.js';
import { type BuiltGroup, buildGroup, type Group, groupsOf } from './group.js';
import type { Lab } from './lab.js';
import { scriptOf } from './script.js';
import { agentsOf } from './start-order.js';
import { wire } from './wires.js';

/** A lab that can be traced. */
export interface BuiltLab {
  readonly network: Network;
  /** What the agents were told of the cluster, with everything handed out. */
  readonly cluster: Cluster;
  /** The BGP speakers after all that befell them: reading it runs them. undefined where nobody speaks BGP. */
  readonly bgp: BgpSimulation | undefined;
  /** Calls that the kernel refused, of all namespaces: reading it builds them all. */
  readonly refused: readonly Refusal[];
  /**
   * The commands of the lab itself, not of its agents, that were refused, where they stand in its file. Reading it
   * builds the machines that these commands are for, `most` of them where that is given.
   */
  refusedCommands(most?: number): readonly Problem[];
  /** The refused calls on one namespace. */
  refusedIn(netns: string): readonly Refusal[];
  /** The calls on one namespace, in order, the refused ones among them. */
  installs(netns: string): readonly Install[];
  /** The calls that build all of it, for a real kernel: reading it builds all namespaces. */
  readonly script: readonly Install[];
}

/**
 * The network that a lab describes. Nothing is built yet: a machine, and a node's pods with it, is made when one of
 * its namespaces is first asked for, and then kept. What it becomes depends on the lab alone.
 */
export function buildNetwork(lab: Lab): BuiltLab {
  const { setup, parts } = cniOf(lab);
  const controlPlane = controlPlaneOf(lab, setup);
  const { cluster } = controlPlane;
  const bgp = (): BgpSimulation | undefined => controlPlane.bgp;
  const directory = directoryOf(lab, cluster);
  const wiring = wire(lab);
  const groups = groupsOf({ lab, cluster, wiring, agents: agentsOf(lab, setup), parts, bgp });
  const groupOf = indexGroups(groups);
  const overrides = commandInstalls(lab.overrides, directory);

  const built = new Map<Group, BuiltGroup>();
  const build = (netns: string): BuiltGroup => {
    const group = groupOf.get(netns);
    if (group === undefined) throw new Error(`lab ${lab.name} has no namespace ${netns}`);
    let made = built.get(group);
    if (made === undefined) {
      made = buildGroup(group, [...overrides.keys()]);
      built.set(group, made);
    }
    return made;
  };

  const materialise = (name: string): Netns => {
    const ns = build(name).namespaces.get(name);
    if (ns === undefined) throw new Error(`namespace ${name} was not made`);
    return ns;
  };
  const refusedOn = (netns: string): readonly Refusal[] =>
    build(netns).refused.filter(({ install }) => install.netns === netns);
  const refusedIn = (name: string): readonly RefusedCall[] => refusedOn(name).map(refusedCall);
  return {
    network: Network.from({
      names: [...groupOf.keys()],
      materialise,
      directory,
      unmodelled: lab.unmodelled,
      refusedIn,
    }),
    cluster,
    get bgp() {
      return bgp();
    },
    get refused() {
      return groups.flatMap(({ members: [machine = ''] }) => build(machine).refused);
    },
    refusedCommands(most) {
      const machines = new Set([...overrides.keys()].flatMap(({ netns }) => groupOf.get(netns)?.members[0] ?? []));
      return [...machines].slice(0, most).flatMap((machine) =>
        build(machine).refused.flatMap((refusal) => {
          const override = overrides.get(refusal.install);
          return override === undefined ? [] : [refusalProblem(refusal, override)];
        }),
      );
    },
    refusedIn: refusedOn,
    installs: (netns) => build(netns).installs.filter((install) => install.netns === netns),
    get script() {
      return scriptOf(groups.map(({ members: [machine = ''] }) => build(machine)));
    },
  };
}

/** A refusal as the network remembers it. */
function refusedCall({ install, errno, message }: Refusal): RefusedCall {
  const { call, origin } = install;
  const route = 'route' in call && 'nexthops' in call.route ? call.route : undefined;
  return {
    origin,
    command: formatCommand(install).trim(),
    dst: route?.dst,
    // fib_check_nh(), linux net/ipv4/fib_semantics.c: the gateway is reached through no link of this host.
    badGateway: errno === 'ENETUNREACH' ? route?.nexthops[0].via : undefined,
    errno,
    message,
  };
}

/** Which group makes a namespace. Readers of labs see to it that no two namespaces have one name. */
function indexGroups(groups: readonly Group[]): ReadonlyMap<string, Group> {
  const groupOf = new Map<string, Group>();
  for (const group of groups)
    for (const name of group.members) {
      if (groupOf.has(name)) throw new Error(`two namespaces would be called ${name}`);
      groupOf.set(name, group);
    }
  return groupOf;
}

/** The lab's network plug-in with its options, which readers of labs have checked. */
function cniOf(lab: Lab): { readonly setup: CniSetup; readonly parts: readonly string[] } {
  const { name, options } = lab.cni;
  const backend = cniBackend(name);
  if (backend === undefined) throw new Error(`no CNI backend is registered as ${name}`);
  const configured = backend.configure(options, lab.podCIDR);
  if ('problems' in configured)
    throw new Error(`${name}: ${configured.problems.map(({ option, message }) => `${option}: ${message}`).join('; ')}`);
  return { setup: configured.setup, parts: backend.parts };
}
