import { describe, expect, test } from 'vitest';
import { readSnapshot, SNAPSHOT_PARTS, snapshotFiles } from '../../src/input/index.js';
import type { Network } from '../../src/topology/index.js';
import { trace } from '../../src/trace/index.js';
import { podpath } from '../cli/cli.js';
import { isolated } from '../isolated.js';
import { generatedNames } from '../lab/generated-names.js';
import { netnsLines } from '../lab/netns-lines.js';
import { onMachine } from '../machine.js';
import { readable } from '../recordings/load.js';
import { shipped } from '../shipped.js';

/** Root, namespaces, the drivers and iptables. */
const capable =
  isolated(
    'ip link add v0 type vxlan id 1 dstport 8472 && ip link add br0 type bridge && iptables -t nat -L >/dev/null && [ -e /proc/sys/net/bridge ]',
  ).status === 0;

/** Without who has the lowest of the drawn addresses, which a bridge takes, and sysctls, of which a kernel has more. */
function lines(network: Network, name: string): string[] {
  const ns = network.netns(name);
  if (ns === undefined) throw new Error(`no namespace ${name}`);
  return netnsLines(ns, generatedNames(network)).filter((line) => !/^(sysctl|link br0 address)/.test(line));
}

describe.skipIf(!capable)(
  onMachine('dumps of a kernel', capable ? undefined : 'needs namespaces, drivers, iptables'),
  () => {
    test('a lab built by its script, dumped by the real tools, and read back', { timeout: 120_000 }, async () => {
      const network = shipped('flannel-vxlan');
      const { out: script } = await podpath(['script', 'flannel-vxlan', '--prefix', 'p-']);
      const looks = network
        .names()
        .flatMap((name) =>
          SNAPSHOT_PARTS.map(
            ({ file, command }) =>
              `command -v ${command.split(' ')[0]} >/dev/null && { echo "@ ${name}/${file}"; ip netns exec p-${name} ${command} 2>/dev/null; }`,
          ),
        );
      const { stdout } = isolated(`sh <<'SCRIPT' >/dev/null 2>&1\n${script}SCRIPT\nsleep 1.5\n${looks.join('\n')}`);
      const texts = new Map(
        stdout
          .split(/^@ /m)
          .slice(1)
          .map((part) => {
            const [path = '', ...text] = part.split('\n');
            return [path, text.join('\n')] as const;
          }),
      );
      // The wires of pods are told by the dumps.
      const yaml = (snapshotFiles(network).get('network.yaml') ?? '').replace(/^ {2}- \[.*\/veth.*\n/gm, '');
      texts.set('network.yaml', yaml);
      const { network: kernel, notes } = readable(
        readSnapshot({ name: 'dump', texts, folders: network.names(), others: [] }),
      );
      expect(notes.map((note) => note.replace(/veth\w+/, 'veth')).sort()).toEqual(
        ['node-1/veth - client', 'node-1/veth - web-0', 'node-2/veth - web-1'].map(
          (ends) => `inferred wire ${ends}/eth0: each names the other's index`,
        ),
      );
      for (const name of network.names()) expect(lines(kernel, name), name).toEqual(lines(network, name));
      const probe = { from: 'client', to: 'service/web', branching: 'all' };
      const ends = (of: Network): unknown[] =>
        trace(of, { from: probe.from, to: probe.to }).legs.flatMap(({ kind, paths }) =>
          paths.map(({ outcome, p, hops }) => ({ kind, outcome, p, at: hops.map(({ netns }) => netns) })),
        );
      expect(ends(kernel)).toEqual(ends(network));
    });
  },
);
