import { describe, expect, test } from 'vitest';
import type { Ipv4Prefix } from '../../src/address/index.js';
import { formatIpv4, formatPrefix } from '../../src/address/index.js';
import { calicoSpeakers } from '../../src/agents/calico/confd.js';
import { workloadVeth } from '../../src/agents/calico/names.js';
import type { Machine } from '../../src/agents/cni/backend.js';
import type { Filter, FilterTerm, SessionConfig, SpeakerConfig } from '../../src/bgp/index.js';
import {
  type BGPPeer,
  CALICO_DEFAULTS,
  type CalicoObjects,
  type Cluster,
  type IPPool,
  NODE_ANNOTATIONS,
  type Node,
  type Pod,
  SERVICE_DEFAULTS,
  type Service,
} from '../../src/cluster/index.js';
import { ip, prefix } from '../must.js';

const POOL: IPPool = {
  name: 'default-ipv4-ippool',
  cidr: prefix('10.244.0.0/16'),
  blockSize: 26,
  ipipMode: 'Never',
  vxlanMode: 'Never',
  natOutgoing: true,
  disabled: false,
  disableBGPExport: false,
  nodeSelector: 'all()',
  allowedUses: ['Workload', 'Tunnel'],
};

/** Nodes 10.0.0.9 and 10.0.0.10 and so on, which sort otherwise as text. */
function node(n: number, annotations: Record<string, string> = {}, labels: Record<string, string> = {}): Node {
  return {
    name: `n${n}`,
    addresses: [ip(`10.0.0.${n}`)],
    podCIDR: prefix(`10.244.${n}.0/24`),
    labels,
    annotations: { [NODE_ANNOTATIONS.ipv4Address]: `10.0.0.${n}/24`, ...annotations },
  };
}

function pod(name: string, nodeName: string, podIP: string): Pod {
  return {
    namespace: 'default',
    name,
    nodeName,
    podIP: ip(podIP),
    hostNetwork: false,
    labels: {},
    ports: [],
    ready: true,
    terminating: false,
  };
}

function peer(more: Partial<BGPPeer>): BGPPeer {
  return {
    name: 'peer',
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
    ...more,
  };
}

function cluster(nodes: readonly Node[], calico: Partial<CalicoObjects> = {}, more: Partial<Cluster> = {}): Cluster {
  return {
    podCIDR: prefix('10.244.0.0/16'),
    serviceCIDR: prefix('10.96.0.0/12'),
    nodes,
    pods: [],
    services: [],
    endpointSlices: [],
    calico: { ...CALICO_DEFAULTS, ipPools: [POOL], ...calico },
    ...more,
  };
}

function speakers(of: Cluster): ReadonlyMap<string, SpeakerConfig> {
  const machines = new Map(
    of.nodes.map((each): [string, Machine] => [
      each.name,
      {
        interfaces: [{ name: 'eth0', address: each.addresses[0], prefixLength: 24 }],
        defaultGateway: ip('10.0.0.1'),
      },
    ]),
  );
  return new Map(calicoSpeakers(of, machines).map((speaker) => [speaker.name, speaker]));
}

function sessionsOf(of: Cluster, name: string): readonly SessionConfig[] {
  return speakers(of).get(name)?.sessions ?? [];
}

const names = (sessions: readonly SessionConfig[]): string[] => sessions.map((session) => session.name);
const NO_MESH = { ...CALICO_DEFAULTS.bgpConfiguration, nodeToNodeMeshEnabled: false };

/** The lines of a filter as BIRD would have them: an independent notation, to be read beside the template. */
function written(filter: Filter): string[] {
  return [...filter.terms.map(line), filter.otherwise];
}

function line({ match, actions, then }: FilterTerm): string {
  const nets = (match.nets ?? []).map(({ prefix: p, ge, le }) => range(p, ge, le)).join(' ');
  const not = (match.notNets ?? []).map(({ prefix: p, ge, le }) => `!${range(p, ge, le)}`).join(' ');
  const hop = match.nextHop === undefined ? '' : ` hop~${formatPrefix(match.nextHop)}`;
  const source = match.source === undefined ? '' : ` source=${match.source.join()}`;
  const dev = match.interfaces === undefined ? '' : ` ifname~${match.interfaces.join()}`;
  const does = actions.map(
    (action) => ` ${action.set}(${'value' in action ? action.value : 'dev' in action ? action.dev : ''})`,
  );
  return `${nets}${not}${hop}${source}${dev}:${does.join('')} ${then}`.trim();
}

