import { describe, expect, test } from 'vitest';
import { diffNetworks } from '../../src/analyze/index.js';
import { readSnapshot, type Snapshot, snapshotFiles } from '../../src/input/index.js';
import { Runtime } from '../../src/linux/index.js';
import type { Network } from '../../src/topology/index.js';
import { type Probe, trace } from '../../src/trace/index.js';
import { networkFrom, ROUTER, run } from '../network.js';
import { readable } from '../recordings/load.js';

type Changes = Readonly<Record<string, string | undefined>>;

/** The files of a network, some of them changed or, with undefined, left out; read as a folder of dumps. */
function read(network: Network, changes: Changes = {}): Snapshot {
  const texts = new Map(snapshotFiles(network));
  for (const [path, text] of Object.entries(changes)) {
    if (text === undefined) texts.delete(path);
    else texts.set(path, text);
  }
  return readable(readSnapshot({ name: 'dump', texts, folders: network.names(), others: [] }));
}

const base = networkFrom(ROUTER);
const probe: Probe = { from: 'a', to: '10.0.1.1', proto: 'icmp' };
/** What iproute2 6.1 prints of an interface with IPv6 on Linux 6.18. */
const ADDR = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host 
       valid_lft forever preferred_lft forever
2: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff link-netns a
    inet 10.0.0.2/24 scope global eth0
       valid_lft forever preferred_lft forever
    inet6 fd00::2/64 scope global nodad 
       valid_lft forever preferred_lft forever
    inet6 fe80::ff:fe00:2/64 scope link 
       valid_lft forever preferred_lft forever
3: eth1@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:01:02 brd ff:ff:ff:ff:ff:ff link-netns b
    inet 10.0.1.2/24 scope global eth1
       valid_lft forever preferred_lft forever
