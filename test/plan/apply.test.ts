import { describe, expect, test } from 'vitest';
import { formatMac } from '../../src/address/index.js';
import {
  type Connection,
  formatAllRoutes,
  formatOrigin,
  neighbourKey,
  printRuleset,
  Runtime,
  type Tuple,
} from '../../src/linux/index.js';
import {
  Applier,
  type ApplyOptions,
  apply,
  type Call,
  type Install,
  parseCommand,
  type Refusal,
} from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { ip, mac, prefix } from '../must.js';
import { readable } from '../recordings/load.js';

const ORIGIN = { by: 'flanneld', object: 'lease 10.244.2.0/24 of node-2' };

function installsOf(lines: readonly string[], netns = 'n1'): Install[] {
  return lines.flatMap((line, i) => readable(parseCommand(line, { netns, file: 'test', line: i + 1 })));
}

/** A node with eth0, up, 10.0.0.1/24, and a peer in namespace sw. */
const NODE = [
  'ip netns add n1',
  'ip netns add sw',
  'ip link add eth0 address 02:00:00:00:00:01 type veth peer name p1 netns sw',
  'ip link set eth0 up',
  'ip -n sw link set p1 up',
  'ip addr add 10.0.0.1/24 dev eth0',
];

function applierOf(lines: readonly string[], runtime = new Runtime(), options: ApplyOptions = {}): Applier {
  const applier = new Applier(Network.of([]), runtime, options);
  for (const install of installsOf(lines)) {
    const refusal = applier.apply(install);
    if (refusal !== undefined) throw new Error(`${JSON.stringify(install.call)}: ${refusal.message}`);
  }
  return applier;
}

function run(applier: Applier, ...lines: string[]): (string | undefined)[] {
  return installsOf(lines).map((install) => applier.apply(install)?.errno);
}

describe('apply', () => {
  test('a generator gets each refusal back, and goes on', () => {
    const seen: (string | undefined)[] = [];
    function* agent(): Generator<Install, void, Refusal | undefined> {
      for (const line of ['ip route add 10.9.0.0/16 via 192.168.0.1', 'ip route add 10.9.0.0/16 via 10.0.0.2']) {
        const [install] = installsOf([line]);
        if (install !== undefined) seen.push((yield install)?.message);
      }
    }
    const { network } = apply(installsOf(NODE), Network.of([]), new Runtime());
    const { refused } = apply(agent(), network, new Runtime());
    expect(seen).toEqual(['Nexthop has invalid gateway', undefined]);
    expect(refused.map((r) => r.errno)).toEqual(['ENETUNREACH']);
  });

  test('the network handed in stays as it was, and what nobody touched is shared', () => {
    const first = apply(installsOf(NODE), Network.of([]), new Runtime()).network;
    const before = formatAllRoutes(first.netns('n1') ?? never());
    const second = apply(installsOf(['ip route add 10.9.0.0/16 via 10.0.0.2']), first, new Runtime()).network;
    expect(formatAllRoutes(first.netns('n1') ?? never())).toBe(before);
    expect(second.netns('n1')?.links).toBe(first.netns('n1')?.links);
    expect(second.netns('n1')?.ipv4.tables.get(255)).toBe(first.netns('n1')?.ipv4.tables.get(255));
    expect(second.netns('n1')?.ipv4.tables.get(254)).not.toBe(first.netns('n1')?.ipv4.tables.get(254));
    expect(second.netns('sw')).toBe(first.netns('sw'));
  });

  test('looking at a namespace does not change it, nor does a refused call', () => {
    const first = apply(installsOf(NODE), Network.of([]), new Runtime()).network;
    const applier = new Applier(first, new Runtime());
    expect(applier.netns('sw')?.name).toBe('sw');
    expect(run(applier, 'ip route add 10.9.0.0/16 via 192.168.0.1 table 100')).toEqual(['ENETUNREACH']);
    expect(applier.network().netns('n1')).toBe(first.netns('n1'));
    expect(applier.network().netns('sw')).toBe(first.netns('sw'));
  });

  test('an applier that goes on does not change the network that it gave', () => {
    const applier = applierOf(NODE);
    const network = applier.network();
    const before = formatAllRoutes(network.netns('n1') ?? never());
    run(
      applier,
      'ip route add 10.9.0.0/16 via 10.0.0.2',
      'ip link set eth0 mtu 1400',
      'ip addr add 10.1.0.1/24 dev eth0',
    );
    expect(formatAllRoutes(network.netns('n1') ?? never())).toBe(before);
    expect(network.netns('n1')?.links.get('eth0')?.mtu).toBe(1500);
    expect(network.netns('n1')?.ipv4.addresses).toHaveLength(1);
    expect(applier.netns('n1')?.ipv4.addresses).toHaveLength(2);
  });

  test('between calls an agent sees the state as it is now', () => {
    const applier = applierOf(NODE);
    expect(applier.netns('n1')?.ipv4.tables.get(254)?.at(prefix('10.9.0.0/16'))).toEqual([]);
    run(applier, 'ip route add 10.9.0.0/16 via 10.0.0.2');
    expect(applier.netns('n1')?.ipv4.tables.get(254)?.at(prefix('10.9.0.0/16'))).toHaveLength(1);
    expect(applier.netns('nowhere')).toBeUndefined();
  });

  test('every entry says who made it', () => {
    const applier = applierOf(NODE);
    const [route] = applier.netns('n1')?.ipv4.tables.get(254)?.at(prefix('10.0.0.0/24')) ?? [];
    expect(formatOrigin(route?.origin ?? never())).toBe('kernel: address 10.0.0.1/24 on eth0');
    const call: Call = { call: 'neigh add', dev: 'eth0', ip: ip('10.0.0.2'), lladdr: mac('02:00:00:00:00:02') };
    applier.apply({ netns: 'n1', origin: ORIGIN, call });
    expect([...(applier.netns('n1')?.ipv4.neighbours.values() ?? [])].map((n) => n.origin)).toEqual([ORIGIN]);
  });

  test('a namespace that is not there refuses', () => {
    expect(run(new Applier(Network.of([]), new Runtime()), 'ip link set lo up')).toEqual(['ENOENT']);
  });

  test('a namespace can’t be made twice', () => {
    expect(run(applierOf(NODE), 'ip netns add n1')).toEqual(['EEXIST']);
  });
});

