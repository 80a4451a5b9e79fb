import { describe, expect, test } from 'vitest';
import { buildNetwork } from '../../src/lab/index.js';
import { connectLinks, type NetnsDump, type Peer, readNetns } from '../../src/linux/index.js';
import { formatCommand, type Install } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { isolated } from '../isolated.js';
import { onMachine } from '../machine.js';
import { readable } from '../recordings/load.js';
import { DUMP_COMMANDS } from './dump-commands.js';
import { generatedNames } from './generated-names.js';
import { netnsLines } from './netns-lines.js';
import { RECORDED_LABS } from './recorded-labs.js';

/** Root, namespaces and the drivers: without one of them there is no kernel to ask. */
const capable =
  isolated(
    'ip link add v0 type vxlan id 1 dstport 8472 && ip link add br0 type bridge && ip tuntap add dev t0 mode tun',
  ).status === 0;

/** Rules have readers and kernels of their own in test/linux; programs are nobody's command. */
function isCommand({ call }: Install): boolean {
  return !/^(iptables|process|socket)/.test(call.call);
}

describe.skipIf(!capable)(
  onMachine('our labs in a kernel', capable ? undefined : 'needs namespaces and drivers'),
  () => {
    // A second of it is waiting for the carriers; a busy machine needs more.
    test.each(RECORDED_LABS)('$name', { timeout: 60_000 }, ({ lab }) => {
      const { network, script, refused } = buildNetwork(lab);
      const names = network.names();
      const commands = script
        .filter(isCommand)
        .map((install) => `${formatCommand(install)} 2>/dev/null || echo refused >&3`);
      const looks = names.flatMap((ns) =>
        Object.entries(DUMP_COMMANDS).map(
          ([part, cmd]) => `echo "@ ${ns} ${part}"; ip netns exec ${ns} sh -c '${cmd}'`,
        ),
      );
      const { stdout } = isolated(['exec 3>&1', ...commands, 'sleep 1.2', ...looks].join('\n'));
      const [answers = '', ...parts] = stdout.split(/^@ /m);
      expect(answers.split('\n').filter((line) => line === 'refused')).toHaveLength(refused.length);

      const dumps = new Map<string, Record<string, { file: string; text: string }>>();
      for (const part of parts) {
        const [head = '', ...text] = part.split('\n');
        const [ns = '', name = ''] = head.split(' ');
        dumps.set(ns, { ...dumps.get(ns), [name]: { file: head, text: text.join('\n').trim() || '[]' } });
      }
      const ends = names.flatMap((netns) =>
        [...(network.netns(netns)?.links.values() ?? [])].flatMap((link): (readonly [Peer, Peer])[] =>
          link.kind === 'veth' && link.peer !== undefined ? [[{ netns, dev: link.name }, link.peer]] : [],
        ),
      );
      const read = names.map((name) => {
        const dump = dumps.get(name) as unknown as NetnsDump;
        return readable(readNetns(dump, { name, role: 'host' })).ns;
      });
      const kernel = Network.of(connectLinks(read, ends));
      for (const name of names) {
        const [there, here] = [kernel.netns(name), network.netns(name)];
        if (there === undefined || here === undefined) throw new Error(`no namespace ${name}`);
        const theirs = netnsLines(there, generatedNames(kernel)).filter(isCompared);
        expect(netnsLines(here, generatedNames(network)).filter(isCompared), name).toEqual(theirs);
      }
    });
  },
);

/**
 * Not compared: sysctls (the recordings are), what needs iptables or a program, and of a bridge that follows its ports
 * which of their drawn addresses is the lowest.
 */
function isCompared(line: string): boolean {
  return !/^(iptables|sysctl|process|link br0 address|link flannel0 carrier) ?/.test(line);
}
