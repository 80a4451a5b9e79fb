import { describe, expect, test } from 'vitest';
import { formatIpv4, formatPrefix } from '../../src/address/index.js';
import { cniBackend, sandboxId } from '../../src/agents/index.js';
import {
  CALICO_DEFAULTS,
  type CalicoObjects,
  type Cluster,
  type IPAMBlock,
  type IPPool,
  NODE_ANNOTATIONS,
} from '../../src/cluster/index.js';
import { completeCluster } from '../../src/lab/complete.js';
import type { Lab } from '../../src/lab/index.js';
import { makeLab, node, pod } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';

// What is expected is what libcalico-go 3.21 lib/ipam does (ipam.go, ipam_block.go, ipam_block_reader_writer.go) and node
// 3.21 pkg/allocateip; only where a node begins to look for a block is our own: at its podCIDR.

function clusterOf(lab: Partial<Lab>, calico: Partial<CalicoObjects> = {}, network = 'calico/bgp'): Cluster {
  const whole = makeLab({ ...lab, calico: { ...CALICO_DEFAULTS, ...calico } });
  const configured = cniBackend(network)?.configure({}, whole.podCIDR);
  if (configured === undefined || 'problems' in configured) throw new Error(`no ${network}`);
  return completeCluster(whole, configured.setup);
}

function pool(name: string, cidr: string, more: Partial<IPPool> = {}): IPPool {
  return {
    name,
    cidr: prefix(cidr),
    blockSize: 26,
    ipipMode: 'Never',
    vxlanMode: 'Never',
    natOutgoing: true,
    disabled: false,
    disableBGPExport: false,
    nodeSelector: 'all()',
    allowedUses: ['Workload', 'Tunnel'],
    ...more,
  };
}

function block(cidr: string, affinity: string | undefined, more: Partial<IPAMBlock> = {}): IPAMBlock {
  return { cidr: prefix(cidr), affinity, state: 'confirmed', allocations: [], ...more };
}

/** Pods of a node, called 0, 1 …, behind `name`. */
function many(name: string, nodeName: string, count: number): Lab['pods'] {
  return Array.from({ length: count }, (_, i) => pod(`${name}-${i}`, nodeName));
}

function addresses({ pods }: Cluster): (string | undefined)[] {
  return pods.map(({ podIP }) => (podIP === undefined ? undefined : formatIpv4(podIP)));
}

function blocks({ calico }: Cluster): string[] {
  return (calico?.blocks ?? []).map(({ cidr, affinity, state }) => `${formatPrefix(cidr)} ${affinity} ${state}`);
}

const THREE = [pod('a', 'node-1'), pod('b', 'node-1'), pod('c', 'node-2')];

describe('the pool that calico/node makes', () => {
  test('is the podCIDR, with the modes of the network', () => {
    const { calico } = clusterOf({}, {}, 'calico/vxlan-crosssubnet');
    // node 3.21 pkg/lifecycle/startup/startup.go: DEFAULT_IPV4_POOL_NAME, block size 26, natOutgoing on.
    expect(calico?.ipPools).toEqual([pool('default-ipv4-ippool', '10.244.0.0/16', { vxlanMode: 'CrossSubnet' })]);
  });

  test('is not made where there is another', () => {
    const ipPools = [pool('own', '10.244.0.0/17')];
    expect(clusterOf({}, { ipPools }).calico?.ipPools).toEqual(ipPools);
  });
});