// Linux 6.18 and 6.1: `RTNETLINK answers: Invalid argument`.
test.each([
  'ip link add all type bridge',
  'ip link add default type veth peer name b',
  'ip link set eth0 name default',
])('no device has the name of a sysctl directory: %s', (line) => {
  expect(run(applierOf(NODE), line)).toEqual(['EINVAL']);
});

describe('hardware addresses', () => {
  const lines = ['ip netns add a', 'ip netns add b', 'ip -n a link add v type veth peer name v netns b'];
  const macsOf = (seed: number): string[] => {
    const applier = applierOf(lines, new Runtime(), { seed });
    return ['a', 'b'].map((ns) => formatMac(applier.netns(ns)?.links.get('v')?.address ?? never()));
  };

  test('the same seed, namespace and name give the same address; others another', () => {
    expect(macsOf(1)).toEqual(macsOf(1));
    expect(new Set([...macsOf(1), ...macsOf(2)]).size).toBe(4);
  });

  test('locally administered and unicast: the low bits of the first byte are 10', () => {
    const applier = applierOf(['ip netns add n1']);
    run(applier, ...Array.from({ length: 200 }, (_, i) => `ip link add d${i} type dummy`));
    const macs = [...(applier.netns('n1')?.links.values() ?? [])].filter((l) => l.name !== 'lo').map((l) => l.address);
    expect(macs.every((m) => Math.floor(m / 2 ** 40) % 4 === 2 && m < 2 ** 48)).toBe(true);
    expect(new Set(macs).size).toBe(200);
  });
});

