import { describe, expect, test } from 'vitest';
import { DEFAULT_PROXY_CONFIG } from '../../src/agents/index.js';
import { endpointChain, serviceChain } from '../../src/agents/kube-proxy/iptables/names.js';
import { NEVER_SYNCED, type Sync, type SyncState, sync } from '../../src/agents/kube-proxy/iptables/sync.js';
import { buildNetwork } from '../../src/lab/index.js';
import { printRule } from '../../src/linux/index.js';
import type { RestoreChunk } from '../../src/plan/index.js';
import { makeLab, node } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';
import { clusterWith, endpoint, linesOf, POD_CIDR, serviceWith, syncText, webCluster } from './service-cluster.js';

const SVC = serviceChain('KUBE-SVC-', 'default/web', 'tcp');
const EXT = serviceChain('KUBE-EXT-', 'default/web', 'tcp');
const [SEP2, SEP3] = ['10.244.1.2:8080', '10.244.2.2:8080'].map((e) => endpointChain('default/web', 'tcp', e));

/** Rules of one chain, without `-A CHAIN`. */
function rulesOf(lines: readonly string[], chain: string): string[] {
  return lines.filter((line) => line.startsWith(`-A ${chain} `)).map((line) => line.slice(`-A ${chain} `.length));
}

const SVL = serviceChain('KUBE-SVL-', 'default/web', 'tcp');
const FW = serviceChain('KUBE-FW-', 'default/web', 'tcp');
const HERE = { nodeName: 'node-1' };
const NODE_PORT = [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }] as const;

describe('session affinity (writeServiceToEndpointRules(), k8s 1.30 proxier.go)', () => {
  const lines = linesOf(webCluster([endpoint('10.244.1.2'), endpoint('10.244.2.2')], { sessionAffinity: 600 }));

  test('first the endpoints that have seen the client, then the choice', () => {
    expect(
      rulesOf(lines, SVC)
        .slice(1)
        .map((rule) => rule.replace(/-m comment --comment "[^"]*" /, '')),
    ).toEqual([
      `-m recent --name ${SEP2} --rcheck --seconds 600 --reap -j ${SEP2}`,
      `-m recent --name ${SEP3} --rcheck --seconds 600 --reap -j ${SEP3}`,
      `-m statistic --mode random --probability 0.5000000000 -j ${SEP2}`,
      `-j ${SEP3}`,
    ]);
  });

  test('an endpoint notes the client before the DNAT', () => {
    expect(rulesOf(lines, SEP2 ?? '')).toEqual([
      '-m comment --comment default/web -s 10.244.1.2 -j KUBE-MARK-MASQ',
      `-m comment --comment default/web -m recent --name ${SEP2} --set -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:8080`,
    ]);
  });
});

describe('traffic policies', () => {
  const local = { type: 'NodePort', ports: NODE_PORT, externalTrafficPolicy: 'Local' } as const;

  test('externalTrafficPolicy Local: the short circuits, then the local chain', () => {
    const lines = linesOf(webCluster([endpoint('10.244.1.2', HERE), endpoint('10.244.2.2')], local));
    const end = 'for default/web external destinations"';
    expect(rulesOf(lines, EXT)).toEqual([
      `-m comment --comment "pod traffic ${end} -s 10.244.0.0/16 -j ${SVC}`,
      `-m comment --comment "masquerade LOCAL traffic ${end} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `-m comment --comment "route LOCAL traffic ${end} -m addrtype --src-type LOCAL -j ${SVC}`,
      `-j ${SVL}`,
    ]);
    expect(rulesOf(lines, SVL)).toEqual([`-m comment --comment "default/web -> 10.244.1.2:8080" -j ${SEP2}`]);
    expect(rulesOf(lines, SVC)).toHaveLength(3);
  });

  test('no local endpoint: what came from outside is dropped, and why', () => {
    const what = webCluster([endpoint('10.244.2.2')], local);
    const lines = linesOf(what);
    expect(rulesOf(lines, EXT)).toHaveLength(3);
    expect(lines.join('\n')).not.toContain(SVL);
    const config = { ...DEFAULT_PROXY_CONFIG, detectLocal: POD_CIDR };
    expect(syncText(what, config).find(({ origin }) => origin.reason === 'NO_LOCAL_ENDPOINT')).toEqual({
      origin: { by: 'kube-proxy', object: 'service/default/web', reason: 'NO_LOCAL_ENDPOINT' },
      lines: [
        '-A KUBE-EXTERNAL-SERVICES -m comment --comment "default/web has no local endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j DROP',
      ],
    });
  });

  test('without a detector pods have no way past the policy', () => {
    const lines = linesOf(webCluster([endpoint('10.244.1.2', HERE)], local), { detectLocal: { mode: 'none' } });
    expect(lines.filter((line) => line.includes('"pod traffic'))).toEqual([]);
  });

  test('a terminating endpoint of this node serves while no other does; remote ones serve the cluster IP', () => {
    const going = { ready: false, serving: true, terminating: true };
    const lines = linesOf(webCluster([endpoint('10.244.1.2', { ...HERE, ...going }), endpoint('10.244.2.2')], local));
    expect(rulesOf(lines, SVL).map((rule) => rule.split(' ').at(-1))).toEqual([SEP2]);
    expect(rulesOf(lines, SVC).map((rule) => rule.split(' ').at(-1))).toEqual(['KUBE-MARK-MASQ', SEP3]);
  });

  const [far, near] = [
    endpoint('10.244.1.2', { hints: { forZones: ['b'], forNodes: [] } }),
    endpoint('10.244.2.2', { hints: { forZones: ['a'], forNodes: [] } }),
  ];

  test.each([
    { zone: 'a', more: [], want: [SEP3], why: 'hints for the zone of the node' },
    { zone: 'c', more: [], want: [SEP2, SEP3], why: 'none is for its zone: all' },
    { zone: 'a', more: [endpoint('10.244.3.2')], want: [SEP2, SEP3, 'other'], why: 'one has no hint: all' },
    { zone: undefined, more: [], want: [SEP2, SEP3], why: 'the node has no zone: all' },
  ])('hints: $why (SPEC-kube-proxy §2.3)', ({ zone, more, want }) => {
    const labels = zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone };
    const what = webCluster([far, near, ...more]);
    const config = { ...DEFAULT_PROXY_CONFIG, detectLocal: POD_CIDR };
    const lines = syncText(what, config, node(1, { labels })).flatMap((chunk) => chunk.lines);
    const ends = rulesOf(lines, SVC)
      .slice(1)
      .map((rule) => rule.split(' ').at(-1) ?? '');
    expect(ends.map((end) => ([SEP2, SEP3].includes(end) ? end : 'other'))).toEqual(want);
  });
});

