import { connectLinks, type Link, type Netns, Runtime, readNetns, type Wire } from '../../src/linux/index.js';
import { Applier, parseCommand, type Refusal } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { dumpOf, type RecordedNetns, readable } from '../recordings/load.js';
import { type Description, describeNetns } from './describe-netns.js';

/** A command that was tried on a kernel, and what came of it. */
export interface Step {
  /** Empty for outside of all namespaces. */
  readonly ns: string;
  readonly cmd: string;
  readonly exit?: number;
  readonly stderr?: string;
}

/** Commands, and the state that they led to. */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly state: Readonly<
    Record<string, Omit<RecordedNetns, 'sysctl' | 'kind'> & { readonly sysctl: readonly string[] }>
  >;
}

/** What our side says of a command: refused by the reader or as by the kernel, or done. */
export interface Answer {
  readonly step: Step;
  readonly by: 'nobody' | 'reader' | 'kernel';
  readonly words: readonly string[];
}

/** Carries out commands one after the other, from nothing. */
export function replay(steps: readonly Step[]): { readonly applier: Applier; readonly answers: readonly Answer[] } {
  const applier = new Applier(Network.of([]), new Runtime());
  const answers = steps.map((step): Answer => {
    const read = parseCommand(step.cmd, { netns: step.ns === '' ? undefined : step.ns, file: 'recording' });
    if ('problems' in read) return { step, by: 'reader', words: read.problems.map((p) => p.message) };
    const refusals = read.value.flatMap((install) => applier.apply(install) ?? []);
    return { step, by: refusals.length === 0 ? 'nobody' : 'kernel', words: refusals.flatMap(stderrOf) };
  });
  return { applier, answers };
}

/** What iproute2 prints about a refusal: with words of the kernel's own, or without. */
function stderrOf({ message }: Refusal): string[] {
  return [`Error: ${message}.`, `RTNETLINK answers: ${message}`, message, `Error: ${message}`];
}

/** The namespaces as the kernel had them in the end, veth ends joined as `network` has them. */
export function recordedNamespaces({ state }: Scenario, network: Network): Netns[] {
  const recorded = Object.entries(state).map(([name, { sysctl, ...part }]) => {
    const dump = dumpOf({ ...part, kind: 'host', sysctl: Object.fromEntries(sysctl.map(splitSysctl)) }, name);
    return readable(readNetns(dump, { name, role: 'host' })).ns;
  });
  return connectLinks(recorded, wires(network, recorded));
}

/** The state that commands led to, in words: ours and the kernel's, by namespace. */
export function* statesOf(
  scenario: Scenario,
  network: Network,
): Generator<{ readonly name: string; readonly ours: Description | undefined; readonly kernel: Description }> {
  const given = givenMacs(scenario.steps);
  for (const wanted of recordedNamespaces(scenario, network)) {
    const got = network.netns(wanted.name);
    yield { name: wanted.name, ours: got && describeNetns(got, given), kernel: describeNetns(wanted, given) };
  }
}

export function splitSysctl(line: string): [string, string] {
  const [path = '', value = ''] = line.split(' = ');
  return [path, value];
}

/** The far ends that a dump can't tell: as the calls made them, where the recording has both ends. */
function wires(network: Network, recorded: readonly Netns[]): Wire[] {
  return recorded.flatMap((ns) =>
    [...(network.netns(ns.name)?.links.values() ?? [])].flatMap((link) => {
      if (link.kind !== 'veth' || link.peer === undefined || !ns.links.has(link.name)) return [];
      const there = recorded.find((other) => other.name === link.peer?.netns)?.links.get(link.peer.dev);
      return there === undefined ? [] : [[{ netns: ns.name, dev: link.name }, link.peer] as const];
    }),
  );
}

/** Hardware addresses that the commands name. */
export function givenMacs(steps: readonly Step[]): Set<string> {
  return new Set(steps.flatMap(({ cmd }) => cmd.match(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g) ?? []));
}

/** The index of the far end of a veth, where that is in one of these namespaces. */
export function peerIndexIn(namespaces: readonly Netns[]): (link: Link) => number | undefined {
  return (link) => {
    if (link.kind !== 'veth') return undefined;
    return namespaces.find((ns) => ns.name === link.peer?.netns)?.links.get(link.peer?.dev ?? '')?.ifindex;
  };
}