describe('addresses of pods and tunnels', () => {
  test('without a tunnel the first pod has the first address of its node’s block', () => {
    const cluster = clusterOf({ pods: THREE });
    expect(addresses(cluster)).toEqual(['10.244.1.0', '10.244.1.1', '10.244.2.0']);
    expect(blocks(cluster)).toEqual(['10.244.1.0/26 node-1 confirmed', '10.244.2.0/26 node-2 confirmed']);
  });

  test.each([
    { network: 'calico/ipip', key: NODE_ANNOTATIONS.ipv4IPIPTunnelAddr, handle: 'ipip-tunnel-addr-node-1' },
    { network: 'calico/vxlan', key: NODE_ANNOTATIONS.ipv4VXLANTunnelAddr, handle: 'vxlan-tunnel-addr-node-1' },
  ])('with $network the tunnel comes first', ({ network, key, handle }) => {
    const cluster = clusterOf({ pods: THREE }, {}, network);
    expect(addresses(cluster)).toEqual(['10.244.1.1', '10.244.1.2', '10.244.2.1']);
    // The segment is 192.168.10.0/24. Nobody writes VXLANTunnelMACAddr: felix 3.21 calc/vxlan_resolver.go derives it.
    expect(cluster.nodes[0]?.annotations).toEqual({
      [NODE_ANNOTATIONS.ipv4Address]: '192.168.10.11/24',
      [key]: '10.244.1.0',
    });
    expect(cluster.calico?.blocks[0]?.allocations).toEqual([
      { address: ip('10.244.1.0'), handle, node: 'node-1', pod: undefined },
      {
        address: ip('10.244.1.1'),
        handle: `k8s-pod-network.${sandboxId({ namespace: 'default', name: 'a' })}`,
        node: 'node-1',
        pod: 'default/a',
      },
      {
        address: ip('10.244.1.2'),
        handle: `k8s-pod-network.${sandboxId({ namespace: 'default', name: 'b' })}`,
        node: 'node-1',
        pod: 'default/b',
      },
    ]);
  });

  test('both encapsulations in two pools: two tunnels, each from its own pool', () => {
    const ipPools = [
      pool('v', '10.244.0.0/17', { vxlanMode: 'Always' }),
      pool('w', '10.244.128.0/17', { ipipMode: 'CrossSubnet' }),
    ];
    const { nodes } = clusterOf({ nodes: [node(1)] }, { ipPools });
    // The podCIDR, 10.244.1.0/24, is in v; w begins with its own first block.
    expect(nodes[0]?.annotations).toMatchObject({
      [NODE_ANNOTATIONS.ipv4VXLANTunnelAddr]: '10.244.1.0',
      [NODE_ANNOTATIONS.ipv4IPIPTunnelAddr]: '10.244.128.0',
    });
  });

  test('no tunnel for a node that no pool with encapsulation selects', () => {
    const ipPools = [pool('p', '10.244.0.0/16', { ipipMode: 'Always', nodeSelector: "rack == 'a'" })];
    const nodes = [node(1, { labels: { rack: 'a' } }), node(2)];
    const cluster = clusterOf({ nodes, pods: THREE }, { ipPools });
    expect(cluster.nodes.map(({ annotations }) => annotations[NODE_ANNOTATIONS.ipv4IPIPTunnelAddr])).toEqual([
      '10.244.1.0',
      undefined,
    ]);
    expect(addresses(cluster)).toEqual(['10.244.1.1', '10.244.1.2', undefined]);
  });

  test('a pool for tunnels alone gives no pod an address', () => {
    const ipPools = [
      pool('a', '10.244.0.0/18', { ipipMode: 'Always', allowedUses: ['Tunnel'] }),
      pool('b', '10.244.64.0/18'),
    ];
    const cluster = clusterOf({ nodes: [node(1)], pods: [pod('a', 'node-1')] }, { ipPools });
    expect(addresses(cluster)).toEqual(['10.244.64.0']);
    expect(cluster.nodes[0]?.annotations[NODE_ANNOTATIONS.ipv4IPIPTunnelAddr]).toBe('10.244.1.0');
  });

  test('annotations that are given stay, and the tunnel keeps its address', () => {
    const annotations = {
      [NODE_ANNOTATIONS.ipv4Address]: '192.168.10.11/26',
      [NODE_ANNOTATIONS.ipv4IPIPTunnelAddr]: '10.244.1.7',
      [NODE_ANNOTATIONS.asNumber]: '64513',
    };
    const cluster = clusterOf({ nodes: [node(1, { annotations })], pods: [pod('a', 'node-1')] }, {}, 'calico/ipip');
    expect(cluster.nodes[0]?.annotations).toEqual(annotations);
    expect(addresses(cluster)).toEqual(['10.244.1.0']);
  });

  test('a tunnel address in no pool of that encapsulation is given up for another', () => {
    const annotations = { [NODE_ANNOTATIONS.ipv4IPIPTunnelAddr]: '10.99.0.1' };
    const { nodes } = clusterOf({ nodes: [node(1, { annotations })] }, {}, 'calico/ipip');
    expect(nodes[0]?.annotations[NODE_ANNOTATIONS.ipv4IPIPTunnelAddr]).toBe('10.244.1.0');
  });

  test('a node without Felix and BIRD writes nothing; IPAM is the plug-in’s', () => {
    const cluster = clusterOf(
      { nodes: [node(1, { off: ['felix', 'bird'] })], pods: [pod('a', 'node-1')] },
      {},
      'calico/ipip',
    );
    expect(cluster.nodes[0]?.annotations).toEqual({});
    expect(addresses(cluster)).toEqual(['10.244.1.0']);
  });
});

