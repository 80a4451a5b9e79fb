import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import type { BgpSimulation } from '../../src/bgp/index.js';
import { readLab } from '../../src/input/index.js';
import { applyFaults, type BuiltLab, buildNetwork, type Faulted, type Lab } from '../../src/lab/index.js';
import type { Network } from '../../src/topology/index.js';
import { trace } from '../../src/trace/index.js';
import { readable } from '../recordings/load.js';

/** The destinations of BIRD's routes that lead elsewhere, in a machine's table. */
function learned(network: Network, machine: string): string[] {
  const routes = network.netns(machine)?.ipv4.tables.get(254) ?? [];
  return [...routes]
    .filter((route) => route.protocol === 'bird' && route.type === 'unicast')
    .map(({ dst }) => formatPrefix(dst))
    .sort();
}

interface Opened {
  readonly lab: Lab;
  readonly built: BuiltLab;
  fault(...names: string[]): Faulted;
}

function open(text: string): Opened {
  const lab = readable(readLab(text, 'lab.yaml'));
  const built = buildNetwork(lab);
  return { lab, built, fault: (...names) => applyFaults(built.network, lab, names) };
}

/** The sessions that stand, `node-1 node-2`, each once. */
function standing(bgp: BgpSimulation | undefined): string[] {
  const speakers = bgp?.config.speakers ?? [];
  const owner = (address: number): string =>
    speakers.find(({ sessions }) => sessions.some(({ local }) => local === address))?.name ?? '';
  const sides = speakers.flatMap(({ name }) =>
    (bgp?.sessions(name) ?? [])
      .filter(({ state }) => state === 'Established')
      .map(({ neighbor }) => [name, owner(neighbor)].sort().join(' ')),
  );
  return [...new Set(sides)].sort();
}

const NUMBERS = [1, 2, 3, 4];
const block = (n: number): string => `10.244.${n}.0/26`;

/** iBGP passes nothing on, so in a mesh a node has the blocks of those that it has a session with, and no others. */
function expectMesh({ network, bgp }: Pick<Faulted, 'network' | 'bgp'>, cut: (a: number, b: number) => boolean): void {
  const pairs = NUMBERS.flatMap((a) => NUMBERS.filter((b) => a < b && !cut(a, b)).map((b) => [a, b] as const));
  expect(standing(bgp)).toEqual(pairs.map(([a, b]) => `node-${a} node-${b}`));
  for (const n of NUMBERS) {
    const others = pairs.flatMap(([a, b]) => (a === n ? [b] : b === n ? [a] : []));
    expect(learned(network, `node-${n}`), `node-${n}`).toEqual(others.map(block).sort());
  }
}

const DROP = 'iptables -A INPUT -p tcp --dport 179 -j DROP';
const NODES = `cni: calico/bgp
nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12, node-3: 192.168.56.13, node-4: 192.168.56.14}
pods: {a: node-1, b: node-2, c: node-3, d: node-4}
`;

