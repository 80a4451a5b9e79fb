import { expect } from 'vitest';
import { crossings, type Trace } from '../../src/trace/index.js';
import type { Backend } from '../oracle/backend.js';
import { loadPlans, type RecordedPlan } from '../oracle/corpus.js';
import { judge } from '../oracle/differential.js';
import { type Scenario as CommandScenario, replay as replayCommands, statesOf } from '../plan/replay-commands.js';
import { type LabName, recording } from '../recordings/load.js';
import { comparisonsOfCase, comparisonsOfProbe } from '../replay/compare.js';
import { type Frame, frameOf, normalise } from '../replay/frame.js';
import { type Replayed, replay } from '../replay/lab.js';
import { loadScenarios, type ReplayedCase, replayScenario, type Scenario } from '../replay/scenario.js';

/**
 * What a kernel did. Whoever gets it from here may take it for what the simulation does as well: that both are the same,
 * frame by frame, is expected first. A test then asserts of it what is unlikely about it.
 */

/** Packets at devices, each as `lineOf()` tells it. */
export interface Shown {
  /** All of them, or those of one namespace. */
  at(netns?: string): string[];
  readonly frames: readonly Frame[];
}

/** Of a recorded packet also what the simulation says of it besides. */
interface Replay extends Shown {
  readonly trace: Trace;
  /** The simulation's frames, with what a comparison leaves out. */
  readonly ours: readonly Frame[];
}

/** A case of `kernel-scenarios.json`, such as `routing-verdicts/38`. */
export function scenarioCase(id: string): Replay & Pick<ReplayedCase, 'recorded'> {
  const [name = ''] = id.split('/');
  const { scenario, cases } = scenarioOf(name);
  const replayed = cases.find(({ recorded }) => recorded.id === id);
  if (replayed === undefined) throw new Error(`no case ${id}`);
  for (const { what, ours, kernel } of comparisonsOfCase(scenario, replayed)) expect(ours, what).toEqual(kernel);
  const { recorded, trace, kernel } = replayed;
  return { recorded, trace, ours: crossings(trace).map(frameOf), ...shown(kernel) };
}

const scenarios = new Map<string, { readonly scenario: Scenario; readonly cases: readonly ReplayedCase[] }>();
function scenarioOf(name: string): { readonly scenario: Scenario; readonly cases: readonly ReplayedCase[] } {
  const known = scenarios.get(name);
  if (known !== undefined) return known;
  const scenario = loadScenarios().find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const made = { scenario, cases: [...replayScenario(scenario)] };
  scenarios.set(name, made);
  return made;
}

/** What the tools printed in a namespace of such a scenario, by command. */
export function scenarioDump(name: string, node: string): Readonly<Record<string, unknown>> {
  return scenarioOf(name).scenario.nodes[node]?.dump ?? {};
}

/** The probe of a recorded lab (`lab-*.json`) that has this number, from 0. */
export function labProbe(name: LabName, index: number): Replay & Pick<Replayed, 'probe'> {
  const all = labs.get(name) ?? [...replay(name)];
  labs.set(name, all);
  const replayed = all[index];
  if (replayed === undefined) throw new Error(`no probe ${index} in ${name}`);
  for (const { what, ours, kernel } of comparisonsOfProbe(replayed)) expect(ours, what).toEqual(kernel);
  const { probe, trace } = replayed;
  const kernel = probe.events.filter((event) => event.nudProbe !== true);
  return { probe, trace, ours: crossings(trace).map(frameOf), ...shown(kernel) };
}
const labs = new Map<LabName, readonly Replayed[]>();

/** What a kernel made of a plan of `recorded/`: one for each case that sends something. */
export interface ShownPlan {
  readonly cases: readonly (Shown & { readonly deliveries: readonly string[]; readonly errors: readonly number[] })[];
  /** The commands that it refused. */
  readonly refused: readonly string[];
  /** Lines of `conntrack -L` in a namespace at the end. */
  connections(netns: string): readonly string[];
  /** Lines of `iptables-save -c` in a namespace at the end. */
  rules(netns: string): readonly string[];
  /** How many packets a rule has counted at the end, by a part of its text as `iptables-save` prints it. */
  packets(netns: string, rule: string): number;
}

let plans: readonly RecordedPlan[] | undefined;