describe('blocks', () => {
  test('a further one is claimed when the first is full: 64 addresses of a /26', () => {
    const cluster = clusterOf({ nodes: [node(1)], pods: many('p', 'node-1', 65) });
    expect(addresses(cluster).slice(63)).toEqual(['10.244.1.63', '10.244.1.64']);
    expect(blocks(cluster)).toEqual(['10.244.1.0/26 node-1 confirmed', '10.244.1.64/26 node-1 confirmed']);
  });

  test('the search goes on at the beginning of the pool', () => {
    const nodes = [node(1, { podCIDR: prefix('10.244.1.192/26') })];
    const ipPools = [pool('p', '10.244.1.0/24')];
    const cluster = clusterOf({ nodes, pods: many('p', 'node-1', 65) }, { ipPools });
    expect(addresses(cluster).at(64)).toBe('10.244.1.0');
  });

  test('one that is given is used before any is claimed, wherever it is', () => {
    const cluster = clusterOf(
      { nodes: [node(1)], pods: many('p', 'node-1', 1) },
      { blocks: [block('10.244.77.64/26', 'node-1')] },
    );
    expect(addresses(cluster)).toEqual(['10.244.77.64']);
  });

  test('those of one node come in order of the names of their affinities', () => {
    // node-1-10-244-1-128-26 is before node-1-10-244-1-64-26 (lib/names/cidr.go).
    const given = [block('10.244.1.64/26', 'node-1'), block('10.244.1.128/26', 'node-1')];
    expect(addresses(clusterOf({ pods: [pod('a', 'node-1')] }, { blocks: given }))).toEqual(['10.244.1.128']);
  });

  test('an affinity is confirmed by the first address that is handed out, not by one that is given', () => {
    const given = [block('10.244.1.0/26', 'node-1', { state: 'pending' })];
    const told = [pod('a', 'node-1', { podIP: ip('10.244.1.5') })];
    expect(blocks(clusterOf({ pods: told }, { blocks: given }))).toEqual(['10.244.1.0/26 node-1 pending']);
    const auto = [...told, pod('b', 'node-1')];
    expect(blocks(clusterOf({ pods: auto }, { blocks: given }))).toEqual(['10.244.1.0/26 node-1 confirmed']);
  });

  test('pools come in order of their names, disabled ones not at all', () => {
    const ipPools = [
      pool('c', '10.244.128.0/18'),
      pool('b', '10.244.64.0/18'),
      pool('a', '10.244.0.0/18', { disabled: true }),
    ];
    expect(addresses(clusterOf({ nodes: [node(1)], pods: [pod('a', 'node-1')] }, { ipPools }))).toEqual([
      '10.244.64.0',
    ]);
  });

  test('reserved addresses are left out, and blocks of nothing else', () => {
    const ipReservations = [prefix('10.244.1.0/26'), prefix('10.244.1.64/31'), prefix('10.244.1.67/32')];
    const cluster = clusterOf({ nodes: [node(1)], pods: many('p', 'node-1', 2) }, { ipReservations });
    expect(addresses(cluster)).toEqual(['10.244.1.66', '10.244.1.68']);
    expect(blocks(cluster)).toEqual(['10.244.1.64/26 node-1 confirmed']);
  });

  test('an empty block goes when its pool no longer selects the node', () => {
    const ipPools = [pool('a', '10.244.0.0/18', { nodeSelector: 'has(never)' }), pool('b', '10.244.64.0/18')];
    const given = [block('10.244.1.0/26', 'node-1')];
    const cluster = clusterOf({ nodes: [node(1)], pods: [pod('a', 'node-1')] }, { ipPools, blocks: given });
    expect(blocks(cluster)).toEqual(['10.244.64.0/26 node-1 confirmed']);
  });
});

