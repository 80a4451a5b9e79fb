import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import { readLab } from '../../src/input/index.js';
import { applyFaults, type BuiltLab, buildNetwork } from '../../src/lab/index.js';
import { formatProblem } from '../../src/problem/index.js';
import type { Network } from '../../src/topology/index.js';
import { readable } from '../recordings/load.js';

/** Routes of BIRD in a machine's table, as `ip route` has them, in order. */
function birdRoutes(network: Network, machine: string): string[] {
  const routes = network.netns(machine)?.ipv4.tables.get(254) ?? [];
  return [...routes]
    .filter((route) => route.protocol === 'bird')
    .map((route) => {
      const metric = route.metric === 0 ? '' : ` metric ${route.metric}`;
      if (route.type !== 'unicast') return `${route.type} ${formatPrefix(route.dst)}${metric}`;
      const hops = route.nexthops.map(({ via, dev, onlink }) => {
        const gateway = via === undefined ? '' : `via ${[24, 16, 8, 0].map((bits) => (via >>> bits) & 255).join('.')} `;
        return `${gateway}dev ${dev}${onlink ? ' onlink' : ''}`;
      });
      return `${formatPrefix(route.dst)} ${hops.join(' nexthop ')}${metric}`;
    })
    .sort();
}

function lab(text: string): { readonly built: BuiltLab; with(...faults: string[]): Network } {
  const read = readable(readLab(text, 'lab.yaml'));
  const built = buildNetwork(read);
  return {
    built,
    with: (...faults) => {
      const { network, problems } = applyFaults(built.network, read, faults);
      expect(problems).toEqual([]);
      return network;
    },
  };
}

function problemsOf(text: string): string[] {
  const read = readLab(text, 'lab.yaml');
  return 'problems' in read ? read.problems.map(formatProblem) : [];
}

const MESH = `
cni: calico/bgp
nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12, node-3: 192.168.56.13}
pods: {a: node-1, b: node-2, c: node-3}
`;