`;
const SOCKETS = 'tcp LISTEN 0 5 [::]:80 [::]:*\ntcp LISTEN 0 5 *:81 *:*\n';

describe('IPv6 of a dump', () => {
  const changes = { 'r/ip-addr.json': undefined, 'r/ip-addr.txt': ADDR, 'r/ss.txt': SOCKETS };
  const { network, notes } = read(base, changes);

  test('is in the text of `ip addr` as well, is counted, and is written again', () => {
    expect(notes).toEqual(['IPv6 is kept, and not followed: 3 addresses, 1 socket']);
    const files = snapshotFiles(network);
    const again = readable(readSnapshot({ name: 'dump', texts: files, folders: network.names(), others: [] }));
    expect([...snapshotFiles(again.network)]).toEqual([...files]);
    expect(files.get('r/ip-addr.json')).toContain('"local":"fd00::2","prefixlen":64,"scope":"global","nodad":true');
    expect(files.get('r/ss.txt')).toMatch(/ \[::\]:80 +\[::\]:\*\n/);
    expect(files.get('r/ss.txt')).toMatch(/ \*:81 +\*:\*\n/);
    expect(trace(network, probe).verdict.exit).toBe(0);
  });

  test('is compared with that of another dump, and with nothing else', () => {
    const other = {
      ...changes,
      'r/ip-addr.txt': ADDR.replace('fd00::2/64', 'fd00::3/64').replace('fe80::ff', 'fe80::aa'),
    };
    const lines = (b: Network): string[] =>
      diffNetworks(network, b).differences.map(({ netns, is, kind, entry }) => `${netns} ${is} ${kind} ${entry}`);
    expect(lines(read(base, other).network)).toEqual([
      'r missing address eth0 fd00::2',
      'r extra address eth0 fd00::3',
    ]);
    expect(lines(read(base, { ...changes, 'r/ss.txt': 'tcp LISTEN 0 5 *:81 *:*\n' }).network)).toEqual([
      'r missing socket tcp [::]:80',
    ]);
    const { differences, notCompared } = diffNetworks(read(base, { 'r/ss.txt': SOCKETS }).network, network);
    expect(differences).toEqual([]);
    expect(notCompared).toEqual([{ what: 'IPv6 of r', why: 'only one of the networks tells it' }]);
  });

  test.each([
    { command: 'ip link set eth0 down', left: ['lo ::1'], why: 'addrconf_ifdown() takes the addresses of a link' },
    {
      command: 'ip link set eth1 down',
      left: ['lo ::1', 'eth0 fd00::2', 'eth0 fe80::ff:fe00:2'],
      why: 'it is another link',
    },
    { command: 'ip link del eth0', left: ['lo ::1'], why: 'the link is gone' },
  ])('$command leaves $left: $why', ({ command, left }) => {
    const { network: after } = run(`r: ${command}`, network, new Runtime());
    const addresses = after.netns('r')?.ipv6.addresses ?? [];
    expect(addresses.map(({ dev, fields }) => `${dev} ${String(fields['local'])}`)).toEqual(left);
  });
});

describe('a route that is not modelled', () => {
  // As iproute2 6.1 prints these routes.
  test.each([
    '10.0.1.1 via inet6 fd00::9 dev eth0 ',
    '10.0.1.1  encap ip id 5 src 0.0.0.0 dst 10.0.0.1 ttl 0 tos 0 dev eth0 scope link ',
  ])('%s', (line) => {
    const before = snapshotFiles(base).get('r/ip-route.json');
    expect(before).toBeDefined();
    const text = `${line}\n10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.2 \n10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.2 \n`;
    const local = 'local 10.0.0.2 dev eth0 table local proto kernel scope host src 10.0.0.2 \n';
    const { network, notes } = read(base, { 'r/ip-route.json': undefined, 'r/ip-route.txt': text + local });
    const words = `ip route: ${line.trim().replace(/ +/g, ' ')}`;
    expect(notes).toEqual([`kept, and unknown to a packet that meets it: ${words} (r)`]);
    // The packet that meets it is told so; another one is not.
    const { verdict, legs } = trace(network, probe);
    expect(verdict.exit).toBe(3);
    expect(JSON.stringify(legs)).toContain(words);
    expect(trace(network, { ...probe, to: '10.0.0.2' }).verdict.exit).toBe(0);
    const again = read(network).network;
    expect(trace(again, probe).verdict.exit).toBe(3);
  });
});

test('metrics of a route that packets do not obey are named', () => {
  const network = run('a: ip route replace default via 10.0.0.2 advmss 900 initcwnd 3', base, new Runtime()).network;
  const { network: again } = read(network);
  for (const each of [network, again])
    expect(trace(each, probe).assumptions).toEqual(['Not modelled: ip route default advmss 900 (a).']);
});

describe('what was learned', () => {
  test.each([
    {
      file: 'r/ip-neigh.json',
      text: '[{"dst":"10.0.1.1","dev":"eth1","lladdr":"02:00:00:00:01:01","state":["REACHABLE"]}]',
      kinds: 'neighbours',
    },
    {
      file: 'r/conntrack.txt',
      text: 'icmp     1 29 src=10.0.0.1 dst=10.0.1.1 type=8 code=0 id=7 src=10.0.1.1 dst=10.0.0.1 type=0 code=0 id=7 mark=0 use=1\n',
      kinds: 'connections',
    },
  ])('$kinds: is left out, and that is said', ({ file, text, kinds }) => {
    expect(trace(read(base, { [file]: text }).network, probe).assumptions).toEqual([
      `A trace starts cold, without the ${kinds} that the dump has learned (r).`,
    ]);
  });

  const NEIGH = '[{"dst":"10.0.1.1","dev":"eth1","lladdr":"02:00:00:00:01:01","state":["REACHABLE"]}]';

  test('with it no ARP is needed', () => {
    const { network } = read(base, { 'r/ip-neigh.json': NEIGH });
    const arps = (of: Network, start: 'cold' | 'learned'): string[] =>
      trace(of, probe, { start }).legs.flatMap(({ kind, paths }) =>
        kind === 'arp' ? [paths[0]?.hops[0]?.netns ?? ''] : [],
      );
    // Who asks, and who answers. That r need not ask b leaves b without r's address (RFC 826: a request teaches it).
    expect([arps(network, 'cold'), arps(network, 'learned')]).toEqual([
      ['a', 'r', 'r', 'b'],
      ['a', 'r', 'b', 'r'],
    ]);
    expect(trace(network, probe, { start: 'learned' }).assumptions).toEqual([
      'Learned neighbours count as used, and as confirmed just now (r).',
    ]);
    const down = run('r: ip link set eth1 down\nr: ip link set eth1 up', network, new Runtime()).network;
    expect(arps(down, 'learned')).toEqual(['a', 'r', 'b', 'r']);
    const gone = run('r: ip link set eth1 down', network, new Runtime()).network;
    expect(() => trace(gone, probe, { start: 'learned' })).not.toThrow();
    expect(arps(base, 'learned')).toEqual(['a', 'r', 'r', 'b']);
  });

  test('a connection of the dump is one that a packet belongs to', () => {
    // A DNAT rule that is no longer there still holds for its connection, where any rule has connections tracked.
    const text =
      'udp      17 29 src=10.0.0.1 dst=10.0.1.9 sport=5000 dport=53 src=10.0.1.1 dst=10.0.0.1 sport=53 dport=5000 [ASSURED] mark=0 use=1\n';
    const tracking = run('r: iptables -t nat -A POSTROUTING -s 10.9.9.9 -j MASQUERADE', base, new Runtime()).network;
    const { network } = read(tracking, {
      'r/conntrack.txt': text,
      'b/ss.txt': 'udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:*\n',
    });
    const old: Probe = { from: 'a', to: '10.0.1.9', proto: 'udp', port: 53, sport: 5000 };
    expect(trace(network, old).verdict.exit).not.toBe(0);
    expect(trace(network, old, { start: 'learned' }).verdict.exit).toBe(0);
    expect(trace(network, { ...old, sport: 5001 }, { start: 'learned' }).verdict.exit).not.toBe(0);
  });

  test('is written again', () => {
    const changes = {
      'r/ip-neigh.json': `${NEIGH.slice(0, -1)},{"dst":"10.0.1.7","dev":"eth1","state":["FAILED"]}]\n`,
      'r/iptables-save.txt':
        '*filter\n:INPUT ACCEPT [3:4]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n[5:60] -A INPUT -s 10.9.9.9/32 -j DROP\nCOMMIT\n',
      'r/conntrack.txt':
        'tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.1.1 sport=5 dport=6 src=10.0.1.1 dst=10.0.0.1 sport=6 dport=5 [ASSURED] mark=0 use=1\n',
    };
    const files = snapshotFiles(read(base, changes).network);
    for (const [file, text] of Object.entries(changes)) expect(files.get(file)).toBe(text);
  });

  test('a neighbour that did not answer is none', () => {
    const text = '[{"dst":"10.0.1.1","dev":"eth1","state":["FAILED"]}]';
    expect(trace(read(base, { 'r/ip-neigh.json': text }).network, probe).assumptions).toEqual([]);
  });
});

describe('an older ss, which has one word for IPv6 sockets that take IPv4 and for those that do not', () => {
  const tcp: Probe = { from: 'a', to: '10.0.1.1', proto: 'tcp', port: 80 };
  const assumed =
    'Sockets of any IPv6 address take IPv4 unless an IPv4 socket has their port: the ss of ss.txt is too old to say (b).';

  test.each([
    { ss: 'tcp LISTEN 0 128 :::80 :::*', want: 0, says: [assumed], why: 'it is taken for a dual-stack one' },
    {
      ss: 'tcp LISTEN 0 128 [::]:80 [::]:*\ntcp LISTEN 0 5 127.0.0.1:25 *:*',
      want: 0,
      says: [assumed],
      why: 'an IPv4 socket with a peer of * is of an old ss too',
    },
    {
      ss: 'tcp LISTEN 0 128 [::]:80 [::]:*\ntcp LISTEN 0 5 127.0.0.1:25 0.0.0.0:*',
      want: 1,
      says: [],
      why: 'a newer ss says so only of one that does not take IPv4',
    },
  ])('$ss: $why', ({ ss, want, says }) => {
    const { verdict, assumptions } = trace(read(base, { 'b/ss.txt': `${ss}\n` }).network, tcp);
    expect(verdict.exit).toBe(want);
    expect(assumptions).toEqual(says);
  });

  test('`*` and `:::` with one port are two sockets', () => {
    const { network } = read(base, { 'b/ss.txt': 'tcp LISTEN 0 5 *:80 *:*\ntcp LISTEN 0 5 :::80 :::*\n' });
    const ns = network.netns('b');
    expect(ns?.sockets.map(({ port, dualStack }) => [port, dualStack])).toEqual([[80, undefined]]);
    expect(ns?.ipv6.sockets.map(({ fields }) => fields['local'])).toEqual([':::80']);
  });
});