describe('a mesh, in which the lower address waits for the higher one (confd 3.21, bird.cfg.template: passive on)', () => {
  const mesh = open(`${NODES}
faults:
  dropped: {node-2: '${DROP}'}
  rejected: {node-2: iptables -A INPUT -p tcp --dport 179 -j REJECT --reject-with tcp-reset}
  answers: {node-2: iptables -A OUTPUT -p tcp --sport 179 -j DROP}
  opening: {node-2: iptables -A OUTPUT -p tcp --dport 179 -j DROP}
  all: {node-2: iptables -I INPUT -s 192.168.56.0/24 -p tcp -j DROP}
  one: {node-2: iptables -A INPUT -s 192.168.56.13 -p tcp --dport 179 -j DROP}
  data: {node-2: 'iptables -A INPUT -p tcp --dport 179 ! --syn -j DROP'}
  both: {node-2: '${DROP}', node-4: '${DROP}', node-3: '${DROP}'}
  down: {node-2: ip link set eth0 down}
  no-address: {node-2: ip addr del 192.168.56.12/24 dev eth0}
  silent: {node-2: sysctl -w net.ipv4.conf.eth0.arp_ignore=8}
  syn: {node-2: iptables -A INPUT -p tcp --dport 179 --syn -j DROP}
  new: {node-2: iptables -A INPUT -p tcp --dport 179 -m conntrack --ctstate NEW -j DROP}
  nat: {node-2: iptables -t nat -I PREROUTING -p tcp --dport 179 -j REDIRECT --to-ports 9}
  known: {node-2: iptables -I INPUT -p tcp -m conntrack --ctstate ESTABLISHED -j DROP}
  udp: {node-2: iptables -A INPUT -p udp --dport 179 -j DROP}
  half: {node-2: iptables -A INPUT -p tcp --dport 179 -m statistic --mode random --probability 0.5 -j DROP}
  pod: {b: ip link set eth0 down}
  twice: {node-2: [ip route del 10.244.1.0/26, ip route del 10.244.1.0/26, '${DROP}']}
  crashed: {node-3: pkill -KILL bird, node-2: '${DROP}'}
`);
  // Who has the higher number opens: what node-2 does not take in, 3 and 4 have opened.
  const of = (n: number, peers: readonly number[]) => (a: number, b: number) =>
    (a === n && peers.includes(b)) || (b === n && peers.includes(a));
  const none = (): boolean => false;

  test.each([
    { fault: 'dropped', cut: of(2, [3, 4]), why: 'node-2 opens its session with node-1 itself' },
    { fault: 'rejected', cut: of(2, [3, 4]), why: 'a reset ends in a graceful restart, and that ends too' },
    { fault: 'answers', cut: of(2, [3, 4]), why: 'the SYN comes, its answer does not leave' },
    { fault: 'opening', cut: of(2, [1]), why: 'it takes what others open' },
    { fault: 'all', cut: of(2, [1, 3, 4]), why: 'no packet of TCP comes in' },
    { fault: 'one', cut: of(2, [3]), why: 'the rule is for node-3' },
    { fault: 'data', cut: of(2, [3, 4]), why: 'a handshake is not enough' },
    { fault: 'both', cut: (_: number, b: number) => b > 2 && _ > 1, why: 'node-1 waits for all, and is not in it' },
    { fault: 'down', cut: of(2, [1, 3, 4]), why: 'it has no link' },
    { fault: 'no-address', cut: of(2, [1, 3, 4]), why: 'the local address of its sessions is gone' },
    { fault: 'silent', cut: none, why: 'it is no news where it is, and it goes on asking where others are' },
    { fault: 'syn', cut: none, why: 'a connection that stands has no SYN' },
    { fault: 'new', cut: none, why: 'conntrack knows the connections that stand' },
    { fault: 'nat', cut: none, why: 'the nat table sees the first packet of a connection' },
    { fault: 'known', cut: of(2, [1, 3, 4]), why: 'those that stand alone' },
    { fault: 'udp', cut: none, why: 'BGP is TCP' },
    { fault: 'half', cut: none, why: 'BIRD tries until a connection comes through' },
    { fault: 'pod', cut: none, why: 'what a pod does is its own' },
  ])('$fault: $why', ({ fault, cut }) => {
    const faulted = mesh.fault(fault);
    expect(faulted.problems).toEqual([]);
    expectMesh(faulted, cut);
  });

  test('sessions say what birdc does, and where TCP ends', () => {
    const { bgp } = mesh.fault('dropped');
    const [to] = bgp?.sessions('node-3').filter(({ name }) => name === 'Mesh_192_168_56_12') ?? [];
    expect(to).toMatchObject({ lastError: 'BGP Error: Hold timer expired', imported: 0, exported: 0 });
    expect(to?.reason).toMatch(/^neighbor 192\.168\.56\.12 is unreachable: TCP 179 .* node-2 \(NF_DROP, .*INPUT\)$/);
  });

  test('and so do the hints of a trace', () => {
    const { verdict } = trace(mesh.fault('dropped').network, { from: 'node/node-3', to: 'pod/b', proto: 'icmp' });
    const [hint] = verdict.hints.filter(({ code }) => code === 'BGP_SESSION_DOWN');
    expect(hint?.values['because']).toContain('ends on node-2 (NF_DROP');
  });

  test('a fault that changes nothing for BGP gives the network back that it was given', () => {
    expect(learned(mesh.fault('udp').network, 'node-3')).toEqual(learned(mesh.built.network, 'node-3'));
    expect(mesh.fault('udp').bgp?.now).toBe(mesh.built.bgp?.now);
  });

  test('what was refused when it came is told once, though the route is then gone for another reason', () => {
    const { refused, problems } = mesh.fault('twice');
    expect(refused.map(({ errno }) => errno)).toEqual(['ESRCH']);
    expect(problems).toHaveLength(1);
    expect(mesh.fault('dropped', 'down').problems).toEqual([]);
  });

  test('events come first, and time passes for them too', () => {
    const { bgp } = mesh.fault('crashed');
    // The routes of node-3 were kept for 120 s; the hold timer of 240 s has run out after that.
    expect(bgp?.rib('node-4').filter(({ stale }) => stale)).toEqual([]);
    expect(standing(bgp)).toEqual(['node-1 node-2', 'node-1 node-4']);
  });

  test('commands of a lab are followed as those of a fault, and a fault can take them back', () => {
    const own = open(`${NODES}
commands: {node-2: ['${DROP}', ip route del 10.99.0.0/16]}
faults:
  mended: {node-2: 'iptables -D INPUT -p tcp --dport 179 -j DROP'}
  syn: {node-2: iptables -A INPUT -p tcp --dport 179 --syn -j DROP}
  more: {node-4: '${DROP.replace('-A', '-I')}', node-2: iptables -A OUTPUT -p tcp --dport 179 -j DROP}
`);
    expectMesh({ network: own.built.network, bgp: own.built.bgp }, of(2, [3, 4]));
    expect(own.built.refusedCommands()).toHaveLength(1);
    expect(own.built.refusedIn('node-2').filter(({ errno }) => errno === 'ESRCH')).toHaveLength(1);
    expect(own.built.refused.filter(({ errno }) => errno === 'ESRCH')).toHaveLength(1);
    expectMesh(own.fault('mended'), none);
    expectMesh(own.fault('mended', 'syn'), of(2, [3, 4]));
    expectMesh(own.fault('more'), of(2, [1, 3, 4]));
    // What was made for the faults is not that of the lab.
    expectMesh({ network: own.built.network, bgp: own.built.bgp }, of(2, [3, 4]));
  });

  test('a session goes on that stands since before the commands of a lab, also when a fault has nothing to do with it', () => {
    const own = open(`${NODES}
commands: {node-2: iptables -A INPUT -p tcp --dport 179 --syn -j DROP}
faults:
  other: {node-2: iptables -A INPUT -p udp -j DROP}
  cut: {node-2: iptables -A INPUT -p tcp --dport 179 -j DROP}
`);
    expectMesh({ network: own.built.network, bgp: own.built.bgp }, none);
    expectMesh(own.fault('other'), none);
    expectMesh(own.fault('cut'), of(2, [3, 4]));
  });

  test('a lab without commands is built when it is asked for, and not before', () => {
    const plain = open(NODES);
    expect(plain.built.network.materialised()).toEqual([]);
    expect(applyFaults(plain.built.network, plain.lab, []).network.materialised()).toEqual([]);
  });
});

