import { describe, expect, test } from 'vitest';
import { parseAddress, parseAnyPrefix } from '../../src/address/index.js';
import type { KubeProxyConfig } from '../../src/agents/index.js';
import { clusterState } from '../../src/agents/kube-proxy/ipvs/cluster-state.js';
import { nodeState } from '../../src/agents/kube-proxy/ipvs/node-state.js';
import { ipvsRules } from '../../src/agents/kube-proxy/ipvs/rules.js';
import { setTexts } from '../../src/agents/kube-proxy/ipvs/set-sync.js';
import { createSets, SET_NAMES, setName } from '../../src/agents/kube-proxy/ipvs/sets.js';
import type { Service } from '../../src/cluster/index.js';
import { printRule } from '../../src/linux/index.js';
import { ip, prefix } from '../must.js';
import { ONE_EACH, proxied, served, servicePort, web } from './ipvs-node.js';
import { endpoint } from './service-cluster.js';

const BALANCED: Partial<Service> = {
  type: 'LoadBalancer',
  loadBalancerIngress: [{ ip: ip('203.0.113.9'), ipMode: 'VIP' }],
  allocateLoadBalancerNodePorts: false,
};
/** What each Service has: a cluster IP, and an endpoint on this node, which may call itself. */
const BASE = [
  'KUBE-CLUSTER-IP 10.96.0.80,tcp:80',
  'KUBE-IPVS-IPS 10.96.0.80',
  'KUBE-LOOP-BACK 10.244.1.2,tcp:8080,10.244.1.2',
];

