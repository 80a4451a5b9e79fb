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
 * The network as it is with these faults, in this order: those of the lab by their names, and others whose lines have been
 * checked. What befalls the control plane comes before all commands: routes come from it, so the network is then built
 * anew. Sessions of BGP follow what the commands make of the network: where one falls, it is built anew as well, as it is
 * when time has passed.
 *
 * @throws InputError with each name that is no fault of the lab.
 */
export function applyFaults(
  network: Network,
  lab: Lab,
  wanted: readonly (string | Fault)[],
  options: BuildOptions = {},
): Faulted {
  const unknown = checkFaults(
    lab,
    wanted.filter((each) => typeof each === 'string'),
  );
  if (unknown.length > 0) throw new InputError(unknown.map((each) => ({ ...each, file: 'names', path: [] })));
  const faults = wanted.map((each) => (typeof each === 'string' ? faultOf(lab, each) : each));
  const events = faults.flatMap((fault) => fault.events);
  const after = events.length === 0 ? lab : { ...lab, events: [...lab.events, ...events] };
  const start = events.length === 0 ? network : buildNetwork(after, options).network;
  const ran = runOn(start, callsOf(faults, start));
  const { settled, bgp } = follow({ lab: after, start, ran, options });
  return {
    network: settled?.network ?? ran.network,
    refused: ran.refused,
    problems: [...ran.problems, ...restlessProblems(settled?.restless ?? [], overridesOf(faults))],
    get bgp() {
      return bgp();
    },
  };
}

/** A network of which there is no lab with these commands, which have been checked, and what of them the kernel refused. */
export function applyCommands(network: Network, commands: readonly Override[]): Pick<Faulted, 'network' | 'problems'> {
  return runOn(network, callsOf([{ name: '', commands }], network));
}

/** What a fault calls, and where it says so. */
interface FaultCall {
  readonly install: Install;
  readonly override: Override;
  readonly fault: string;
}

function callsOf(faults: readonly Pick<Fault, 'name' | 'commands'>[], network: Network): readonly FaultCall[] {
  const hasNetns = (name: string): boolean => network.has(name);
  return faults.flatMap(({ name, commands }) =>
    [...commandInstalls(commands, network.directory, hasNetns)].map(([install, override]) => ({
      install,
      override,
      fault: name,
    })),
  );
}

/** A network on which commands were run. */
interface Ran {
  readonly network: Network;
  /** Those that were carried out. */
  readonly done: readonly FaultCall[];
  readonly refused: readonly Refusal[];
  readonly problems: readonly Problem[];
}

function runOn(network: Network, calls: readonly FaultCall[]): Ran {
  // Nothing has run on the network yet, so there is nothing learned that a fault could make forget.
  const applier = new Applier(network, new Runtime());
  const refused: Refusal[] = [];
  const problems: Problem[] = [];
  const done = calls.filter(({ install, override, fault }) => {
    const refusal = applier.apply(install);
    if (refusal === undefined) return true;
    refused.push(refusal);
    problems.push(refusalProblem(refusal, override, fault === '' ? '' : `fault "${fault}": `));
    return false;
  });
  return { network: applier.network(), done, refused, problems };
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
  const done = ran.done.map(({ install }) => install);
  const touched = ways.touchedBy(done, base.commands);
  if (touched.length === 0) return { settled: undefined, bgp };
  const settled = settle({
    ways,
    touched,
    underlay,
    commands: [...base.commands, ...done],
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
