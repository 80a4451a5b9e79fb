import { describe, expect, test } from 'vitest';
import { DEFAULT_PROXY_CONFIG } from '../../src/agents/index.js';
import { masqueradeMark } from '../../src/agents/kube-proxy/config.js';
import { endpointChain, probability, serviceChain } from '../../src/agents/kube-proxy/iptables/names.js';
import type { Service } from '../../src/cluster/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { printRule } from '../../src/linux/index.js';
import { makeLab, node, pod, service } from '../lab/make-lab.js';
import { endpoint, linesOf, syncText, webCluster } from './service-cluster.js';

describe('names', () => {
  test.each([
    { name: 'ns1/svc1:p80', endpoint: undefined, want: 'KUBE-SVC-XPGD46QRK7WJZT7O' },
    { name: 'ns4/svc4:p8082', endpoint: undefined, want: 'KUBE-SVC-EBDQOQU5SJFXRIL3' },
    { name: 'ns1/svc1:p80', endpoint: '10.180.0.1:80', want: 'KUBE-SEP-SXIVWICOYRO3J4NJ' },
    { name: 'ns1/svc1:p80', endpoint: '10.0.0.0:80', want: 'KUBE-SEP-DKGQUZGBKLTPAR56' },
    { name: 'ns3/svc3:p8081', endpoint: '203.0.113.4:8081', want: 'KUBE-SEP-RUVVH7YV3PHQBDOS' },
    { name: 'ns4/svc4:p8082', endpoint: '10.4.0.1:8082', want: 'KUBE-SEP-SU5STNODRYEWJAUF' },
  ])('$name $endpoint is $want (proxier_test.go)', ({ name, endpoint, want }) => {
    expect(endpoint === undefined ? serviceChain('KUBE-SVC-', name, 'tcp') : endpointChain(name, 'tcp', endpoint)).toBe(
      want,
    );
  });

  test.each([
    [1, '1.0000000000'],
    [2, '0.5000000000'],
    [3, '0.3333333333'],
    [10, '0.1000000000'],
    [100000, '0.0000100000'],
    [100001, '0.0000099999'],
  ])('one of %i is %s', (n, want) => {
    expect(probability(n)).toBe(want);
  });

  test('the mark is written as Go formats %#08x', () => {
    expect(masqueradeMark(DEFAULT_PROXY_CONFIG)).toBe('0x004000');
  });
});

const SVC = serviceChain('KUBE-SVC-', 'default/web', 'tcp');
const EXT = serviceChain('KUBE-EXT-', 'default/web', 'tcp');
const [SEP2, SEP3] = ['10.244.1.2:8080', '10.244.2.2:8080'].map((e) => endpointChain('default/web', 'tcp', e));