describe('the full mesh', () => {
  const mesh = lab(`${MESH}
faults:
  killed: {node-2: pkill -KILL bird}
  within: {node-2: [pkill -KILL bird, sleep 110]}
  beyond: {node-2: [pkill -KILL bird, sleep 121]}
  stopped: {node-2: pkill bird}
  back: {node-2: [pkill -TERM bird, bird]}
  disabled: {node-1: birdc disable Mesh_192_168_56_12}
  restarted: {node-1: 'birdc restart "Mesh_*"'}
  mesh-off:
    node-1: calicoctl patch bgpconfiguration default -p '{"spec":{"nodeToNodeMeshEnabled":false}}'
  not-exported:
    node-1: calicoctl patch ippool default-ipv4-ippool -p '{"spec":{"disableBGPExport":true}}'
  ipip:
    node-1: calicoctl patch ippool default-ipv4-ippool -p '{"spec":{"ipipMode":"Always"}}'
`);
  const own = 'blackhole 10.244.1.0/26';
  const two = '10.244.2.0/26 via 192.168.56.12 dev eth0';
  const three = '10.244.3.0/26 via 192.168.56.13 dev eth0';

  test('blocks by the nodes that have them; the own one is a blackhole', () => {
    expect(birdRoutes(mesh.built.network, 'node-1')).toEqual([two, three, own]);
    expect(birdRoutes(mesh.built.network, 'node-3')).toEqual([
      '10.244.1.0/26 via 192.168.56.11 dev eth0',
      two,
      'blackhole 10.244.3.0/26',
    ]);
  });

  test.each([
    { fault: 'killed', node: 'node-1', want: [two, three, own], why: 'no NOTIFICATION: its routes stay (RFC 4724)' },
    { fault: 'within', node: 'node-1', want: [two, three, own], why: 'the restart timer has 120 s' },
    { fault: 'beyond', node: 'node-1', want: [three, own], why: 'the restart timer has ended' },
    { fault: 'stopped', node: 'node-1', want: [three, own], why: 'a NOTIFICATION ends the session at once' },
    { fault: 'back', node: 'node-1', want: [two, three, own], why: 'it was started again' },
    { fault: 'disabled', node: 'node-1', want: [three, own], why: 'the session is down' },
    { fault: 'disabled', node: 'node-3', want: undefined, why: 'that has nothing to do with node-3' },
    { fault: 'restarted', node: 'node-1', want: [two, three, own], why: 'all sessions came back' },
    { fault: 'mesh-off', node: 'node-1', want: [own], why: 'there is nobody to speak to' },
    { fault: 'not-exported', node: 'node-1', want: [own], why: 'every export filter rejects the pool' },
    {
      fault: 'ipip',
      node: 'node-1',
      want: [`${two.replace('eth0', 'tunl0')} onlink`, `${three.replace('eth0', 'tunl0')} onlink`, own],
      why: 'krt_tunnel',
    },
  ])('$fault, $node: $why', ({ fault, node, want }) => {
    expect(birdRoutes(mesh.with(fault), node)).toEqual(want ?? birdRoutes(mesh.built.network, node));
  });

  test('of a stopped or killed BIRD its own node keeps the routes: persist', () => {
    for (const fault of ['killed', 'beyond', 'stopped'])
      expect(birdRoutes(mesh.with(fault), 'node-2'), fault).toEqual(birdRoutes(mesh.built.network, 'node-2'));
  });

  test('events of a lab come first, then those of its faults', () => {
    const later = lab(`${MESH}
events:
  - node-2: pkill -TERM bird
  - sleep 5
faults: {back: {node-2: bird}}
`);
    expect(birdRoutes(later.built.network, 'node-1')).toEqual([three, own]);
    expect(birdRoutes(later.with('back'), 'node-1')).toEqual([two, three, own]);
  });

  test('a node without BIRD, and a lab in which nobody speaks BGP', () => {
    const off = lab(MESH.replace('node-2: 192.168.56.12', 'node-2: {address: 192.168.56.12, off: [bird]}'));
    expect(birdRoutes(off.built.network, 'node-1')).toEqual([three, own]);
    expect(birdRoutes(off.built.network, 'node-2')).toEqual([]);
    expect(lab('nodes: {node-1: 192.168.56.11}').built.bgp).toBeUndefined();
    expect(lab(MESH.replace('calico/bgp', 'calico/vxlan')).built.bgp).toBeUndefined();
  });
});

const SEGMENTS = `
segments: {rack-a: 192.168.56.0/24, rack-b: 192.168.57.0/24}
nodes: {node-1: 192.168.56.11, node-2: 192.168.57.12}
pods: {a: node-1, b: node-2}
`;

