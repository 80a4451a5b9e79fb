import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  connectLinks,
  createNetns,
  deviceSysctlPath,
  formatRules,
  formatSockets,
  readAddresses,
  readAddressText,
  readFdb,
  readLinks,
  readNeighbours,
  readNetns,
  readRoutes,
  readRouteText,
  readRules,
  readRuleText,
  readSockets,
  readSysctls,
  type Socket,
  type Source,
} from '../../src/linux/index.js';
import { formatProblem, type Read } from '../../src/problem/index.js';
import { ip, mac } from '../must.js';
import { readable, recording } from '../recordings/load.js';

const READERS: Readonly<Record<string, (source: Source) => Read<unknown>>> = {
  link: (source) => readLinks(source, { netns: 'n1' }),
  'bridge link': (source) => readLinks({ file: 'link', text: '[]' }, { netns: 'n1', bridgeLink: source }),
  addr: readAddresses,
  'addr text': readAddressText,
  route: readRoutes,
  'route text': readRouteText,
  rule: readRules,
  'rule text': readRuleText,
  neigh: readNeighbours,
  fdb: readFdb,
  sysctl: readSysctls,
  ss: readSockets,
};

function source(text: string): Source {
  return { file: 'f', text };
}

function problemsOf(read: Read<unknown>): string[] {
  return 'problems' in read ? read.problems.map(formatProblem) : [];
}