/** A plan of IPVS or IP in IP, recorded in user-mode Linux (Linux 6.1), by name. */
export function guestPlan(name: string): ShownPlan {
  const files = ['ipvs-schedulers', 'ipvs-connections', 'ipvs-paths', 'waiting', 'tunnels'];
  for (const file of files) {
    const all = JSON.parse(recording(`${file}-6.1.json`).text) as Omit<RecordedPlan, 'name'>[];
    const found = all.find(({ plan }) => plan.name === name);
    if (found !== undefined) return shownPlan(found, 'uml');
  }
  throw new Error(`not recorded: ${name}`);
}

/** A plan that was recorded for these tests (`record.ts`), by name. */
export function recordedPlan(name: string): ShownPlan {
  plans ??= loadPlans(new URL('recorded/', import.meta.url));
  const found = plans.find((each) => each.name === name);
  if (found === undefined) throw new Error(`not recorded: ${name}`);
  return shownPlan(found, 'host');
}

function shownPlan({ plan, kernel }: Omit<RecordedPlan, 'name'>, backend: Backend): ShownPlan {
  const { disagreement, left, agreed } = judge(plan, kernel, backend);
  expect(disagreement?.text).toBeUndefined();
  expect(left).toBeUndefined();
  expect(agreed).toBe(plan.cases.length);
  const commands = [...plan.fixed, ...plan.random];
  return {
    cases: kernel.cases
      .filter((_, i) => plan.cases[i]?.send !== 'command')
      .map(({ frames, deliveries, errors }) => ({ ...shown(frames.map(normalise)), deliveries, errors })),
    refused: kernel.refused.map((n) => commands[n] ?? ''),
    connections: (netns) => kernel.conntrack[netns] ?? [],
    rules: (netns) => kernel.rules[netns] ?? [],
    packets(netns, rule) {
      const [line, ...others] = (kernel.rules[netns] ?? []).filter((each) => each.includes(rule));
      if (line === undefined || others.length > 0) throw new Error(`not one rule of ${netns} says: ${rule}`);
      return Number(/^\[(\d+):/.exec(line)?.[1]);
    },
  };
}

/** The devices of a namespace after a scenario of `commands-6.18.json`, as `ip -j -d link` prints them. */
export function devicesAfter(
  name: string,
  netns: string,
): readonly { readonly ifname: string; readonly mtu: number }[] {
  const { scenarios } = JSON.parse(recording('commands-6.18.json').text) as { scenarios: CommandScenario[] };
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const network = replayCommands(scenario.steps).applier.network();
  for (const { ours, kernel } of statesOf(scenario, network)) expect(ours).toEqual(kernel);
  return (scenario.state[netns]?.link ?? []) as { ifname: string; mtu: number }[];
}

function shown(frames: readonly Frame[]): Shown {
  const packets = frames.filter((frame) => frame.ip !== undefined);
  return { frames, at: (netns) => packets.filter(({ ns }) => netns === undefined || ns === netns).map(lineOf) };
}

/**
 * `n1 cni0 in 10.244.1.2 > 10.244.2.2 ttl 64 udp`; within brackets what a tunnel carries. An ICMP error is told with
 * what it quotes: `icmp unreachable host about 10.0.0.1 > 10.0.1.1`.
 */
function lineOf({ ns, if: dev, dir, ...layers }: Frame): string {
  return `${ns} ${dev} ${dir} ${layersOf(layers)}`;
}

function layersOf({ ip = {}, icmp, tcp, udp, inner }: Omit<Frame, 'ns' | 'if' | 'dir'>): string {
  const df = ip['df'] === true ? ' DF' : '';
  const what = icmp !== undefined ? icmpOf(icmp) : tcp !== undefined ? `tcp ${tcp['flags']}` : udp && 'udp';
  const carried = inner === undefined ? '' : ` [${layersOf(inner)}]`;
  return `${ip['src']} > ${ip['dst']} ttl ${ip['ttl']}${df} ${what ?? 'fragment'}${carried}`;
}

function icmpOf({ type, code, quoted }: Record<string, unknown>): string {
  if (quoted === undefined) return `icmp ${type}`;
  const { src, dst } = quoted as Record<string, unknown>;
  return `icmp ${type} ${code} about ${src} > ${dst}`;
}