describe('the underlay', () => {
  test('through a router the gateway is the next hop; through a tunnel the other node is', () => {
    const routers = 'routers: {router: [192.168.56.1, 192.168.57.1]}\n';
    const plain = lab(`cni: calico/bgp\n${routers}${SEGMENTS}`);
    expect(birdRoutes(plain.built.network, 'node-1')[0]).toBe('10.244.2.0/26 via 192.168.56.1 dev eth0');
    const tunnel = lab(`cni: calico/ipip-crosssubnet\n${routers}${SEGMENTS}`);
    expect(birdRoutes(tunnel.built.network, 'node-1')[0]).toBe('10.244.2.0/26 via 192.168.57.12 dev tunl0 onlink');
  });

  // nl_send_route(), projectcalico/bird sysdep/linux/netlink.c: krt_tunnel is looked at under RTD_ROUTER, and if_find_by_name().
  test('through tunl0 goes what has one next hop, where the device is there', () => {
    const { built, with: faulty } = lab(`
cni: calico/ipip
calico:
  bgpPeers:
    one: {peerIP: 192.168.56.1, asNumber: 64512}
    two: {peerIP: 192.168.56.2, asNumber: 64512}
segments: {lan: 192.168.56.0/24}
routers:
  one: {addresses: [192.168.56.1], bgp: {as: 64512, announce: [10.244.99.0/24], neighbors: [{address: 192.168.56.11, as: 64512}, {address: 192.168.56.12, as: 64512}]}}
  two: {addresses: [192.168.56.2], bgp: {as: 64512, announce: [10.244.99.0/24], neighbors: [{address: 192.168.56.11, as: 64512}, {address: 192.168.56.12, as: 64512}]}}
nodes: {node-1: 192.168.56.11, node-2: {address: 192.168.56.12, off: [felix]}}
pods: {a: node-1, b: node-2}
faults: {one: {two: pkill bird}}
`);
    expect(birdRoutes(built.network, 'node-1')).toEqual([
      '10.244.2.0/26 via 192.168.56.12 dev tunl0 onlink',
      '10.244.99.0/24 via 192.168.56.1 dev eth0 nexthop via 192.168.56.2 dev eth0',
      'blackhole 10.244.1.0/26',
    ]);
    expect(birdRoutes(faulty('one'), 'node-1')).toContain('10.244.99.0/24 via 192.168.56.1 dev tunl0 onlink');
    expect(birdRoutes(built.network, 'node-2')).toContain('10.244.1.0/26 via 192.168.56.11 dev eth0');
    expect(built.refused).toEqual([]);
  });

  test('a session needs a way there and back', () => {
    const established = (routers: string): boolean | undefined =>
      lab(`cni: calico/bgp\nrouters: ${routers}\n${SEGMENTS}`)
        .built.bgp?.sessions('node-1')
        .some(({ state }) => state === 'Established');
    const transit = 'segments: {rack-a: 192.168.56.0/24, rack-b: 192.168.57.0/24, core: 10.99.0.0/24}';
    expect(established('{}')).toBe(false);
    expect(established('{router: [192.168.56.1, 192.168.57.1]}')).toBe(true);
    for (const [back, want] of [
      ['{192.168.56.0/24: 10.99.0.1}', true],
      ['{}', false],
      ['{192.168.56.0/24: 10.99.0.7}', false],
    ] as const) {
      const text = `
cni: calico/bgp
${transit}
routers:
  r1: {addresses: [192.168.56.1, 10.99.0.1], routes: {192.168.57.0/24: 10.99.0.2}}
  r2: {addresses: [192.168.57.1, 10.99.0.2], routes: ${back}}
nodes: {node-1: 192.168.56.11, node-2: 192.168.57.12}
`;
      const states = lab(text)
        .built.bgp?.sessions('node-1')
        .map(({ state }) => state);
      expect(states?.includes('Established')).toBe(want);
    }
  });
});

// tcp_inbound_hash(), net/ipv4/tcp_ipv4.c: a segment without the signature that is asked for, or with one that is not, is
// dropped, so that the connection never comes up.
test.each([
  { why: 'the same key of the same Secret', peer: 'key: bgp', router: ', password: tor/bgp', want: 'Established' },
  { why: 'another key', peer: 'key: other', router: ', password: tor/bgp', want: undefined },
  { why: 'none on the router', peer: 'key: bgp', router: '', want: undefined },
  { why: 'none on the node', peer: undefined, router: ', password: tor/bgp', want: undefined },
  { why: 'none at all', peer: undefined, router: '', want: 'Established' },
])('passwords of a node and a router: $why', ({ peer, router, want }) => {
  const password = peer === undefined ? '' : `, password: {secretKeyRef: {name: tor, ${peer}}}`;
  const sessions = lab(`
cni: calico/bgp
calico: {bgpPeers: {tor: {peerIP: 192.168.56.1, asNumber: 65001${password}}}}
routers: {tor: {addresses: [192.168.56.1], bgp: {as: 65001, neighbors: [{address: 192.168.56.11, as: 64512${router}}]}}}
nodes: {node-1: 192.168.56.11}
`).built.bgp?.sessions('node-1');
  expect(sessions).toHaveLength(1);
  if (want === undefined) expect(sessions?.[0]?.state).not.toBe('Established');
  else expect(sessions?.[0]?.state).toBe(want);
});