describe('rules of a Service', () => {
  test('ClusterIP with two endpoints, sorted by address', () => {
    const lines = linesOf(webCluster([endpoint('10.244.2.2'), endpoint('10.244.1.2')]));
    const front = '-m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.0.80 --dport 80';
    expect(lines.slice(lines.indexOf('*nat'))).toEqual([
      '*nat',
      ':KUBE-SERVICES - [0:0]',
      ':KUBE-NODEPORTS - [0:0]',
      ':KUBE-POSTROUTING - [0:0]',
      ':KUBE-MARK-MASQ - [0:0]',
      `:${SVC} - [0:0]`,
      `:${SEP2} - [0:0]`,
      `:${SEP3} - [0:0]`,
      '-A KUBE-POSTROUTING -m mark ! --mark 0x004000/0x004000 -j RETURN',
      '-A KUBE-POSTROUTING -j MARK --xor-mark 0x004000',
      '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
      '-A KUBE-MARK-MASQ -j MARK --or-mark 0x004000',
      `-A KUBE-SERVICES ${front} -j ${SVC}`,
      `-A ${SVC} ${front} ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ`,
      `-A ${SVC} -m comment --comment "default/web -> 10.244.1.2:8080" -m statistic --mode random --probability 0.5000000000 -j ${SEP2}`,
      `-A ${SVC} -m comment --comment "default/web -> 10.244.2.2:8080" -j ${SEP3}`,
      `-A ${SEP2} -m comment --comment default/web -s 10.244.1.2 -j KUBE-MARK-MASQ`,
      `-A ${SEP2} -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:8080`,
      `-A ${SEP3} -m comment --comment default/web -s 10.244.2.2 -j KUBE-MARK-MASQ`,
      `-A ${SEP3} -m comment --comment default/web -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:8080`,
      '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
      'COMMIT',
    ]);
  });

  const nodePort: Partial<Service> = {
    type: 'NodePort',
    ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
  };

  test('NodePort: everything that comes from outside is masqueraded', () => {
    const lines = linesOf(webCluster([endpoint('10.244.1.2')], nodePort));
    expect(lines.filter((line) => line.includes(EXT))).toEqual([
      `:${EXT} - [0:0]`,
      `-A KUBE-NODEPORTS -m comment --comment default/web -m tcp -p tcp --dport 30080 -j ${EXT}`,
      `-A ${EXT} -m comment --comment "masquerade traffic for default/web external destinations" -j KUBE-MARK-MASQ`,
      `-A ${EXT} -j ${SVC}`,
    ]);
  });

  test('no endpoints: a REJECT for each frontend, nothing in table nat, and the reason', () => {
    const what = webCluster([endpoint('10.244.1.2', { ready: false })], nodePort);
    const text = syncText(what, DEFAULT_PROXY_CONFIG);
    expect(text.flatMap(({ lines }) => lines).filter((line) => line.includes('default/web'))).toEqual([
      '-A KUBE-SERVICES -m comment --comment "default/web has no endpoints" -m tcp -p tcp -d 10.96.0.80 --dport 80 -j REJECT',
      '-A KUBE-EXTERNAL-SERVICES -m comment --comment "default/web has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j REJECT',
    ]);
    expect(text.find(({ origin }) => origin.reason === 'NO_ENDPOINTS')?.origin).toEqual({
      by: 'kube-proxy',
      object: 'service/default/web',
      reason: 'NO_ENDPOINTS',
    });
  });

  test.each([
    { config: { masqueradeAll: true }, rule: `--dport 80 -j KUBE-MARK-MASQ`, why: '--masquerade-all' },
    {
      config: { detectLocal: { mode: 'none' } as const },
      rule: undefined,
      why: 'nothing tells local traffic: no rule',
    },
    { config: {}, rule: `--dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ`, why: 'ClusterCIDR' },
  ])('masquerading of the cluster IP, $why', ({ config, rule }) => {
    const lines = linesOf(webCluster([endpoint('10.244.1.2')]), config);
    const found = lines.filter((line) => line.startsWith(`-A ${SVC}`) && line.endsWith('-j KUBE-MARK-MASQ'));
    expect(found).toEqual(
      rule === undefined
        ? []
        : [`-A ${SVC} -m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.0.80 ${rule}`],
    );
  });

  test.each([
    {
      endpoints: [endpoint('10.244.1.2', { ready: false }), endpoint('10.244.1.3')],
      want: ['10.244.1.3'],
      why: 'ready ones',
    },
    {
      endpoints: [
        endpoint('10.244.1.2', { ready: false, serving: true, terminating: true }),
        endpoint('10.244.1.3', { ready: false, serving: true, terminating: false }),
      ],
      want: ['10.244.1.2'],
      why: 'none is ready, so those that serve while they terminate',
    },
    {
      endpoints: [endpoint('10.244.1.2', { ready: false, terminating: true })],
      want: ['10.244.1.2'],
      why: 'not told whether it serves, it does (newEndpointSliceData(), k8s 1.30 pkg/proxy/endpointslicecache.go)',
    },
    {
      endpoints: [endpoint('10.244.1.2'), endpoint('10.244.1.4', { ready: false, serving: true, terminating: true })],
      want: ['10.244.1.2'],
      why: 'terminating ones only as a last resort',
    },
    { endpoints: [endpoint('10.244.1.2'), endpoint('10.244.1.2')], want: ['10.244.1.2'], why: 'duplicates are one' },
  ])('endpoints: $why', ({ endpoints, want }) => {
    const lines = linesOf(webCluster(endpoints));
    const to = lines.flatMap((line) => / --to-destination (\S+):8080$/.exec(line)?.[1] ?? []);
    expect(to).toEqual(want);
  });

  test.each([
    { more: { clusterIPs: 'None' as const }, why: 'headless' },
    { more: { type: 'ExternalName' as const, clusterIPs: undefined }, why: 'ExternalName' },
    { more: { clusterIPs: undefined }, why: 'no cluster IP was left' },
  ])('no rules at all: $why', ({ more }) => {
    const lines = linesOf(webCluster([endpoint('10.244.1.2')], more));
    expect(lines.filter((line) => line.includes('default/web'))).toEqual([]);
  });

  test('with more than 1000 endpoints the rules towards endpoints go without comments', () => {
    const many = Array.from({ length: 1001 }, (_, i) => endpoint(`10.244.${1 + (i >> 8)}.${i & 255}`));
    const lines = linesOf(webCluster(many));
    expect(lines.filter((line) => line.includes('->'))).toEqual([]);
    expect(lines.find((line) => line.endsWith('-j KUBE-MARK-MASQ') && line.includes('-s 10.244.1.7 '))).toMatch(
      /^-A KUBE-SEP-\w{16} -s 10\.244\.1\.7 -j KUBE-MARK-MASQ$/,
    );
  });
});