describe('two segments and a router between them', () => {
  const two = open(`cni: calico/ipip
nodes: {node-1: 192.168.56.11, node-2: 192.168.57.12, node-3: 192.168.56.13, node-4: 192.168.57.14}
pods: {a: node-1, b: node-2, c: node-3, d: node-4}
segments: {east: 192.168.56.0/24, west: 192.168.57.0/24}
routers: {router: [192.168.56.1, 192.168.57.1]}
faults:
  forward: {router: iptables -A FORWARD -p tcp --dport 179 -j DROP}
  policy: {router: iptables -P FORWARD DROP}
  input: {router: iptables -A INPUT -p tcp -j DROP}
  off: {router: sysctl -w net.ipv4.ip_forward=0}
  link: {router: ip link set eth1 down}
  gateway: {node-1: ip route del default}
  strict: {router: ip route add blackhole 192.168.57.14/32}
`);
  const odd = (n: number): boolean => n % 2 === 1;
  const across = (a: number, b: number): boolean => odd(a) !== odd(b);

  test.each([
    { fault: 'forward', cut: across, why: 'nodes of one segment do not need the router' },
    { fault: 'policy', cut: across, why: 'no rule accepts it' },
    { fault: 'input', cut: () => false, why: 'what it forwards is not for itself' },
    { fault: 'off', cut: across, why: 'it forwards nothing' },
    { fault: 'link', cut: across, why: 'it has no way to the other segment' },
    { fault: 'gateway', cut: (a: number, b: number) => a === 1 && across(a, b), why: 'only node-1 has lost its way' },
    { fault: 'strict', cut: (a: number, b: number) => b === 4 && across(a, b), why: 'a longer prefix leads nowhere' },
  ])('$fault: $why', ({ fault, cut }) => {
    const faulted = two.fault(fault);
    expect(faulted.problems).toEqual([]);
    expectMesh(faulted, cut);
  });

  test('where there is no default route, a command of the lab can open a way', () => {
    const opened = open(`cni: calico/ipip
nodes: {node-1: 192.168.56.11, node-2: 192.168.57.12}
pods: {a: node-1, b: node-2}
segments: {east: 192.168.56.0/24, west: 192.168.57.0/24, core: 10.0.0.0/24}
routers:
  r-1: {addresses: [192.168.56.1, 10.0.0.1]}
  r-2: {addresses: [192.168.57.1, 10.0.0.2]}
faults:
  there: {r-1: ip route add 192.168.57.0/24 via 10.0.0.2}
  back: {r-2: ip route add 192.168.56.0/24 via 10.0.0.1}
  masked: {r-1: iptables -t nat -A POSTROUTING -j MASQUERADE, r-2: iptables -t nat -A POSTROUTING -j MASQUERADE}
`);
    expect(standing(opened.built.bgp)).toEqual([]);
    expect(standing(opened.fault('there').bgp)).toEqual([]);
    expect(standing(opened.fault('there', 'back', 'masked').bgp)).toEqual([]);
    const both = opened.fault('there', 'back');
    expect(standing(both.bgp)).toEqual(['node-1 node-2']);
    expect(learned(both.network, 'node-1')).toEqual([block(2)]);
  });
});