describe('a router that speaks BGP', () => {
  const tor = lab(`
cni: calico/bgp
calico:
  bgpConfiguration: {nodeToNodeMeshEnabled: false}
  bgpPeers: {tor: {peerIP: 192.168.56.1, asNumber: 64512}}
routers:
  tor:
    addresses: [192.168.56.1, 203.0.113.1]
    bgp:
      as: 64512
      announce: [203.0.113.0/24, 10.0.0.0/8]
      neighbors:
        - {address: 192.168.56.11, as: 64512, rrClient: true}
        - {address: 192.168.56.12, as: 64512, rrClient: true, export: [203.0.113.0/24]}
nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12}
pods: {a: node-1, b: node-2}
hosts: {outside: 203.0.113.10}
faults:
  none: {tor: fib limit 0}
  one: {tor: fib limit 1}
  gone: {tor: pkill -TERM bird}
`);
  const learned = [
    '10.244.1.0/26 via 192.168.56.11 dev eth0 metric 32',
    '10.244.2.0/26 via 192.168.56.12 dev eth0 metric 32',
  ];

  test('it reflects, announces what it is told to, and writes metric 32 as BIRD 2 does', () => {
    expect(birdRoutes(tor.built.network, 'tor')).toEqual([...learned, 'blackhole 10.0.0.0/8 metric 32']);
    expect(birdRoutes(tor.built.network, 'node-1')).toEqual([
      '10.0.0.0/8 via 192.168.56.1 dev eth0',
      '10.244.2.0/26 via 192.168.56.12 dev eth0',
      '203.0.113.0/24 via 192.168.56.1 dev eth0',
      'blackhole 10.244.1.0/26',
    ]);
  });

  test('an export list lets through what is within it', () => {
    expect(birdRoutes(tor.built.network, 'node-2')).toEqual([
      '203.0.113.0/24 via 192.168.56.1 dev eth0',
      'blackhole 10.244.2.0/26',
    ]);
  });

  test('a FIB limit leaves routes out, and the speaker announces them all the same', () => {
    expect(birdRoutes(tor.with('none'), 'tor')).toEqual([]);
    expect(birdRoutes(tor.with('one'), 'tor')).toHaveLength(1);
    expect(birdRoutes(tor.with('none'), 'node-1')).toEqual(birdRoutes(tor.built.network, 'node-1'));
  });

  test('stopped, it takes its routes along, and so do its clients', () => {
    expect(birdRoutes(tor.with('gone'), 'tor')).toEqual([]);
    expect(birdRoutes(tor.with('gone'), 'node-1')).toEqual(['blackhole 10.244.1.0/26']);
  });
});

