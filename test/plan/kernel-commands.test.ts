import { describe, expect, test } from 'vitest';
import { connectLinks, type Netns, readNetns, Runtime, type Wire } from '../../src/linux/index.js';
import { Applier, parseCommand, type Refusal } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { dumpOf, type RecordedNetns, readable, recording } from '../recordings/load.js';
import { describeNetns } from './describe-netns.js';

interface Step {
  readonly ns: string;
  readonly cmd: string;
  readonly exit?: number;
  readonly stderr?: string;
}

interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly state: Readonly<Record<string, Omit<RecordedNetns, 'sysctl' | 'kind'> & { readonly sysctl: readonly string[] }>>;
}

/** Recorded by `test/oracle/record-commands.ts`: commands, the kernel's answers, and the state that they led to. */
const { scenarios } = JSON.parse(recording('commands-6.18.json').text) as { scenarios: Scenario[] };

/** What iproute2 prints about a refusal: with words of the kernel's own, or without. */
function stderrOf({ message }: Refusal): string[] {
  return [`Error: ${message}.`, `RTNETLINK answers: ${message}`, message, `Error: ${message}`];
}

/** Commands whose refusal is worded by the tool, which has no part in this. */
const WORDED_BY_TOOL = /^(sysctl: cannot stat|Warning: Executing wildcard|Error: argument .* is wrong|vxlan: unknown command)/;

describe.each(scenarios)('$name', ({ steps, state }) => {
  const runtime = new Runtime();
  const applier = new Applier(Network.of([]), runtime);
  const answers = steps.map((step) => {
    const read = parseCommand(step.cmd, { netns: step.ns === '' ? undefined : step.ns, file: 'recording' });
    if ('problems' in read) return { step, refused: read.problems.map((p) => p.message) };
    const refusals = read.value.flatMap((install) => applier.apply(install) ?? []);
    return { step, refused: refusals.length === 0 ? undefined : refusals.flatMap(stderrOf) };
  });

  test('answers', () => {
    for (const { step, refused } of answers) {
      expect(refused === undefined ? 'done' : 'refused', `${step.cmd}: ${refused?.[0] ?? ''}`).toBe(
        step.exit === undefined ? 'done' : 'refused',
      );
      if (refused !== undefined && !WORDED_BY_TOOL.test(step.stderr ?? ''))
        expect(refused, step.cmd).toContain(step.stderr);
    }
  });

  test('state', () => {
    const given = new Set(steps.flatMap(({ cmd }) => cmd.match(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g) ?? []));
    const network = applier.network();
    const recorded = Object.entries(state).map(([name, { sysctl, ...part }]) => {
      const dump = dumpOf({ ...part, kind: 'host', sysctl: Object.fromEntries(sysctl.map(split)) }, name);
      return readable(readNetns(dump, { name, role: 'host' })).ns;
    });
    const wired = connectLinks(recorded, wires(network, recorded));
    for (const wanted of wired) {
      const got = network.netns(wanted.name);
      expect(got === undefined ? undefined : describeNetns(got, given), wanted.name).toEqual(describeNetns(wanted, given));
    }
  });

  test('sysctls', () => {
    for (const [name, { sysctl }] of Object.entries(state)) {
      const { sysctls } = applier.netns(name) ?? {};
      const got = sysctl.map(split).map(([path]) => `${path} = ${sysctls?.get(path) ?? ''}`);
      expect(got).toEqual(sysctl);
    }
  });
});

function split(line: string): [string, string] {
  const [path = '', value = ''] = line.split(' = ');
  return [path, value];
}

/** The far ends that a dump can't tell: as the calls made them, where the recording has both ends. */
function wires(network: Network, recorded: readonly Netns[]): Wire[] {
  const names = new Set(recorded.map((ns) => ns.name));
  return recorded.flatMap((ns) =>
    [...(network.netns(ns.name)?.links.values() ?? [])].flatMap((link) => {
      if (link.kind !== 'veth' || link.peer === undefined || !names.has(link.peer.netns)) return [];
      const there = recorded.find((other) => other.name === link.peer?.netns)?.links.get(link.peer.dev);
      return ns.links.has(link.name) && there !== undefined ? [[{ netns: ns.name, dev: link.name }, link.peer] as const] : [];
    }),
  );
}
