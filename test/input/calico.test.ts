import { describe, expect, test } from 'vitest';
import { CALICO_DEFAULTS, NODE_ANNOTATIONS } from '../../src/cluster/index.js';
import { readLab, readLabWithNotes } from '../../src/input/read-lab.js';
import type { Lab } from '../../src/lab/index.js';
import { ip, prefix } from '../must.js';

const TWO = `cni: calico/bgp
routers: {}
nodes: {node-1: {address: 192.168.56.11, labels: {rack: a}}, node-2: 192.168.56.12}
`;

function lab(text: string): Lab {
  const read = readLab(text, 'lab.yaml');
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.value;
}

/** `line:col code path` of each problem. */
function problems(text: string): string[] {
  const read = readLab(text, 'lab.yaml');
  if (!('problems' in read)) return [];
  return read.problems.map(({ line, col, code, path }) => `${line}:${col} ${code} ${path.join('.')}`);
}

function notes(text: string): string[] {
  const read = readLabWithNotes(text, 'lab.yaml');
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.value.notes.map(({ message }) => message);
}

const POOL = {
  name: 'own',
  cidr: prefix('10.244.0.0/17'),
  blockSize: 26,
  ipipMode: 'Never',
  vxlanMode: 'Never',
  natOutgoing: false,
  disabled: false,
  disableBGPExport: false,
  nodeSelector: 'all()',
  allowedUses: ['Workload', 'Tunnel'],
};

test('nothing said: what Calico’s own defaults are', () => {
  expect(lab(TWO).calico).toEqual(CALICO_DEFAULTS);
});

