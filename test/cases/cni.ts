import { describe, expect, test } from 'vitest';
import { contains, formatIpv4, type Ipv4, type Ipv4Prefix } from '../../src/address/index.js';
import type { CniBackend } from '../../src/agents/index.js';
import { type BuiltLab, buildNetwork, type Lab } from '../../src/lab/index.js';
import type { Netns } from '../../src/linux/index.js';
import { outputFlow, RT_TABLE_MAIN, Runtime, routeOutput } from '../../src/linux/index.js';
import { formatCommand, type Install } from '../../src/plan/index.js';
import { makeLab, node, pod } from '../lab/make-lab.js';
import { ip } from '../must.js';

/** In what backends differ. */
export interface CniCaseOptions {
  /** Why pods get no network from it. */
  readonly noPodNetwork?: string;
  /** How many addresses of a node's range are not for pods, and come before theirs. */
  readonly reserved?: number;
}

/** What every cluster network has to keep to, whatever it is made of. */
export function cniCases(backend: CniBackend, { noPodNetwork, reserved = 0 }: CniCaseOptions = {}): void {
  const podTest = (name: string, run: () => void): void =>
    noPodNetwork === undefined ? test(name, run) : test.skip(`${name}: ${noPodNetwork}`, run);
  const lab = (more: Partial<Lab> = {}): Lab => makeLab({ cni: { name: backend.name, options: {} }, ...more });
  const three = lab({
    nodes: [node(1), node(2), node(3)],
    pods: [pod('a', 'node-1'), pod('b', 'node-1'), pod('c', 'node-2'), pod('d', 'node-3')],
  });

  describe('a lone node', () => {
    const built = buildNetwork(lab({ nodes: [node(1)], pods: [pod('a', 'node-1'), pod('b', 'node-1')] }));

    test('refuses nothing', () => {
      expect(built.refused).toEqual([]);
    });

    podTest('each pod gets an address of its podCIDR, in order', () => {
      // A block of Calico's begins where the podCIDR does.
      const base = ip('10.244.1.0') + reserved;
      expect(built.cluster.pods.map(({ podIP }) => podIP)).toEqual([base, base + 1]);
      expect(rangesOf(built, 'node-1').some((range) => addressesOf(built).every((each) => contains(range, each)))).toBe(
        true,
      );
    });

    podTest('a pod has a default route, and the node a route to the pod', () => {
      expect(wayTo(built.network.netns('a'), '203.0.113.1')).toBeDefined();
      for (const address of addressesOf(built))
        expect(wayTo(built.network.netns('node-1'), formatIpv4(address))).toMatch(/ via nobody$/);
    });
  });

  describe('three nodes on one segment', () => {
    const built = buildNetwork(three);

    test('every call is accepted', () => {
      expect(built.refused.map(({ install, message }) => `${formatCommand(install)}: ${message}`)).toEqual([]);
    });

    podTest('one way to each peer, and it does not lead back into the own pods', () => {
      const nodes = ['node-1', 'node-2', 'node-3'];
      const first = nodes.map((name) => formatIpv4(addressesOf(built, name)[0] ?? ip('0.0.0.0')));
      expect(first).not.toContain('0.0.0.0');
      for (const [i, name] of nodes.entries()) {
        const own = wayTo(built.network.netns(name), first[i] ?? '');
        for (const [j, address] of first.entries())
          if (i !== j) {
            const way = wayTo(built.network.netns(name), address);
            expect(way, `${name} to ${address}`).toBeDefined();
            expect(way).not.toBe(own);
          }
      }
    });

    test('at most one route to the subnet of each node', () => {
      for (const name of ['node-1', 'node-2', 'node-3'])
        for (const { podCIDR } of three.nodes) {
          const routes = built.network.netns(name)?.ipv4.tables.get(RT_TABLE_MAIN)?.at(podCIDR) ?? [];
          expect(routes.length).toBeLessThanOrEqual(1);
        }
    });

    test('the same cluster gives the same calls', () => {
      const again = buildNetwork(three);
      for (const name of built.network.names())
        expect(again.installs(name).map(formatCommand)).toEqual(built.installs(name).map(formatCommand));
    });

    test('a node does not depend on whether another was built before it', () => {
      const alone = buildNetwork(three);
      expect(alone.installs('node-3').map(formatCommand)).toEqual(built.installs('node-3').map(formatCommand));
    });

    test('every call says who makes it, and for what', () => {
      for (const name of built.network.names())
        for (const { origin } of built.installs(name)) expect([origin.by, origin.object]).not.toContain(undefined);
    });
  });

  describe('a node more', () => {
    const four = { ...three, nodes: [...three.nodes, node(4)] };
    const [before, after] = [buildNetwork(three), buildNetwork(four)];

    test('takes nothing away from the others', () => {
      const had = before.installs('node-1').flatMap(commandLines);
      const has = new Set(after.installs('node-1').flatMap(commandLines));
      expect(had.filter((line) => !has.has(line))).toEqual([]);
    });
  });

  test('options that it does not know are told, all at once', () => {
    const configured = backend.configure({ nonsense: 1, 'more-nonsense': 2 }, three.podCIDR);
    expect('problems' in configured ? configured.problems.map(({ code, option }) => [code, option]) : []).toEqual([
      ['unknown-key', 'nonsense'],
      ['unknown-key', 'more-nonsense'],
    ]);
  });

  test('its options have defaults that it takes itself', () => {
    for (const [name, spec] of Object.entries(backend.options))
      if (spec.default !== undefined) expect(spec.read(spec.default), name).toBe(spec.default);
  });
}

/** The addresses of pods, in order. */
function addressesOf({ cluster }: BuiltLab, node?: string): Ipv4[] {
  return cluster.pods.flatMap(({ podIP, nodeName }) =>
    podIP === undefined || (node ?? nodeName) !== nodeName ? [] : [podIP],
  );
}

/** What a node's pods get their addresses from: Calico's blocks, or else its podCIDR. */
function rangesOf({ cluster }: BuiltLab, node: string): readonly Ipv4Prefix[] {
  const blocks = (cluster.calico?.blocks ?? []).filter(({ affinity }) => affinity === node).map(({ cidr }) => cidr);
  const podCIDRs = cluster.nodes.filter(({ name }) => name === node).map(({ podCIDR }) => podCIDR);
  return blocks.length > 0 ? blocks : podCIDRs;
}

/** A command, or each line of what ipset is told at once: one member more changes its text, and takes nothing away. */
function commandLines(install: Install): string[] {
  const command = formatCommand(install);
  const [first = '', ...lines] = command.split('\n');
  return /ipset restore/.test(first) ? lines.map((line) => `${first}: ${line}`) : [command];
}

/** Device and gateway towards an address; undefined when there is no way. */
function wayTo(ns: Netns | undefined, address: string): string | undefined {
  if (ns === undefined) throw new Error('no such namespace');
  const choose = { fork: () => 0, guess: () => undefined, value: () => 0, hash: () => 0 };
  const context = { ns, runtime: new Runtime().of(ns.name), choose, now: 0 };
  const found = routeOutput(context, outputFlow(ip(address)), '', 'own');
  if (!found.ok || found.destination.type !== 'unicast') return undefined;
  return `${found.destination.dev} via ${found.destination.gateway ?? 'nobody'}`;
}