describe('borrowing', () => {
  const ipPools = [pool('small', '10.244.1.0/25')];
  const nodes = [node(1), node(2), node(3)];
  // Two blocks, and the third node finds none.
  const pods = [pod('a', 'node-1'), pod('b', 'node-2'), pod('c', 'node-3')];

  test('with no block left an address of somebody else’s is taken', () => {
    const cluster = clusterOf({ nodes, pods }, { ipPools });
    expect(addresses(cluster)).toEqual(['10.244.1.0', '10.244.1.64', '10.244.1.1']);
    expect(cluster.calico?.blocks[0]?.allocations.map((each) => each.node)).toEqual(['node-1', 'node-3']);
    expect(blocks(cluster)).toEqual(['10.244.1.0/26 node-1 confirmed', '10.244.1.64/26 node-2 confirmed']);
  });

  test('not with strictAffinity', () => {
    const ipamConfig = { ...CALICO_DEFAULTS.ipamConfig, strictAffinity: true };
    expect(addresses(clusterOf({ nodes, pods }, { ipPools, ipamConfig })).at(2)).toBeUndefined();
  });

  // findOrClaimBlock() ends with ErrBlockLimit, or another error, before it comes to other nodes' blocks.
  test.each([
    { why: 'a limit of blocks', limit: { maxBlocksPerHost: 1 } },
    { why: 'no automatic allocation', limit: { autoAllocateBlocks: false } },
  ])('$why ends it before anything is borrowed', ({ limit }) => {
    const ipamConfig = { ...CALICO_DEFAULTS.ipamConfig, ...limit };
    const given = [block('10.244.1.0/26', 'node-1'), block('10.244.2.0/26', 'node-2')];
    const cluster = clusterOf({ pods: many('p', 'node-1', 65) }, { ipamConfig, blocks: given });
    expect(addresses(cluster).slice(63)).toEqual(['10.244.1.63', undefined]);
  });

  test('a node has 20 blocks where nothing is said', () => {
    // Of blocks of 16 addresses: 20 · 16 = 320.
    const cluster = clusterOf(
      { nodes: [node(1)], pods: many('p', 'node-1', 321) },
      { ipPools: [pool('p', '10.244.0.0/16', { blockSize: 28 })] },
    );
    expect(addresses(cluster).slice(319)).toEqual(['10.244.2.63', undefined]);
    expect(cluster.calico?.blocks).toHaveLength(20);
  });
});