describe('what a call does to runtime', () => {
  function withLearned(): { applier: Applier; runtime: Runtime } {
    const runtime = new Runtime();
    const applier = applierOf(
      [...NODE, 'ip link add br0 type bridge', 'ip link set br0 up', 'ip link set eth0 master br0'],
      runtime,
    );
    const { neighbours, stations, exceptions } = runtime.of('n1');
    neighbours.set(neighbourKey('eth0', ip('10.0.0.2')), {
      lladdr: mac('02:00:00:00:00:02'),
      state: 'REACHABLE',
      used: true,
      confirmed: 0,
      updated: 0,
    });
    stations.set(`br0|${mac('02:00:00:00:00:02')}`, { dev: 'eth0', updated: 0 });
    exceptions.set(ip('10.9.1.1'), { mtu: 1400, mtuLock: false, gateway: undefined, expires: 1e9 });
    return { applier, runtime };
  }

  test.each([
    { line: 'ip link set eth0 down', neighbours: 0, stations: 0, why: 'neighbours and stations go with the link' },
    { line: 'ip -n sw link set p1 down', neighbours: 0, stations: 0, why: 'and with its carrier' },
    {
      line: 'ip link set eth0 address 02:00:00:00:00:09',
      neighbours: 0,
      stations: 1,
      why: 'neighbours know the old address',
    },
    { line: 'ip neigh flush dev eth0', neighbours: 0, stations: 1, why: 'flushed by hand' },
    { line: 'ip neigh del 10.0.0.2 dev eth0', neighbours: 0, stations: 1, why: 'a learned entry can be deleted' },
    { line: 'ip link set eth0 nomaster', neighbours: 1, stations: 0, why: 'no longer a port' },
    { line: 'ip link set br0 down', neighbours: 1, stations: 0, why: 'ports of a bridge that is down do not forward' },
    { line: 'bridge fdb del 02:00:00:00:00:02 dev eth0 master', neighbours: 1, stations: 0, why: 'deleted by hand' },
    { line: 'ip link set eth0 mtu 1400', neighbours: 1, stations: 1, why: 'nothing to do with either' },
    { line: 'ip link del br0', neighbours: 1, stations: 0, why: 'the bridge is gone' },
  ])('$line: $why', ({ line, neighbours, stations }) => {
    const { applier, runtime } = withLearned();
    expect(run(applier, line)).toEqual([undefined]);
    expect([runtime.of('n1').neighbours.size, runtime.of('n1').stations.size]).toEqual([neighbours, stations]);
  });

  test.each([
    { lines: ['ip route flush cache'], left: 0, why: 'by hand' },
    { lines: ['ip route del 10.9.0.0/16'], left: 0, why: 'kept with the route' },
    { lines: ['ip route replace 10.9.0.0/16 via 10.0.0.3'], left: 0, why: 'the new route knows nothing' },
    {
      lines: ['ip route add 10.9.1.0/24 via 10.0.0.3', 'ip route del 10.9.1.0/24'],
      left: 0,
      why: 'it belonged to the route that goes',
    },
    { lines: ['ip route del 10.8.0.0/16'], left: 1, why: 'another route' },
    { lines: ['ip link set eth0 down'], left: 0, why: 'the route goes with the link' },
  ])('path MTUs: $lines: $why', ({ lines, left }) => {
    const { applier, runtime } = withLearned();
    run(applier, 'ip route add 10.9.0.0/16 via 10.0.0.2', 'ip route add 10.8.0.0/16 via 10.0.0.2');
    run(applier, ...lines);
    expect(runtime.of('n1').exceptions.size).toBe(left);
  });

  test('a rollback of the journal undoes what calls did to runtime', () => {
    const { applier, runtime } = withLearned();
    runtime.journal.start();
    run(applier, 'ip link set eth0 down', 'ip route flush cache');
    runtime.journal.rollback();
    const { neighbours, stations, exceptions } = runtime.of('n1');
    expect([neighbours.size, stations.size, exceptions.size]).toEqual([1, 1, 1]);
  });

  function connect(runtime: Runtime, masqueradeDev: string | undefined, sport: number): Connection {
    const { conntrack } = runtime.of('n1');
    const tuple: Tuple = { src: ip('10.244.1.2'), dst: ip('8.8.8.8'), protocol: 17, sport, dport: 53 };
    const ct = conntrack.create(tuple, 0, runtime.journal) ?? never();
    ct.masqueradeDev = masqueradeDev;
    ct.expires = 1e9;
    ct.reply = { ...ct.reply, dst: ip('10.0.0.1') };
    conntrack.insert(ct, runtime.journal);
    return ct;
  }

  test.each([
    { line: 'ip link set eth0 down', left: [2], why: 'masqueraded connections go with their device' },
    { line: 'ip addr del 10.0.0.1/24 dev eth0', left: [2], why: 'and with the address that they were given' },
    { line: 'conntrack -F', left: [], why: 'all' },
    { line: 'ip link set eth0 mtu 1400', left: [1, 2], why: 'none' },
  ])('conntrack: $line: $why', ({ line, left }) => {
    const runtime = new Runtime();
    const applier = applierOf(NODE, runtime);
    connect(runtime, 'eth0', 1);
    connect(runtime, undefined, 2);
    run(applier, line);
    expect(
      runtime
        .of('n1')
        .conntrack.list(0)
        .map((ct) => ct.id),
    ).toEqual(left);
  });
});

