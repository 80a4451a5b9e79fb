import { describe, expect, test } from 'vitest';
import type { Mac } from '../../src/address/index.js';
import {
  createNetns,
  createNetnsRuntime,
  fdbKey,
  formatAddresses,
  formatAllRoutes,
  formatFdb,
  formatLinks,
  formatNeighbours,
  formatProxies,
  formatRules,
  formatTableRoutes,
  type Link,
  learn,
  type Netns,
  neighbourKey,
  Runtime,
  readNetns,
  readRouteText,
} from '../../src/linux/index.js';
import { ip, mac } from '../must.js';
import { networkFrom } from '../network.js';
import { peerIndexIn, recordedNamespaces, replay, type Scenario } from '../plan/replay-commands.js';
import { dumpOf, readable, recording } from '../recordings/load.js';

type Texts = Readonly<
  Record<'addr' | 'link' | 'route' | 'main' | 'rule' | 'neigh' | 'proxy' | 'fdb', readonly string[]>
>;

const { scenarios } = JSON.parse(recording('commands-6.18.json').text) as { scenarios: Scenario[] };

/** What iproute2 printed, without what the state does not hold: where timers stand. */
function standing(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(?<=_timer) +\d+\.\d\d/g, '    0.00'));
}

/** The recording left out the identifier of bridges, which tells whether an address was set by hand. */
function withSetAddresses(ns: Netns, applied: Netns | undefined): Netns {
  const links = [...ns.links].map(([name, link]): [string, Link] => {
    const made = applied?.links.get(name);
    if (link.kind !== 'bridge' || made?.kind !== 'bridge') return [name, link];
    return [name, { ...link, addressSet: made.addressSet }];
  });
  return { ...ns, links: new Map(links) };
}

function trimmed(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

describe.each(scenarios)('$name', (scenario) => {
  const { applier } = replay(scenario.steps);
  const namespaces = recordedNamespaces(scenario, applier.network());
  const peerIndex = peerIndexIn(namespaces);

  test.each(namespaces.map((ns) => [ns.name, ns] as const))('%s as iproute2 printed it', (name, ns) => {
    const state = scenario.state[name];
    const texts = (state as unknown as { readonly text: Texts }).text;
    // iproute2 6.1 tells of a locked MTU in text only.
    const { tables: routes } = readable(readRouteText({ file: 'route', text: texts.route.join('\n') }));
    const withText: Netns = { ...ns, ipv4: { ...ns.ipv4, tables: routes } };
    expect(formatAllRoutes(withText).split('\n').slice(0, -1)).toEqual(texts.route.filter((line) => line !== ''));
    expect(formatTableRoutes(withText).split('\n').slice(0, -1)).toEqual(texts.main.filter((line) => line !== ''));
    expect(formatRules(ns).trimEnd().split('\n')).toEqual(texts.rule);
    const view = { peerIndex, cpus: 2 };
    expect(trimmed(formatAddresses(ns, view))).toEqual(standing(texts.addr));
    expect(
      formatLinks(withSetAddresses(ns, applier.netns(name)), view)
        .split('\n')
        .slice(0, -1),
    ).toEqual(standing(texts.link));
    expect(formatProxies(ns).trimEnd().split('\n').sort()).toEqual(texts.proxy.map((line) => line.trimEnd()).sort());
  });

  test('neighbours and stations, configured and learned', () => {
    for (const [name, { sysctl: _, ...part }] of Object.entries(scenario.state)) {
      const dump = dumpOf({ ...part, kind: 'host', sysctl: {} }, name);
      const { ns, learned } = readable(readNetns(dump, { name, role: 'host' }));
      const runtime = new Runtime();
      learn(runtime.of(name), learned, runtime.journal);
      const texts = (part as unknown as { readonly text: Texts }).text;
      // The kernel's order is that of a hash.
      expect(trimmed(formatNeighbours(ns, runtime.of(name))).sort()).toEqual(
        texts.neigh.map((line) => line.trimEnd()).sort(),
      );
      expect(trimmed(formatFdb(ns, runtime.of(name))).sort()).toEqual(texts.fdb.map((line) => line.trimEnd()).sort());
    }
  });
});

test('a neighbour that does not answer, and a station that was learned', () => {
  // As iproute2 6.1 prints them: `ip neigh add 10.0.0.9 dev e0 nud failed`, `bridge fdb add … dev e0 master dynamic`.
  const runtime = createNetnsRuntime();
  const failed = { lladdr: 0 as Mac, state: 'FAILED', used: false, confirmed: 0, updated: 0 } as const;
  runtime.neighbours.set(neighbourKey('e0', ip('10.0.0.9')), { ...failed });
  runtime.stations.set(fdbKey('br0', mac('02:00:00:00:00:01')), { dev: 'e0', updated: 0 });
  const ns = createNetns('a', 'host');
  expect(formatNeighbours(ns, runtime)).toBe('10.0.0.9 dev e0 FAILED \n');
  expect(formatFdb(ns, runtime)).toBe('02:00:00:00:00:01 dev e0 master br0 \n');
});

test('links whose details depend on other links, as `ip -d link` of iproute2 6.1 prints them on Linux 6.18', () => {
  const network = networkFrom(`
ip netns add a
ip netns add b
ip link add eth0 address 02:00:00:00:00:01 netns a type veth peer name eth0 netns b
a: ip link set eth0 mtu 1000
a: ip link add cni0 type bridge
a: ip link add vx address 02:00:00:00:00:07 type vxlan id 7 dev eth0 dstport 8472
a: ip link set vx master cni0
a: ip link set eth0 promisc on
a: ip link add vx9 address 02:00:00:00:00:09 type vxlan id 9 dstport 8472
a: ip link set vx9 master cni0
a: ip tuntap add dev t0 mode tun`);
  const ns = network.netns('a');
  if (ns === undefined) throw new Error('a was not made');
  const view = { peerIndex: (link: Link) => network.peerOf(link)?.link.ifindex, cpus: 2 };
  const text = formatLinks(ns, view);
  const queues = 'gso_max_size 65536 gso_max_segs 65535';
  const bridge = 'designated_bridge 8000.2:0:0:0:0:7 designated_root 8000.2:0:0:0:0:7';
  for (const line of [
    '2: eth0@if2: <BROADCAST,MULTICAST,PROMISC> mtu 1000 qdisc noop state DOWN mode DEFAULT group default qlen 1000',
    'brd ff:ff:ff:ff:ff:ff link-netns b promiscuity 1  allmulti 0 minmtu 68 maxmtu 65535 ',
    // IPv6 has left a device of less than 1280 bytes.
    `    veth numtxqueues 2 numrxqueues 2 ${queues} tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 `,
    'vxlan id 7 dev eth0 srcport 0 0 dstport 8472 ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx ',
    'bridge_slave state disabled priority 32 cost 2 hairpin off',
    `port_id 0x8001 port_no 0x1 designated_port 32769 designated_cost 0 ${bridge}`,
    'bridge_slave state disabled priority 32 cost 100 hairpin off',
    `port_id 0x8002 port_no 0x2 designated_port 32770 designated_cost 0 ${bridge}`,
    `nf_call_arptables 0 numtxqueues 1 numrxqueues 1 ${queues} tso_max_size 65536 `,
    't0: <POINTOPOINT,MULTICAST,NOARP> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 500',
    '    link/none  promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 ',
    'tun type tun pi off vnet_hdr off persist on addrgenmode eui64 numtxqueues 1 numrxqueues 1',
  ])
    expect(text).toContain(line);
});
