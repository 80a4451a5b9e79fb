import { describe, expect, test } from 'vitest';
import { cniChainName } from '../../src/agents/cni/ip-masq.js';
import { podNetns, sandboxId } from '../../src/agents/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import type { Network } from '../../src/topology/index.js';
import { loadLab } from '../recordings/load.js';
import { networkOf, type ReplayLab } from '../replay/lab.js';
import { generatedNames } from './generated-names.js';
import { netnsLines } from './netns-lines.js';
import { RECORDED_LABS, type RecordedLabCase } from './recorded-labs.js';

/** The network as the kernel left it when real plug-ins, and commands in flanneld's place, had run. */
function recorded(name: RecordedLabCase['name']): { readonly lab: ReplayLab; readonly network: Network } {
  const lab = loadLab(name) as unknown as ReplayLab;
  return { lab, network: networkOf(lab) };
}

/** The recordings call a container by its namespace, where we have 64 hex digits. */
function containerNames(lab: Lab): ReadonlyMap<string, string> {
  return new Map(
    lab.pods.flatMap((pod) => [
      [sandboxId(pod), podNetns(pod)] as const,
      [cniChainName('cbr0', sandboxId(pod), 'DN-'), cniChainName('cbr0', podNetns(pod), 'DN-')] as const,
    ]),
  );
}

const INHERITED = {
  line: /^sysctl net\/ipv4\/conf\/(all|default)\//,
  why: "a pod copies its node's; the recorded nodes are namespaces, and what their pods copied was the machine's",
};

describe.each(RECORDED_LABS)(
  '$name, built from our own lab, against the kernel',
  ({ name, lab, devices, differences }) => {
    const kernel = recorded(name);
    const ours = buildNetwork(lab);
    const kernelNames = generatedNames(kernel.network);
    const ourNames = generatedNames(ours.network, devices, containerNames(lab));

    test.each(Object.keys(kernel.lab.state))('%s', (netns) => {
      const there = kernel.network.netns(netns);
      const here = ours.network.netns(netns);
      if (there === undefined || here === undefined) throw new Error(`no namespace ${netns}`);
      const [left, right] = [netnsLines(there, kernelNames), netnsLines(here, ourNames)];
      const listed = [...differences.filter((d) => d.netns === netns), ...(here.host === netns ? [] : [INHERITED])];
      const open = [
        ...left.filter((l) => !right.includes(l)).map((l) => `- ${l}`),
        ...right.filter((r) => !left.includes(r)).map((r) => `+ ${r}`),
      ];
      expect(open.filter((o) => !listed.some(({ line }) => line.test(o.slice(2))))).toEqual([]);
      for (const { line, why } of listed)
        expect(
          open.some((o) => line.test(o.slice(2))),
          `still differs: ${why}`,
        ).toBe(true);
    });
  },
);

test('host-gw: the kernel refuses the routes between segments, in the same words, and all else is accepted', () => {
  const hostGw = RECORDED_LABS.find(({ name }) => name === 'hostgw');
  if (hostGw === undefined) throw new Error('no lab hostgw');
  const { commands } = loadLab('hostgw');
  const [said] = commands.flatMap(({ stderr }) => stderr ?? []);
  const refused = buildNetwork(hostGw.lab).refused.map(({ install, message }) => [install.netns, message]);
  // The recording tried it on n1; every flanneld does.
  expect(refused).toEqual(['n1', 'n2', 'n3', 'n3'].map((netns) => [netns, 'Nexthop has invalid gateway']));
  expect(said?.trim()).toBe('Error: Nexthop has invalid gateway.');
});

test.each(RECORDED_LABS.filter(({ name }) => name !== 'hostgw'))('$name: no call is refused', ({ lab }) => {
  expect(buildNetwork(lab).refused).toEqual([]);
});