test('a section, in the words of the API', () => {
  const { calico } = lab(`${TWO}calico:
  ipPools:
    own: 10.244.0.0/17
    racks: {cidr: 10.244.128.0/18, blockSize: 28, ipipMode: CrossSubnet, natOutgoing: true, nodeSelector: "rack == 'a'", allowedUses: [Workload]}
  ipReservations: [10.244.0.0/28]
  ipamConfig: {strictAffinity: true, maxBlocksPerHost: 4}
  blocks: {node-1: [10.244.1.0/26, {cidr: 10.244.128.16/28, state: pending}]}
  bgpConfiguration:
    asNumber: "1.10"
    nodeToNodeMeshEnabled: false
    serviceClusterIPs: [{cidr: 10.96.0.0/12}]
    serviceLoadBalancerIPs: [203.0.113.0/24]
    communities: [{name: rack, value: "64512:100"}, {name: large, value: "64512:1:2"}]
    prefixAdvertisements: [{cidr: 10.244.0.0/16, communities: [rack, "1:2"]}]
    nodeMeshMaxRestartTime: 1m30s
  bgpPeers:
    tor: {nodeSelector: "rack == 'a'", peerIP: 192.168.56.1, asNumber: 65001, filters: [narrow], password: {secretKeyRef: {name: bgp, key: pw}}}
    rr: {peerSelector: has(rr), numAllowedLocalASNumbers: 1, maxRestartTime: 5s}
  bgpFilters:
    narrow:
      exportV4: [{action: Accept, matchOperator: In, cidr: 10.244.0.0/16, prefixLength: {min: 26}}, {action: Reject}]
      importV4: [{action: Reject, source: RemotePeers, interface: "*.calico"}]
  felixConfiguration: {defaultEndpointToHostAction: Return, chainInsertMode: Append, vxlanMTU: 1400, ipipMTU: 0, natPortRange: "32768:65535", natOutgoingAddress: 192.168.56.99}
`);
  expect(calico.ipPools).toEqual([
    POOL,
    {
      ...POOL,
      name: 'racks',
      cidr: prefix('10.244.128.0/18'),
      blockSize: 28,
      ipipMode: 'CrossSubnet',
      natOutgoing: true,
      nodeSelector: "rack == 'a'",
      allowedUses: ['Workload'],
    },
  ]);
  expect(calico.ipReservations).toEqual([prefix('10.244.0.0/28')]);
  expect(calico.ipamConfig).toEqual({ strictAffinity: true, autoAllocateBlocks: true, maxBlocksPerHost: 4 });
  expect(calico.blocks).toEqual([
    { cidr: prefix('10.244.1.0/26'), affinity: 'node-1', state: 'confirmed', allocations: [] },
    { cidr: prefix('10.244.128.16/28'), affinity: 'node-1', state: 'pending', allocations: [] },
  ]);
  expect(calico.bgpConfiguration).toEqual({
    // asdot+ (RFC 5396): 1 · 65536 + 10.
    asNumber: 65546,
    nodeToNodeMeshEnabled: false,
    serviceClusterIPs: [prefix('10.96.0.0/12')],
    serviceExternalIPs: [],
    serviceLoadBalancerIPs: [prefix('203.0.113.0/24')],
    communities: [
      // 64512 · 65536 + 100 (RFC 1997).
      { name: 'rack', value: 4227858532 },
      { name: 'large', value: [64512, 1, 2] },
    ],
    prefixAdvertisements: [{ cidr: prefix('10.244.0.0/16'), communities: ['rack', '1:2'] }],
    nodeMeshMaxRestartTime: 90,
  });
  const peer = {
    node: undefined,
    nodeSelector: undefined,
    peerIP: undefined,
    asNumber: undefined,
    peerSelector: undefined,
    keepOriginalNextHop: false,
    nextHopMode: undefined,
    filters: [],
    maxRestartTime: undefined,
    numAllowedLocalASNumbers: 0,
    password: undefined,
  };
  expect(calico.bgpPeers).toEqual([
    {
      ...peer,
      name: 'tor',
      nodeSelector: "rack == 'a'",
      peerIP: ip('192.168.56.1'),
      asNumber: 65001,
      filters: ['narrow'],
      password: { secretKeyRef: { name: 'bgp', key: 'pw' } },
    },
    { ...peer, name: 'rr', peerSelector: 'has(rr)', numAllowedLocalASNumbers: 1, maxRestartTime: 5 },
  ]);
  const rule = {
    matchOperator: undefined,
    cidr: undefined,
    prefixLength: undefined,
    source: undefined,
    interface: undefined,
  };
  expect(calico.bgpFilters).toEqual([
    {
      name: 'narrow',
      exportV4: [
        {
          ...rule,
          action: 'Accept',
          matchOperator: 'In',
          cidr: prefix('10.244.0.0/16'),
          prefixLength: { min: 26, max: 32 },
        },
        { ...rule, action: 'Reject' },
      ],
      importV4: [{ ...rule, action: 'Reject', source: 'RemotePeers', interface: '*.calico' }],
    },
  ]);
  expect(calico.felixConfiguration).toEqual({
    ...CALICO_DEFAULTS.felixConfiguration,
    defaultEndpointToHostAction: 'Return',
    chainInsertMode: 'append',
    vxlanMTU: 1400,
    natPortRange: { min: 32768, max: 65535 },
    natOutgoingAddress: ip('192.168.56.99'),
  });
});

