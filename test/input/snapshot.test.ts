import { describe, expect, test } from 'vitest';
import { openLab, readSnapshot, type Snapshot, type SnapshotFolder, snapshotFiles } from '../../src/input/index.js';
import { formatProblem } from '../../src/problem/index.js';
import type { Network } from '../../src/topology/index.js';
import { crossings, type Probe, type Trace, trace } from '../../src/trace/index.js';
import { generatedNames } from '../lab/generated-names.js';
import { netnsLines } from '../lab/netns-lines.js';
import { bridged, networkFrom, ROUTER } from '../network.js';
import { readable, recording } from '../recordings/load.js';
import { SHIPPED, shipped, shippedFile } from '../shipped.js';

/** The files of a network as a folder `dump`, some of them changed or, with undefined, left out. */
function folderOf(
  network: Network,
  changes: Readonly<Record<string, string | undefined>> = {},
  others: readonly string[] = [],
): SnapshotFolder {
  const texts = new Map(snapshotFiles(network));
  for (const [path, text] of Object.entries(changes)) {
    if (text === undefined) texts.delete(path);
    else texts.set(path, text);
  }
  const folders = [
    ...new Set([...texts.keys()].flatMap((path) => (path.includes('/') ? path.replace(/\/.*/, '') : []))),
  ];
  return { name: 'dump', texts, folders, others };
}

function read(folder: SnapshotFolder): Snapshot {
  return readable(readSnapshot(folder));
}

function problems(folder: SnapshotFolder): string[] {
  const result = readSnapshot(folder);
  return 'problems' in result ? result.problems.map(formatProblem) : [];
}

/** All that is configured, who installed it left out. */
function lines(network: Network): string[] {
  const names = generatedNames(network);
  return network.names().flatMap((name) => {
    const ns = network.netns(name);
    if (ns === undefined) throw new Error(`no namespace ${name}`);
    const sockets = ns.sockets.map(
      ({ origin: _, ...socket }) => `socket ${JSON.stringify(socket, Object.keys(socket).sort())}`,
    );
    return [`role ${ns.role} on ${ns.host}`, ...netnsLines(ns, names), ...sockets.sort()].map(
      (line) => `${name}: ${line}`,
    );
  });
}

/** Whether IPVS has chosen among servers. */
function isScheduled({ legs }: Trace): boolean {
  return legs.some(({ paths }) =>
    paths.some(({ hops }) => hops.some(({ events }) => events.some(({ k }) => k === 'ipvs'))),
  );
}

function endpointsOf({ legs }: Trace): (string | null)[] {
  return legs[0]?.paths.map(({ endpoint }) => endpoint) ?? [];
}

describe.each(SHIPPED)('%s, written and read back', (name) => {
  test('holds the same', () => {
    const network = shipped(name);
    const { network: again, notes } = read(folderOf(network));
    expect(lines(again)).toEqual(lines(network));
    // How many pods a Service has is for the API to tell.
    const objects = network.directory.objects.map((object) => ({
      ...object,
      ports: object.ports.map(({ endpoints: _, ...port }) => port),
    }));
    expect(again.directory.objects).toEqual(objects);
    expect(notes).toEqual([]);
    expect([...snapshotFiles(again)]).toEqual([...snapshotFiles(network)]);
  });

  test('takes packets the same way', async () => {
    const network = shipped(name);
    const { network: again } = read(folderOf(network));
    const { lab } = await openLab(shippedFile(name));
    for (const { from, to, proto } of lab.expect.filter(({ faults }) => faults.length === 0)) {
      const probe: Probe = { from, to, ...(proto === undefined ? {} : { proto }) };
      const [before, after] = [trace(network, probe), trace(again, probe)];
      expect(after.verdict.exit, `${from} -> ${to}`).toEqual(before.verdict.exit);
      // A dump does not tell whose turn it is: each of the servers is followed, and the one before is among them.
      if (isScheduled(before)) {
        expect(endpointsOf(after), `${from} -> ${to}`).toEqual(expect.arrayContaining(endpointsOf(before)));
        continue;
      }
      expect(crossings(after), `${from} -> ${to}`).toEqual(crossings(before));
      expect(after.assumptions).toEqual(before.assumptions);
    }
  });
});