describe('addresses that are asked for', () => {
  test('a given podIP is set aside before any is handed out, of any block', () => {
    const pods = [pod('a', 'node-1'), pod('b', 'node-1', { podIP: ip('10.244.1.0') })];
    expect(addresses(clusterOf({ pods }))).toEqual(['10.244.1.1', '10.244.1.0']);
  });

  test('a new block is claimed for it', () => {
    const pods = [pod('a', 'node-1', { podIP: ip('10.244.9.70') })];
    expect(blocks(clusterOf({ pods }))).toEqual(['10.244.9.64/26 node-1 confirmed']);
  });

  test('in another node’s block it is borrowed, with strictAffinity refused', () => {
    const given = { blocks: [block('10.244.9.64/26', 'node-2')] };
    const pods = [pod('a', 'node-1', { podIP: ip('10.244.9.70') })];
    const cluster = clusterOf({ pods }, given);
    expect(addresses(cluster)).toEqual(['10.244.9.70']);
    expect(blocks(cluster)).toEqual(['10.244.9.64/26 node-2 confirmed']);
    const ipamConfig = { ...CALICO_DEFAULTS.ipamConfig, strictAffinity: true };
    expect(addresses(clusterOf({ pods }, { ...given, ipamConfig }))).toEqual([undefined]);
  });

  test('outside of every pool it is refused', () => {
    const pods = [pod('a', 'node-1', { podIP: ip('10.99.0.1') })];
    expect(addresses(clusterOf({ pods }))).toEqual([undefined]);
  });

  test('what a block says of a pod is kept', () => {
    const allocations = [
      { address: ip('10.244.1.9'), handle: 'k8s-pod-network.abc', node: 'node-1', pod: 'default/a' },
    ];
    const cluster = clusterOf({ pods: THREE }, { blocks: [block('10.244.1.0/26', 'node-1', { allocations })] });
    expect(addresses(cluster)).toEqual(['10.244.1.9', '10.244.1.0', '10.244.2.0']);
    expect(cluster.calico?.blocks[0]?.allocations.map(({ handle }) => handle)).toContain('k8s-pod-network.abc');
  });

  // cni-plugin 3.21 pkg/k8s/k8s.go.
  test.each([
    { key: 'ipAddrs', value: '["10.244.9.70"]', want: '10.244.9.70' },
    { key: 'ipv4pools', value: '["b"]', want: '10.244.64.0' },
    { key: 'ipv4pools', value: '["10.244.64.0/18"]', want: '10.244.64.0' },
    { key: 'ipv4pools', value: '["c"]', want: undefined },
    { key: 'ipv4pools', value: 'b', want: undefined },
    // As if it were not there: no pool is requested.
    { key: 'ipv4pools', value: '[]', want: '10.244.1.0' },
    { key: 'ipv4pools', value: '', want: '10.244.1.0' },
    { key: 'ipAddrs', value: '', want: '10.244.1.0' },
    // AssignIP() looks in enabled pools alone, whatever they select (lib/ipam/ipam.go, getPoolForIP(ip, nil)).
    { key: 'ipAddrs', value: '["10.244.65.1"]', want: '10.244.65.1' },
    { key: 'ipAddrs', value: '["10.244.129.1"]', want: undefined },
    // validateAndExtractIPs(): no JSON, none at all, no address, two of a family, and one of each.
    { key: 'ipAddrs', value: '10.244.9.70', want: undefined },
    { key: 'ipAddrs', value: '[]', want: undefined },
    { key: 'ipAddrs', value: '["10.244.9.70", "x"]', want: undefined },
    { key: 'ipAddrs', value: '["10.244.9.70", "10.244.9.71"]', want: undefined },
    { key: 'ipAddrs', value: '["fd00::1", "10.244.9.70"]', want: '10.244.9.70' },
  ])('annotation $key: $value', ({ key, value, want }) => {
    const ipPools = [
      pool('a', '10.244.0.0/18'),
      pool('b', '10.244.64.0/18', { nodeSelector: 'has(never)' }),
      pool('off', '10.244.128.0/18', { disabled: true }),
    ];
    const annotations = { [`cni.projectcalico.org/${key}`]: value };
    const cluster = clusterOf({ nodes: [node(1)], pods: [pod('a', 'node-1', { annotations })] }, { ipPools });
    expect(addresses(cluster)).toEqual([want]);
  });
});

test('a thousand nodes and five thousand pods take no time', () => {
  const podCIDR = prefix('10.0.0.0/8');
  const nodes = Array.from({ length: 1000 }, (_, i) =>
    node(1, { name: `n-${i}`, addresses: [ip(`192.168.10.1`)], podCIDR: prefix(`10.${i >> 8}.${i & 255}.0/24`) }),
  );
  const pods = nodes.flatMap(({ name }) => many(name, name, 5));
  const before = performance.now();
  const cluster = clusterOf({ podCIDR, nodes, pods }, {}, 'calico/ipip');
  expect(performance.now() - before).toBeLessThan(5000);
  expect(cluster.calico?.blocks).toHaveLength(1000);
  // The tunnel has .0 of each, and five pods follow.
  expect(new Set(addresses(cluster)).size).toBe(5000);
  expect(addresses(cluster).at(-1)).toBe('10.3.231.5');
});
