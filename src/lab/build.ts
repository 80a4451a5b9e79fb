import { type CniSetup, cniBackend } from '../agents/index.js';
import type { BgpSimulation, Reach } from '../bgp/index.js';
import type { Cluster } from '../cluster/index.js';
import type { Install, Refusal } from '../plan/index.js';
import type { Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { type CommandInstalls, commandInstalls, refusalProblem } from './command.js';
import { controlPlaneOf } from './control-plane.js';
import { directoryOf } from './directory.js';
import { type BuiltGroup, groupsOf } from './group.js';
import type { Lab } from './lab.js';
import { Machines, networkOf } from './machines.js';
import { scriptOf } from './script.js';
import { type Found, NOTHING, restlessProblems, settle } from './settle.js';
import { agentsOf } from './start-order.js';
import { Ways } from './touched.js';
import type { Way } from './ways.js';
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

/** What a lab leaves to chance. */
export interface BuildOptions {
  /** Puts BGP messages in order that are under way at the same time. */
  readonly bgpSeed?: number | undefined;
}

/**
 * The network that a lab describes. Nothing is built yet: a machine, and a node's pods with it, is made when one of
 * its namespaces is first asked for, and then kept. What it becomes depends on the lab alone. Where commands of the lab may
 * touch sessions of BGP, the first machine makes all that these sessions pass: see `settle`.
 */
export function buildNetwork(lab: Lab, options: BuildOptions = {}): BuiltLab {
  return assemble(lab, options).built;
}

/** A lab's network, and what it takes to go on with its BGP speakers. */
export interface Assembled {
  readonly built: BuiltLab;
  readonly ways: Ways;
  readonly underlay: Reach;
  /** What the lab's own commands call. */
  readonly commands: Iterable<Install>;
  /** What these have made of sessions. */
  readonly found: Found;
  /** The network without the lab's own commands, as sessions were opened on it. */
  readonly uncommanded: () => Network;
  /** The network anew, of what the speakers of `built.bgp` know by now. */
  again(): Network;
}

/** What a lab's own commands have come to. */
interface Standing {
  readonly machines: Machines;
  readonly found: Found;
  /** What of the commands was refused when they came; undefined: what the machines say. */
  readonly refused: readonly Refusal[] | undefined;
  /** Those that were not. */
  readonly run: readonly Install[];
  readonly restless: readonly Way[];
}

/** {@link buildNetwork}, for those who change what the speakers know. */
export function assemble(lab: Lab, options: BuildOptions = {}): Assembled {
  const { setup, parts } = cniOf(lab);
  const controlPlane = controlPlaneOf(lab, setup, options.bgpSeed);
  const { cluster, underlay } = controlPlane;
  const directory = directoryOf(lab, cluster);
  const simulation = (): BgpSimulation | undefined => controlPlane.bgp;
  const groups = groupsOf({ lab, cluster, wiring: wire(lab), agents: agentsOf(lab, setup), parts, bgp: simulation });
  const commands = commandInstalls(lab.overrides, directory);
  const first = new Machines(lab, groups, commands.keys());
  const common = { lab, directory, names: first.names() };
  const again = (run: readonly Install[]): { readonly machines: Machines; readonly network: Network } => {
    const machines = new Machines(lab, groups, run);
    return { machines, network: networkOf({ ...common, machines: () => machines, bgp: simulation }) };
  };
  const uncommanded = once(() => buildNetwork({ ...lab, overrides: [] }, options).network);
  const waysOnce = once(() => new Ways(lab, controlPlane.speakers));
  const standing = once((): Standing => {
    const installs = [...commands.keys()];
    const touched = installs.length === 0 ? [] : waysOnce().touchedBy(installs, []);
    if (touched.length === 0)
      return { machines: first, found: NOTHING, refused: undefined, run: installs, restless: [] };
    const refused = refusedOf(first, commands);
    const run = installs.filter((install) => !refused.some((each) => each.install === install));
    let machines = first;
    const { found, restless } = settle({
      ways: waysOnce(),
      touched,
      underlay,
      found: NOTHING,
      commands: installs,
      network: networkOf({ ...common, machines: () => first, bgp: simulation }),
      before: uncommanded,
      earlier: () => [uncommanded()],
      simulation,
      again: () => {
        const made = again(run);
        machines = made.machines;
        return made.network;
      },
    });
    return { machines, found, refused, run, restless };
  });
  const bgp = (): BgpSimulation | undefined => {
    standing();
    return simulation();
  };
  return {
    built: faceOf({
      network: networkOf({ ...common, machines: () => standing().machines, bgp }),
      cluster,
      commands,
      standing,
      bgp,
    }),
    get ways() {
      return waysOnce();
    },
    underlay,
    commands: commands.keys(),
    get found() {
      return standing().found;
    },
    uncommanded,
    again: () => again(standing().run).network,
  };
}

/** What a {@link BuiltLab} tells, and where from. */
interface Insides extends Pick<BuiltLab, 'network' | 'cluster'> {
  readonly commands: CommandInstalls;
  readonly standing: () => Standing;
  readonly bgp: () => BgpSimulation | undefined;
}

function faceOf({ network, cluster, commands, standing, bgp }: Insides): BuiltLab {
  /** What was refused: commands when they came, though the network they have led to may be another. */
  const refusedBy = ({ namespaces, refused }: BuiltGroup): readonly Refusal[] => {
    const { refused: atFirst } = standing();
    if (atFirst === undefined) return refused;
    const own = refused.filter(({ install }) => !commands.has(install));
    return [...own, ...atFirst.filter(({ install }) => namespaces.has(install.netns))];
  };
  const build = (netns: string): BuiltGroup => standing().machines.build(netns);
  return {
    network,
    cluster,
    get bgp() {
      return bgp();
    },
    get refused() {
      return standing().machines.buildAll().flatMap(refusedBy);
    },
    refusedCommands(most) {
      const { machines, restless } = standing();
      const places = new Set([...commands.keys()].flatMap(({ netns }) => machines.machineOf(netns) ?? []));
      const refused = [...places].slice(0, most).flatMap((machine) =>
        refusedBy(build(machine)).flatMap((refusal) => {
          const override = commands.get(refusal.install);
          return override === undefined ? [] : [refusalProblem(refusal, override)];
        }),
      );
      return [...refused, ...restlessProblems(restless, [...commands.values()])];
    },
    refusedIn: (netns) => refusedBy(build(netns)).filter(({ install }) => install.netns === netns),
    installs: (netns) => build(netns).installs.filter((install) => install.netns === netns),
    get script() {
      return scriptOf(standing().machines.buildAll());
    },
  };
}

/** What machines refuse of commands when these come. */
function refusedOf(machines: Machines, commands: CommandInstalls): readonly Refusal[] {
  const places = new Set([...commands.keys()].flatMap(({ netns }) => machines.machineOf(netns) ?? []));
  return [...places].flatMap((machine) =>
    machines.build(machine).refused.filter(({ install }) => commands.has(install)),
  );
}

/** A value that is made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Whether anybody in a lab speaks BGP. */
export function speaksBgp(lab: Lab): boolean {
  return lab.routers.some(({ bgp }) => bgp !== undefined) || cniOf(lab).setup.speakers !== undefined;
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
