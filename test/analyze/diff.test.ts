import { describe, expect, test } from 'vitest';
import { diffLines } from '../../src/analyze/diff/lines.js';
import { diffNetworks } from '../../src/analyze/index.js';
import { shippedLab } from '../../src/cli/lab-argument.js';
import { loadLab } from '../../src/input/index.js';
import type { NetworkDiff } from '../../src/output/index.js';

const LAB = `
cni: flannel/vxlan
nodes: {n1: 192.168.56.11, n2: 192.168.56.12}
pods: {a: n1, b: {node: n2, ports: [{containerPort: 80, hostPort: 8080}]}}
services: {web: {selector: {app: web}, port: 80}}
`;

/** What stands in a comparison: `netns is kind entry`. */
function lines({ differences }: NetworkDiff): string[] {
  return differences.map(({ netns, is, kind, entry }) => `${netns} ${is} ${kind} ${entry}`);
}

/** A lab against itself with commands on n1. */
async function changed(...commands: readonly string[]): Promise<string[]> {
  const other = `${LAB}commands:\n  n1:\n${commands.map((each) => `    - ${each}\n`).join('')}`;
  return lines(diffNetworks(await loadLab(LAB), await loadLab(other)));
}

describe('a network and itself after a command', () => {
  test.each([
    ['ip route del 10.244.1.0/24', 'n1 missing route 10.244.1.0/24'],
    ['ip route replace 10.244.1.0/24 dev eth0', 'n1 different route 10.244.1.0/24'],
    ['ip route add 10.99.0.0/16 via 192.168.56.12 table 7', 'n1 extra route 10.99.0.0/16 7'],
    ['ip route add 10.244.1.0/24 via 192.168.56.12 metric 9', 'n1 extra route 10.244.1.0/24 metric 9'],
    ['ip rule add fwmark 0x2 lookup 7 pref 100', 'n1 extra rule 100'],
    ['ip link set eth0 mtu 1400', 'n1 different link eth0 mtu'],
    ['ip link add d0 type dummy', 'n1 extra link d0'],
    ['ip link set flannel.1 address 02:00:00:00:00:01', 'n1 different link flannel.1 address'],
    ['sysctl -w net.ipv4.ip_default_ttl=9', 'n1 different sysctl net.ipv4.ip_default_ttl'],
    ['iptables -P FORWARD DROP', 'n1 different iptables filter FORWARD'],
    ['iptables -A FORWARD -s 10.66.0.0/16 -j DROP', 'n1 extra iptables filter FORWARD'],
    ['iptables -t nat -F FLANNEL-POSTRTG', 'n1 missing iptables nat FLANNEL-POSTRTG'],
    ['iptables -t raw -N new', 'n1 extra iptables raw new'],
    ['ipset create s hash:ip', 'n1 extra ipset s'],
    [
      'ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:07 dev flannel.1',
      'n1 different neighbour 10.244.2.0 dev flannel.1',
    ],
  ])('%s', async (command, expected) => {
    expect(new Set(await changed(command))).toContain(expected);
  });

  test('what follows ip_forward on each device is told once', async () => {
    expect(await changed('sysctl -w net.ipv4.ip_forward=0')).toEqual([
      'n1 different sysctl net.ipv4.conf.all.accept_redirects',
      'n1 different sysctl net.ipv4.ip_forward',
    ]);
  });

  test('a rule that is only at another place is different, not missing and extra', async () => {
    const list = ['iptables -A INPUT -s 10.1.0.0/16 -j DROP', 'iptables -A INPUT -s 10.2.0.0/16 -j DROP'];
    const [a, b] = [list, [...list].reverse()].map((commands) =>
      loadLab(`${LAB}commands: {n1: ["${commands.join('", "')}"]}`),
    );
    const { differences } = diffNetworks(
      await (a as ReturnType<typeof loadLab>),
      await (b as ReturnType<typeof loadLab>),
    );
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatchObject({ is: 'different', entry: 'filter INPUT' });
    expect(differences[0]?.a?.text.slice(7)).toBe(differences[0]?.b?.text.slice(7));
  });

  /** The lab with commands on n1, against the lab with others. */
  async function between(one: readonly string[], other: readonly string[]): Promise<NetworkDiff> {
    const [a, b] = [one, other].map((commands) =>
      loadLab(`${LAB}commands: {n1: [${commands.map((each) => `"${each}"`).join()}]}`),
    );
    return diffNetworks(await (a as ReturnType<typeof loadLab>), await (b as ReturnType<typeof loadLab>));
  }

  test.each([
    ['4', 'ipencap'],
    ['ipencap', 'ipv4'],
    ['ospf', '89'],
  ])('protocol %s and %s are one', async (one, other) => {
    const rule = (protocol: string): string[] => [`iptables -A INPUT -p ${protocol} -j DROP`];
    expect(await between(rule(one), rule(other))).toMatchObject({ differences: [], notCompared: [] });
  });

  test('other protocols are not, and each is told as it is written', async () => {
    // `ipip` is protocol 94, and `-p 4` IP in IP.
    const { differences } = await between(
      ['iptables -t raw -A PREROUTING -p 4 -j DROP', 'iptables -t raw -A OUTPUT ! -p 4 -j DROP'],
      ['iptables -t raw -A PREROUTING -p ipip -j DROP', 'iptables -t raw -A OUTPUT -p 4 -j DROP'],
    );
    const told = differences.flatMap(({ a, b }) => [a?.text, b?.text]).filter((text) => text !== undefined);
    expect(told.sort()).toEqual([
      'rule 1: -A OUTPUT ! -p 4 -j DROP',
      'rule 1: -A OUTPUT -p 4 -j DROP',
      'rule 1: -A PREROUTING -p 4 -j DROP',
      'rule 1: -A PREROUTING -p ipip -j DROP',
    ]);
  });

  describe('the tunl0 that a module makes in each namespace', () => {
    const LOADED = 'modprobe ipip';

    test('is told as not compared where one has it', async () => {
      for (const [a, b] of [
        [[LOADED], []],
        [[], [LOADED]],
      ] as const) {
        const { differences, notCompared } = await between(a, b);
        expect(differences).toEqual([]);
        expect(notCompared).toEqual([
          {
            what: 'tunl0 of n1',
            why: 'only one of the networks has it: down and without an address, as the module makes it in every namespace',
          },
        ]);
      }
    });

    test.each(['ip link set tunl0 up', 'ip addr add 10.0.0.1/32 dev tunl0'])('but not after %s', async (command) => {
      expect(lines(await between([], [LOADED, command]))).toContain('n1 extra link tunl0');
    });

    test('nor is another device of its kind', async () => {
      const add = ['ip link add t1 type ipip local 192.168.56.11 remote 192.168.56.12'];
      expect(lines(await between([LOADED], [LOADED, ...add]))).toContain('n1 extra link t1');
    });
  });

  test('nothing is nothing, whatever the lab', async () => {
    for (const name of ['flannel-vxlan', 'flannel-udp', 'flannel-host-gw-two-segments']) {
      const [a, b] = [await loadLab(shippedLab(name)), await loadLab(shippedLab(name))];
      expect(diffNetworks(a, b)).toMatchObject({ differences: [], notCompared: [] });
    }
  });

  test('the other way round, missing is extra', async () => {
    const [a, b] = [await loadLab(shippedLab('flannel-vxlan')), await loadLab(shippedLab('flannel-host-gw'))];
    const flip = { missing: 'extra', extra: 'missing', different: 'different' } as const;
    const there = diffNetworks(a, b).differences.map(({ netns, is, kind, entry }) =>
      [netns, is, kind, entry].join(' '),
    );
    const back = diffNetworks(b, a).differences.map(({ netns, is, kind, entry }) =>
      [netns, flip[is], kind, entry].join(' '),
    );
    expect(back.sort()).toEqual(there.sort());
  });
});