test('what an exported network holds of every kind comes back: a locked MTU, proxies, sinks, sets, policy rules', () => {
  const network = networkFrom(`${ROUTER}
r: ip route add 10.7.0.0/16 via 10.0.1.1 mtu lock 1400
r: ip rule add from 10.0.0.0/24 lookup 77
r: ip neigh add proxy 10.0.0.99 dev eth0
r: ip neigh add 10.0.0.8 lladdr 02:00:00:00:00:08 dev eth0 nud noarp
r: ipset create s hash:ip
r: ipset add s 10.0.0.1
r: iptables -A FORWARD -m set --match-set s src -j DROP`);
  const folder = folderOf(network);
  expect(folder.texts.has('r/ip-route.json')).toBe(false);
  const { network: again } = read(folder);
  expect(lines(again)).toEqual(lines(network));
  expect(again.netns('r')?.ipv4.proxies).toHaveLength(1);
  expect(again.netns('r')?.ipsets.get('s')?.members.size).toBe(1);
});

describe('what is absent is as in a new namespace, and said where a trace leans on it', () => {
  const probe: Probe = { from: 'a', to: '10.0.1.1', proto: 'icmp' };
  const network = networkFrom(ROUTER);
  const assumed = (changes: Readonly<Record<string, string | undefined>>): readonly string[] =>
    trace(read(folderOf(network, changes)).network, probe).assumptions;

  test.each([
    ['r/iptables-save.txt', 'No iptables rules, for want of iptables-save.txt (r).'],
    ['r/sysctl.txt', 'The sysctls of a new namespace, for want of sysctl.txt (r).'],
    ['r/ip-route.json', 'No routes, for want of ip-route.json (r).'],
    ['r/ip-neigh.json', 'No neighbours but those that ARP finds, for want of ip-neigh.json (r).'],
    ['r/ipvsadm-save.txt', 'No IPVS services, for want of ipvsadm-save.txt (r).'],
    ['r/ss.txt', 'No listeners but those of network.yaml, for want of ss.txt (r).'],
  ])('%s', (file, text) => {
    expect(assumed({ [file]: undefined }).filter((each) => !each.startsWith('ICMP rate limits'))).toEqual([text]);
  });

  test('nothing where no packet leans on it', () => {
    const unused = ['ipset-save.txt', 'conntrack.txt', 'bridge-fdb.json', 'bridge-link.json', 'ip6tables-save.txt'];
    expect(assumed(Object.fromEntries(unused.map((file) => [`r/${file}`, undefined])))).toEqual([]);
    // b is not reached by a packet that the router drops.
    const changes = { 'r/sysctl.txt': 'net.ipv4.ip_forward = 0\n', 'b/iptables-save.txt': undefined };
    expect(assumed(changes)).toEqual([]);
  });

  test('each file is read or absent', () => {
    const { coverage } = read(folderOf(network, { 'r/sysctl.txt': ' \n', 'r/ss.txt': undefined }));
    // `sysctl -a` never prints nothing.
    expect(coverage.get('r')?.get('sysctl.txt')).toBe('absent');
    expect(coverage.get('r')?.get('ss.txt')).toBe('absent');
    expect(coverage.get('r')?.get('ipvsadm-save.txt')).toBe('read');
    expect(coverage.get('a')?.get('ip-link.json')).toBe('read');
  });

  test('any file may be missing', () => {
    for (const file of snapshotFiles(network).keys())
      if (file.includes('/')) {
        const found = read(folderOf(network, { [file]: undefined, 'network.yaml': undefined })).network;
        expect(
          ['a', 'r', 'b'].every((name) => found.has(name)),
          file,
        ).toBe(true);
        trace(read(folderOf(network, { [file]: undefined })).network, probe);
      }
  });
});