function range(p: Ipv4Prefix, ge: number, le: number): string {
  const text = formatPrefix(p);
  if (ge === p.length && le === p.length) return `=${text}`;
  return ge === p.length && le === 32 ? `~${text}` : `${text}{${ge},${le}}`;
}

describe('the full mesh', () => {
  const mesh = cluster([node(9), node(10), node(11)]);

  test('one session to each other node, by address as text: 10.0.0.9 is the largest', () => {
    // "10.0.0.10" < "10.0.0.11" < "10.0.0.9"; the template's `gt $onode_ip $node_ip` has the larger one connect to us.
    const passive = (name: string): Record<string, boolean> =>
      Object.fromEntries(sessionsOf(mesh, name).map((session) => [session.name, session.passive]));
    expect(passive('n10')).toEqual({ Mesh_10_0_0_11: true, Mesh_10_0_0_9: true });
    expect(passive('n11')).toEqual({ Mesh_10_0_0_10: false, Mesh_10_0_0_9: true });
    expect(passive('n9')).toEqual({ Mesh_10_0_0_10: false, Mesh_10_0_0_11: false });
  });

  test('bgp_template: multihop, add paths, graceful restart, connect delay 2', () => {
    for (const session of sessionsOf(mesh, 'n9')) {
      expect(session).toMatchObject({ multihop: true, addPaths: true, gracefulRestart: true, restartTime: 120 });
      expect(session.timers).toEqual({ connectDelay: 2, connectRetry: 5, errorWait: [5, 30] });
      expect(session).toMatchObject({ local: ip('10.0.0.9'), neighborAs: 64512, password: undefined, rrClient: false });
    }
  });

  test('a node with an AS of its own, and one without an address', () => {
    const other = { ...node(12), annotations: {} };
    const of = cluster([node(9, { [NODE_ANNOTATIONS.asNumber]: '65001' }), node(10), other]);
    expect(speakers(of).get('n9')?.as).toBe(65001);
    expect(sessionsOf(of, 'n10').map(({ name, neighborAs }) => [name, neighborAs])).toEqual([['Mesh_10_0_0_9', 65001]]);
    expect(speakers(of).has('n12')).toBe(false);
  });

  test('a node whose BIRD does not run has no speaker, and its neighbours go on having the session', () => {
    const machine = {
      interfaces: [{ name: 'eth0', address: ip('10.0.0.9'), prefixLength: 24 }],
      defaultGateway: undefined,
    };
    const made = calicoSpeakers(mesh, new Map([['n9', machine]]));
    expect(made.map(({ name }) => name)).toEqual(['n9']);
    expect(names(made[0]?.sessions ?? [])).toEqual(['Mesh_10_0_0_10', 'Mesh_10_0_0_11']);
  });

  test('a node with a cluster id takes no part in it, on neither side', () => {
    // confd/tests/compiled_templates/mesh/route-reflector-mesh-enabled/bird.cfg of calico 3.21.6: kube-master has
    // Mesh_10_192_0_3 and in place of kube-node-2 "# Skipping 10.192.0.4 (kube-node-2) as it is a route reflector".
    const rr = { [NODE_ANNOTATIONS.routeReflectorClusterID]: '10.0.0.1' };
    const of = cluster([node(2), node(3), node(4, rr)]);
    expect(names(sessionsOf(of, 'n2'))).toEqual(['Mesh_10_0_0_3']);
    expect(names(sessionsOf(of, 'n3'))).toEqual(['Mesh_10_0_0_2']);
    // "# This node (…) is configured as a route reflector with cluster ID …; # ignore node-to-node mesh setting."
    expect(names(sessionsOf(of, 'n4'))).toEqual([]);
  });

  test('BGPPeers beside the mesh: a reflector has those alone, and its clients both', () => {
    const rr = { [NODE_ANNOTATIONS.routeReflectorClusterID]: '10.0.0.1' };
    const of = cluster([node(2), node(3), node(4, rr, { rr: 'y' })], {
      bgpPeers: [peer({ nodeSelector: "rr == 'y'", peerSelector: '!has(rr)' })],
    });
    expect(names(sessionsOf(of, 'n2'))).toEqual(['Mesh_10_0_0_3', 'Node_10_0_0_4']);
    expect(names(sessionsOf(of, 'n4'))).toEqual(['Node_10_0_0_2', 'Node_10_0_0_3']);
  });
});