// syncProxyRules(), k8s 1.30 pkg/proxy/ipvs/proxier.go.
describe('members of sets', () => {
  test.each<{ why: string; service?: Partial<Service>; members: readonly string[] }>([
    { why: 'ClusterIP', members: [] },
    {
      why: 'external IP',
      service: { externalIPs: [ip('203.0.113.5')] },
      members: ['KUBE-EXTERNAL-IP 203.0.113.5,tcp:80', 'KUBE-IPVS-IPS 203.0.113.5'],
    },
    {
      why: 'external IP, policy Local',
      service: { externalIPs: [ip('203.0.113.5')], externalTrafficPolicy: 'Local' },
      members: ['KUBE-EXTERNAL-IP-LOCAL 203.0.113.5,tcp:80', 'KUBE-IPVS-IPS 203.0.113.5'],
    },
    {
      why: 'load balancer',
      service: BALANCED,
      members: ['KUBE-LOAD-BALANCER 203.0.113.9,tcp:80', 'KUBE-IPVS-IPS 203.0.113.9'],
    },
    {
      why: 'load balancer, policy Local, and its health checks',
      service: { ...BALANCED, externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 },
      members: [
        'KUBE-LOAD-BALANCER 203.0.113.9,tcp:80',
        'KUBE-LOAD-BALANCER-LOCAL 203.0.113.9,tcp:80',
        'KUBE-HEALTH-CHECK-NODE-PORT 32000',
        'KUBE-IPVS-IPS 203.0.113.9',
      ],
    },
    {
      why: 'load balancer for clients that do not include the node',
      service: { ...BALANCED, loadBalancerSourceRanges: [prefix('198.51.100.0/24'), prefix('1.2.3.4/32')] },
      members: [
        'KUBE-LOAD-BALANCER 203.0.113.9,tcp:80',
        'KUBE-LOAD-BALANCER-FW 203.0.113.9,tcp:80',
        'KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.9,tcp:80,198.51.100.0/24',
        // As ipset prints a network of one address.
        'KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.9,tcp:80,1.2.3.4',
        'KUBE-IPVS-IPS 203.0.113.9',
      ],
    },
    {
      why: 'load balancer for clients that include the node',
      service: { ...BALANCED, loadBalancerSourceRanges: [prefix('192.168.10.0/24')] },
      members: [
        'KUBE-LOAD-BALANCER 203.0.113.9,tcp:80',
        'KUBE-LOAD-BALANCER-FW 203.0.113.9,tcp:80',
        'KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.9,tcp:80,192.168.10.0/24',
        'KUBE-LOAD-BALANCER-SOURCE-IP 203.0.113.9,tcp:80,203.0.113.9',
        'KUBE-IPVS-IPS 203.0.113.9',
      ],
    },
    {
      why: 'node port',
      service: { type: 'NodePort', ports: [servicePort({ nodePort: 30080 })] },
      members: ['KUBE-NODE-PORT-TCP 30080'],
    },
    {
      why: 'node port, policy Local',
      service: { type: 'NodePort', ports: [servicePort({ nodePort: 30080 })], externalTrafficPolicy: 'Local' },
      members: ['KUBE-NODE-PORT-TCP 30080', 'KUBE-NODE-PORT-LOCAL-TCP 30080'],
    },
  ])('$why', ({ service = {}, members }) => {
    expect([...proxied(served(web(service), ONE_EACH)).members].sort()).toEqual([...BASE, ...members].sort());
  });

  test.each([
    { protocol: 'UDP', want: ['KUBE-NODE-PORT-UDP 30080', 'KUBE-NODE-PORT-LOCAL-UDP 30080'] },
    {
      protocol: 'SCTP',
      want: [
        'KUBE-NODE-PORT-SCTP-HASH 192.168.10.11,sctp:30080',
        'KUBE-NODE-PORT-LOCAL-SCTP-HASH 192.168.10.11,sctp:30080',
      ],
    },
  ] as const)('a node port of $protocol, policy Local', ({ protocol, want }) => {
    const ports = [servicePort({ protocol, nodePort: 30080 })];
    const { members } = proxied(served(web({ type: 'NodePort', ports, externalTrafficPolicy: 'Local' }), ONE_EACH));
    expect(members.filter((member) => member.startsWith('KUBE-NODE-PORT'))).toEqual(want);
  });

  test('endpoints of the node are in KUBE-LOOP-BACK, ready or not', () => {
    const here = { nodeName: 'node-1', ready: false };
    const all = [
      endpoint('10.244.1.2', here),
      endpoint('10.244.1.3', here),
      endpoint('10.244.2.2', { nodeName: 'node-2' }),
    ];
    const { members } = proxied(served(web(), all));
    expect(members.filter((member) => member.startsWith('KUBE-LOOP-BACK'))).toEqual([
      'KUBE-LOOP-BACK 10.244.1.2,tcp:8080,10.244.1.2',
      'KUBE-LOOP-BACK 10.244.1.3,tcp:8080,10.244.1.3',
    ]);
  });

  test('a range of all addresses is refused by ipset alone: the other entries are there, and the rule for it', () => {
    const ranges = [prefix('0.0.0.0/0'), prefix('198.51.100.0/24')];
    const { members, refused, rules } = proxied(
      served(web({ ...BALANCED, loadBalancerSourceRanges: ranges }), ONE_EACH),
    );
    expect(members.filter((member) => member.includes('SOURCE'))).toEqual([
      'KUBE-LOAD-BALANCER-SOURCE-IP 203.0.113.9,tcp:80,203.0.113.9',
      'KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.9,tcp:80,198.51.100.0/24',
    ]);
    expect(new Set(refused.map(({ errno, install }) => `${install.call.call} ${errno}`))).toEqual(
      new Set(['ipset restore EINVAL']),
    );
    expect(rules.filter.filter((rule) => rule.includes('SOURCE-CIDR'))).toHaveLength(1);
  });
});