describe('programs and sockets', () => {
  test('a TUN device has a carrier while a program holds it', () => {
    const applier = applierOf([...NODE, 'ip tuntap add tun0 mode tun', 'ip link set tun0 up']);
    expect(applier.netns('n1')?.links.get('tun0')).toMatchObject({
      kind: 'tun',
      up: true,
      carrier: false,
      noarp: true,
    });
    const process = {
      kind: 'udp-relay',
      dev: 'tun0',
      address: ip('10.0.0.1'),
      port: 8285,
      routes: [],
      errorSource: ip('10.0.0.1'),
    } as const;
    applier.apply({ netns: 'n1', origin: ORIGIN, call: { call: 'process start', process } });
    expect(applier.netns('n1')?.links.get('tun0')?.carrier).toBe(true);
  });

  test.each([
    { address: '0.0.0.0', errno: 'EADDRINUSE', why: 'all addresses include that one' },
    { address: '10.0.0.1', errno: 'EADDRINUSE', why: 'the same address' },
    { address: '127.0.0.1', errno: undefined, why: 'another address' },
  ])('a second socket on $address: $why', ({ address, errno }) => {
    const applier = applierOf(NODE);
    const listen = (text: string): string | undefined => {
      const socket = { protocol: 'tcp', address: ip(text), port: 80, behaviour: 'sink' } as const;
      return applier.apply({ netns: 'n1', origin: ORIGIN, call: { call: 'socket listen', socket } })?.errno;
    };
    expect([listen('10.0.0.1'), listen(address)]).toEqual([undefined, errno]);
  });
});

describe('netfilter', () => {
  const restore = (lines: readonly string[], flush: 'flush' | 'noflush' = 'noflush'): Install => ({
    netns: 'n1',
    origin: ORIGIN,
    call: { call: 'iptables-restore', family: 'ip', flush, chunks: [{ origin: ORIGIN, lines }] },
  });

  test('rules of a restore text, and then of a command', () => {
    const applier = applierOf(NODE);
    expect(applier.apply(restore(['*nat', ':X - [0:0]', '-A POSTROUTING -j X', 'COMMIT']))).toBeUndefined();
    expect(run(applier, 'iptables -t nat -A X -o eth0 -j MASQUERADE')).toEqual([undefined]);
    const text = printRuleset(applier.netns('n1')?.iptables ?? never());
    expect(text).toContain('-A POSTROUTING -j X');
    expect(text).toContain('-A X -o eth0 -j MASQUERADE');
  });

  test('a refusal names the line; the table before it stays committed', () => {
    const applier = applierOf(NODE);
    const refusal = applier.apply(
      restore(['*filter', '-A INPUT -j ACCEPT', 'COMMIT', '*nat', '-A NOPE -j ACCEPT', 'COMMIT']),
    );
    expect(refusal?.errno).toBe('ENOENT');
    expect(refusal?.message).toMatch(/^line 5: /);
    expect([...(applier.netns('n1')?.iptables.keys() ?? [])]).toEqual(['filter']);
  });

  test('a rule that names a set needs it, and keeps it', () => {
    const applier = applierOf(NODE);
    const rule = 'iptables -A INPUT -m set --match-set KUBE src -j ACCEPT';
    expect(run(applier, rule)).not.toEqual([undefined]);
    expect(run(applier, 'ipset create KUBE hash:ip', rule, 'ipset destroy KUBE')).toEqual([
      undefined,
      undefined,
      'EBUSY',
    ]);
    expect([...(applier.netns('n1')?.ipsets.keys() ?? [])]).toEqual(['KUBE']);
  });

  test('members that packets added go with a flush of their set', () => {
    const runtime = new Runtime();
    const applier = applierOf(NODE, runtime);
    run(applier, 'ipset create S hash:ip', 'ipset create T hash:ip');
    for (const set of ['S', 'T']) runtime.of('n1').setMembers.set(set, new Map([['10.0.0.1', { expires: undefined }]]));
    run(applier, 'ipset flush S');
    expect([...runtime.of('n1').setMembers.keys()]).toEqual(['T']);
    run(applier, 'ipset destroy T');
    expect(runtime.of('n1').setMembers.size).toBe(0);
  });
});

test('sysctls hold what they hold: a number stays a number', () => {
  const applier = applierOf(NODE);
  expect(run(applier, 'sysctl -w net.ipv4.ip_forward=yes', 'sysctl -w net.ipv4.ip_forward=1')).toEqual([
    'EINVAL',
    undefined,
  ]);
  expect(applier.netns('n1')?.sysctls.get('net/ipv4/conf/eth0/forwarding')).toBe('1');
});

function never(): never {
  throw new Error('not there');
}