describe('objects of a manifest', () => {
  const objects = (text: string): string => `${TWO}---\n${text}`;

  test('of calicoctl and of kubectl', () => {
    const { calico } = lab(
      objects(`apiVersion: projectcalico.org/v3
kind: IPPoolList
items:
  - {apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: own, uid: x}, spec: {cidr: 10.244.0.0/17, blockSize: 26}}
---
apiVersion: crd.projectcalico.org/v1
kind: IPAMConfig
metadata: {name: default}
spec: {strictAffinity: true, autoAllocateBlocks: false, maxBlocksPerHost: 0}
---
apiVersion: projectcalico.org/v3
kind: IPReservation
metadata: {name: first}
spec: {reservedCIDRs: [10.244.0.0/32, 10.244.0.1/32]}
`),
    );
    expect(calico.ipPools).toEqual([POOL]);
    // 0 stands for the default.
    expect(calico.ipamConfig).toEqual({ strictAffinity: true, autoAllocateBlocks: false, maxBlocksPerHost: 20 });
    expect(calico.ipReservations).toEqual([prefix('10.244.0.0/32'), prefix('10.244.0.1/32')]);
  });

  test('blocks: the affinity has the state, the block its allocations', () => {
    const { calico } = lab(
      objects(`apiVersion: crd.projectcalico.org/v1
kind: BlockAffinity
metadata: {name: node-1-10-244-1-0-30}
spec: {cidr: 10.244.1.0/26, deleted: "false", node: node-1, state: pending}
---
apiVersion: crd.projectcalico.org/v1
kind: BlockAffinity
metadata: {name: gone}
spec: {cidr: 10.244.7.0/26, deleted: "true", node: node-7, state: pendingDeletion}
---
apiVersion: crd.projectcalico.org/v1
kind: IPAMBlock
metadata: {name: 10-244-1-0-26}
spec:
  cidr: 10.244.1.0/26
  affinity: host:node-1
  strictAffinity: false
  unallocated: [1]
  allocations: [0, null, 1]
  attributes:
    - {handle_id: vxlan-tunnel-addr-node-1, secondary: {node: node-1, type: vxlanTunnelAddress}}
    - {handle_id: k8s-pod-network.abc, secondary: {node: node-2, namespace: shop, pod: web, timestamp: x}}
`),
    );
    expect(calico.blocks).toEqual([
      {
        cidr: prefix('10.244.1.0/26'),
        affinity: 'node-1',
        state: 'pending',
        allocations: [
          { address: ip('10.244.1.0'), handle: 'vxlan-tunnel-addr-node-1', node: 'node-1', pod: undefined },
          { address: ip('10.244.1.2'), handle: 'k8s-pod-network.abc', node: 'node-2', pod: 'shop/web' },
        ],
      },
    ]);
  });

  test('a Node of calicoctl is the annotations of the one of the cluster', () => {
    const { nodes } = lab(
      objects(`apiVersion: projectcalico.org/v3
kind: Node
metadata: {name: node-2}
spec:
  bgp: {asNumber: 64513, ipv4Address: 192.168.56.12/26, routeReflectorClusterID: 224.0.0.1}
  orchRefs: [{nodeName: node-2, orchestrator: k8s}]
`),
    );
    expect(nodes[1]?.annotations).toEqual({
      [NODE_ANNOTATIONS.asNumber]: '64513',
      [NODE_ANNOTATIONS.ipv4Address]: '192.168.56.12/26',
      [NODE_ANNOTATIONS.routeReflectorClusterID]: '224.0.0.1',
    });
  });

  test.each([
    { text: 'kind: IPPol\nmetadata: {name: x}\nspec: {}', want: '6:7 bad-value kind', why: 'no such kind' },
    {
      text: 'kind: IPPool\nmetadata: {name: x}\nspec: {cidr: 10.244.0.0/17, natOutgoin: true}',
      want: '8:29 unknown-key spec.natOutgoin',
      why: 'a misspelt field',
    },
    {
      text: 'kind: BGPPeer\nmetadata: {name: x}\nspec: {asNumber: x}',
      want: '8:18 bad-value spec.asNumber',
      why: 'no AS',
    },
    { text: 'kind: IPPool\nmetadata: {name: x}\nspec: {}', want: '8:7 missing spec.cidr', why: 'no cidr' },
  ])('$want: $why', ({ text, want }) => {
    const found = problems(objects(`apiVersion: projectcalico.org/v3\n${text}\n`));
    expect(found).toEqual([want]);
  });

  test('of another network they are not modelled, as a policy is of any', () => {
    const { unmodelled } = lab(`cni: flannel/vxlan
nodes: {node-1: 192.168.56.11}
---
{apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: p}, spec: {cidr: 10.244.0.0/16}}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: g}, spec: {}}
`);
    expect(unmodelled).toEqual([
      { what: 'GlobalNetworkPolicy', where: 'g' },
      { what: 'IPPool', where: 'p' },
    ]);
  });
});

