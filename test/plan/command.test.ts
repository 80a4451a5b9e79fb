import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultScope, type NewRoute } from '../../src/linux/index.js';
import { type Call, formatCommand, type Install, parseCommand } from '../../src/plan/index.js';
import { formatProblem } from '../../src/problem/index.js';
import { ip, mac, prefix } from '../must.js';
import { LABS, loadLab, readable, recording } from '../recordings/load.js';

const CONTEXT = { netns: 'n1', file: 'lab.yaml', line: 7 };

function callsOf(line: string, netns: string | undefined = 'n1'): { netns: string; call: Call }[] {
  return readable(parseCommand(line, { ...CONTEXT, netns })).map(({ netns: ns, call }) => ({ netns: ns, call }));
}

function problemsOf(line: string): string[] {
  const read = parseCommand(line, CONTEXT);
  return 'problems' in read ? read.problems.map(formatProblem) : [];
}

const ROUTE = { tos: 0, metric: 0, protocol: 'boot', scope: undefined, mtu: undefined, mtuLock: false } as const;
const VIA = { dev: '', via: ip('10.0.0.2'), onlink: false, weight: 1 } as const;

describe('what a line means', () => {
  test.each<{ line: string; netns?: string; want: Call; why: string }>([
    {
      line: 'ip netns add n2',
      netns: 'n2',
      want: { call: 'netns add', role: 'host', host: 'n2' },
      why: 'its own host',
    },
    { line: 'ip l set lo up', want: { call: 'link set', dev: 'lo', set: { up: true } }, why: 'abbreviated object' },
    { line: 'ip -n x link set lo up', netns: 'x', want: { call: 'link set', dev: 'lo', set: { up: true } }, why: '-n' },
    {
      line: 'ip netns exec x ip -4 link set dev lo down',
      netns: 'x',
      want: { call: 'link set', dev: 'lo', set: { up: false } },
      why: 'exec',
    },
    {
      line: 'ip link set v1 mtu 1400 master br0 name v2 promisc on arp off netns x',
      want: {
        call: 'link set',
        dev: 'v1',
        set: { mtu: 1400, master: 'br0', name: 'v2', promisc: true, arp: false, netns: 'x' },
      },
      why: 'several settings in one call',
    },
    { line: 'ip link set v1 nomaster', want: { call: 'link set', dev: 'v1', set: { master: '' } }, why: 'nomaster' },
    {
      line: 'ip link add v1 mtu 1450 type veth peer name eth0 address 02:00:00:00:00:01 netns x',
      want: {
        call: 'link add veth',
        link: { name: 'v1', mtu: 1450, address: undefined },
        peer: { netns: 'x', name: 'eth0', mtu: undefined, address: mac('02:00:00:00:00:01') },
      },
      why: 'each end has its own settings',
    },
    {
      line: 'ip link add flannel.1 type vxlan id 1 local 10.0.0.1 dev eth0 dstport 8472 nolearning',
      want: {
        call: 'link add',
        link: {
          kind: 'vxlan',
          name: 'flannel.1',
          mtu: undefined,
          address: undefined,
          vni: 1,
          local: ip('10.0.0.1'),
          remote: undefined,
          lower: 'eth0',
          dstport: 8472,
          learning: false,
          ttl: 0,
          tos: 0,
          df: 'unset',
        },
      },
      why: 'as flanneld makes it',
    },
    {
      line: 'ip link add name d0 type dummy',
      want: {
        call: 'link add',
        link: {
          kind: 'unmodelled',
          type: 'dummy',
          data: { options: [] },
          name: 'd0',
          mtu: undefined,
          address: undefined,
        },
      },
      why: 'a type that is not modelled is kept',
    },
    {
      line: 'ip tuntap add flannel0 mode tun',
      want: { call: 'link add', link: { kind: 'tun', name: 'flannel0', mtu: undefined, address: undefined } },
      why: 'TUN has an object of its own',
    },
    {
      line: 'ip addr add 10.0.0.1/24 brd + dev eth0',
      want: {
        call: 'addr add',
        address: {
          dev: 'eth0',
          local: ip('10.0.0.1'),
          prefixLength: 24,
          broadcast: ip('10.0.0.255'),
          scope: undefined,
          peer: undefined,
        },
      },
      why: '+ sets all host bits',
    },
    {
      line: 'ip addr del 10.0.0.1 dev eth0',
      want: { call: 'addr del', dev: 'eth0', local: ip('10.0.0.1'), prefixLength: undefined },
      why: 'any length',
    },
    {
      line: 'ip r add default via 10.0.0.2',
      want: {
        call: 'route add',
        table: 254,
        route: { ...ROUTE, type: 'unicast', dst: prefix('0.0.0.0/0'), nexthops: [VIA], prefsrc: undefined },
      },
      why: 'the device is for the kernel to find',
    },
    {
      line: 'ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
      want: {
        call: 'route replace',
        table: 254,
        route: {
          ...ROUTE,
          type: 'unicast',
          dst: prefix('10.244.2.0/24'),
          nexthops: [{ dev: 'flannel.1', via: ip('10.244.2.0'), onlink: true, weight: 1 }],
          prefsrc: undefined,
        },
      },
      why: 'onlink',
    },
    {
      line: 'ip route add local 10.0.0.0/8 dev lo',
      want: {
        call: 'route add',
        table: 255,
        route: { ...ROUTE, type: 'local', dst: prefix('10.0.0.0/8'), dev: 'lo', prefsrc: undefined },
      },
      why: 'local routes go to table local',
    },
    {
      line: 'ip route del local 10.0.0.1',
      want: {
        call: 'route del',
        route: {
          table: 255,
          dst: prefix('10.0.0.1'),
          type: 'local',
          dev: undefined,
          via: undefined,
          metric: undefined,
          tos: undefined,
          protocol: undefined,
          prefsrc: undefined,
          scope: 254,
        },
      },
      why: 'the type decides table and scope',
    },
    { line: 'ip route flush cache', want: { call: 'route flush cache' }, why: 'runtime only' },
    { line: 'ip route flush dev eth0', want: { call: 'route flush', table: 254, dev: 'eth0' }, why: 'table main' },
    {
      line: 'ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent',
      want: {
        call: 'neigh replace',
        dev: 'eth0',
        ip: ip('10.0.0.2'),
        lladdr: mac('02:00:00:00:00:02'),
        nud: 'PERMANENT',
      },
      why: 'as flanneld does it',
    },
    {
      line: 'ip neigh add proxy 10.0.0.2 dev eth0',
      want: { call: 'neigh add proxy', dev: 'eth0', ip: ip('10.0.0.2') },
      why: 'proxy',
    },
    {
      line: 'bridge fdb append 00:00:00:00:00:00 dev vx dst 10.0.0.2',
      want: {
        call: 'fdb append',
        dev: 'vx',
        mac: mac('00:00:00:00:00:00'),
        remote: { ip: ip('10.0.0.2'), port: undefined, vni: undefined, via: undefined },
      },
      why: 'self when nothing is said',
    },
    {
      line: 'bridge fdb del 02:00:00:00:00:02 dev v1 master',
      want: { call: 'fdb del', dev: 'v1', mac: mac('02:00:00:00:00:02'), table: 'master' },
      why: 'the bridge’s table',
    },
    {
      line: 'bridge link set dev v1 hairpin on isolated off state 3',
      want: { call: 'bridge link set', dev: 'v1', set: { hairpin: true, isolated: false, state: 'forwarding' } },
      why: 'BR_STATE_FORWARDING is 3',
    },
    {
      line: 'sysctl -qw net.ipv4.conf.eth0/100.rp_filter=2',
      want: { call: 'sysctl set', path: 'net/ipv4/conf/eth0.100/rp_filter', value: '2' },
      why: 'a dot in a device’s name is written as /',
    },
    {
      line: 'sh -c "echo 0 > /proc/sys/net/ipv4/conf/eth0.100/forwarding"',
      want: { call: 'sysctl set', path: 'net/ipv4/conf/eth0.100/forwarding', value: '0' },
      why: 'as the scenarios do it',
    },
    { line: '/usr/sbin/conntrack -F', want: { call: 'conntrack flush' }, why: 'the path of a tool does not matter' },
    {
      line: 'conntrack -D -p udp --orig-dst 10.96.0.10 --dst-nat 10.244.1.2',
      want: {
        call: 'conntrack delete',
        connections: { protocol: 'udp', origDst: ip('10.96.0.10'), dstNat: ip('10.244.1.2') },
      },
      why: 'as kube-proxy calls it for an endpoint',
    },
    {
      line: 'conntrack -D -f ipv4 -p tcp -d 10.0.0.1 --orig-port-dst 80 -g 10.0.0.2',
      want: {
        call: 'conntrack delete',
        connections: { protocol: 'tcp', origDst: ip('10.0.0.1'), origDport: 80, dstNat: ip('10.0.0.2') },
      },
      why: 'short options, and the other name of --dport',
    },
    {
      line: 'iptables -t nat -A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG',
      want: {
        call: 'iptables',
        family: 'ip',
        args: [
          '-t',
          'nat',
          '-A',
          'POSTROUTING',
          '-m',
          'comment',
          '--comment',
          'flanneld masq',
          '-j',
          'FLANNEL-POSTRTG',
        ],
      },
      why: 'quotes are the shell’s',
    },
  ])('$line: $why', ({ line, netns = 'n1', want }) => {
    expect(callsOf(line)).toEqual([{ netns, call: want }]);
  });

  test('several commands, each in its own namespace', () => {
    expect(callsOf("ip -n a link set lo up; ip -n b link set lo up && sh -c 'ip link del x'")).toEqual([
      { netns: 'a', call: { call: 'link set', dev: 'lo', set: { up: true } } },
      { netns: 'b', call: { call: 'link set', dev: 'lo', set: { up: true } } },
      { netns: 'n1', call: { call: 'link del', dev: 'x' } },
    ]);
  });

  test('comments and empty lines are nothing', () => {
    expect(callsOf('# nothing\n  \n;')).toEqual([]);
  });

  test('what iptables-restore reads comes from the context or from a here-document', () => {
    const text = '*nat\nCOMMIT\n';
    const [fromContext] = readable(parseCommand('iptables-restore --noflush -w 5', { ...CONTEXT, stdin: text }));
    const [fromHere] = readable(parseCommand(`iptables-restore -n <<'EOF'\n${text}EOF\n`, CONTEXT));
    for (const install of [fromContext, fromHere]) {
      const call = install?.call;
      expect(call?.call === 'iptables-restore' && [call.flush, call.chunks.map((c) => c.lines)]).toEqual([
        'noflush',
        [['*nat', 'COMMIT']],
      ]);
    }
  });

  test('the origin names the command and where it stands', () => {
    const [install] = readable(parseCommand('ip link set lo up', CONTEXT));
    expect(install?.origin).toEqual({ by: 'command', object: 'ip link set lo up', file: 'lab.yaml', line: 7 });
  });
});