test('generated names do not matter: veth pairs, hardware addresses, hashed chains', async () => {
  const a = await loadLab(LAB);
  const generated = /veth[0-9a-f]{8}|CNI-(?:DN|SN)-[0-9a-f]+/g;
  // The same lab whose links have been given other names and addresses.
  const other = a.with(
    a.names().map((name) => {
      const ns = a.netns(name);
      if (ns === undefined) throw new Error(name);
      const text = (value: unknown): unknown => {
        if (typeof value === 'string') return value.replace(generated, (word) => `${word.slice(0, -4)}beef`);
        return value;
      };
      const walk = (value: unknown): unknown => {
        if (value instanceof Map) return new Map([...value].map(([key, each]) => [walk(key), walk(each)]));
        if (Array.isArray(value)) return value.map(walk);
        if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
          return text(value);
        const entries = Object.entries(value).map(([key, each]) => {
          const mac =
            (key === 'address' || key === 'mac' || key === 'lladdr') && typeof each === 'number' && each > 2 ** 33;
          return [key, mac ? each + 1 : walk(each)];
        });
        return Object.fromEntries(entries);
      };
      return {
        ...ns,
        links: walk(ns.links),
        iptables: walk(ns.iptables),
        bridgeFdb: walk(ns.bridgeFdb),
        vxlanFdb: walk(ns.vxlanFdb),
        ipv4: { ...ns.ipv4, neighbours: walk(ns.ipv4.neighbours) },
      } as typeof ns;
    }),
  );
  expect([...(other.netns('n2')?.links.keys() ?? [])].some((name) => name.endsWith('beef'))).toBe(true);
  const { differences, notCompared } = diffNetworks(a, other);
  expect(differences).toEqual([]);
  expect(notCompared.map(({ what }) => what)).toEqual(['hardware addresses of links']);
});

test('diffLines keeps the longest run in order', () => {
  expect(diffLines(['a', 'b', 'c'], ['a', 'b', 'c'])).toEqual([]);
  expect(diffLines(['a', 'b', 'c'], ['b', 'c', 'a'])).toEqual([{ a: 0, b: 2 }]);
  expect(diffLines(['a', 'a'], ['a'])).toEqual([{ a: 1, b: undefined }]);
  expect(diffLines([], ['x'])).toEqual([{ a: undefined, b: 0 }]);
});