describe('routers that speak BGP', () => {
  // left - middle - right, an AS each; what left announces is one hop from middle, two from right.
  const chain = open(`cni: none
nodes: {node-1: 10.0.9.9}
segments: {a: 10.0.1.0/24, b: 10.0.2.0/24, far: 10.0.3.0/24, lan: 10.0.9.0/24}
routers:
  left:
    addresses: [10.0.1.1, 10.0.3.1]
    bgp: {as: 65001, announce: [10.0.3.0/24], neighbors: [{address: 10.0.1.2, as: 65002}]}
  middle:
    addresses: [10.0.1.2, 10.0.2.1]
    bgp:
      as: 65002
      announce: [10.0.1.0/24]
      neighbors: [{address: 10.0.1.1, as: 65001}, {address: 10.0.2.2, as: 65003}]
  right:
    addresses: [10.0.2.2]
    bgp: {as: 65003, neighbors: [{address: 10.0.2.1, as: 65002}]}
faults:
  near: {left: ip link set eth0 down}
  far: {left: ip link set eth1 down}
  one-way: {left: iptables -A INPUT -p tcp --dport 179 -j DROP}
  two-ways: {left: [iptables -A INPUT -p tcp --dport 179 -j DROP, iptables -A INPUT -p tcp --sport 179 -j DROP]}
`);

  test.each([
    { fault: 'near', up: ['middle right'], right: ['10.0.1.0/24'], why: 'a link that is down ends what goes over it' },
    {
      fault: 'far',
      up: ['left middle', 'middle right'],
      right: ['10.0.1.0/24'],
      why: 'a subnet without a link is announced no more',
    },
    {
      fault: 'one-way',
      up: ['left middle', 'middle right'],
      right: ['10.0.1.0/24', '10.0.3.0/24'],
      why: 'left opens it itself: neither side only waits',
    },
    { fault: 'two-ways', up: ['middle right'], right: ['10.0.1.0/24'], why: 'neither side can open it' },
  ])('$fault: $why', ({ fault, up, right }) => {
    const { network, bgp, problems } = chain.fault(fault);
    expect(problems).toEqual([]);
    expect(standing(bgp)).toEqual(up);
    expect(learned(network, 'right')).toEqual(right);
  });

  test('a neighbour on-link is lost at once with the link, the other side waits for its hold timer', () => {
    const { bgp } = chain.fault('near');
    expect(bgp?.sessions('left')[0]?.lastError).toBe('Neighbor lost');
    expect(bgp?.sessions('middle')[0]?.lastError).toBe('BGP Error: Hold timer expired');
  });
});