describe('what does not fit together', () => {
  // Line 4 is `calico:`, what is said stands below it.
  test.each([
    { text: 'ipPools: {a: 10.244.0.1/16}', want: ['5:16 bad-value calico.ipPools.a'], why: 'bits outside the length' },
    {
      text: 'ipPools: {a: 10.244.0.0/17, b: 10.244.0.0/18}',
      want: ['5:34 conflict calico.ipPools.b'],
      why: 'pools overlap',
    },
    {
      text: 'ipPools: {a: {cidr: 10.244.0.0/17, ipipMode: Always, vxlanMode: CrossSubnet}}',
      want: ['5:67 conflict calico.ipPools.a.vxlanMode'],
      why: 'two encapsulations',
    },
    {
      text: 'ipPools: {a: {cidr: 10.244.0.0/17, blockSize: 19}}',
      want: ['5:49 bad-value calico.ipPools.a.blockSize'],
      why: 'a block of more than 4096',
    },
    {
      text: 'ipPools: {a: {cidr: 10.244.0.0/27}}',
      want: ['5:23 bad-value calico.ipPools.a.cidr'],
      why: 'a pool smaller than a block',
    },
    {
      text: 'ipPools: {a: {cidr: 10.244.0.0/17, nodeSelector: rack = 1}}',
      want: ['5:52 bad-value calico.ipPools.a.nodeSelector'],
      why: 'no selector',
    },
    {
      text: 'ipPools: {a: 169.254.0.0/24}',
      want: ['5:16 bad-address calico.ipPools.a'],
      why: 'link-local addresses',
    },
    { text: 'ipPools: {a: 10.96.0.0/16}', want: ['5:16 conflict calico.ipPools.a'], why: 'addresses of Services' },
    {
      text: 'ipPools: {a: 192.168.56.0/24}',
      want: ['5:16 conflict calico.ipPools.a'],
      why: 'addresses of machines',
    },
    {
      text: 'ipPool: {a: 10.244.0.0/16}',
      want: ['5:3 unknown-key calico.ipPool'],
      why: 'a misspelt key',
    },
    {
      text: 'felixConfiguration: {vxlanMtu: 1400}',
      want: ['5:24 unknown-key calico.felixConfiguration.vxlanMtu'],
      why: 'a misspelt setting',
    },
    {
      text: 'blocks: {node-3: [10.244.1.0/26]}',
      want: ['5:21 unknown-name calico.blocks.node-3.0'],
      why: 'no such node',
    },
    {
      text: 'blocks: {node-1: [10.99.1.0/26]}',
      want: ['5:21 conflict calico.blocks.node-1.0'],
      why: 'a block outside of any pool',
    },
    {
      text: 'blocks: {node-1: [10.244.1.0/27]}',
      want: ['5:21 conflict calico.blocks.node-1.0'],
      why: 'no block of the pool',
    },
    {
      text: 'blocks: {node-1: [10.244.1.0/26], node-2: [10.244.1.0/26]}',
      want: ['5:46 conflict calico.blocks.node-2.0'],
      why: 'two nodes have it',
    },
    {
      text: 'bgpPeers: {p: {node: node-1, nodeSelector: has(a), peerIP: 192.168.56.1, peerSelector: has(b)}}',
      want: ['5:46 conflict calico.bgpPeers.p.nodeSelector', '5:90 conflict calico.bgpPeers.p.peerSelector'],
      why: 'one or the other',
    },
    {
      text: 'bgpFilters: {f: {exportV4: [{action: Accept, cidr: 10.0.0.0/8}]}}',
      want: ['5:31 missing calico.bgpFilters.f.exportV4.0'],
      why: 'a prefix and no operator',
    },
    {
      text: 'bgpFilters: {f: {importV4: [{action: Accept, matchOperator: In, cidr: 10.0.0.0/24, prefixLength: {max: 20}}]}}',
      want: ['5:100 bad-value calico.bgpFilters.f.importV4.0.prefixLength'],
      why: 'BIRD: Invalid prefix pattern range: {24, 20}',
    },
    {
      text: 'bgpConfiguration: {communities: [{name: a, value: "64512:100"}]}',
      want: ['5:35 bad-value calico.bgpConfiguration.communities'],
      why: 'communities that nothing uses',
    },
    {
      text: 'bgpConfiguration: {prefixAdvertisements: [{cidr: 10.244.0.0/16, communities: [nobody, "65536:1"]}]}',
      want: [
        '5:81 unknown-name calico.bgpConfiguration.prefixAdvertisements.0.communities.0',
        '5:89 bad-value calico.bgpConfiguration.prefixAdvertisements.0.communities.1',
      ],
      why: 'no such community, and one of more than 16 bits',
    },
    {
      text: 'felixConfiguration: {natPortRange: "9:1"}',
      want: ['5:38 bad-value calico.felixConfiguration.natPortRange'],
      why: 'ports backwards',
    },
  ])('$text: $why', ({ text, want }) => {
    expect(problems(`${TWO}calico:\n  ${text}\n`)).toEqual(want);
  });
});