describe('BGPPeers', () => {
  const rr = { [NODE_ANNOTATIONS.routeReflectorClusterID]: '244.0.0.1' };
  const off = { bgpConfiguration: NO_MESH };

  test('nodeSelector and peerSelector: reflectors of one cluster are plain neighbours, others are clients', () => {
    const of = cluster([node(1, rr, { rr: 'y' }), node(2, rr, { rr: 'y' }), node(3)], {
      ...off,
      bgpPeers: [peer({ nodeSelector: 'all()', peerSelector: "rr == 'y'" })],
    });
    // Itself is skipped; n3 gets to n1 and n2 by reverse peerings.
    expect(sessionsOf(of, 'n1').map((s) => [s.name, s.rrClient, s.clusterId])).toEqual([
      ['Node_10_0_0_2', false, undefined],
      ['Node_10_0_0_3', true, ip('244.0.0.1')],
    ]);
    expect(sessionsOf(of, 'n3').map((s) => [s.name, s.rrClient])).toEqual([
      ['Node_10_0_0_1', false],
      ['Node_10_0_0_2', false],
    ]);
  });

  test('reflectors of different clusters take each other for clients', () => {
    const other = { [NODE_ANNOTATIONS.routeReflectorClusterID]: '244.0.0.2' };
    const of = cluster([node(1, rr), node(2, other)], {
      ...off,
      bgpPeers: [peer({ node: 'n1', peerSelector: 'all()' })],
    });
    expect(sessionsOf(of, 'n1')).toMatchObject([{ name: 'Node_10_0_0_2', rrClient: true, clusterId: ip('244.0.0.1') }]);
    expect(sessionsOf(of, 'n2')).toMatchObject([{ name: 'Node_10_0_0_1', rrClient: true, clusterId: ip('244.0.0.2') }]);
  });

  test('a global one has every node peer, by Global_, and takes the place of one of a node', () => {
    const of = cluster([node(1), node(2)], {
      ...off,
      bgpPeers: [
        peer({ node: 'n1', peerIP: ip('10.0.0.254'), asNumber: 65009 }),
        peer({
          peerIP: ip('10.0.0.254'),
          asNumber: 65000,
          maxRestartTime: 30,
          password: { secretKeyRef: { name: 'bgp', key: 'pw' } },
        }),
      ],
    });
    for (const name of ['n1', 'n2'])
      expect(sessionsOf(of, name)).toMatchObject([
        { name: 'Global_10_0_0_254', neighborAs: 65000, restartTime: 30, password: 'bgp/pw', rrClient: false },
      ]);
  });

  test('an address that is a node’s gets its own side, but only with the same AS', () => {
    const with_ = (asNumber: number): Cluster =>
      cluster([node(1), node(2)], { ...off, bgpPeers: [peer({ node: 'n1', peerIP: ip('10.0.0.2'), asNumber })] });
    expect(names(sessionsOf(with_(64512), 'n2'))).toEqual(['Node_10_0_0_1']);
    expect(names(sessionsOf(with_(64513), 'n2'))).toEqual([]);
  });

  test('a BGPPeer without an AS: BIRD reads no bird.cfg with "neighbor … as 0", and does not start', () => {
    // `bird -p` of 2.0.12: "Remote AS number (or peer type) must be set".
    const of = cluster([node(1), node(2)], { bgpPeers: [peer({ node: 'n1', peerIP: ip('10.0.0.254') })] });
    expect([...speakers(of).keys()]).toEqual(['n2']);
    expect(names(sessionsOf(of, 'n2'))).toEqual(['Mesh_10_0_0_1']);
  });

  test('a neighbour outside with the AS of a reflector is its client', () => {
    const of = cluster([node(1, rr)], { ...off, bgpPeers: [peer({ peerIP: ip('10.0.0.254'), asNumber: 64512 })] });
    expect(sessionsOf(of, 'n1')).toMatchObject([{ rrClient: true }]);
  });

  test.each([
    { more: { keepOriginalNextHop: true }, as: 65000, keep: true, self: false, why: 'another AS' },
    { more: { keepOriginalNextHop: true }, as: 64512, keep: false, self: false, why: 'the same AS' },
    { more: { nextHopMode: 'Keep' as const }, as: 64512, keep: true, self: false, why: 'the later field' },
    { more: { nextHopMode: 'Self' as const }, as: 64512, keep: false, self: true, why: 'the later field' },
    { more: { nextHopMode: 'Auto' as const }, as: 65000, keep: false, self: false, why: 'what BIRD does by itself' },
  ])('next hop with $more and AS $as: $why', ({ more, as, keep, self }) => {
    const of = cluster([node(1)], { ...off, bgpPeers: [peer({ peerIP: ip('10.0.0.254'), asNumber: as, ...more })] });
    expect(sessionsOf(of, 'n1')).toMatchObject([{ nextHopKeep: keep, nextHopSelf: self }]);
  });

  test('BGPFilters come before Calico’s own filter, and accept what is left on the way in', () => {
    const rule = { matchOperator: 'In', prefixLength: undefined, source: undefined, interface: undefined } as const;
    const filter = {
      name: 'f',
      exportV4: [
        { ...rule, action: 'Reject', cidr: prefix('10.244.1.0/24'), prefixLength: { min: 26, max: 28 } } as const,
      ],
      importV4: [{ ...rule, action: 'Reject', cidr: undefined, source: 'RemotePeers', interface: 'eth*' } as const],
    };
    const of = cluster([node(1)], {
      ...off,
      bgpFilters: [filter],
      bgpPeers: [peer({ peerIP: ip('10.0.0.254'), asNumber: 65000, filters: ['f', 'no-such'] })],
    });
    const [session] = sessionsOf(of, 'n1');
    if (session === undefined) throw new Error('no session');
    expect(written(session.export)).toEqual(['10.244.1.0/24{26,28}: reject', '~10.244.0.0/16: accept', 'reject']);
    expect(written(session.import)).toEqual(['source=bgp ifname~eth*: reject', 'accept']);
  });
});