// setIPSetDefaults() and createSet(), k8s 1.30 pkg/proxy/ipvs/ipset/ipset.go; NewIPSet(), ipvs/ipset.go.
describe('sets', () => {
  test('are made with these options', () => {
    const [{ lines } = { lines: [] }] = createSets('ip');
    expect(lines).toHaveLength(17);
    expect(lines).toContain('create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536 -exist');
    expect(lines).toContain('create KUBE-NODE-PORT-UDP bitmap:port range 0-65535 -exist');
  });

  test('of IPv6 are called KUBE-6-…, cut to 31 characters', () => {
    const names = SET_NAMES.map((set) => setName(set, 'ip6'));
    expect(names).toContain('KUBE-6-CLUSTER-IP');
    // 30 characters for IPv4.
    expect(names).toContain('KUBE-6-LOAD-BALANCER-SOURCE-CID');
    expect(names).toContain('KUBE-6-NODE-PORT-LOCAL-SCTP-HAS');
    expect(new Set(names).size).toBe(17);
    expect(Math.max(...names.map((name) => name.length))).toBe(31);
  });
});

const MASQUERADE = [
  '-A KUBE-POSTROUTING -m mark ! --mark 0x004000/0x004000 -j RETURN',
  '-A KUBE-POSTROUTING -j MARK --xor-mark 0x004000',
  '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
  '-A KUBE-MARK-MASQ -j MARK --or-mark 0x004000',
];

/** A rule of nat by set: chain, comment, set, and the rest. */
function setRule(chain: string, comment: string, set: string, rest: string): string {
  return `-A ${chain} -m comment --comment "${comment}" -m set --match-set ${set} ${rest}`;
}

const LOOP_BACK = setRule(
  'KUBE-POSTROUTING',
  'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose',
  'KUBE-LOOP-BACK',
  'dst,dst,src -j MASQUERADE',
);
const CLUSTER_IP = 'Kubernetes service cluster ip + port for masquerade purpose';
const EXTERNAL = 'Kubernetes service external ip + port';
const BALANCER = 'Kubernetes service load balancer ip + port';