describe('what can be wrong, and where', () => {
  test.each([
    {
      reader: 'link',
      text: '',
      want: ['f:1:1: not well-formed JSON: the text ends where something else was expected'],
    },
    {
      reader: 'link',
      text: '[{"ifname":"eth0",}]',
      want: ['f:1:19: not well-formed JSON: found "}" where something else was expected'],
    },
    {
      reader: 'link',
      text: '[\n  {"a": 1}\n  {}\n]',
      want: ['f:3:3: not well-formed JSON: found "{" where something else was expected'],
    },
    { reader: 'link', text: '{"ifname": "eth0"}', want: ['f:1:1: expected a list of objects, found an object'] },
    { reader: 'addr', text: '[1]', want: ['f:1:2: [0]: expected an object, found 1'] },
    {
      reader: 'link',
      text: '[{"ifindex":1,"ifname":"lo","flags":[],"mtu":"big","link_type":"loopback"}]',
      want: ['f:1:46: [0].mtu: expected a number, found "big"'],
    },
    {
      reader: 'link',
      text: '[{"ifindex":1,"ifname":"lo","mtu":1,"link_type":"loopback"}]',
      want: ['f:1:2: [0]: "flags" is missing'],
    },
    {
      reader: 'link',
      text: '[\n{"ifindex":2,"ifname":"v","flags":[],"mtu":1500,"master":"br0","linkinfo":{"info_kind":"veth"}}]',
      want: ['f:2:58: [0].master: is a bridge port, but its port number and flags are missing; use `ip -j -d link`'],
    },
    {
      reader: 'addr',
      text: '[{"ifname":"eth0","addr_info":[{"family":"inet","local":"10.0.0.999","prefixlen":24}]}]',
      want: ['f:1:57: [0].addr_info[0].local: expected an IPv4 address, found "10.0.0.999"'],
    },
    {
      reader: 'route',
      text: '[{"dst":"10.0.0.0/33","dev":"eth0"}]',
      want: ['f:1:9: [0].dst: expected an IPv4 prefix, found "10.0.0.0/33"'],
    },
    {
      reader: 'route',
      text: '[{"dst":"default","dev":"eth0","table":"calico"}]',
      want: [
        'f:1:40: [0].table: expected a name or number, found "calico" (its number is in /etc/iproute2/rt_tables; `ip -N` prints numbers)',
      ],
    },
    { reader: 'route', text: '[{"dst":"default","gateway":"10.0.0.1"}]', want: ['f:1:2: [0].dev: "dev" is missing'] },
    {
      reader: 'route',
      text: '[{"dst":"10.8.0.0/16","encap":"ip","id":5,"src":"0.0.0.0","dst":"10.0.3.7","ttl":0,"tos":0,"dev":"vb"}]',
      want: [
        'f:1:31: [0].encap: the JSON of a route with an encapsulation does not say where it leads: `ip route` without -j does',
      ],
    },
    {
      reader: 'route text',
      text: 'default via 10.0.0.1 dve eth0',
      want: [
        'f:1:22: route option: "dve" is not known; did you mean "dev"?',
        'f:1:26: route option: "eth0" is not known',
      ],
    },
    {
      reader: 'rule',
      text: '[{"priority":1,"src":"all","table":"vpn"}]',
      want: [
        'f:1:36: [0].table: expected local, main, default or a number, found "vpn" (its number is in /etc/iproute2/rt_tables; `ip -N` prints numbers)',
      ],
    },
    { reader: 'rule text', text: 'from all lookup main', want: ['f:1:1: expected PRIORITY:, found "from"'] },
    {
      reader: 'neigh',
      text: '[{"dst":"10.0.0.1","dev":"eth0","state":["GONE"]}]',
      want: [
        'f:1:41: [0].state: expected one of NONE, INCOMPLETE, REACHABLE, STALE, DELAY, PROBE, FAILED, NOARP, PERMANENT, found "GONE"',
      ],
    },
    { reader: 'fdb', text: '[{"mac":"x","ifname":"v1"}]', want: ['f:1:9: [0].mac: expected a MAC address, found "x"'] },
    {
      reader: 'sysctl',
      text: 'net.ipv4.ip_forward = 1\n  nonsense',
      want: ['f:2:3: expected NAME = VALUE, found "nonsense"'],
    },
    { reader: 'ss', text: 'tcp LISTEN 0 128 nowhere:80 *:*', want: ['f:1:18: expected an address, found "nowhere"'] },
  ])('$reader: $text', ({ reader, text, want }) => {
    expect(problemsOf((READERS[reader] ?? readRoutes)(source(text)))).toEqual(want);
  });

  test('all problems of a dump are told at once', () => {
    const dump = { link: source('['), addr: source('['), sysctl: source('x') };
    expect(problemsOf(readNetns(dump, { name: 'n1', role: 'node' }))).toHaveLength(3);
  });

  test.each(Object.entries(READERS))('%s: no text makes it throw', (_, reader) => {
    const values = fc.constantFrom(
      'eth0',
      '10.0.0.1',
      'all',
      'permanent',
      '02:00:00:00:00:01',
      'veth',
      'vxlan',
      'bridge',
      '',
    );
    const keys = fc.constantFrom(
      ...'ifname ifindex flags mtu link_type linkinfo info_kind info_data info_slave_data info_slave_kind master'.split(
        ' ',
      ),
      ...'dst dev gateway type table nexthops metrics flags src priority goto action mac state dst lladdr addr_info'.split(
        ' ',
      ),
    );
    const leaf = fc.oneof(values, fc.integer(), fc.boolean(), fc.constant(null));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree')), fc.dictionary(keys, tie('tree'))),
    }));
    const lines = fc.array(
      fc.constantFrom('default', 'via', 'dev', 'nexthop', '10.0.0.0/8', '0:', 'from', 'lookup', '=', 'tcp', '\n', ' '),
    );
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(tree).map((list) => JSON.stringify(list)),
      lines.map((l) => l.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = reader(source(text));
        return 'value' in read || read.problems.every((p) => p.line >= 1 && p.col >= 1);
      }),
      { numRuns: 500 },
    );
  });

  test('the place of a JSON error is the first character that can’t be', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const broken = text.slice(0, at % (text.length + 1));
        const read = readRoutes(source(broken));
        let parses = true;
        try {
          JSON.parse(broken);
        } catch {
          parses = false;
        }
        const syntax = 'problems' in read && read.problems[0].code === 'syntax';
        return syntax === !parses && (!syntax || ('problems' in read && read.problems[0].col <= broken.length + 1));
      }),
    );
  });
});