describe('what is announced', () => {
  const block = (cidr: string, affinity: string, state: 'confirmed' | 'pending' = 'confirmed') => ({
    cidr: prefix(cidr),
    affinity,
    state,
    allocations: [],
  });
  const blocks = [
    block('10.244.1.0/26', 'n1'),
    block('10.244.1.64/26', 'n1', 'pending'),
    block('10.244.1.128/32', 'n1'),
    block('10.244.2.0/26', 'n2'),
  ];

  test('blocks: confirmed ones in place of their addresses; static routes but for a single address', () => {
    const n1 = speakers(cluster([node(1), node(2)], { blocks })).get('n1');
    expect(n1?.routes.filter(({ source }) => source === 'static').map(({ net }) => formatPrefix(net))).toEqual([
      '10.244.1.0/26',
      '10.244.1.64/26',
    ]);
    // bird_aggr.cfg, then bird_ipam.cfg. Within a /32 there is only itself.
    expect(n1?.sessions.map(({ export: filter }) => written(filter))).toEqual([
      [
        '=10.244.1.0/26: accept',
        '~10.244.1.0/26: reject',
        '=10.244.1.128/32: accept',
        '=10.244.1.128/32: reject',
        '~10.244.0.0/16: accept',
        'reject',
      ],
    ]);
  });

  test('communities by value and by name, before anything decides, each once and in order of their text', () => {
    // Names and values of confd/tests/mock_data/calicoctl/mesh/communities/input.yaml of calico 3.21.6; the order is that
    // of its compiled_templates/mesh/communities/bird.cfg: (100, 555, 107), (100, 6532), (5663, 12).
    const bgpConfiguration = {
      ...CALICO_DEFAULTS.bgpConfiguration,
      communities: [
        { name: 'bgp-comm-standard', value: 100 * 65536 + 6532 },
        { name: 'bgp-comm-large', value: [100, 555, 107] as const },
      ],
      prefixAdvertisements: [
        {
          cidr: prefix('192.168.0.0/16'),
          communities: ['5663:12', 'bgp-comm-standard', '100:6532', 'bgp-comm-large', 'unknown'],
        },
      ],
    };
    const [session] = sessionsOf(cluster([node(1), node(2)], { bgpConfiguration }), 'n1');
    const [standard, other] = [100 * 65536 + 6532, 5663 * 65536 + 12];
    expect(session?.export.terms[0] && line(session.export.terms[0])).toBe(
      `~192.168.0.0/16: addLargeCommunity(100,555,107) addCommunity(${standard}) addCommunity(${other}) next`,
    );
  });

  test('Services: CIDRs by every node, Local ones by those with endpoints, none by an excluded node', () => {
    const local = (name: string, clusterIP: string, nodeName: string): [Service, Cluster['endpointSlices'][number]] => [
      {
        ...SERVICE_DEFAULTS,
        namespace: 'default',
        name,
        ports: [],
        type: 'NodePort',
        clusterIPs: [ip(clusterIP)],
        externalIPs: [ip('203.0.113.7'), ip('198.51.100.1')],
        externalTrafficPolicy: 'Local',
      },
      {
        namespace: 'default',
        name: `${name}-1`,
        service: name,
        ports: [],
        endpoints: [
          {
            address: ip('10.244.1.1'),
            ready: true,
            serving: true,
            terminating: false,
            nodeName,
            zone: undefined,
            hints: undefined,
            target: undefined,
          },
        ],
      },
    ];
    const [service, slice] = local('web', '10.96.0.10', 'n1');
    const bgpConfiguration = {
      ...CALICO_DEFAULTS.bgpConfiguration,
      serviceClusterIPs: [prefix('10.96.0.0/12')],
      serviceExternalIPs: [prefix('203.0.113.0/24')],
    };
    const excluded = node(3, {}, { 'node.kubernetes.io/exclude-from-external-load-balancers': 'true' });
    const of = cluster(
      [node(1), node(2), excluded],
      { bgpConfiguration },
      { services: [service], endpointSlices: [slice] },
    );
    const announced = (name: string): string[] =>
      (speakers(of).get(name)?.routes ?? [])
        .filter(({ source }) => source === 'static')
        .map(({ net }) => formatPrefix(net))
        .sort();
    expect(announced('n1')).toEqual(['10.96.0.0/12', '10.96.0.10/32', '203.0.113.0/24', '203.0.113.7/32']);
    expect(announced('n2')).toEqual(['10.96.0.0/12', '203.0.113.0/24']);
    expect(announced('n3')).toEqual([]);
    // 198.51.100.1 is in no CIDR that is advertised. What is advertised is never put into the kernel's table.
    for (const name of ['n1', 'n3'])
      expect(written(speakers(of).get(name)?.kernel.export ?? { terms: [], otherwise: 'accept' }).slice(0, 2)).toEqual([
        '~203.0.113.0/24: reject',
        '~10.96.0.0/12: reject',
      ]);
  });

  test('a pool that is not exported is rejected before all else', () => {
    const ipPools = [{ ...POOL, disableBGPExport: true }];
    const [session] = sessionsOf(cluster([node(1), node(2)], { ipPools, blocks }), 'n1');
    expect(session && written(session.export)[0]).toBe('~10.244.0.0/16: reject');
    expect(session && written(session.export).at(-2)).not.toBe('~10.244.0.0/16: accept');
  });
});