test('a pod may have the first address of a block, and any of any pool', () => {
  const pods = 'pods: {a: {node: node-1, ip: 10.244.1.0}, b: {node: node-1, ip: 10.244.99.255}}\n';
  expect(problems(`${TWO}${pods}`)).toEqual([]);
  expect(problems(`${TWO}${pods}calico: {ipPools: {p: 10.244.0.0/18}}\n`)).toEqual(['4:65 conflict pods.b.ip']);
});

test('an operator that compares with a set is noted', () => {
  const found = notes(`${TWO}calico:
  bgpFilters:
    f:
      exportV4:
        - {action: Accept, matchOperator: Equal, cidr: 10.244.2.0/26, prefixLength: {min: 26, max: 26}}
        - {action: Accept, matchOperator: NotEqual, cidr: 10.244.2.0/26, prefixLength: {max: 28}}
        - {action: Accept, matchOperator: Equal, cidr: 10.244.2.0/26}
        - {action: Accept, matchOperator: In, cidr: 10.244.2.0/26, prefixLength: {min: 26, max: 26}}
`);
  expect(found.filter((note) => note.includes('prefixLength'))).toEqual([
    expect.stringContaining('Equal with prefixLength holds for no route'),
    expect.stringContaining('NotEqual with prefixLength holds for every route'),
  ]);
});

test('what is noted', () => {
  const found = notes(`${TWO}calico:
  ipPools: {a: {cidr: 10.24.0.0/16, nodeSelector: has(nobody)}}
  bgpPeers: {p: {node: node-11, peerIP: 192.168.56.1, asNumber: 1, filters: [f], sourceAddress: None}, q: {sourceAddress: UseNodeIP}}
  felixConfiguration: {bpfEnabled: true, wireguardEnabled: false, aSettingOfTomorrow: 7}
`).join('\n');
  expect(found).toContain('IPPool a is not within podCIDR 10.244.0.0/16');
  expect(found).toContain('IPPool a selects no node');
  expect(found).toContain('BGPPeer p is of no node: none is called "node-11"; did you mean "node-1"?');
  expect(found).toContain('no BGPFilter is called "f"');
  expect(found).toContain('BGPPeer q has no peer');
  expect(found).toContain('not modelled: bpfEnabled (felixconfiguration/default)');
  expect(found).toContain('not modelled: sourceAddress (bgppeer/p)');
  expect(found).not.toContain('bgppeer/q');
  expect(found).not.toContain('wireguard');
  expect(found).not.toContain('Tomorrow');
  expect(notes('cni: flannel/vxlan\nnodes: {n: 10.0.0.1}\ncalico: {}\n').join('\n')).toContain(
    "calico is read by Calico's networks alone, and cni is flannel/vxlan",
  );
});