describe('links', () => {
  const links = readable(readLinks(recording('own-node1/ip-j-d-link.json'), { netns: 'node1' }));

  test.each([
    { dev: 'lo', kind: 'loopback', why: 'its link type' },
    { dev: 'eth0', kind: 'veth', why: 'info_kind' },
    { dev: 'flannel.1', kind: 'vxlan', why: 'info_kind' },
    { dev: 'cni0', kind: 'bridge', why: 'info_kind' },
  ])('$dev is $kind: $why', ({ dev, kind }) => {
    expect(links.links.get(dev)?.kind).toBe(kind);
  });

  test('a VXLAN device with all that decides where its frames go', () => {
    expect(links.links.get('flannel.1')).toMatchObject({
      vni: 1,
      local: ip('192.168.56.11'),
      remote: undefined,
      lower: 'eth0',
      dstport: 8472,
      learning: false,
      ttl: 0,
      df: 'unset',
      mtu: 1450,
      address: mac('02:00:00:00:01:01'),
    });
  });

  test('a port, its number and its flags', () => {
    expect(links.links.get('vethp1')).toMatchObject({
      master: 'cni0',
      port: { no: 1, state: 'forwarding', hairpin: true, isolated: false, learning: true, flood: true },
    });
  });

  test('promiscuity that comes from being a port is not by hand', () => {
    expect(links.links.get('vethp1')?.promisc).toBe(false);
  });

  test('a bridge with its port’s address still follows it', () => {
    expect(links.links.get('cni0')).toMatchObject({ addressSet: false, mtuSet: false });
  });

  test('where a veth end leads that leaves the namespace', () => {
    expect(Object.fromEntries(links.farEnds)).toEqual({
      eth0: { ifindex: 2, netnsid: 0 },
      vethp1: { ifindex: 2, netnsid: 1 },
    });
  });

  test.each([
    { info: '{"info_kind":"dummy"}', want: { kind: 'unmodelled', type: 'dummy', data: {} }, why: 'kept with its data' },
    { info: '{"info_kind":"tun","info_data":{"type":"tun"}}', want: { kind: 'tun' }, why: 'TUN' },
    {
      info: '{"info_kind":"tun","info_data":{"type":"tap"}}',
      want: { kind: 'unmodelled', type: 'tun' },
      why: 'TAP is Ethernet',
    },
    {
      info: '{"info_kind":"vxlan","info_data":{"id":1,"group":"239.1.1.1","port":4789}}',
      want: { kind: 'unmodelled', type: 'vxlan' },
      why: 'multicast is not modelled',
    },
    {
      info: '{"info_kind":"veth","info_slave_kind":"bond","info_slave_data":{}}',
      want: { kind: 'unmodelled', type: 'bond_slave' },
      why: 'a bond decides where its frames go',
    },
    { info: undefined, want: { kind: 'physical' }, why: 'a device of no virtual kind is a network card' },
  ])('$info: $why', ({ info, want }) => {
    const linkinfo = info === undefined ? '' : `,"linkinfo":${info}`;
    const text = `[{"ifindex":2,"ifname":"x","flags":["UP","LOWER_UP"],"mtu":1500,"link_type":"ether"${linkinfo}}]`;
    expect(readable(readLinks(source(text), { netns: 'n1' })).links.get('x')).toMatchObject({
      ...want,
      up: true,
      carrier: true,
    });
  });

  test('a wire makes a network card a veth end', () => {
    const text = '[{"ifindex":2,"ifname":"eth0","flags":["UP","LOWER_UP"],"mtu":1500,"link_type":"ether"}]';
    const ends = ['a', 'b'].map((name) => ({
      ...createNetns(name, 'node'),
      links: readable(readLinks(source(text), { netns: name })).links,
    }));
    const [a] = connectLinks(ends, [
      [
        { netns: 'a', dev: 'eth0' },
        { netns: 'b', dev: 'eth0' },
      ],
    ]);
    expect(a?.links.get('eth0')).toMatchObject({ kind: 'veth', peer: { netns: 'b', dev: 'eth0' } });
    expect(() =>
      connectLinks(ends, [
        [
          { netns: 'a', dev: 'eth1' },
          { netns: 'b', dev: 'eth0' },
        ],
      ]),
    ).toThrow('no link eth1');
  });
});

describe('routes as older tools printed them', () => {
  test.each([
    {
      line: '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink ',
      want: { nexthops: [{ dev: 'flannel.1', via: ip('10.244.2.0'), onlink: true, weight: 1 }] },
    },
    {
      line: '172.17.0.0/16 dev docker0  proto kernel  scope link  src 172.17.0.1 linkdown ',
      want: { scope: 253, prefsrc: ip('172.17.0.1'), protocol: 'kernel' },
    },
    { line: 'blackhole 192.168.0.0/26  proto bird  ', want: { type: 'blackhole', protocol: 'bird' } },
    {
      line: 'default via 10.240.0.1 dev ens4v1  proto dhcp  src 10.240.0.5  metric 1024 ',
      want: { metric: 1024, protocol: 'dhcp' },
    },
    {
      line: '10.0.0.0/8 proto 80 mtu lock 1400 advmss 1360 rto_min lock 5ms',
      want: { mtu: 1400, mtuLock: true, protocol: '80' },
    },
    {
      line: '10.0.0.0/8 \n\tnexthop via 10.1.0.1 dev a weight 2 \n\tnexthop dev b weight 1 dead linkdown',
      want: {
        nexthops: [
          { dev: 'a', via: ip('10.1.0.1'), onlink: false, weight: 2 },
          { dev: 'b', via: undefined, onlink: false, weight: 1 },
        ],
      },
    },
  ])('$line', ({ line, want }) => {
    const [[, table] = [0, []]] = readable(readRouteText(source(line))).tables;
    expect([...table]).toMatchObject([want]);
  });

  test('IPv6 lines are in no table, and are kept', () => {
    const text =
      'fe80::/64 dev e0 proto kernel metric 256 pref medium\nlocal ::1 dev lo table local proto kernel metric 0 pref medium\ndefault via fe80::1 dev e0 metric 1024 pref medium';
    const { tables, inet6 } = readable(readRouteText(source(text)));
    expect(tables.size).toBe(0);
    expect(inet6.map(({ dev, fields: { dst } }) => [dev, dst])).toEqual([
      ['e0', 'fe80::/64'],
      ['lo', '::1'],
      ['e0', 'default'],
    ]);
  });
});