test('a real node, as its tools printed it on Linux 6.18', () => {
  const files = {
    'ip-link.json': 'ip-j-d-link.json',
    'ip-addr.json': 'ip-j-d-addr.json',
    'ip-route.json': 'ip-j-route-all.json',
    'ip-rule.txt': 'ip-rule.txt',
    'ip-neigh.json': 'ip-j-neigh.json',
    'bridge-fdb.json': 'bridge-j-fdb.json',
    'bridge-link.json': 'bridge-j-d-link.json',
    'iptables-save.txt': 'iptables-save-c.txt',
    'ipset-save.txt': 'ipset-save.txt',
    'sysctl.txt': 'sysctl.txt',
    'conntrack.txt': 'conntrack-L.txt',
  };
  const texts = new Map(
    Object.entries(files).map(([file, name]) => [`n1/${file}`, recording(`own-node1/${name}`).text]),
  );
  const { network, notes, coverage } = read({ name: 'dump', texts, folders: ['n1'], others: [] });
  expect(notes).toEqual([
    'n1 is not in network.yaml: taken as a host',
    'IPv6 is kept, and not followed: 5 addresses, 9 routes',
  ]);
  expect([...(coverage.get('n1') ?? [])].filter(([, state]) => state !== 'read')).toEqual([
    ['ip-neigh-proxy.json', 'absent'],
    ['ip6tables-save.txt', 'absent'],
    ['ipvsadm-save.txt', 'absent'],
    ['ipvs-connections.txt', 'absent'],
    ['ss.txt', 'absent'],
  ]);
  // Its pod was not dumped: the packet leaves what is known.
  const result = trace(network, { from: 'host/n1', to: '10.244.1.2', proto: 'icmp' });
  expect(result.verdict.exit).not.toBe(0);
  expect(result.assumptions).toContain('No IPVS services, for want of ipvsadm-save.txt (n1).');
});