// writeIptablesRules() and ipsetWithIptablesChain.
describe('rules', () => {
  const ports = [
    servicePort({ name: 'tcp', nodePort: 30080 }),
    servicePort({ name: 'udp', protocol: 'UDP', nodePort: 30081 }),
    servicePort({ name: 'sctp', protocol: 'SCTP', nodePort: 30082 }),
  ];
  const all = (policy: 'Cluster' | 'Local', address: string, from: string): Service =>
    web({
      ...BALANCED,
      name: policy.toLowerCase(),
      clusterIPs: [ip(`10.96.0.${address}`)],
      externalIPs: [ip(`203.0.113.${address}`)],
      loadBalancerIngress: [{ ip: ip(`203.0.114.${address}`), ipMode: 'VIP' }],
      loadBalancerSourceRanges: [prefix(from)],
      externalTrafficPolicy: policy,
      healthCheckNodePort: policy === 'Local' ? 32000 : undefined,
      ports: ports.map((port) => ({ ...port, nodePort: (port.nodePort ?? 0) + Number(address) })),
    });
  const [one, two] = [
    served(all('Cluster', '1', '192.168.10.0/24'), ONE_EACH),
    served(all('Local', '2', '198.51.100.0/24'), ONE_EACH),
  ];
  const both = {
    services: [...one.services, ...two.services],
    endpointSlices: [...one.endpointSlices, ...two.endpointSlices],
  };

  test('of table nat, where every set has members', () => {
    const nodePort = (protocol: string, set: string, what: string, rest: string): string =>
      `-A KUBE-NODE-PORT -p ${protocol} -m comment --comment "Kubernetes nodeport ${what}" -m set --match-set ${set} ${rest}`;
    const notLocal = '-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT';
    const hash = "with type 'hash ip:port'";
    expect(proxied(both).rules.nat).toEqual([
      '-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN',
      LOOP_BACK,
      setRule('KUBE-SERVICES', 'Kubernetes service lb portal', 'KUBE-LOAD-BALANCER', 'dst,dst -j KUBE-LOAD-BALANCER'),
      setRule(
        'KUBE-LOAD-BALANCER',
        `${BALANCER} with externalTrafficPolicy=local`,
        'KUBE-LOAD-BALANCER-LOCAL',
        'dst,dst -j RETURN',
      ),
      nodePort('tcp', 'KUBE-NODE-PORT-LOCAL-TCP', 'TCP port with externalTrafficPolicy=local', 'dst -j RETURN'),
      nodePort('tcp', 'KUBE-NODE-PORT-TCP', 'TCP port for masquerade purpose', 'dst -j KUBE-MARK-MASQ'),
      nodePort('udp', 'KUBE-NODE-PORT-LOCAL-UDP', 'UDP port with externalTrafficPolicy=local', 'dst -j RETURN'),
      nodePort('udp', 'KUBE-NODE-PORT-UDP', 'UDP port for masquerade purpose', 'dst -j KUBE-MARK-MASQ'),
      nodePort(
        'sctp',
        'KUBE-NODE-PORT-LOCAL-SCTP-HASH',
        `SCTP port with externalTrafficPolicy=local ${hash}`,
        'dst,dst -j RETURN',
      ),
      nodePort(
        'sctp',
        'KUBE-NODE-PORT-SCTP-HASH',
        `SCTP port for masquerade purpose ${hash}`,
        'dst,dst -j KUBE-MARK-MASQ',
      ),
      setRule('KUBE-SERVICES', CLUSTER_IP, 'KUBE-CLUSTER-IP', 'dst,dst ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ'),
      setRule(
        'KUBE-SERVICES',
        `${EXTERNAL} for masquerade and filter purpose`,
        'KUBE-EXTERNAL-IP',
        'dst,dst -j KUBE-MARK-MASQ',
      ),
      setRule(
        'KUBE-SERVICES',
        `${EXTERNAL} for masquerade and filter purpose`,
        'KUBE-EXTERNAL-IP',
        `dst,dst ${notLocal}`,
      ),
      setRule(
        'KUBE-SERVICES',
        `${EXTERNAL} for masquerade and filter purpose`,
        'KUBE-EXTERNAL-IP',
        'dst,dst -m addrtype --dst-type LOCAL -j ACCEPT',
      ),
      setRule(
        'KUBE-SERVICES',
        `${EXTERNAL} with externalTrafficPolicy=local`,
        'KUBE-EXTERNAL-IP-LOCAL',
        `dst,dst ${notLocal}`,
      ),
      setRule(
        'KUBE-SERVICES',
        `${EXTERNAL} with externalTrafficPolicy=local`,
        'KUBE-EXTERNAL-IP-LOCAL',
        'dst,dst -m addrtype --dst-type LOCAL -j ACCEPT',
      ),
      '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
      '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
      '-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT',
      '-A KUBE-SERVICES -m set --match-set KUBE-LOAD-BALANCER dst,dst -j ACCEPT',
      ...MASQUERADE,
    ]);
  });

  const FORWARD = [
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x004000/0x004000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ];
  const FILTER_ALWAYS = [
    ...FORWARD,
    setRule('KUBE-NODE-PORT', 'Kubernetes health check node port', 'KUBE-HEALTH-CHECK-NODE-PORT', 'dst -j ACCEPT'),
    '-A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN',
    '-A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN',
    '-A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN',
    '-A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN',
    '-A KUBE-IPVS-FILTER -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j RETURN',
    '-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT',
  ];

  test('of table filter, where every set has members: the node may not use a load balancer that leaves it out', () => {
    const source = (set: string, what: string): string =>
      setRule(
        'KUBE-SOURCE-RANGES-FIREWALL',
        `${BALANCER} + source ${what} for packet filter purpose`,
        set,
        'dst,dst,src -j RETURN',
      );
    const out = (protocol: string): string =>
      `-A KUBE-IPVS-OUT-FILTER -s 203.0.114.2 -m ipvs --vaddr 203.0.114.2 --vproto ${protocol} --vport 80 -j DROP`;
    expect(proxied(both).rules.filter).toEqual([
      setRule(
        'KUBE-PROXY-FIREWALL',
        `${BALANCER} for load balancer with sourceRange`,
        'KUBE-LOAD-BALANCER-FW',
        'dst,dst -j KUBE-SOURCE-RANGES-FIREWALL',
      ),
      source('KUBE-LOAD-BALANCER-SOURCE-CIDR', 'cidr'),
      source('KUBE-LOAD-BALANCER-SOURCE-IP', 'IP'),
      '-A KUBE-SOURCE-RANGES-FIREWALL -j DROP',
      ...['sctp', 'tcp', 'udp'].map(out),
      ...FILTER_ALWAYS,
    ]);
  });

  test('without any Service: what looks into an empty set is left out, but for a few', () => {
    const { nat, filter } = proxied({ services: [], endpointSlices: [] }).rules;
    expect(nat).toEqual([
      '-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN',
      '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
      '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
      ...MASQUERADE,
    ]);
    expect(filter).toEqual(['-A KUBE-SOURCE-RANGES-FIREWALL -j DROP', ...FILTER_ALWAYS]);
  });

  test.each<{ config: Partial<KubeProxyConfig>; words: string; why: string }>([
    { config: { masqueradeAll: true }, words: 'dst,dst', why: '--masquerade-all' },
    {
      config: { detectLocal: { mode: 'none' } },
      words: 'src,dst',
      why: 'nothing tells local traffic: what the node itself sends',
    },
    { config: { detectLocal: { mode: 'NodeCIDR' } }, words: 'dst,dst ! -s 10.244.1.0/24', why: 'NodeCIDR' },
    {
      config: { detectLocal: { mode: 'BridgeInterface', bridge: 'cni0' } },
      words: 'dst,dst ! -i cni0',
      why: 'BridgeInterface',
    },
  ])('masquerading of cluster IPs, $why', ({ config, words }) => {
    const found = proxied(served(web(), ONE_EACH), config).rules.nat.filter(
      (rule) => rule.endsWith('-j KUBE-MARK-MASQ') && rule.includes('CLUSTER-IP'),
    );
    expect(found).toEqual([setRule('KUBE-SERVICES', CLUSTER_IP, 'KUBE-CLUSTER-IP', `${words} -j KUBE-MARK-MASQ`)]);
  });

  test('the mark is of the bit that is configured: 15 is 0x8000', () => {
    const { nat } = proxied(served(web(), ONE_EACH), { masqueradeBit: 15, randomFully: false }).rules;
    expect(nat.slice(-4)).toEqual(
      MASQUERADE.map((rule) => rule.replaceAll('0x004000', '0x008000').replace(' --random-fully', '')),
    );
  });

  // iptablesJumpChain, each prepended; KUBE-FIREWALL is kubelet's, which starts first.
  test.each([
    {
      table: 'filter',
      chain: 'INPUT',
      want: ['KUBE-IPVS-FILTER', 'KUBE-PROXY-FIREWALL', 'KUBE-NODE-PORT', 'KUBE-FIREWALL'],
    },
    { table: 'filter', chain: 'FORWARD', want: ['KUBE-PROXY-FIREWALL', 'KUBE-FORWARD'] },
    { table: 'filter', chain: 'OUTPUT', want: ['KUBE-IPVS-OUT-FILTER', 'KUBE-FIREWALL'] },
    { table: 'nat', chain: 'PREROUTING', want: ['KUBE-SERVICES'] },
    { table: 'nat', chain: 'OUTPUT', want: ['KUBE-SERVICES'] },
    { table: 'nat', chain: 'POSTROUTING', want: ['KUBE-POSTROUTING'] },
  ] as const)('$table $chain jumps to $want', ({ table, chain, want }) => {
    const rules = proxied(served(web(), ONE_EACH)).ns.iptables.get(table)?.chains.get(chain)?.rules ?? [];
    expect(rules.map((rule) => / -j (\S+)/.exec(printRule(rule, chain))?.[1])).toEqual(want);
  });
});