test('a rule with a selector that is not modelled is kept as text', () => {
  const json = readable(readRules(source('[{"priority":5,"src":"all","ipproto":"tcp","table":"main"}]')));
  const text = readable(readRuleText(source('5:\tfrom all ipproto tcp lookup main')));
  const action = { action: 'unmodelled', text: 'ipproto tcp lookup main' };
  expect([json.inet[0]?.action, text.inet[0]?.action]).toEqual([action, action]);
  const ns = createNetns('n1', 'node');
  expect(formatRules({ ...ns, ipv4: { ...ns.ipv4, rules: json.inet } })).toBe('5:\tfrom all ipproto tcp lookup main\n');
});

test('neighbours: configured, learned, proxied', () => {
  const text = `[{"dst":"10.0.0.2","dev":"e0","lladdr":"02:00:00:00:00:02","state":["PERMANENT"]},
    {"dst":"10.0.0.3","dev":"e0","lladdr":"02:00:00:00:00:03","state":["STALE"]},
    {"dst":"10.0.0.4","dev":"e0","state":["FAILED"]}, {"dst":"fe80::1","dev":"e0","router":null,"state":["STALE"]},
    {"dst":"10.0.0.5","dev":"e0","proxy":null}]`;
  const { configured, learned, proxies } = readable(readNeighbours(source(text), 5000));
  expect([...configured.values()].map((n) => n.ip)).toEqual([ip('10.0.0.2')]);
  const times = { confirmed: 5000, updated: Number.NEGATIVE_INFINITY };
  expect([...learned]).toEqual([
    [`e0|${ip('10.0.0.3')}`, { lladdr: mac('02:00:00:00:00:03'), state: 'STALE', used: true, ...times }],
    [`e0|${ip('10.0.0.4')}`, { lladdr: 0, state: 'FAILED', used: false, ...times }],
  ]);
  expect(proxies.map((p) => p.ip)).toEqual([ip('10.0.0.5')]);
});

test('stations: configured and learned, of a bridge and of a VXLAN device', () => {
  const { bridge, vxlan, stations } = readable(readFdb(recording('own-node1/bridge-j-fdb.json'), 7));
  expect([...bridge.values()].map(({ dev, state }) => [dev, state])).toEqual([['vethp1', 'permanent']]);
  expect([...stations]).toEqual([[`cni0|${mac('4e:6b:a0:6f:a5:da')}`, { dev: 'vethp1', updated: 7 }]]);
  expect([...vxlan.values()].map(({ dev, remotes }) => [dev, remotes.map((r) => r.ip)])).toEqual([
    ['flannel.1', [ip('192.168.56.12')]],
  ]);
});

test('several remotes of one VXLAN entry, and a learned one', () => {
  const entry = '"ifname":"vx","flags":["self"]';
  const text = `[{"mac":"00:00:00:00:00:00","dst":"10.0.0.7",${entry},"state":"permanent"},
    {"mac":"00:00:00:00:00:00","dst":"10.0.0.8","port":99,"vni":7,"viaIf":"e0",${entry},"state":"permanent"},
    {"mac":"02:00:00:00:00:01","dst":"10.0.0.9",${entry},"state":""}]`;
  const { vxlan, vxlanStations } = readable(readFdb(source(text)));
  expect([...vxlan.values()].flatMap((e) => e.remotes)).toEqual([
    { ip: ip('10.0.0.7'), port: undefined, vni: undefined, via: undefined },
    { ip: ip('10.0.0.8'), port: 99, vni: 7, via: 'e0' },
  ]);
  expect([...vxlanStations.values()].map((r) => r.ip)).toEqual([ip('10.0.0.9')]);
});