describe('BGP of a router', () => {
  const router = (bgp: string): string =>
    `cni: calico/bgp\nnodes: {node-1: 192.168.56.11}\nrouters:\n  tor: {addresses: [192.168.56.1], bgp: {${bgp}}}\n`;

  test('what is left out', () => {
    expect(lab(router('as: 65001')).routers[0]?.bgp).toEqual({
      as: 65001,
      routerId: ip('192.168.56.1'),
      clusterId: undefined,
      neighbors: [],
      announce: [],
      aggregates: [],
      fibLimit: undefined,
    });
  });

  test('all of it', () => {
    const { bgp } =
      lab(
        router(
          'as: 65001, routerId: 1.1.1.1, clusterId: 2.2.2.2, announce: [192.168.56.0/24], aggregates: [{net: 10.244.0.0/16}, {net: 10.0.0.0/8, asSet: true, summaryOnly: true, origin: EGP}], fibLimit: 100, neighbors: [{address: 192.168.56.11, as: 65001, rrClient: true, nextHopSelf: true, passive: true, password: tor/bgp, import: [10.244.0.0/16], export: []}]',
        ),
      ).routers[0] ?? {};
    expect(bgp).toEqual({
      as: 65001,
      routerId: ip('1.1.1.1'),
      clusterId: ip('2.2.2.2'),
      neighbors: [
        {
          address: ip('192.168.56.11'),
          as: 65001,
          rrClient: true,
          nextHopSelf: true,
          passive: true,
          addPaths: true,
          password: 'tor/bgp',
          import: [prefix('10.244.0.0/16')],
          export: [],
        },
      ],
      announce: [prefix('192.168.56.0/24')],
      aggregates: [
        { net: prefix('10.244.0.0/16'), asSet: false, summaryOnly: false },
        { net: prefix('10.0.0.0/8'), asSet: true, summaryOnly: true, origin: 'EGP' },
      ],
      fibLimit: 100,
    });
  });

  test.each([
    { text: 'neighbors: []', want: ['4:41 missing routers.tor.bgp.as'], why: 'no AS' },
    {
      text: 'as: 1, neighbors: [{address: 192.168.56.1, as: 2}]',
      want: ['4:71 conflict routers.tor.bgp.neighbors.0.address'],
      why: 'itself',
    },
    {
      text: 'as: 1, neighbors: [{address: 192.168.56.11, as: 2, rrClient: true}]',
      want: ['4:103 conflict routers.tor.bgp.neighbors.0.rrClient'],
      why: 'a client of another AS',
    },
    {
      text: 'as: 1, aggregates: [{net: 10.244.1.0/32}]',
      want: ['4:68 bad-value routers.tor.bgp.aggregates.0.net'],
      why: 'nothing is more specific',
    },
    {
      text: 'as: 1, aggregates: [{net: 10.244.0.0/16}, {net: 10.244.0.0/16, asSet: true}]',
      want: ['4:90 conflict routers.tor.bgp.aggregates.1.net'],
      why: 'twice',
    },
    {
      text: 'as: 1, aggregates: [{net: 10.244.1.0/16}]',
      want: ['4:68 bad-value routers.tor.bgp.aggregates.0.net'],
      why: 'host bits',
    },
    { text: 'as: 1, anounce: []', want: ['4:49 unknown-key routers.tor.bgp.anounce'], why: 'a misspelt key' },
  ])('$text: $why', ({ text, want }) => {
    expect(problems(router(text))).toEqual(want);
  });

  test('a neighbour outside of the lab is noted', () => {
    expect(notes(router('as: 1, neighbors: [{address: 198.51.100.1, as: 2}]'))).toContain(
      'neighbor 198.51.100.1 of tor is no machine of the lab',
    );
  });
});
