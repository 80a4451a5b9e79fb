import type { Ipv4 } from '../address/index.js';
import type { BgpSimulation } from '../bgp/index.js';
import type { Netns } from '../linux/index.js';
import { formatCommand, type Install, type Refusal } from '../plan/index.js';
import { type Directory, Network, type RefusedCall, type UnlearnedRoute } from '../topology/index.js';
import { type BuiltGroup, buildGroup, type Group } from './group.js';
import type { Lab } from './lab.js';
import { unlearnedRoute } from './unlearned.js';

/** The machines of a lab, each made with its pods when it is first asked for, and then kept. */
export class Machines {
  readonly #lab: Lab;
  readonly #groups: readonly Group[];
  readonly #groupOf: ReadonlyMap<string, Group>;
  /** The lab's own commands. */
  readonly #commands: readonly Install[];
  readonly #built = new Map<Group, BuiltGroup>();

  constructor(lab: Lab, groups: readonly Group[], commands: Iterable<Install>) {
    this.#lab = lab;
    this.#groups = groups;
    this.#groupOf = indexGroups(groups);
    this.#commands = [...commands];
  }

  /** All namespaces, made or not. */
  names(): readonly string[] {
    return [...this.#groupOf.keys()];
  }

  /** The first namespace of the group that one is made with: the machine itself. */
  machineOf(netns: string): string | undefined {
    return this.#groupOf.get(netns)?.members[0];
  }

  /** What a namespace is made with. */
  build(netns: string): BuiltGroup {
    const group = this.#groupOf.get(netns);
    if (group === undefined) throw new Error(`lab ${this.#lab.name} has no namespace ${netns}`);
    let made = this.#built.get(group);
    if (made === undefined) {
      made = buildGroup(group, this.#commands);
      this.#built.set(group, made);
    }
    return made;
  }

  /** All of them. */
  buildAll(): readonly BuiltGroup[] {
    return this.#groups.map(({ members: [machine = ''] }) => this.build(machine));
  }

  netns(name: string): Netns {
    const ns = this.build(name).namespaces.get(name);
    if (ns === undefined) throw new Error(`namespace ${name} was not made`);
    return ns;
  }
}

/** What a lab's network is made of. */
interface NetworkParts {
  readonly lab: Lab;
  readonly directory: Directory;
  readonly names: readonly string[];
  /** Asked for when a namespace is needed. */
  readonly machines: () => Machines;
  readonly bgp: () => BgpSimulation | undefined;
}

/** The network of machines. */
export function networkOf({ lab, directory, names, machines, bgp }: NetworkParts): Network {
  return Network.from({
    names,
    materialise: (name) => machines().netns(name),
    directory,
    unmodelled: lab.unmodelled,
    refusedIn: (name) =>
      machines()
        .build(name)
        .refused.filter(({ install }) => install.netns === name)
        .map(refusedCall),
    unlearned: (name: string, dst: Ipv4): UnlearnedRoute | undefined => {
      const simulation = bgp();
      return simulation === undefined ? undefined : unlearnedRoute(lab, simulation, name, dst);
    },
  });
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
