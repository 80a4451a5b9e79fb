import { BgpSimulation } from '../../src/bgp/index.js';
import { Dice } from './dice.js';
import { BirdLab } from './lab.js';
import type { BirdPlan, PlanEvent } from './plan.js';
import { PlanState } from './plan.js';
import { linesOf, type Seen, type SeenLines } from './seen.js';

/** What one run saw: after the start and after each event. */
export type Run = readonly SeenLines[];

/** A plan that real BIRDs went through, once or more often where it depends on timing. */
export interface BirdRuns {
  readonly plan: BirdPlan;
  readonly runs: readonly Run[];
}

/** Where the simulation is not as BIRD was. */
export interface Disagreement {
  /** After how many events. */
  readonly step: number;
  /** `n1 rib 10.244.1.0/26`. */
  readonly what: string;
  readonly bird: readonly string[];
  readonly simulated: readonly string[];
}

export interface Judgement {
  readonly disagreements: readonly Disagreement[];
  readonly compared: number;
  /** What the runs of BIRD themselves differ in. */
  readonly timed: number;
  /** What only another order of the simulation's messages met. */
  readonly ordered: number;
}

/** One run of real BIRDs; another n starts them in another order. */
export async function runBird(plan: BirdPlan, n: number): Promise<Run> {
  const names = plan.speakers.map(({ name }) => name);
  const order = n === 0 ? names : n === 1 ? names.toReversed() : new Dice(n).shuffled(names);
  return (await new BirdLab(plan).run(order)).map(linesOf);
}

/** The same in the simulation; undefined where routes go on changing: MEDs may go in circles, by chance and in BIRD too. */
function runSimulation(plan: BirdPlan, seed: number): Run | undefined {
  try {
    return [...simulatedSteps(plan, seed)];
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not converge')) return undefined;
    throw error;
  }
}

function* simulatedSteps(plan: BirdPlan, seed: number): Iterable<SeenLines> {
  const simulation = new BgpSimulation({ speakers: plan.speakers, reachable: undefined, seed });
  const state = new PlanState(plan);
  simulation.converge();
  yield linesOf(simulated(simulation, state));
  for (const event of plan.events) {
    state.apply(event);
    happens(simulation, event, state);
    yield linesOf(simulated(simulation, state));
  }
}

/** As long as the longest hold time of a plan with a cut, and more: the lab waits until sessions are down. */
const HOLD_MS = 15_000;

function happens(simulation: BgpSimulation, event: PlanEvent, state: PlanState): void {
  if (event.type === 'wait') simulation.advance(event.seconds * 1000);
  else if (event.type === 'cut' || event.type === 'mend') {
    simulation.apply({ type: 'reachable', reachable: (from, to) => state.reachable(from, to) });
    simulation.advance(HOLD_MS);
  } else simulation.apply(event);
  simulation.converge();
}

function simulated(simulation: BgpSimulation, state: PlanState): Seen {
  return [...state.configs.keys()].map((name) => {
    const running = state.running.has(name);
    if (simulation.running(name) !== running) throw new Error(`${name} runs: ${!running}`);
    if (!running) return { name, running, sessions: [], rib: [], fib: [] };
    return {
      name,
      running,
      sessions: simulation.sessions(name),
      rib: simulation.rib(name),
      fib: simulation.fib(name),
    };
  });
}

/**
 * In so many orders of messages the simulation may go until it meets what BIRD saw: enough that one way out of twenty is
 * missed once in a hundred times.
 */
const ORDERS = 90;

/**
 * Where the runs of BIRD differ, the simulation may meet any of them; elsewhere it has to meet what all saw. Where its own
 * outcome depends on the order of messages, some order has to.
 */
export function judge(runs: BirdRuns): Judgement {
  let first: Judgement | undefined;
  let disagreements: readonly Disagreement[] = [ENDLESS];
  let endless = 0;
  for (let order = 1; order <= ORDERS && endless < MOST_ENDLESS && disagreements.length > 0; order++) {
    const run = runSimulation(runs.plan, order);
    if (run === undefined) {
      endless++;
      continue;
    }
    const { disagreements: these, ...judged } = judgeRun(runs, run);
    const still = new Set(these.map(({ step, what }) => `${step} ${what}`));
    disagreements =
      first === undefined ? these : disagreements.filter(({ step, what }) => still.has(`${step} ${what}`));
    first ??= { ...judged, disagreements: these };
  }
  const { compared = 0, timed = 0, disagreements: once = disagreements } = first ?? {};
  return { disagreements, compared, timed, ordered: once.length - disagreements.length };
}

/** In so many orders the simulation may come to no end: each takes it long. */
const MOST_ENDLESS = 3;

const ENDLESS: Disagreement = { step: 0, what: 'whether it converges', bird: ['yes'], simulated: ['no'] };

function judgeRun({ runs }: BirdRuns, simulation: Run): Judgement {
  const disagreements: Disagreement[] = [];
  let [compared, timed] = [0, 0];
  for (const [step, ours] of simulation.entries()) {
    const theirs = runs.map((run) => run[step] ?? {});
    for (const what of new Set([ours, ...theirs].flatMap((lines) => Object.keys(lines)))) {
      compared++;
      const mine = ours[what] ?? [];
      const all = theirs.map((lines) => lines[what] ?? []);
      if (all.some((other) => !same(other, all[0]))) timed++;
      if (!all.some((other) => same(other, mine)))
        disagreements.push({ step, what, bird: all[0] ?? [], simulated: mine });
    }
  }
  return { disagreements, compared, timed, ordered: 0 };
}

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a?.join('\n') === b?.join('\n');
}

/** As a diff: - BIRD, + the simulation. */
export function formatDisagreement({ step, what, bird, simulated: ours }: Disagreement): string {
  const lines = [
    ...bird.filter((line) => !ours.includes(line)).map((line) => `  - ${line}`),
    ...ours.filter((line) => !bird.includes(line)).map((line) => `  + ${line}`),
  ];
  return `${what}, after ${step} events\n${lines.join('\n')}`;
}
