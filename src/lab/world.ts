import type { CniSetup, Machine } from '../agents/index.js';
import type { SpeakerConfig } from '../bgp/index.js';
import type { CalicoObjects, Cluster } from '../cluster/index.js';
import { deleteObject, type Patched, patchObject } from './calico-patch.js';
import { completeCluster } from './complete.js';
import type { ControlCommand } from './control.js';
import type { Lab } from './lab.js';
import { routerSpeaker } from './router-bgp.js';
import { sameData } from './same-data.js';
import { defaultGateway, segmentOf } from './wires.js';

/** A command that changes an object of the API. */
export type ObjectCommand = Extract<ControlCommand, { readonly command: 'patch' | 'delete' }>;

/** The objects after such a command. */
export function changeObject(calico: CalicoObjects, command: ObjectCommand): Patched {
  const { kind, name } = command;
  return command.command === 'delete'
    ? deleteObject(calico, kind, name.text)
    : patchObject(calico, kind, name.text, command.patch.value);
}

/** The objects of a lab's cluster, and the configurations of BIRD that follow from them, while they change. */
export class World {
  readonly #lab: Lab;
  readonly #setup: CniSetup;
  #cluster: Cluster;
  #speakers: Map<string, SpeakerConfig> | undefined;
  /** What they come to with the objects that have changed. */
  #next: Map<string, SpeakerConfig> | undefined;
  /** By router: what `fib limit` has set. */
  readonly #limits = new Map<string, number | undefined>();

  constructor(lab: Lab, setup: CniSetup, cluster: Cluster) {
    this.#lab = lab;
    this.#setup = setup;
    this.#cluster = cluster;
  }

  get cluster(): Cluster {
    return this.#cluster;
  }

  /** By name: nodes whose BIRD runs, and routers that speak BGP. */
  get speakers(): ReadonlyMap<string, SpeakerConfig> {
    this.#speakers ??= this.#configure();
    return this.#speakers;
  }

  /**
   * Changes an object; undefined, or what is wrong with that. Pods and tunnels keep their addresses: those are in the
   * blocks, of which IPAM is told.
   */
  change(command: ObjectCommand): string | undefined {
    const { calico } = this.#cluster;
    if (calico === undefined) return `this network has no ${command.kind.toLowerCase()}`;
    const patched = changeObject(calico, command);
    if ('problem' in patched) return patched.problem;
    const before = this.speakers;
    this.#cluster = completeCluster({ ...this.#lab, calico: patched.calico }, this.#setup);
    // Of what BIRD would not read confd lets the old file be.
    this.#next = new Map([...before, ...this.#configure()]);
    const begun = [...this.#next.keys()].find((name) => !before.has(name));
    return begun === undefined
      ? undefined
      : `BIRD on ${begun} has had nothing to read until now, which is not modelled`;
  }

  /** confd after a change: the speakers whose configuration is another one now. */
  reconfigured(): readonly SpeakerConfig[] {
    const before = this.speakers;
    const now = this.#next ?? new Map(before);
    this.#speakers = now;
    return [...now.values()].filter((config) => !sameData(config, before.get(config.name)));
  }

  /** Sets how many routes a router has room for; its configuration then. */
  limit(router: string, limit: number | undefined): SpeakerConfig {
    const config = this.speakers.get(router);
    if (config === undefined) throw new Error(`router ${router} does not speak BGP`);
    this.#limits.set(router, limit);
    const limited = limitTo(config, limit);
    this.#speakers?.set(router, limited);
    return limited;
  }

  /** The sessions of a speaker that a word of birdc means: a name, a pattern, or `all`. */
  sessions(speaker: string, word: string): readonly string[] {
    const names = (this.speakers.get(speaker)?.sessions ?? []).map(({ name }) => name);
    if (word === 'all') return names;
    return /[*?]/.test(word) ? names.filter((name) => glob(word).test(name)) : names.filter((name) => name === word);
  }

  #configure(): Map<string, SpeakerConfig> {
    const lab = this.#lab;
    const nodes = this.#setup.speakers?.(this.#cluster, machinesOf(lab)) ?? [];
    const routers = lab.routers.flatMap((router) => {
      const config = routerSpeaker(lab, router);
      if (config === undefined) return [];
      return [this.#limits.has(router.name) ? limitTo(config, this.#limits.get(router.name)) : config];
    });
    return new Map([...nodes, ...routers].map((config) => [config.name, config]));
  }
}

function limitTo(config: SpeakerConfig, limit: number | undefined): SpeakerConfig {
  return { ...config, kernel: { ...config.kernel, limit } };
}

/** The machines of the nodes on which BIRD runs. */
function machinesOf(lab: Lab): ReadonlyMap<string, Machine> {
  const running = lab.nodes.filter(({ off }) => !off.includes('bird'));
  return new Map(
    running.map(({ name, addresses, segment }) => {
      const { length } = segmentOf(lab, segment).subnet;
      const interfaces = addresses.map((address) => ({ name: 'eth0', address, prefixLength: length }));
      return [name, { interfaces, defaultGateway: defaultGateway(lab, segment)?.via }];
    }),
  );
}

/** A pattern of birdc: `*` stands for any characters, `?` for one. */
function glob(text: string): RegExp {
  const escaped = text.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