test('a session that its own routes take away is told as a problem of the command that has begun it', () => {
  // While left tells right of 10.0.3.64/26, near makes an aggregate of that, and between sends there what is for left.
  const { fault } = open(`cni: none
nodes: {node-1: 10.0.9.9}
segments: {core: 10.0.0.0/24, far: 10.0.3.0/24, lan: 10.0.9.0/24}
routers:
  right:
    addresses: [10.0.0.1]
    routes: {0.0.0.0/0: 10.0.0.2}
    bgp:
      as: 65001
      neighbors: [{address: 10.0.3.3, as: 65003}, {address: 10.0.0.4, as: 65004, import: [10.99.0.0/16]}]
  between: {addresses: [10.0.0.2, 10.0.3.2], bgp: {as: 65002, neighbors: [{address: 10.0.0.4, as: 65004}]}}
  left:
    addresses: [10.0.3.3]
    routes: {0.0.0.0/0: 10.0.3.2}
    bgp: {as: 65003, announce: [10.0.3.64/26], neighbors: [{address: 10.0.0.1, as: 65001}]}
  near:
    addresses: [10.0.0.4]
    bgp:
      as: 65004
      neighbors: [{address: 10.0.0.1, as: 65001}, {address: 10.0.0.2, as: 65002}]
      aggregates: [{net: 10.0.3.0/25}]
faults:
  any: {right: iptables -A INPUT -p udp --dport 9999 -j DROP}
`);
  const { problems } = fault('any');
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ code: 'conflict', line: 23 });
  expect(problems[0]?.message).toMatch(/^the BGP session of (right|left) with .* would come and go for ever/);
});

describe('a session whose packets follow a route of BGP', () => {
  // node-2 opens, by r-2; answers go by r-3, as r-1 learns of its subnet, and by the default route over r-2 without that.
  const own = open(`cni: calico/ipip
nodes: {node-1: 192.168.56.11, node-2: 192.168.57.12}
pods: {a: node-1, b: node-2}
segments: {east: 192.168.56.0/24, core: 10.0.0.0/24, west: 192.168.57.0/24}
routers:
  r-1:
    addresses: [192.168.56.1, 10.0.0.1]
    routes: {0.0.0.0/0: 10.0.0.2}
    bgp: {as: 65001, neighbors: [{address: 10.0.0.3, as: 65003}]}
  r-2: {addresses: [10.0.0.2, 192.168.57.1], routes: {192.168.56.0/24: 10.0.0.1}}
  r-3:
    addresses: [10.0.0.3, 192.168.57.3]
    routes: {192.168.56.0/24: 10.0.0.1}
    bgp: {as: 65003, announce: [192.168.57.0/24], neighbors: [{address: 10.0.0.1, as: 65001}]}
faults:
  deaf: {r-3: [iptables -A INPUT -p tcp --dport 179 -j DROP, iptables -A INPUT -p tcp --sport 179 -j DROP]}
  closed: {r-3: iptables -A FORWARD -j DROP}
  other-closed: {r-2: iptables -A FORWARD -d 192.168.57.0/24 -j DROP}
`);

  test.each([
    { faults: [], up: ['node-1 node-2', 'r-1 r-3'], why: 'both ways are open' },
    { faults: ['closed'], up: ['r-1 r-3'], why: 'the route leads into a router that forwards nothing' },
    { faults: ['other-closed'], up: ['node-1 node-2', 'r-1 r-3'], why: 'answers do not go there' },
    { faults: ['deaf'], up: ['node-1 node-2'], why: 'without the route they go there' },
    { faults: ['deaf', 'other-closed'], up: [], why: 'the route goes first, then what went over it' },
    { faults: ['deaf', 'closed'], up: ['node-1 node-2'], why: 'what the route had led astray comes again' },
  ])('$faults: $why', ({ faults, up }) => {
    const { network, bgp, problems } = own.fault(...faults);
    expect(problems).toEqual([]);
    expect(standing(bgp)).toEqual(up);
    expect(learned(network, 'node-1')).toEqual(up.includes('node-1 node-2') ? [block(2)] : []);
  });
});