describe('base', () => {
  const chunks = syncText(webCluster([]), DEFAULT_PROXY_CONFIG);

  test('packets that fit no connection are dropped, and the rule says so', () => {
    const drop = chunks.find(({ origin }) => origin.reason === 'CT_INVALID');
    expect(drop?.lines).toEqual(['-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP']);
  });

  test('without localhost node ports: no KUBE-FIREWALL, no 127/8', () => {
    const lines = linesOf(webCluster([]), { localhostNodePorts: false });
    expect(lines.filter((line) => line.includes('KUBE-FIREWALL'))).toEqual([]);
    expect(lines.at(-2)).toMatch(/-m addrtype --dst-type LOCAL ! -d 127\.0\.0\.0\/8 -j KUBE-NODEPORTS$/);
  });
});

/** The rules of a built-in chain that lead to another chain, in order. */
function jumps(lab: Parameters<typeof makeLab>[0], table: 'filter' | 'nat', chain: string): string[] {
  const rules = buildNetwork(makeLab(lab)).network.netns('node-1')?.iptables.get(table)?.chains.get(chain)?.rules ?? [];
  return rules.map((rule) => / -j (\S+)/.exec(printRule(rule, chain))?.[1] ?? '');
}

describe('jumps: each is put before those that are there', () => {
  const alone = { cni: { name: 'none', options: {} }, kubelet: 'off' as const };

  test.each([
    { table: 'filter', chain: 'INPUT', want: ['FIREWALL', 'PROXY-FIREWALL', 'NODEPORTS', 'EXTERNAL-SERVICES'] },
    { table: 'filter', chain: 'FORWARD', want: ['PROXY-FIREWALL', 'FORWARD', 'SERVICES', 'EXTERNAL-SERVICES'] },
    { table: 'filter', chain: 'OUTPUT', want: ['FIREWALL', 'PROXY-FIREWALL', 'SERVICES'] },
    { table: 'nat', chain: 'PREROUTING', want: ['SERVICES'] },
    { table: 'nat', chain: 'OUTPUT', want: ['SERVICES'] },
    { table: 'nat', chain: 'POSTROUTING', want: ['POSTROUTING'] },
  ] as const)('kube-proxy alone, $table $chain (SPEC-kube-proxy §3.2)', ({ table, chain, want }) => {
    expect(jumps(alone, table, chain)).toEqual(want.map((name) => `KUBE-${name}`));
  });

  test('after kubelet its jump stays last', () => {
    const want = ['PROXY-FIREWALL', 'NODEPORTS', 'EXTERNAL-SERVICES', 'FIREWALL'];
    expect(jumps({ ...alone, kubelet: 'on' }, 'filter', 'INPUT')).toEqual(want.map((name) => `KUBE-${name}`));
  });

  test('flanneld appends, so its chain comes after', () => {
    expect(jumps({}, 'filter', 'FORWARD').at(-1)).toBe('FLANNEL-FWD');
    expect(jumps({}, 'nat', 'POSTROUTING')).toEqual(['KUBE-POSTROUTING', 'FLANNEL-POSTRTG']);
  });
});

test('all nodes share the rules of a Service, as objects', () => {
  const web = pod('web-0', 'node-1', { labels: { app: 'web' } });
  const { network } = buildNetwork(makeLab({ nodes: [node(1), node(2)], pods: [web], services: [service('web', 80)] }));
  const rulesOf = (name: string) => network.netns(name)?.iptables.get('nat')?.chains.get(SVC)?.rules ?? [];
  expect(rulesOf('node-1')).toHaveLength(2);
  for (const [i, rule] of rulesOf('node-1').entries()) expect(rulesOf('node-2')[i]).toBe(rule);
});

test('route_localnet, for node ports on 127.0.0.1', () => {
  const ns = buildNetwork(makeLab()).network.netns('node-1');
  expect(ns?.sysctls.get('net/ipv4/conf/all/route_localnet')).toBe('1');
});