describe('IPv6', () => {
  const address = (text: string) => parseAddress(text) as never;
  const cluster = {
    ...proxied({ services: [], endpointSlices: [] }).cluster,
    ...served(
      web({
        ...BALANCED,
        clusterIPs: [ip('10.96.0.80'), address('fd00:96::80')],
        loadBalancerIngress: [{ ip: address('2001:db8::9'), ipMode: 'VIP' }],
        loadBalancerSourceRanges: [parseAnyPrefix('2001:db8:1::/48') as never],
        type: 'NodePort',
        ports: [servicePort({ nodePort: 30080 })],
      }),
      [endpoint('10.244.1.2'), { ...ONE_EACH[0], address: address('fd00:1::2'), nodeName: 'node-1' } as never],
    ),
  };
  const config = { ipvs: { scheduler: 'rr', strictARP: false, excludeCIDRs: [] } };
  const state = clusterState(cluster, 'ip6', config);
  const node = nodeState(
    state,
    {
      ...{ name: 'node-1', labels: {}, family: 'ip6', nodeIP: address('fd00:2::11') },
      ...{ own: new Set(['fd00:2::11']), nodePortAddresses: ['fd00:2::11'] },
    },
    config,
  );

  test('virtual servers', () => {
    const own = node.ports.flatMap(({ servers }) => servers.map(({ key }) => key));
    expect(state.serverChunks.flatMap(({ lines }) => lines)).toEqual([
      '-A -t [fd00:96::80]:80 -s rr',
      '-a -t [fd00:96::80]:80 -r [fd00:1::2]:8080 -m -w 1',
      '-A -t [2001:db8::9]:80 -s rr',
      '-a -t [2001:db8::9]:80 -r [fd00:1::2]:8080 -m -w 1',
    ]);
    expect(own).toEqual(['-t [fd00:2::11]:30080']);
  });

  test('sets', () => {
    const lines = setTexts(state, node, new Map(), 'ip6').flatMap((text) => text.flatMap((chunk) => chunk.lines));
    expect(lines).toEqual([
      'add KUBE-6-CLUSTER-IP fd00:96::80,tcp:80 -exist',
      'add KUBE-6-IPVS-IPS fd00:96::80 -exist',
      'add KUBE-6-LOAD-BALANCER 2001:db8::9,tcp:80 -exist',
      'add KUBE-6-LOAD-BALANCER-FW 2001:db8::9,tcp:80 -exist',
      'add KUBE-6-LOAD-BALANCER-SOURCE-CID 2001:db8::9,tcp:80,2001:db8:1::/48 -exist',
      'add KUBE-6-IPVS-IPS 2001:db8::9 -exist',
      'add KUBE-6-LOOP-BACK fd00:1::2,tcp:8080,fd00:1::2 -exist',
      'add KUBE-6-NODE-PORT-TCP 30080 -exist',
    ]);
  });

  test('rules', () => {
    const { filled, outFilter } = node;
    const whole = { masqueradeAll: false, masqueradeBit: 14, randomFully: true } as KubeProxyConfig;
    const rules = ipvsRules(whole, { family: 'ip6', detector: undefined, filled, outFilter }).flatMap(
      ({ lines }) => lines,
    );
    expect(rules).toContain('-A KUBE-SERVICES -s ::1/128 -j RETURN');
    expect(rules).toContain(LOOP_BACK.replace('KUBE-LOOP-BACK', 'KUBE-6-LOOP-BACK'));
    expect(rules).toContain(
      '-A KUBE-IPVS-OUT-FILTER -s 2001:db8::9 -m ipvs --vaddr 2001:db8::9 --vproto tcp --vport 80 -j DROP',
    );
    expect(rules.filter((rule) => /--match-set KUBE-(?!6-)/.test(rule))).toEqual([]);
  });
});