describe('load balancers', () => {
  const balancer = {
    type: 'LoadBalancer',
    ports: NODE_PORT,
    loadBalancerIngress: [{ ip: ip('203.0.113.80'), ipMode: 'VIP' }],
    loadBalancerSourceRanges: [prefix('198.51.100.0/24')],
  } as const;
  const allow = (source: string): string => `-m comment --comment "default/web loadbalancer IP" -s ${source} -j ${EXT}`;
  const end = '-m comment --comment "other traffic to default/web will be dropped by KUBE-PROXY-FIREWALL"';

  test('source ranges, and a DROP that says so; the node port is open to all', () => {
    const what = webCluster([endpoint('10.244.1.2')], balancer);
    const lines = linesOf(what);
    expect(rulesOf(lines, FW)).toEqual([allow('198.51.100.0/24'), end]);
    expect(rulesOf(lines, 'KUBE-NODEPORTS').map((rule) => rule.split(' ').at(-1))).toEqual([EXT]);
    const drop = syncText(what, DEFAULT_PROXY_CONFIG).find(({ origin }) => origin.reason === 'LB_SOURCE_RANGES');
    expect(drop?.lines).toEqual([
      `-A KUBE-PROXY-FIREWALL -m comment --comment "default/web traffic not accepted by ${FW}" -m tcp -p tcp -d 203.0.113.80 --dport 80 -j DROP`,
    ]);
  });

  test('a range that the node is in lets in its own packets, which have the address of the load balancer', () => {
    const loadBalancerSourceRanges = [prefix('192.168.10.0/24')];
    const lines = linesOf(webCluster([endpoint('10.244.1.2')], { ...balancer, loadBalancerSourceRanges }));
    expect(rulesOf(lines, FW)).toEqual([allow('192.168.10.0/24'), allow('203.0.113.80'), end]);
  });
});