describe('reading control commands', () => {
  test('what is wrong is told where it stands, all at once', () => {
    expect(
      problemsOf(`${MESH}
events:
  - node-1: birdc disabel Mesh_192_168_56_12
  - node-1: pkill felix
faults:
  one: {node-9: pkill bird}
  two:
    node-1:
      - sleep long
      - calicoctl patch bgpper x -p '{}'
`),
    ).toEqual([
      'lab.yaml:7:19: events[0].node-1: expected disable or enable or restart, found "disabel"; did you mean "disable"?',
      'lab.yaml:8:19: events[1].node-1: only bird can be stopped here, found "felix"',
      'lab.yaml:10:9: faults.one.node-9: nothing with a network of its own is called "node-9"; did you mean "node-1"?',
      'lab.yaml:13:15: faults.two.node-1[0]: expected a number of seconds, found "long"',
      'lab.yaml:14:25: faults.two.node-1[1]: "bgpper" is no kind that can be changed here; did you mean "bgppeer"?',
    ]);
  });

  test('sessions, speakers and objects that are not there', () => {
    expect(
      problemsOf(`${MESH}
events:
  - node-1: birdc disable Mesh_192_168_56_21
  - calicoctl patch bgpconfiguration default -p '{"spec":{"nodeToNodeMeshEnable":false}}'
  - pkill bird
  - calicoctl delete bgppeer tor
faults:
  pod: {a: pkill bird}
  limit: {node-1: fib limit 3}
`),
    ).toEqual([
      'lab.yaml:7:27: events[0].node-1: no session of node-1 is called "Mesh_192_168_56_21"; did you mean "Mesh_192_168_56_12"?',
      'lab.yaml:8:49: events[1]: nodeToNodeMeshEnable: unknown key; did you mean "nodeToNodeMeshEnabled"?',
      'lab.yaml:9:5: events[2]: no machine is said to run it on: write a map such as {node-1: …}',
      'lab.yaml:10:30: events[3]: no bgppeer is called "tor"; there is none',
      'lab.yaml:12:12: faults.pod.a: no BIRD runs on "pod/default/a"',
      'lab.yaml:13:19: faults.limit.node-1: only a router has a FIB limit, and "node-1" is none',
    ]);
  });

  // validateIPPoolSpec() and validateBGPPeerSpec(), libcalico-go lib/validator/v3.
  test.each([
    { object: 'ippool p', spec: '{"vxlanMode":"Always"}', want: 'ipipMode and vxlanMode: one of them has to be Never' },
    { object: 'ippool p', spec: '{"vxlanMode":"Always","ipipMode":null}', want: undefined },
    { object: 'bgppeer n', spec: '{"nodeSelector":"all()"}', want: 'nodeSelector and node exclude each other' },
    { object: 'bgppeer n', spec: '{"nodeSelector":"all()","node":""}', want: undefined },
    { object: 'bgppeer n', spec: '{"peerSelector":"all()"}', want: 'peerSelector and peerIP exclude each other' },
    { object: 'bgppeer n', spec: '{"asNumber":"1.65536"}', want: 'asNumber: expected an AS number such as 64512' },
    {
      object: 'bgppeer n',
      spec: '{"maxRestartTime":"long"}',
      want: 'maxRestartTime: expected a duration such as 120s',
    },
    {
      object: 'bgpfilter f',
      spec: '{"exportV4":[{"action":"Reject","cidr":"10.0.0.0/8","matchOperator":"Inside"}]}',
      want: 'exportV4[0].matchOperator: expected one of Equal, NotEqual, In, NotIn, found "Inside"',
    },
    {
      object: 'bgpfilter f',
      spec: '{"exportV4":[{"action":"Reject","source":"Peers"}]}',
      want: 'exportV4[0].source: expected "RemotePeers", found "Peers"',
    },
    {
      object: 'bgpfilter f',
      spec: '{"exportV4":[{"action":"Reject","cidr":"10.0.0.0/8"}]}',
      want: 'exportV4[0]: expected cidr and matchOperator together',
    },
    {
      object: 'bgpfilter f',
      spec: '{"exportV4":[{"action":"Reject","cidr":"10.0.0.0/8","matchOperator":"In","prefixLength":{"max":7}}]}',
      want: 'exportV4[0].prefixLength: max 7 is shorter than cidr 10.0.0.0/8',
    },
  ])('a patch that the API refuses: $object $spec', ({ object, spec, want }) => {
    const problems = problemsOf(`${MESH}
calico:
  ipPools: {p: {cidr: 10.244.0.0/16, ipipMode: Always}}
  bgpPeers: {n: {node: node-1, peerIP: 192.168.56.1, asNumber: 64512}}
  bgpFilters: {f: {exportV4: [{action: Reject}]}}
events:
  - calicoctl patch ${object} -p '{"spec":${spec}}'
`);
    expect(problems).toEqual(want === undefined ? [] : [expect.stringContaining(want)]);
  });

  test('a session that a patch has taken away is no longer there', () => {
    expect(
      problemsOf(`${MESH}
events:
  - calicoctl patch bgpconfiguration default -p '{"spec":{"nodeToNodeMeshEnabled":false}}'
  - node-1: birdc disable Mesh_192_168_56_12
`),
    ).toEqual(['lab.yaml:8:27: events[1].node-1: no session of node-1 is called "Mesh_192_168_56_12"; it has none']);
  });

  test('a control command has no place among commands', () => {
    expect(problemsOf(`${MESH}\ncommands: {node-1: sleep 3}`)).toEqual([
      'lab.yaml:6:20: commands.node-1: a control command stands among events: or in a fault',
    ]);
  });
});

/** A session between two nodes by their numbers. */
type Edge = readonly [number, number];

/**
 * Who knows whose block, by RFC 4456 §6 alone: a route goes from its origin to all neighbours; a reflector passes what a
 * client told to all, and what others told to clients; nobody else passes anything on. All reflectors have cluster ids of
 * their own, so each takes every neighbour for a client.
 */
