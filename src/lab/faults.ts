import type { BgpSimulation } from '../bgp/index.js';
import { Runtime } from '../linux/index.js';
import { Applier, type Refusal } from '../plan/index.js';
import type { Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { type BuildOptions, buildNetwork } from './build.js';
import { commandInstalls, refusalProblem } from './command.js';
import type { Fault, Lab, Override } from './lab.js';

/** A network with faults. */
export interface Faulted {
  readonly network: Network;
  /** Its BGP speakers with what of the faults befalls them; undefined where nobody speaks BGP. */
  readonly bgp: BgpSimulation | undefined;
  /** Commands of the faults that the kernel refused: such a fault does not do what it says. */
  readonly refused: readonly Refusal[];
  /** The same, where they stand in the lab's file. */
  readonly problems: readonly Problem[];
}

/**
 * The network as it is with these faults, in this order: of the lab by their names, or others, which have been checked. What befalls the control plane comes before all
 * commands: routes come from it, so the network is then built anew.
 */
export function applyFaults(
  network: Network,
  lab: Lab,
  wanted: readonly (string | Fault)[],
  options: BuildOptions = {},
): Faulted {
  const faults = wanted.map((each) => (typeof each === 'string' ? faultOf(lab, each) : each));
  const events = faults.flatMap((fault) => fault.events);
  const built = events.length === 0 ? undefined : buildNetwork({ ...lab, events: [...lab.events, ...events] }, options);
  const start = built?.network ?? network;
  const { network: changed, refused } = runOn(start, faults);
  return {
    network: changed,
    refused: refused.map(({ refusal }) => refusal),
    problems: refused.map(({ problem }) => problem),
    get bgp() {
      return (built ?? buildNetwork(lab, options)).bgp;
    },
  };
}

/** A network on which commands were run that need no lab; what of them the kernel refused. */
export function applyCommands(network: Network, commands: readonly Override[]): Pick<Faulted, 'network' | 'problems'> {
  const ran = runOn(network, [{ name: '', commands }]);
  return { network: ran.network, problems: ran.refused.map(({ problem }) => problem) };
}

interface Ran {
  readonly network: Network;
  readonly refused: readonly { readonly refusal: Refusal; readonly problem: Problem }[];
}

function runOn(network: Network, faults: readonly Pick<Fault, 'name' | 'commands'>[]): Ran {
  // Nothing has run on the network yet, so there is nothing learned that a fault could make forget.
  const applier = new Applier(network, new Runtime());
  const refused: Ran['refused'][number][] = [];
  for (const { name, commands } of faults)
    for (const [install, override] of commandInstalls(commands, network.directory, (netns) => network.has(netns))) {
      const refusal = applier.apply(install);
      if (refusal === undefined) continue;
      const prefix = name === '' ? '' : `fault "${name}": `;
      refused.push({ refusal, problem: refusalProblem(refusal, override, prefix) });
    }
  return { network: applier.network(), refused };
}

function faultOf(lab: Lab, name: string): Fault {
  const fault = lab.faults.find((f) => f.name === name);
  if (fault === undefined) throw new Error(`lab ${lab.name} has no fault ${name}`);
  return fault;
}