describe('wires', () => {
  const network = shipped('flannel-vxlan');
  /** network.yaml with no wires. */
  const wireless =
    snapshotFiles(network)
      .get('network.yaml')
      ?.replace(/^wires:\n( {2}- .*\n)*/m, '') ?? '';

  test('veth pairs that name each other need no wire', () => {
    const { network: again, notes } = read(folderOf(network, { 'network.yaml': wireless }));
    expect(notes).toContain("inferred wire node-1/veth14eb04c0 - client/eth0: each names the other's index");
    const pods = (of: Network): string[] => lines(of).filter((line) => / link veth.* peer /.test(line));
    expect(pods(again)).toEqual(pods(network));
    // Switches and machines have kernels of their own, on which indexes say nothing of others'.
    expect(notes.filter((note) => note.startsWith('inferred wire '))).toHaveLength(3);
  });

  test('network cards of one subnet are on one segment', () => {
    // As on machines: the card is a real one, and switches have no dump.
    const cards = (host: string): string =>
      (snapshotFiles(network).get(`${host}/ip-link.json`) ?? '').replace(
        /"link_index":\d+,("ifname":"eth0".*?)"link_netnsid":\d+,(.*?)"linkinfo":\{"info_kind":"veth"\},/,
        '$1$2',
      );
    const hosts = ['node-1', 'node-2', 'node-3'];
    const yaml = wireless.replace(/^ {2}(lan-.*|router|internet|host\/.*): \{.*\n/gm, '');
    const changes: Record<string, string | undefined> = { 'network.yaml': yaml };
    for (const path of snapshotFiles(network).keys())
      if (/^(lan-.|router|internet)\//.test(path)) changes[path] = undefined;
    for (const host of hosts) changes[`${host}/ip-link.json`] = cards(host);
    const { network: again, notes } = read(folderOf(network, changes));
    const ends = 'node-1/eth0, node-2/eth0, node-3/eth0';
    expect(notes).toContain(`inferred segment segment-192.168.56.0-24: ${ends} have addresses of 192.168.56.0/24`);
    const result = trace(again, { from: 'client', to: 'web-1' });
    expect(result.verdict.exit).toBe(0);
    expect(result.assumptions).toContain(
      `One segment joins ${ends}, which share 192.168.56.0/24 (segment-192.168.56.0-24).`,
    );
    expect(trace(again, { from: 'client', to: 'web-0' }).assumptions).toEqual([]);
  });

  test('an end that several fit is left loose', () => {
    const pair = networkFrom(`
ip netns add a
ip netns add b
ip netns add c
ip netns add d
ip link add eth0 netns a type veth peer name eth0 netns b
ip link add eth0 netns c type veth peer name eth0 netns d`);
    const { network: again, notes } = read(folderOf(pair, { 'network.yaml': undefined }));
    expect(notes).toContain('the other end of a/eth0 may be b/eth0, c/eth0, d/eth0: say which in wires');
    const link = again.netns('a')?.links.get('eth0');
    expect(link?.kind === 'veth' && link.peer).toBe(undefined);
    const may = 'The other end of a/eth0 may be b/eth0, c/eth0, d/eth0: say which in wires (a).';
    expect(trace(again, { from: 'a', to: '10.0.0.2', proto: 'icmp' }).assumptions).toContain(may);
  });
});

describe('a veth whose other end nobody dumped', () => {
  const network = networkFrom(ROUTER);
  const files = [...snapshotFiles(network)].filter(([path]) => !path.startsWith('a/'));
  const gone = Object.fromEntries(files.map(([path]) => [path, undefined]));
  const only = (changes = {}): Network => read(folderOf(network, { ...gone, ...changes })).network;
  const end = (of: Network, probe: Partial<Probe> = {}): unknown => {
    const { verdict } = trace(of, { from: 'a', to: '10.0.1.1:80', ...probe });
    return [verdict.forward, verdict.code, verdict.exit];
  };

  // LOWER_UP: the kernel has it (veth_open() sets the carrier when both ends are up), and what is behind it is not known.
  test('leads out of the model if it has a carrier', () => {
    expect(end(only())).toEqual(['left-scope', 'LEFT_SCOPE', 3]);
  });

  test('is dead without one', () => {
    const text = snapshotFiles(network).get('a/ip-link.json')?.replace('"UP","LOWER_UP"]', '"NO-CARRIER","UP"]');
    const dead = text?.replace(/("ifname":"eth0".*?)"UP","LOWER_UP"\]/, '$1"NO-CARRIER","UP"]');
    const neighbour = '[{"dst":"10.0.0.2","dev":"eth0","lladdr":"02:00:00:00:00:02","state":["PERMANENT"]}]';
    const of = only({ 'a/ip-link.json': dead, 'a/ip-neigh.json': neighbour });
    expect(end(of)).toEqual(['dropped', 'NO_CARRIER', 1]);
  });

  test('as a port of a bridge takes questions that nobody else answers', () => {
    const lan = networkFrom(bridged({ a: '10.0.0.1/24', b: '10.0.0.2/24', c: '10.0.0.3/24' }));
    const noC = Object.fromEntries(
      [...snapshotFiles(lan).keys()].flatMap((path) => (/^(c\/|network)/.test(path) ? [[path, undefined]] : [])),
    );
    const of = read(folderOf(lan, noC)).network;
    const probe = { from: 'a', proto: 'icmp' } as const;
    expect(end(of, { ...probe, to: '10.0.0.3' })).toEqual(['left-scope', 'LEFT_SCOPE', 3]);
    expect(end(of, { ...probe, to: '10.0.0.2' })).toEqual(['delivered', null, 0]);
  });
});

describe('names', () => {
  const network = networkFrom(ROUTER);

  test('namespaces are objects by their role, with their addresses and what they listen on', () => {
    const yaml = `podpath: 1
kind: snapshot
namespaces:
  a: {role: pod, host: r}
  r: {role: node}
  b: {role: host, listen: [tcp/80, {port: udp/53, address: 10.0.1.1, behaviour: sink}]}
wires: [[a/eth0, r/eth0], [r/eth1, b/eth0]]
names: {service/kube-system/dns: {addresses: [10.96.0.10], ports: [dns udp/53]}}
`;
    const { network: again } = read(
      folderOf(network, {
        'network.yaml': yaml,
        'b/ss.txt': 'tcp LISTEN 0 5 *:22 *:*\ntcp LISTEN 0 5 0.0.0.0:80 *:*\n',
      }),
    );
    const names = again.directory.objects.map(({ kind, namespace, name, ports }) => [
      kind,
      namespace,
      name,
      ports.length,
    ]);
    expect(names).toEqual([
      ['service', 'kube-system', 'dns', 1],
      ['pod', 'default', 'a', 0],
      ['node', '', 'r', 0],
      ['host', '', 'b', 1],
    ]);
    expect(
      again.netns('b')?.sockets.map(({ protocol, port, behaviour }) => `${protocol}/${port} ${behaviour}`),
    ).toEqual(['tcp/80 reply', 'udp/53 sink', 'tcp/22 sink']);
    expect(trace(again, { from: 'pod/a', to: 'host/b' }).verdict.exit).toBe(0);
  });
});

describe('all problems at once, each with its place', () => {
  const network = networkFrom(ROUTER);

  test('of network.yaml', () => {
    const yaml = `podpath: 1
kind: snapshot
namespaces:
  a: {role: pod, host: q}
  r: {}
  b:
wires:
  - [a/eth0, r/eth9]
  - [a/lo, x/eth0]
  - [b/eth0, b/eth0]
names:
  pod/z: {namespace: zz}
`;
    expect(problems(folderOf(network, { 'network.yaml': yaml }))).toEqual([
      'dump/network.yaml:4:24: namespaces.a.host: no namespace is called "q"',
      'dump/network.yaml:8:14: wires[0][1]: r has no device eth9',
      'dump/network.yaml:9:6: wires[1][0]: a/lo is a loopback device and has no other end',
      'dump/network.yaml:9:12: wires[1][1]: no namespace is called "x"',
      'dump/network.yaml:10:14: wires[2][1]: b/eth0 is an end of wires[2] as well',
      'dump/network.yaml:12:22: names.pod/z.namespace: no namespace is called "zz"',
    ]);
  });

  test('of its form, and of the dumps', () => {
    const yaml = `podpath: 2
kind: snapshot
namespaces:
  a: {roll: pod}
  b: {role: pot, listen: [tcp/70000]}
wires: [[a/eth0]]
`;
    const changes = {
      'network.yaml': yaml,
      'a/ip-link.json': '[{"ifname":"eth0"]',
      'r/iptables-save.txt': '*filter\n-A FORWARD -p nothing\nCOMMIT\n',
      'r/ip-addr.json': '[\n {"ifname":"eth0","addr_info":[{"family":"inet","local":"10.0.0.300","prefixlen":24}]}\n]',
    };
    const found = problems(folderOf(network, changes));
    for (const place of [
      'network.yaml:1:10: ',
      'network.yaml:4:7: ',
      'network.yaml:5:13: ',
      'network.yaml:5:27: ',
      'network.yaml:6:9: ',
      'a/ip-link.json:1:18: ',
      'r/iptables-save.txt:2:',
      'r/ip-addr.json:2:57: ',
    ])
      expect(
        found.filter((text) => text.startsWith(`dump/${place}`)),
        `${place}\n${found.join('\n')}`,
      ).toHaveLength(1);
    expect(found).toHaveLength(8);
  });

  test('of a folder that is none, and of files that are nearly known', () => {
    expect(problems({ name: 'empty', texts: new Map(), folders: ['src'], others: [] })).toEqual([
      'empty: expected network.yaml or folders with dumps such as node-1/ip-link.json, found neither',
    ]);
    const { notes } = read(folderOf(network, {}, ['r/ip-links.json', 'notes.md']));
    expect(notes).toEqual(['not read: r/ip-links.json; did you mean "ip-link.json"?', 'not read: notes.md']);
  });
});