function known(n: number, reflectors: ReadonlySet<number>, edges: readonly Edge[]): string[] {
  const neighbours = (a: number): number[] => edges.flatMap(([x, y]) => (x === a ? [y] : y === a ? [x] : []));
  const facts: string[] = [];
  for (let origin = 1; origin <= n; origin++) {
    const reached = new Set([origin]);
    const queue = [origin];
    for (let at = queue.shift(); at !== undefined; at = queue.shift())
      if (at === origin || reflectors.has(at))
        for (const next of neighbours(at))
          if (!reached.has(next)) {
            reached.add(next);
            queue.push(next);
          }
    for (const node of reached) if (node !== origin) facts.push(`node-${node} knows 10.244.${origin}.0/26`);
  }
  return facts.sort();
}

function knownTo({ built }: { readonly built: BuiltLab }, network: Network, n: number): string[] {
  return Array.from({ length: n }, (_, i) => `node-${i + 1}`)
    .flatMap((node) =>
      birdRoutes(network, node)
        .filter((route) => !route.startsWith('blackhole'))
        .map((route) => `${node} knows ${route.split(' ')[0]}`),
    )
    .filter(() => built.bgp !== undefined)
    .sort();
}

function graphLab(n: number, reflectors: ReadonlySet<number>, edges: readonly Edge[]): string {
  const numbers = Array.from({ length: n }, (_, i) => i + 1);
  const nodes = numbers.map((i) => {
    const id = `annotations: {projectcalico.org/RouteReflectorClusterID: 244.0.0.${i}}`;
    return `  node-${i}: {address: 192.168.56.${10 + i}, ${reflectors.has(i) ? id : 'labels: {}'}}`;
  });
  const peers = edges.map(
    ([a, b]) => `    e-${a}-${b}: {node: node-${a}, peerIP: 192.168.56.${10 + b}, asNumber: 64512}`,
  );
  const faults = edges.map(([a, b]) => `  cut-${a}-${b}: {node-${a}: birdc disable Node_192_168_56_${10 + b}}`);
  return [
    'cni: calico/bgp',
    'calico:',
    '  bgpConfiguration: {nodeToNodeMeshEnabled: false}',
    peers.length === 0 ? '  bgpPeers: {}' : '  bgpPeers:',
    ...peers,
    'nodes:',
    ...nodes,
    'pods:',
    ...numbers.map((i) => `  p-${i}: node-${i}`),
    faults.length === 0 ? 'faults: {}' : 'faults:',
    ...faults,
  ].join('\n');
}

describe('removing one session changes what BGP says it changes', () => {
  const graph = fc.integer({ min: 3, max: 6 }).chain((n) => {
    const pairs = Array.from({ length: n }, (_, a) =>
      Array.from({ length: n - a - 1 }, (_unused, b): Edge => [a + 1, a + b + 2]),
    ).flat();
    return fc.record({
      n: fc.constant(n),
      reflectors: fc.subarray(
        Array.from({ length: n }, (_, i) => i + 1),
        { maxLength: 3 },
      ),
      edges: fc.subarray(pairs, { minLength: 1, maxLength: Math.min(8, pairs.length) }),
    });
  });

  test('on random graphs of clients and reflectors', () => {
    fc.assert(
      fc.property(graph, fc.nat(), ({ n, reflectors, edges }, pick) => {
        const set = new Set(reflectors);
        const made = lab(graphLab(n, set, edges));
        expect(knownTo(made, made.built.network, n)).toEqual(known(n, set, edges));
        const cut = edges[pick % edges.length];
        if (cut === undefined) throw new Error('no edge');
        const left = edges.filter((edge) => edge !== cut);
        expect(knownTo(made, made.with(`cut-${cut[0]}-${cut[1]}`), n)).toEqual(known(n, set, left));
      }),
      { numRuns: 15, seed: 7 },
    );
  });
});

