import type { BgpSimulation } from '../bgp/index.js';
import { Runtime } from '../linux/index.js';
import { Applier, type Install, type Refusal } from '../plan/index.js';
import { InputError, type Problem } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { assemble, type BuildOptions, buildNetwork, speaksBgp } from './build.js';
import { checkFaults } from './check-faults.js';
import { commandInstalls, refusalProblem } from './command.js';
import type { Fault, Lab, Override } from './lab.js';
import { restlessProblems, type Settled, settle } from './settle.js';

/** A network with faults. */
export interface Faulted {
  readonly network: Network;
  /** Its BGP speakers with what of the faults befalls them; undefined where nobody speaks BGP. */
  readonly bgp: BgpSimulation | undefined;
  /** Commands of the faults that the kernel refused: such a fault does not do what it says. */
  readonly refused: readonly Refusal[];
  /** The same, where they stand in the lab's file, and what keeps the network from coming to rest. */
  readonly problems: readonly Problem[];
}

/**
 * The network as it is with these faults of the lab, in this order. What befalls the control plane comes before all
 * commands: routes come from it, so the network is then built anew. Sessions of BGP follow what the commands make of the
 * network: where one falls, it is built anew as well, as it is when time has passed.
 *
 * @throws InputError with each name that is no fault of the lab.
 */
export function applyFaults(network: Network, lab: Lab, names: readonly string[], options: BuildOptions = {}): Faulted {
  const unknown = checkFaults(lab, names);
  if (unknown.length > 0) throw new InputError(unknown.map((each) => ({ ...each, file: 'names', path: [] })));
  const faults = names.map((wanted) => faultOf(lab, wanted));
  const events = faults.flatMap((fault) => fault.events);
  const after = events.length === 0 ? lab : { ...lab, events: [...lab.events, ...events] };
  const start = events.length === 0 ? network : buildNetwork(after, options).network;
  const commands = faults.flatMap((fault) =>
    [...commandInstalls(fault.commands, start.directory)].map(([install, override]) => ({ install, override, fault })),
  );
  const ran = runOn(
    start,
    commands.map(({ install }) => install),
  );
  const problems = commands.flatMap(({ install, override, fault: { name } }) => {
    const refusal = ran.refused.find((each) => each.install === install);
    return refusal === undefined ? [] : [refusalProblem(refusal, override, `fault "${name}": `)];
  });
  const { settled, bgp } = follow({ lab: after, start, ran, options });
  return {
    network: settled?.network ?? ran.network,
    refused: ran.refused,
    problems: [...problems, ...restlessProblems(settled?.restless ?? [], overridesOf(faults))],
    get bgp() {
      return bgp();
    },
  };
}

/** A network on which commands were run. */
interface Ran {
  readonly network: Network;
  /** Those that were carried out. */
  readonly done: readonly Install[];
  readonly refused: readonly Refusal[];
}

function runOn(network: Network, commands: readonly Install[]): Ran {
  // Nothing has run on the network yet, so there is nothing learned that a fault could make forget.
  const applier = new Applier(network, new Runtime());
  const refused: Refusal[] = [];
  const done = commands.filter((install) => {
    const refusal = applier.apply(install);
    if (refusal !== undefined) refused.push(refusal);
    return refusal === undefined;
  });
  return { network: applier.network(), done, refused };
}

interface Following {
  readonly lab: Lab;
  readonly start: Network;
  readonly ran: Ran;
  readonly options: BuildOptions;
}

/** Lets the lab's sessions follow; `settled` is undefined where they have nothing to follow. */
function follow({ lab, start, ran, options }: Following): {
  readonly settled: Settled | undefined;
  readonly bgp: () => BgpSimulation | undefined;
} {
  const untouched = { settled: undefined, bgp: () => buildNetwork(lab, options).bgp };
  if (ran.done.length === 0 || !speaksBgp(lab)) return untouched;
  const base = assemble(lab, options);
  const bgp = (): BgpSimulation | undefined => base.built.bgp;
  const { ways, underlay } = base;
  const touched = ways.touchedBy(ran.done, base.commands);
  if (touched.length === 0) return { settled: undefined, bgp };
  const settled = settle({
    ways,
    touched,
    underlay,
    commands: [...base.commands, ...ran.done],
    found: base.found,
    network: ran.network,
    before: () => start,
    earlier: () => (lab.overrides.length === 0 ? [start] : [start, base.uncommanded()]),
    simulation: bgp,
    // What was refused when it came is not tried again, and what comes too late now has been carried out before.
    again: () => runOn(base.again(), ran.done).network,
  });
  return { settled: settled.changed ? settled : undefined, bgp };
}

function overridesOf(faults: readonly Fault[]): readonly Override[] {
  return faults.flatMap(({ commands }) => commands);
}

function faultOf(lab: Lab, name: string): Fault {
  const fault = lab.faults.find((f) => f.name === name);
  if (fault === undefined) throw new Error(`lab ${lab.name} has no fault ${name}`);
  return fault;
}
