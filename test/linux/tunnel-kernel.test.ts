import { describe, expect, test } from 'vitest';
import {
  addressesJson,
  formatAddresses,
  linksJson,
  type NetnsDump,
  Runtime,
  readNetns,
  routesJson,
} from '../../src/linux/index.js';
import { Applier, parseCommand } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { DUMP_COMMANDS } from '../lab/dump-commands.js';
import { onMachine } from '../machine.js';
import { readable } from '../recordings/load.js';
import { guest, whyNoGuest } from '../uml.js';

/** IP in IP and its kin, of Linux 6.1; the kernel of a machine seldom has them. */
const why = whyNoGuest();

/** Devices as Calico and flannel make them, and of each kind of option. */
const COMMANDS = [
  'ip netns add n',
  'ip -n n link set lo up',
  'ip -n n link add eth0 address 02:00:00:00:00:01 type dummy',
  'ip -n n addr add 192.168.0.11/24 dev eth0',
  'ip -n n link set eth0 up',
  'ip -n n link add flannel.ipip mtu 1480 type ipip local 192.168.0.11',
  'ip -n n addr add 10.244.1.0/32 dev flannel.ipip',
  'ip -n n link set flannel.ipip up',
  'ip -n n route add 10.244.2.0/24 via 192.168.0.12 dev flannel.ipip onlink',
  'ip -n n link add one mtu 1400 type ipip remote 192.168.0.13 local any ttl 64 tos inherit dev eth0',
  'ip -n n tunnel add old mode ipip remote 192.168.0.14 local 192.168.0.11 nopmtudisc',
  'ip -n n link add low type ipip local 192.168.0.11 dev eth0 remote 192.168.0.15 tos 0x10',
  'ip -n n link add any mtu 1480 type ipip external',
  'ip -n n link add sit1 mtu 1480 type sit local 192.168.0.11 remote 192.168.0.12',
];
/** The module's own device, which Felix asks for whether it is there or not. */
const FALLBACK = [
  'ip -n n tunnel change tunl0 mode ipip',
  'ip -n n link set tunl0 mtu 1480 up',
  'ip -n n addr add 10.233.1.0/32 dev tunl0',
  'ip -n n route add blackhole 10.233.1.0/26 proto bird',
  'ip -n n route add 10.233.2.0/26 via 192.168.0.12 dev tunl0 proto bird onlink',
];

const LOOKS = { ...DUMP_COMMANDS, addrText: 'ip addr' };

const WITHOUT_IPV6 = `ip netns exec n sh -c 'echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6 >/dev/null'`;

/** What the kernel made of the commands. */
function looks(commands: readonly string[]): Record<keyof typeof LOOKS, string> {
  const { stdout, stderr, status } = guest(
    [
      'set -e; modprobe ipv6',
      ...commands.flatMap((line) => (line === 'ip netns add n' ? [line, WITHOUT_IPV6] : [line])),
      ...Object.entries(LOOKS).map(([name, look]) => `echo "@ ${name}"; ip netns exec n ${look}`),
    ].join('\n'),
  );
  if (status !== 0) throw new Error(stderr);
  const parts = stdout.split(/^@ (\w+)\n/m).slice(1);
  const found = parts.flatMap((part, i) => (i % 2 === 0 ? [[part, parts[i + 1] ?? '']] : []));
  return Object.fromEntries(found) as Record<keyof typeof LOOKS, string>;
}

/** One line for each. A kernel for one CPU does not tell of queues on which packets arrive. */
function entries(json: string): string[] {
  return (JSON.parse(json) as unknown[]).map((entry) => JSON.stringify(entry).replace('"num_rx_queues":1,', ''));
}

describe.skipIf(why !== undefined)(onMachine('IP in IP', why), { timeout: 120_000 }, () => {
  test('a dump is printed as it was read', () => {
    const kernel = looks([...COMMANDS, ...FALLBACK]);
    const dump = Object.fromEntries(
      Object.entries(kernel).map(([name, text]) => [name, { file: name, text: text.trim() || '[]' }]),
    ) as unknown as NetnsDump;
    const { ns } = readable(readNetns(dump, { name: 'n', role: 'host', now: 0 }));
    expect(entries(linksJson(ns))).toEqual(entries(kernel.link));
    expect(entries(addressesJson(ns))).toEqual(entries(kernel.addr));
    expect(formatAddresses(ns)).toBe(kernel.addrText);
    expect(entries(routesJson(ns))).toEqual(entries(kernel.route));
    expect([...ns.links.keys()]).toEqual(expect.arrayContaining(['tunl0', 'flannel.ipip', 'one', 'any', 'sit1']));
  });

  test('commands make the same devices, addresses and routes', () => {
    const kernel = looks([...COMMANDS, ...FALLBACK]);
    const applier = new Applier(Network.of([]), new Runtime());
    for (const line of [...COMMANDS, ...FALLBACK])
      for (const install of readable(parseCommand(line, { netns: undefined, file: 'commands' })))
        expect(applier.apply(install), line).toBeUndefined();
    const ours = applier.network().netns('n');
    if (ours === undefined) throw new Error('n was not made');
    expect(entries(routesJson(ours))).toEqual(entries(kernel.route));
    const addresses = (text: string): { ifname: string }[] =>
      (JSON.parse(text) as { ifname: string; mtu: number; addr_info: unknown[] }[])
        .filter(({ ifname }) => ours.links.has(ifname))
        .map(({ ifname, mtu, addr_info }) => ({ ifname, mtu, addr_info }));
    const byName = <T extends { ifname: string }>(all: T[]): T[] =>
      all.toSorted((a, b) => (a.ifname < b.ifname ? -1 : 1));
    expect(byName(addresses(addressesJson(ours)))).toEqual(byName(addresses(kernel.addr)));
    // The module is loaded before the first device of its kind is made, so that the kernel counts otherwise.
    const tunnels = (text: string): unknown[] =>
      byName(
        (JSON.parse(text) as { ifname: string; ifindex?: number; linkinfo?: { info_kind?: string } }[]).filter(
          ({ ifname, linkinfo }) => linkinfo?.info_kind === 'ipip' && ifname !== 'any',
        ),
      ).map((link) => JSON.stringify({ ...(link as object), ifindex: 0 }).replace('"num_rx_queues":1,', ''));
    expect(tunnels(linksJson(ours))).toEqual(tunnels(kernel.link));
    expect(tunnels(kernel.link)).toHaveLength(5);
  });
});