describe('aggregates of a router', () => {
  const rack = (aggregate: string) =>
    lab(`
cni: calico/bgp
nodes:
  node-1: {address: 192.168.56.11, segment: rack}
  node-2: {address: 192.168.56.12, segment: rack}
segments: {rack: 192.168.56.0/24, spine: 10.0.0.0/24}
pods: {client: node-1, web: node-2}
routers:
  tor:
    addresses: [192.168.56.1, 10.0.0.1]
    bgp:
      as: 65001
      announce: [192.168.56.0/24]
      neighbors:
        - {address: 192.168.56.11, as: 64512}
        - {address: 192.168.56.12, as: 64512}
        - {address: 10.0.0.2, as: 65002}
      aggregates: [${aggregate}]
  core:
    addresses: [10.0.0.2]
    bgp: {as: 65002, neighbors: [{address: 10.0.0.1, as: 65001}]}
calico: {bgpPeers: {tor: {peerIP: 192.168.56.1, asNumber: 65001}}}
faults:
  alone: {node-1: pkill bird, node-2: pkill bird}
`);
  const BLOCKS = ['10.244.1.0/26', '10.244.2.0/26'].map(
    (net) => `${net} via 192.168.56.11 dev eth0 nexthop via 192.168.56.12 dev eth0 metric 32`,
  );
  const SUBNET = '192.168.56.0/24 via 10.0.0.1 dev eth0 metric 32';

  test('stand for the blocks of its rack, and lead nowhere on the router itself', () => {
    const { network } = rack('{net: 10.244.0.0/16, summaryOnly: true}').built;
    expect(birdRoutes(network, 'tor')).toEqual([...BLOCKS, 'blackhole 10.244.0.0/16 metric 32'].sort());
    expect(birdRoutes(network, 'core')).toEqual(['10.244.0.0/16 via 10.0.0.1 dev eth0 metric 32', SUBNET]);
  });

  test('stand beside them unless told otherwise', () => {
    const { network } = rack('{net: 10.244.0.0/16}').built;
    expect(birdRoutes(network, 'core')).toEqual(
      ['10.244.0.0/16', '10.244.1.0/26', '10.244.2.0/26', '192.168.56.0/24'].map(
        (net) => `${net} via 10.0.0.1 dev eth0 metric 32`,
      ),
    );
  });

  test('are made of what it announces too', () => {
    const { network } = rack('{net: 192.168.0.0/16, summaryOnly: true}').built;
    expect(birdRoutes(network, 'core')).toContain('192.168.0.0/16 via 10.0.0.1 dev eth0 metric 32');
    expect(birdRoutes(network, 'core')).not.toContain(SUBNET);
  });

  test('go with what they are made of', () => {
    const network = rack('{net: 10.244.0.0/16, summaryOnly: true}').with('alone');
    expect(birdRoutes(network, 'tor')).toEqual([]);
    expect(birdRoutes(network, 'core')).toEqual([SUBNET]);
  });
});

describe('a bird.cfg that BIRD would not read', () => {
  const tor = 'bgpPeers: {tor: {node: node-1, peerIP: 192.168.56.1, asNumber: 65001}}';
  const patch = (spec: string): string => `  fault:\n    node-1: calicoctl patch bgppeer tor -p '{"spec":${spec}}'\n`;

  test('of a change confd puts no file in place that BIRD refuses: what was there goes on', () => {
    const { built, with: faulty } = lab(`${MESH}\ncalico: {${tor}}\nfaults:\n${patch('{"asNumber":null}')}`);
    expect(birdRoutes(faulty('fault'), 'node-1')).toEqual(birdRoutes(built.network, 'node-1'));
    expect(birdRoutes(built.network, 'node-1')).toContain('10.244.2.0/26 via 192.168.56.12 dev eth0');
  });

  test('a node that has none at first has no routes, and a change that gives it one is not modelled', () => {
    const none = `${MESH}\ncalico: {${tor.replace(', asNumber: 65001', '')}}\n`;
    expect(birdRoutes(lab(none).built.network, 'node-1')).toEqual([]);
    expect(problemsOf(`${none}faults:\n${patch('{"asNumber":65001}')}`)).toEqual([
      expect.stringContaining('BIRD on node-1 has had nothing to read until now, which is not modelled'),
    ]);
  });
});