describe('sysctls', () => {
  test.each([
    { name: 'net.ipv4.ip_forward', want: 'net/ipv4/ip_forward', why: 'dots between the parts' },
    {
      name: 'net/ipv4/conf/eth0.100/rp_filter',
      want: 'net/ipv4/conf/eth0.100/rp_filter',
      why: 'slashes between the parts',
    },
    {
      name: 'net.ipv4.conf.eth0/100.rp_filter',
      want: 'net/ipv4/conf/eth0.100/rp_filter',
      why: 'as sysctl -a prints a dot in a name',
    },
    {
      name: 'net.ipv4.conf.eth0.100.rp_filter',
      want: 'net/ipv4/conf/eth0.100/rp_filter',
      why: 'dots everywhere, as some dumps have it',
    },
    {
      name: 'net.ipv6.neigh.eth0.100.gc_stale_time',
      want: 'net/ipv6/neigh/eth0.100/gc_stale_time',
      why: 'neigh has devices too',
    },
  ])('$name: $why', ({ name, want }) => {
    expect(deviceSysctlPath(name)).toBe(want);
  });

  test('whatever the order of the lines, what was listed holds', () => {
    const lines = [
      'net.ipv4.conf.eth0.forwarding = 0',
      'net.ipv4.conf.all.accept_redirects: 1',
      'net.ipv4.conf.default.rp_filter = 1',
      'net.ipv4.conf.eth0.rp_filter = 0',
      'net.ipv4.ip_forward = 1',
    ];
    for (const text of [lines.join('\n'), lines.toReversed().join('\n')]) {
      const sysctls = readable(readSysctls(source(text)));
      expect(sysctls.get('net/ipv4/conf/eth0/forwarding')).toBe('0');
      expect(sysctls.get('net/ipv4/conf/all/accept_redirects')).toBe('1');
      expect(sysctls.get('net/ipv4/conf/eth0/rp_filter')).toBe('0');
      expect(sysctls.get('net/ipv4/conf/eth1/forwarding')).toBe('1');
    }
  });
});

test('sockets: IPv4 ones, and IPv6 ones that take IPv4', () => {
  const text = `udp   UNCONN 0      0            0.0.0.0:8472       0.0.0.0:*
tcp   LISTEN 0      4096    127.0.0.53%lo:53         0.0.0.0:*
tcp   LISTEN 0      128                 *:22               *:*
tcp   LISTEN 0      128              [::]:80            [::]:*
tcp   ESTAB  0      0            10.0.0.1:22        10.0.0.9:5000`;
  expect(
    readable(readSockets(source(text))).inet.map(({ protocol, address, port }) => [protocol, address, port]),
  ).toEqual([
    ['udp', 0, 8472],
    ['tcp', ip('127.0.0.53'), 53],
    ['tcp', 0, 22],
  ]);
});

test('programs behind sockets, and sockets of IPv6 that are of an IPv4 address', () => {
  // As ss of iproute2 6.1 prints with -p.
  const text = `tcp   LISTEN 0      4096         127.0.0.1:10248      0.0.0.0:*    users:(("kubelet",pid=91,fd=16))
tcp   LISTEN 0      50   [::ffff:10.0.0.1]:8080             *:*    users:(("java",pid=7,fd=9),("java",pid=7,fd=10),("a b",pid=8,fd=3))`;
  const { inet: sockets } = readable(readSockets(source(text)));
  expect(sockets.map(({ address, port, origin }) => [address, port, origin.object])).toEqual([
    [ip('127.0.0.1'), 10248, 'kubelet'],
    [ip('10.0.0.1'), 8080, 'java, a b'],
  ]);
  const bare = (list: readonly Socket[]): unknown => list.map((socket) => ({ ...socket, origin: undefined }));
  const { ipv6 } = createNetns('n1', 'node');
  expect(bare(readable(readSockets(source(formatSockets({ sockets, ipv6 })))).inet)).toEqual(bare(sockets));
  const { inet: bound } = readable(readSockets(source('udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*')));
  expect(bound.map(({ dev }) => dev)).toEqual(['lo']);
  expect(formatSockets({ sockets: bound, ipv6 })).toContain(' 127.0.0.53%lo:53 ');
});
