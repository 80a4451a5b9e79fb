import type { BgpSimulation } from '../bgp/index.js';
import { Runtime } from '../linux/index.js';
import { Applier, type Refusal } from '../plan/index.js';
import type { Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { buildNetwork } from './build.js';
import { commandInstalls, refusalProblem } from './command.js';
import type { Fault, Lab } from './lab.js';

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
 * The network as it is with these faults of the lab, in this order. What befalls the control plane comes before all
 * commands: routes come from it, so the network is then built anew.
 */
export function applyFaults(network: Network, lab: Lab, names: readonly string[]): Faulted {
  const faults = names.map((wanted) => faultOf(lab, wanted));
  const events = faults.flatMap((fault) => fault.events);
  const built = events.length === 0 ? undefined : buildNetwork({ ...lab, events: [...lab.events, ...events] });
  const start = built?.network ?? network;
  // Nothing has run on the network yet, so there is nothing learned that a fault could make forget.
  const applier = new Applier(start, new Runtime());
  const refused: Refusal[] = [];
  const problems: Problem[] = [];
  for (const { name, commands } of faults)
    for (const [install, override] of commandInstalls(commands, start.directory)) {
      const refusal = applier.apply(install);
      if (refusal === undefined) continue;
      refused.push(refusal);
      problems.push(refusalProblem(refusal, override, `fault "${name}": `));
    }
  return {
    network: applier.network(),
    refused,
    problems,
    get bgp() {
      return (built ?? buildNetwork(lab)).bgp;
    },
  };
}

function faultOf(lab: Lab, name: string): Fault {
  const fault = lab.faults.find((f) => f.name === name);
  if (fault === undefined) throw new Error(`lab ${lab.name} has no fault ${name}`);
  return fault;
}