describe('problems', () => {
  test.each([
    {
      line: 'ip route add 10.0.0.0/8 vai 10.0.0.2',
      want: '7:25: route option: "vai" is not known; did you mean "via"?',
    },
    { line: 'ip lnik set lo up', want: '7:4: object of ip: "lnik" is not known; did you mean "link"?' },
    { line: 'iptalbes -L', want: '7:1: "iptalbes" is no command that is understood here; did you mean "iptables"?' },
    {
      line: 'ip addr add 10.0.0.300/24 dev eth0',
      want: '7:13: expected an IPv4 address with an optional prefix length, found "10.0.0.300/24"',
    },
    { line: 'ip addr add 10.0.0.1/24', want: '7:13: `dev` is missing' },
    {
      line: 'ip route add 10.0.0.1/8 dev eth0',
      want: '7:14: destination: expected no bits set behind the prefix length, found "10.0.0.1/8"',
    },
    { line: 'ip route add 10.0.0.0/8 via', want: '7:25: via is missing at the end' },
    { line: 'ip route add blackhole 10.0.0.0/8 dev lo', want: '7:39: a blackhole route has no device' },
    { line: 'ip route add multicast 224.0.0.0/4 dev eth0', want: '7:14: routes of type multicast are not modelled' },
    {
      line: 'ip route add 10.0.0.0/8 via inet6 fe80::1 dev eth0',
      want: '7:29: an IPv6 next hop of an IPv4 route is not modelled',
    },
    { line: 'ip -6 route flush cache', want: '7:4: IPv6 is not modelled yet' },
    { line: 'ip link add br0', want: '7:13: the type of the new link is missing' },
    { line: 'ip link set eth0 mtu big', want: '7:22: mtu: expected a number from 0 to 2147483647, found "big"' },
    {
      line: "sh -c 'ip link set eth0 upp'",
      want: '7:25: option of ip link set: "upp" is not known; did you mean "up"?',
    },
    { line: 'ip link set lo up | cat', want: '7:19: "|" is not understood here: only ; and && join commands' },
    { line: "ip link set 'lo up", want: '7:13: the quote is never closed' },
    { line: 'echo 1 > /tmp/x', want: '7:6: only `echo VALUE > /proc/sys/…` changes anything' },
    { line: 'iptables-restore', want: '7:1: there is nothing for iptables-restore to read' },
    // The tool itself says so: `iptables v1.8: unknown option "--dprot"`, `sysctl: cannot stat /proc/sys/…`.
    {
      line: 'iptables -I FORWARD -p tcp --dprot 1 -j DROP',
      want: '7:28: no option of this rule: "--dprot"; did you mean "--dport"?',
    },
    { line: 'iptables -F FORWARD; iptables -m cmment', want: '7:34: no command such as -A' },
    {
      line: 'sysctl -w net.ipv4.ip_forwad=0',
      want: '7:11: no sysctl is called "net.ipv4.ip_forwad"; did you mean "net.ipv4.ip_forward"?',
    },
    {
      line: 'echo 0 > /proc/sys/net/ipv4/conf/eth0.1/rp_fliter',
      want: '7:6: no sysctl is called "net.ipv4.conf.eth0/1.rp_fliter"; did you mean "net.ipv4.conf.eth0/1.rp_filter"?',
    },
    { line: 'sysctl -w net.ipv4.ip_forward', want: '7:11: expected NAME=VALUE, found "net.ipv4.ip_forward"' },
    { line: 'ip neigh add 10.0.0.1 dev eth0', want: '7:27: `lladdr` is missing' },
    {
      line: 'bridge fdb add 02:00:00:00:00:01 dev v1',
      want: '7:38: an entry of the device itself needs `dst IP`; one of its bridge needs `master`',
    },
    { line: 'conntrack -L', want: '7:11: only `conntrack -F` and `-D` are understood, found "-L"' },
    { line: 'conntrack -D --reply-src 10.0.0.1', want: '7:14: option of conntrack -D: "--reply-src" is not known' },
    { line: 'conntrack -D --dport 53 -p udp', want: '7:14: --dport needs a protocol before it: `-p`' },
  ])('$line', ({ line, want }) => {
    expect(problemsOf(line)[0]?.replace('lab.yaml:', '')).toBe(want);
  });

  test('a command that needs a namespace says so', () => {
    const read = parseCommand('ip link set lo up', { netns: undefined, file: '--exec' });
    expect('problems' in read && read.problems.map((p) => p.code)).toEqual(['missing']);
  });

  test('all of a line’s problems are told at once', () => {
    expect(problemsOf('ip link set eth0 mtu big; ip lnik')).toHaveLength(2);
  });

  test('no text makes it throw, whatever it is', () => {
    const words = fc.constantFrom(
      ...'ip link addr route rule neigh netns exec bridge fdb sysctl -n n1 add del set via dev 10.0.0.0/8 10.0.0.1 default'.split(
        ' ',
      ),
      ...'type vxlan veth peer name id mtu 99999999999 lladdr 02:00:00:00:00:01 ; && " \' > << EOF $( # \n echo sh -c nexthop'.split(
        ' ',
      ),
    );
    const lines = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.array(words).map((list) => list.join(' ')),
    );
    fc.assert(
      fc.property(lines, (line) => {
        const read = parseCommand(line, { netns: 'n1', file: 'x' });
        return 'value' in read || read.problems.every((p) => p.line === 1 && p.col >= 1);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Lines of a recording that are no command: plugins, the relay's own doings, and traffic. */
const NO_TOOL_OF_OURS = /^(CNI_COMMAND=|relay routes:|\(user-space relay\)|ping )/;

test('kernel-scenarios: every change of state is understood', () => {
  const { labs } = JSON.parse(recording('kernel-scenarios.json').text) as {
    labs: { cases: { stateChange?: { command?: string } }[] }[];
  };
  const commands = labs.flatMap((lab) => lab.cases.flatMap(({ stateChange }) => stateChange?.command ?? []));
  expect(commands.flatMap((line) => callsOf(line, undefined))).toEqual([
    { netns: 'r', call: { call: 'sysctl set', path: 'net/ipv4/ip_forward', value: '0' } },
    { netns: 'r', call: { call: 'sysctl set', path: 'net/ipv4/conf/eth1/forwarding', value: '0' } },
    { netns: 'r', call: { call: 'sysctl set', path: 'net/ipv4/conf/eth0/forwarding', value: '0' } },
    { netns: 'r', call: { call: 'link set', dev: 'eth1', set: { up: false } } },
    { netns: 'b', call: { call: 'link set', dev: 'eth0', set: { up: false } } },
  ]);
});

describe('commands out of calls', () => {
  test.each(LABS)('lab %s: what was recorded reads back from what we write', (name) => {
    for (const { ns, cmd } of loadLab(name).commands) {
      const read = parseCommand(cmd, { netns: ns ?? undefined, file: name });
      expect('problems' in read, cmd).toBe(NO_TOOL_OF_OURS.test(cmd));
      if ('problems' in read) continue;
      expect(read.value.flatMap((install) => withoutOrigin(formatCommand(install)))).toEqual(
        read.value.map(({ netns, call }) => ({ netns, call })),
      );
    }
  });

  function withoutOrigin(line: string): { netns: string; call: Call }[] {
    return readable(parseCommand(line, { netns: undefined, file: 'x' })).map(({ netns, call }) => ({
      netns,
      call: JSON.parse(JSON.stringify(call, (key, value) => (key === 'origin' ? undefined : value))) as Call,
    }));
  }

  test('any call reads back', () => {
    fc.assert(
      fc.property(anyInstall(), (install) => {
        const read = readable(parseCommand(formatCommand(install), { netns: undefined, file: 'x' }));
        const bare = JSON.stringify(
          read.map(({ netns, call }) => ({ netns, call })),
          dropOrigin,
        );
        expect(JSON.parse(bare)).toEqual([
          JSON.parse(JSON.stringify({ netns: install.netns, call: install.call }, dropOrigin)),
        ]);
      }),
      { numRuns: 1000 },
    );
  });

  test('what no command makes is a comment', () => {
    const origin = { by: 'flanneld' };
    const call: Call = {
      call: 'socket listen',
      socket: { protocol: 'udp', address: ip('0.0.0.0'), port: 8285, behaviour: 'sink' },
    };
    expect(formatCommand({ netns: 'n1', origin, call })).toBe('# n1: socket listen (flanneld): no command does this');
  });
});

/** Leaves out origins, and a global scope where that is what a route gets unasked. */
function dropOrigin(this: unknown, key: string, value: unknown): unknown {
  const unasked = key === 'scope' && value === 0 && isRoute(this) && defaultScope({ ...this, scope: undefined }) === 0;
  return key === 'origin' || unasked ? undefined : value;
}

function isRoute(holder: unknown): holder is NewRoute {
  return typeof holder === 'object' && holder !== null && 'mtuLock' in holder;
}

/** Calls as agents and commands make them: what is left to the kernel is left out. */
function anyInstall(): fc.Arbitrary<Install> {
  const dev = fc.constantFrom('eth0', 'flannel.1', 'cni0', 'veth0@x', 'v1');
  const address = fc.integer({ min: 1, max: 0xdfffffff }).map((n) => (n >>> 0) as ReturnType<typeof ip>);
  const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined });
  const anyMac = fc.integer({ min: 1, max: 0xffffff }).map((n) => (0x020000000000 + n) as ReturnType<typeof mac>);
  const dst = fc
    .tuple(address, fc.integer({ min: 0, max: 32 }))
    .map(([a, length]) => prefix(`${a >>> 24}.${(a >>> 16) & 255}.${(a >>> 8) & 255}.${a & 255}/${length}`));
  const nexthop = fc.record({ dev, via: address, onlink: fc.boolean(), weight: fc.constant(1) });
  const weighted = fc.record({ dev, via: address, onlink: fc.boolean(), weight: fc.integer({ min: 1, max: 256 }) });
  const common = {
    dst,
    tos: fc.constantFrom(0, 4, 16),
    metric: fc.constantFrom(0, 1, 1024),
    protocol: fc.constantFrom('boot', 'static', 'bird', '80', 'kernel'),
    scope: fc.constantFrom(undefined, 0, 253, 254),
    mtu: maybe(fc.constant(1400)),
  };
  const unlocked = { ...common, mtuLock: fc.constant(false) };
  const route = fc.oneof(
    fc.record({
      ...unlocked,
      type: fc.constant('unicast' as const),
      nexthops: fc.oneof(
        nexthop.map((n) => [n] as const),
        fc.tuple(weighted, weighted),
      ),
      prefsrc: maybe(address),
    }),
    fc.record({
      ...unlocked,
      type: fc.constantFrom('local' as const, 'broadcast' as const),
      dev,
      prefsrc: maybe(address),
    }),
    fc.record({
      ...unlocked,
      type: fc.constantFrom('blackhole' as const, 'unreachable' as const, 'prohibit' as const),
    }),
  );
  const table = fc.constantFrom(254, 255, 100, 253);
  const action = fc.oneof(
    fc.record({ action: fc.constant('lookup' as const), table }),
    fc.record({ action: fc.constant('goto' as const), priority: fc.integer({ min: 0, max: 40000 }) }),
    fc.constantFrom({ action: 'prohibit' as const }, { action: 'blackhole' as const }, { action: 'nop' as const }),
  );
  const narrow = dst.filter((p) => p.length > 0);
  const rule = fc.record({
    priority: maybe(fc.integer({ min: 0, max: 40000 })),
    invert: fc.boolean(),
    from: maybe(narrow),
    to: maybe(narrow),
    iif: maybe(dev),
    oif: maybe(dev),
    tos: fc.constantFrom(0, 16),
    fwmark: maybe(fc.record({ value: fc.constantFrom(1, 0x4000), mask: fc.constantFrom(0xffffffff, 0x4000) })),
    suppressPrefixLength: maybe(fc.integer({ min: 0, max: 32 })),
    action,
  });
  const remote = fc.record({
    ip: address,
    port: maybe(fc.integer({ min: 1, max: 65535 })),
    vni: maybe(fc.integer({ min: 0, max: 0xffffff })),
    via: maybe(dev),
  });
  const text = fc.string({ maxLength: 20 }).filter((s) => !/[\r\n]/.test(s));
  const lines = fc.array(
    text.filter((s) => s !== 'EOF'),
    { maxLength: 4 },
  );
  const chunks = lines.map((list) => [{ origin: { by: 'x' }, lines: list }]);
  const call: fc.Arbitrary<Call> = fc.oneof(
    fc.record({
      call: fc.constantFrom('route add', 'route replace', 'route append', 'route prepend', 'route change'),
      table,
      route,
    }) as fc.Arbitrary<Call>,
    fc.record({ call: fc.constant('rule add'), rule }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constantFrom('addr add', 'addr replace'),
      address: fc.record({
        dev,
        local: address,
        prefixLength: fc.integer({ min: 0, max: 32 }),
        broadcast: maybe(address),
        scope: fc.constantFrom(undefined, 0, 253),
        peer: maybe(address),
      }),
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constantFrom('neigh add', 'neigh replace', 'neigh change'),
      dev,
      ip: address,
      lladdr: anyMac,
      nud: fc.constantFrom('PERMANENT', 'NOARP', 'STALE'),
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constantFrom('neigh add proxy', 'neigh del proxy', 'neigh del'),
      dev,
      ip: address,
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constantFrom('fdb add', 'fdb replace', 'fdb append'),
      dev,
      mac: anyMac,
      remote,
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constantFrom('fdb add master', 'fdb replace master'),
      dev,
      mac: anyMac,
      state: fc.constantFrom('permanent', 'static'),
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constant('sysctl set'),
      path: fc.constant('net/ipv4/conf/flannel.1/rp_filter'),
      value: fc.constantFrom('1', '1 2'),
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constant('iptables'),
      family: fc.constantFrom('ip', 'ip6'),
      args: text.map((comment) => ['-A', 'FORWARD', '-m', 'comment', '--comment', `x${comment}`, '-j', 'DROP']),
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constant('iptables-restore'),
      family: fc.constantFrom('ip', 'ip6'),
      flush: fc.constantFrom('flush', 'noflush'),
      chunks,
    }) as fc.Arbitrary<Call>,
    fc.record({ call: fc.constant('ipset restore'), chunks }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constant('bridge link set'),
      dev,
      set: fc.record({
        hairpin: fc.boolean(),
        isolated: fc.boolean(),
        state: fc.constantFrom('disabled', 'forwarding'),
      }),
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constant('link set'),
      dev,
      set: fc.record({
        up: fc.boolean(),
        mtu: fc.integer({ min: 68, max: 65535 }),
        address: anyMac,
        master: fc.constantFrom('', 'br0'),
      }),
    }) as fc.Arbitrary<Call>,
    fc.record({
      call: fc.constant('link add veth'),
      link: fc.record({ name: dev, mtu: maybe(fc.constant(1450)), address: maybe(anyMac) }),
      peer: fc.record({
        netns: fc.constantFrom('n1', 'a b'),
        name: dev,
        mtu: maybe(fc.constant(1450)),
        address: maybe(anyMac),
      }),
    }) as fc.Arbitrary<Call>,
  );
  return fc.record({ netns: fc.constantFrom('n1', 'pod x'), origin: fc.constant({ by: 'test' }), call });
}