describe('what goes into the kernel’s table', () => {
  test.each([
    { modes: {}, want: ['~10.244.0.0/16: accept'], why: 'no tunnel' },
    {
      modes: { ipipMode: 'Always' as const },
      want: ['~10.244.0.0/16: tunnel(tunl0) accept'],
      why: 'always through it',
    },
    {
      modes: { ipipMode: 'CrossSubnet' as const },
      want: ['~10.244.0.0/16 hop~10.0.0.0/24: accept', '~10.244.0.0/16: tunnel(tunl0) accept'],
      why: 'only to next hops of other subnets',
    },
    { modes: { vxlanMode: 'Always' as const }, want: ['~10.244.0.0/16: reject'], why: 'Felix writes those' },
    { modes: { vxlanMode: 'CrossSubnet' as const }, want: ['~10.244.0.0/16: reject'], why: 'Felix writes those too' },
  ])('$modes: $why', ({ modes, want }) => {
    const n1 = speakers(cluster([node(1)], { ipPools: [{ ...POOL, ...modes }] })).get('n1');
    expect(n1 && written(n1.kernel.export)).toEqual([...want, 'accept']);
    expect(n1?.kernel).toMatchObject({ mergePaths: true, persist: true, limit: undefined });
  });

  test('BIRD learns the default route and the pods’, and has tunl0 among its interfaces', () => {
    const of = cluster(
      [node(1, { [NODE_ANNOTATIONS.ipv4IPIPTunnelAddr]: '10.244.1.0' })],
      {},
      {
        pods: [pod('podname', 'n1', '10.244.1.5')],
      },
    );
    const n1 = speakers(of).get('n1');
    expect(n1?.routes.map(({ net, source, nexthops }) => [formatPrefix(net), source, nexthops[0]?.dev])).toEqual([
      ['0.0.0.0/0', 'kernel', 'eth0'],
      ['10.244.1.5/32', 'kernel', workloadVeth('default', 'podname')],
    ]);
    expect(
      n1?.interfaces.map(({ name, address, prefixLength }) => `${name} ${formatIpv4(address)}/${prefixLength}`),
    ).toEqual(['eth0 10.0.0.1/24', 'tunl0 10.244.1.0/32']);
  });

  test('the name of a pod’s link: the value of libcalico-go’s own test', () => {
    expect(workloadVeth('namespace', 'podname')).toBe('cali82111e10a96');
  });
});