describe('--nodeport-addresses (k8s 1.30 pkg/proxy/util/nodeport_addresses.go)', () => {
  const to = (nodePortAddresses: readonly string[], localhostNodePorts = true): (string | undefined)[] =>
    rulesOf(
      linesOf(webCluster([]), { nodePortAddresses: nodePortAddresses.map(prefix), localhostNodePorts }, [
        '127.0.0.1',
        '192.168.10.11',
        '172.16.0.1',
        '172.16.0.2',
      ]),
      'KUBE-SERVICES',
    )
      .filter((rule) => rule.endsWith('-j KUBE-NODEPORTS'))
      .map((rule) => /chain" (.*) -j/.exec(rule)?.[1]);

  test.each([
    { cidrs: [], want: ['-m addrtype --dst-type LOCAL'], why: 'all' },
    { cidrs: ['0.0.0.0/0', '172.16.0.0/24'], want: ['-m addrtype --dst-type LOCAL'], why: 'all, said' },
    { cidrs: ['172.16.0.0/24'], want: ['-d 172.16.0.1', '-d 172.16.0.2'], why: 'those of one range' },
    { cidrs: ['192.168.10.0/24', '127.0.0.0/8'], want: ['-d 192.168.10.11', '-d 127.0.0.1'], why: 'localhost too' },
    { cidrs: ['10.0.0.0/8'], want: [], why: 'the node has none of them' },
  ])('$cidrs: $why', ({ cidrs, want }) => {
    expect(to(cidrs)).toEqual(want);
  });

  test('no localhost without localhost node ports', () => {
    expect(to(['192.168.10.0/24', '127.0.0.0/8'], false)).toEqual(['-d 192.168.10.11']);
  });

  test('without 127.0.0.1 among them localhost node ports are off, and with them KUBE-FIREWALL', () => {
    const lines = linesOf(webCluster([]), { nodePortAddresses: [prefix('192.168.10.0/24')] });
    expect(lines.filter((line) => line.includes('KUBE-FIREWALL'))).toEqual([]);
    const config = { ...makeLab().kubeProxy.config, nodePortAddresses: [prefix('192.168.10.0/24')] };
    const { network } = buildNetwork(makeLab({ kubeProxy: { mode: 'iptables', config }, kubelet: 'off' }));
    const ns = network.netns('node-1');
    expect(ns?.sysctls.get('net/ipv4/conf/all/route_localnet')).toBe('0');
    const rules = ns?.iptables
      .get('nat')
      ?.chains.get('KUBE-SERVICES')
      ?.rules.map((rule) => printRule(rule, 'KUBE-SERVICES'));
    expect(rules?.filter((rule) => rule.endsWith('KUBE-NODEPORTS'))).toEqual([
      expect.stringContaining('-A KUBE-SERVICES -d 192.168.10.11/32 '),
    ]);
  });
});

describe('detectors', () => {
  test.each([
    { detectLocal: { mode: 'NodeCIDR' }, want: '! -s 10.244.1.0/24' },
    { detectLocal: { mode: 'BridgeInterface', bridge: 'cni0' }, want: '! -i cni0' },
    { detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'veth' }, want: '! -i veth+' },
  ] as const)('$detectLocal.mode: $want (SPEC-kube-proxy §3.5)', ({ detectLocal, want }) => {
    const [rule] = rulesOf(linesOf(webCluster([endpoint('10.244.1.2')]), { detectLocal }), SVC);
    expect(rule?.endsWith(`--dport 80 ${want} -j KUBE-MARK-MASQ`)).toBe(true);
  });
});

describe('a large cluster', () => {
  const many = Array.from({ length: 1001 }, (_, i) => endpoint(`10.244.${1 + (i >> 8)}.${i & 255}`));
  const staleAt = (now: number, previous: SyncState): Sync =>
    sync(
      {
        cluster: webCluster(many),
        node: node(1),
        config: DEFAULT_PROXY_CONFIG,
        family: 'ip',
        state: { addresses: [], tcpLiberal: false },
        natChains: ['KUBE-SEP-AAAAAAAAAAAAAAAA'],
        now,
      },
      previous,
    );
  const deletions = ({ chunks }: Sync): string[] =>
    chunks.flatMap(({ lines }) => lines).filter((line) => line.startsWith('-X'));

  test('looks for stale chains once in a syncPeriod, 30 s', () => {
    const first = staleAt(0, NEVER_SYNCED);
    expect(deletions(first)).toHaveLength(1);
    const second = staleAt(30_000, first.next);
    expect(deletions(second)).toEqual([]);
    expect(deletions(staleAt(30_001, second.next))).toHaveLength(1);
  });

  test('time alone brings no full sync (tryPartialSync := !needFullSync, k8s 1.30)', () => {
    const { next } = staleAt(0, NEVER_SYNCED);
    expect(staleAt(7_200_000, next).full).toBe(false);
  });
});

describe('what nodes share', () => {
  const config = { ...DEFAULT_PROXY_CONFIG, detectLocal: POD_CIDR };
  const ends = [endpoint('10.244.1.2', HERE), endpoint('10.244.2.2', { nodeName: 'node-2' })];

  test('the whole text where nothing in it depends on the node', () => {
    const what = webCluster(ends);
    expect(syncText(what, config, node(1))).toBe(syncText(what, config, node(2)));
  });

  test('of a text that does, the chunks of the other Services', () => {
    const local = serviceWith('local', ends, { clusterIPs: [ip('10.96.0.81')], internalTrafficPolicy: 'Local' });
    const what = clusterWith([serviceWith('web', ends, { clusterIPs: [ip('10.96.0.80')] }), local]);
    const of = (n: number, object: string): RestoreChunk[] =>
      syncText(what, config, node(n)).filter(({ origin }) => origin.object === object);
    const [ours, theirs] = [of(1, 'service/default/web'), of(2, 'service/default/web')];
    expect(ours.length).toBeGreaterThan(0);
    for (const [i, chunk] of ours.entries()) expect(theirs[i]).toBe(chunk);
    expect(of(1, 'service/default/local')).not.toEqual(of(2, 'service/default/local'));
  });
});
