import type { CniSetup } from '../agents/index.js';
import { BgpSimulation, REJECT_ALL, type Reach, type SpeakerConfig } from '../bgp/index.js';
import type { Cluster } from '../cluster/index.js';
import { InputError } from '../problem/index.js';
import { completeCluster } from './complete.js';
import { type ControlCommand, parseControl } from './control.js';
import type { Lab, Override } from './lab.js';
import { underlayReach } from './reach.js';
import { World } from './world.js';

/** What the API server and the BGP speakers of a lab know after all that befell them. */
export interface ControlPlane {
  readonly cluster: Cluster;
  /** The configurations of the speakers then. */
  readonly speakers: readonly SpeakerConfig[];
  /** What of TCP between them the underlay carries. */
  readonly underlay: Reach;
  /** Run when it is first asked for; undefined where nobody speaks BGP. */
  readonly bgp: BgpSimulation | undefined;
}

/** Puts messages in order that are under way at the same time. */
const DEFAULT_SEED = 1;

/**
 * A lab's control plane: its speakers converge, then its events befall them one after the other, and they converge again
 * after each.
 *
 * @throws InputError where an event says nothing that is understood; readers of labs have checked that.
 */
export function controlPlaneOf(lab: Lab, setup: CniSetup, seed: number = DEFAULT_SEED): ControlPlane {
  const events = lab.events.flatMap(commandsOf);
  const before = completeCluster(lab, setup);
  const after = new World(lab, setup, before);
  for (const { command } of events)
    if (command.command === 'patch' || command.command === 'delete') mustBe(after.change(command));
  const underlay = underlayReach(lab);
  let ran: { readonly simulation: BgpSimulation | undefined } | undefined;
  return {
    cluster: after.cluster,
    underlay,
    get speakers() {
      return [...after.speakers.values()];
    },
    get bgp() {
      ran ??= { simulation: simulate({ lab, world: new World(lab, setup, before), underlay }, events, seed) };
      return ran.simulation;
    },
  };
}

/** A command, and the machine that it is run on; empty for none. */
interface Event {
  readonly machine: string;
  readonly command: ControlCommand;
}

function commandsOf({ netns, command, file, line }: Override): readonly Event[] {
  const read = parseControl(command, { file, line });
  if ('problems' in read) throw new InputError(read.problems);
  return read.value.map((each) => ({ machine: machineName(netns), command: each }));
}

/** The machine of a place: a router is in the directory as a host. */
export function machineName(place: string): string {
  return place.replace(/^(node|host)\//, '');
}

function simulate(scene: Scene, events: readonly Event[], seed: number): BgpSimulation | undefined {
  const { world, underlay } = scene;
  const speakers = [...world.speakers.values()];
  if (speakers.length === 0) return undefined;
  const simulation = new BgpSimulation({ speakers, reachable: underlay, seed });
  simulation.converge();
  for (const { machine, command } of events) {
    befall(simulation, scene, machine, command);
    simulation.converge();
  }
  return simulation;
}

/** Where something happens. */
interface Scene {
  readonly lab: Lab;
  readonly world: World;
  readonly underlay: Reach;
}

function befall(simulation: BgpSimulation, at: Scene, speaker: string, command: ControlCommand): void {
  const { lab, world } = at;
  switch (command.command) {
    case 'kill':
    case 'shutdown':
      simulation.apply({ type: command.command, speaker });
      break;
    case 'start':
      // On nodes it is `bird -R` (calico/node, filesystem/etc/service/available/bird/run); a router has begun anew.
      simulation.apply({ type: 'start', speaker, recover: !lab.routers.some(({ name }) => name === speaker) });
      break;
    case 'disable':
    case 'enable':
      for (const session of world.sessions(speaker, command.session.text))
        simulation.apply({ type: command.command, speaker, session });
      break;
    case 'restart':
      befall(simulation, at, speaker, { ...command, command: 'disable' });
      simulation.converge();
      befall(simulation, at, speaker, { ...command, command: 'enable' });
      break;
    case 'sleep':
      simulation.advance(command.seconds * 1000);
      break;
    case 'fib limit': {
      // What is in the hardware is not asked whether there is room for it: it is filled anew.
      const config = world.limit(speaker, command.limit);
      simulation.apply({
        type: 'reconfigure',
        config: { ...config, kernel: { ...config.kernel, export: REJECT_ALL } },
      });
      simulation.apply({ type: 'reconfigure', config });
      break;
    }
    case 'patch':
    case 'delete':
      mustBe(world.change(command));
      for (const config of world.reconfigured()) simulation.apply({ type: 'reconfigure', config });
  }
}

function mustBe(problem: string | undefined): void {
  if (problem !== undefined) throw new Error(problem);
}
