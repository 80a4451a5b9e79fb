import { describe, expect, test } from 'vitest';
import type { KubeProxyConfig } from '../../src/agents/index.js';
import { proxiedNode } from '../../src/agents/kube-proxy/ipvs/node.js';
import type { Endpoint, Service } from '../../src/cluster/index.js';
import { node as machine } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';
import { ONE_EACH, proxied, served, servicePort, web } from './ipvs-node.js';
import { endpoint } from './service-cluster.js';

interface Case {
  readonly why: string;
  readonly service?: Partial<Service>;
  readonly endpoints?: readonly Endpoint[];
  readonly config?: Partial<KubeProxyConfig>;
  readonly node?: string;
  /** Virtual servers without their real servers' lines: each with the addresses of those. */
  readonly servers: Readonly<Record<string, readonly string[]>>;
}

const BOTH = ['10.244.1.2', '10.244.2.2'];
const EXTERNAL = { externalIPs: [ip('203.0.113.5')] };
const BALANCED = {
  type: 'LoadBalancer',
  loadBalancerIngress: [{ ip: ip('203.0.113.9'), ipMode: 'VIP' }],
  allocateLoadBalancerNodePorts: false,
} as const;
const NODE_PORT = { type: 'NodePort', ports: [servicePort({ nodePort: 30080 })] } as const;

// syncProxyRules() says which virtual servers there are, syncEndpoint() which endpoints they have; k8s 1.30
// pkg/proxy/ipvs/proxier.go.
describe('virtual servers', () => {
  test.each<Case>([
    { why: 'ClusterIP', servers: { '-t 10.96.0.80:80 -s rr': BOTH } },
    { why: 'no endpoints: it stays, and is empty', endpoints: [], servers: { '-t 10.96.0.80:80 -s rr': [] } },
    {
      why: 'UDP',
      service: { ports: [servicePort({ protocol: 'UDP' })] },
      servers: { '-u 10.96.0.80:80 -s rr': BOTH },
    },
    {
      why: 'SCTP',
      service: { ports: [servicePort({ protocol: 'SCTP' })] },
      servers: { '--sctp-service 10.96.0.80:80 -s rr': BOTH },
    },
    {
      why: 'internalTrafficPolicy Local',
      service: { internalTrafficPolicy: 'Local' },
      servers: { '-t 10.96.0.80:80 -s rr': ['10.244.1.2'] },
    },
    {
      // usesClusterEndpoints is false, so there is nothing to fall back to (CategorizeEndpoints(), topology.go).
      why: 'internalTrafficPolicy Local, and nothing here',
      service: { internalTrafficPolicy: 'Local' },
      node: 'node-3',
      servers: { '-t 10.96.0.80:80 -s rr': [] },
    },
    {
      why: 'internalTrafficPolicy Local, nothing here, but reached from outside as well: all endpoints',
      service: { internalTrafficPolicy: 'Local', ...EXTERNAL },
      node: 'node-3',
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 203.0.113.5:80 -s rr': BOTH },
    },
    {
      why: 'external IP',
      service: EXTERNAL,
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 203.0.113.5:80 -s rr': BOTH },
    },
    {
      why: 'external IP, externalTrafficPolicy Local',
      service: { ...EXTERNAL, externalTrafficPolicy: 'Local' },
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 203.0.113.5:80 -s rr': ['10.244.1.2'] },
    },
    {
      why: 'external IP, externalTrafficPolicy Local, and nothing here: all endpoints, where iptables mode drops',
      service: { ...EXTERNAL, externalTrafficPolicy: 'Local' },
      node: 'node-3',
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 203.0.113.5:80 -s rr': BOTH },
    },
    {
      why: 'load balancer',
      service: BALANCED,
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 203.0.113.9:80 -s rr': BOTH },
    },
    {
      why: 'load balancer of ipMode Proxy: always passed',
      service: { ...BALANCED, loadBalancerIngress: [{ ip: ip('203.0.113.9'), ipMode: 'Proxy' }] },
      servers: { '-t 10.96.0.80:80 -s rr': BOTH },
    },
    {
      why: 'one address for both: once',
      service: { ...BALANCED, externalIPs: [ip('203.0.113.9')] },
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 203.0.113.9:80 -s rr': BOTH },
    },
    {
      why: 'node port',
      service: NODE_PORT,
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 192.168.10.11:30080 -s rr': BOTH },
    },
    {
      why: 'node port, externalTrafficPolicy Local',
      service: { ...NODE_PORT, externalTrafficPolicy: 'Local' },
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 192.168.10.11:30080 -s rr': ['10.244.1.2'] },
    },
    {
      why: 'node port, on none of the addresses that --nodeport-addresses covers',
      service: NODE_PORT,
      config: { nodePortAddresses: [prefix('10.0.0.0/8')] },
      node: 'node-2',
      // The first sync finds none, the second the cluster IP on kube-ipvs0 (GetNodeIPs() leaves that device in).
      servers: { '-t 10.96.0.80:80 -s rr': BOTH, '-t 10.96.0.80:30080 -s rr': BOTH },
    },
    {
      why: 'sessionAffinity ClientIP, in each',
      service: { ...NODE_PORT, sessionAffinity: 10800 },
      servers: { '-t 10.96.0.80:80 -s rr -p 10800': BOTH, '-t 192.168.10.11:30080 -s rr -p 10800': BOTH },
    },
    {
      why: 'another scheduler',
      config: { ipvs: { scheduler: 'lc', strictARP: false, excludeCIDRs: [] } },
      servers: { '-t 10.96.0.80:80 -s lc': BOTH },
    },
    {
      why: 'mh, with the flag that hashes the port',
      config: { ipvs: { scheduler: 'mh', strictARP: false, excludeCIDRs: [] } },
      service: { sessionAffinity: 60 },
      servers: { '-t 10.96.0.80:80 -s mh -p 60 -b mh-port': BOTH },
    },
    {
      why: 'nothing is ready: what still serves while it terminates',
      endpoints: [
        endpoint('10.244.1.2', { ready: false, serving: true, terminating: true }),
        endpoint('10.244.1.3', { ready: false, serving: false, terminating: true }),
        endpoint('10.244.1.4', { ready: false }),
      ],
      servers: { '-t 10.96.0.80:80 -s rr': ['10.244.1.2'] },
    },
    {
      why: 'hints of zones',
      endpoints: [
        endpoint('10.244.1.2', { hints: { forZones: ['a'], forNodes: [] } }),
        endpoint('10.244.2.2', { hints: { forZones: ['b'], forNodes: [] } }),
      ],
      node: 'node-3',
      servers: { '-t 10.96.0.80:80 -s rr': ['10.244.2.2'] },
    },
  ])('$why', ({ service = {}, endpoints = ONE_EACH, config = {}, node = 'node-1', servers }) => {
    const { ipvs, refused } = proxied(served(web(service), endpoints), config, node);
    const want = Object.entries(servers).flatMap(([line, addresses]) => {
      const key = line.split(' ').slice(0, 2).join(' ');
      return [`-A ${line}`, ...addresses.map((address) => `-a ${key} -r ${address}:8080 -m -w 1`)];
    });
    expect(ipvs).toEqual(want);
    expect(refused).toEqual([]);
  });

  test('each says which Service it is for', () => {
    const [first] = proxied(served(web(), ONE_EACH)).ns.ipvs;
    expect(first?.origin).toEqual({ by: 'kube-proxy', object: 'service/default/web' });
    expect(first?.servers[0]?.origin).toEqual({ by: 'kube-proxy', object: 'service/default/web' });
  });

  test('of two Services with one external IP and port the last one gets it', () => {
    const [a, b] = [
      served(web(EXTERNAL), ONE_EACH),
      served({ ...web(EXTERNAL), name: 'web2', clusterIPs: [ip('10.96.0.81')] }, [endpoint('10.244.3.3')]),
    ];
    const both = {
      services: [...b.services, ...a.services],
      endpointSlices: [...b.endpointSlices, ...a.endpointSlices],
    };
    const { ipvs, refused } = proxied(both);
    expect(ipvs.filter((line) => line.includes('203.0.113.5'))).toEqual([
      '-A -t 203.0.113.5:80 -s rr',
      '-a -t 203.0.113.5:80 -r 10.244.3.3:8080 -m -w 1',
    ]);
    expect(refused).toEqual([]);
  });

  test('a scheduler that the kernel does not have ends kube-proxy (CanUseIPVSProxier())', () => {
    const config = { ipvs: { scheduler: 'none-such', strictARP: false, excludeCIDRs: [] } };
    const { ns, installs, refused } = proxied(served(web(), ONE_EACH), config);
    expect(installs.map(({ call }) => call.call)).toEqual(['ipvsadm restore']);
    expect(refused.map(({ errno }) => errno)).toEqual(['ENOENT']);
    expect(ns.links.has('kube-ipvs0')).toBe(false);
  });
});

// NodePortAddresses, k8s 1.30 pkg/proxy/util/nodeport_addresses.go; isValidForSet(), pkg/proxy/ipvs/netlink_linux.go.
describe('addresses that take node ports', () => {
  const ALL = ['lo 127.0.0.1', 'eth0 192.168.10.11', 'cni0 10.244.1.1', 'eth1 192.168.10.11', 'kube-ipvs0 10.96.0.80'];
  test.each([
    { cidrs: [], want: ['192.168.10.11', '10.244.1.1'], why: 'all of the node' },
    { cidrs: ['10.0.0.0/8', '0.0.0.0/0'], want: ['192.168.10.11', '10.244.1.1'], why: 'all of the node' },
    { cidrs: ['10.0.0.0/8'], want: ['10.244.1.1', '10.96.0.80'], why: 'kube-ipvs0 is no exception' },
    { cidrs: ['127.0.0.0/8'], want: [], why: 'never loopback' },
  ])('$cidrs: $want, $why', ({ cidrs, want }) => {
    const all = ALL.map((text) => text.split(' ')).map(([dev = '', local = '']) => ({ dev, local: ip(local) }));
    const config = { nodePortAddresses: cidrs.map(prefix) };
    expect(proxiedNode(machine(1), all, config).nodePortAddresses).toEqual(want);
  });
});

describe('kube-ipvs0', () => {
  test('is a dummy that is never set up, and has each service address as /32', () => {
    const { ns, bound } = proxied(served(web({ ...BALANCED, ...EXTERNAL }), ONE_EACH));
    const link = ns.links.get('kube-ipvs0');
    expect(link).toMatchObject({ kind: 'unmodelled', type: 'dummy', up: false, noarp: true, mtu: 1500 });
    expect(bound).toEqual(['10.96.0.80/32', '203.0.113.5/32', '203.0.113.9/32']);
  });

  test('does not get what another device has: 192.168.10.11 is that of eth0', () => {
    const external = { externalIPs: [ip('192.168.10.11'), ip('192.168.10.12')] };
    const { bound, ipvs, members } = proxied(served(web(external), ONE_EACH));
    expect(bound).toEqual(['10.96.0.80/32', '192.168.10.12/32']);
    expect(ipvs).toContain('-A -t 192.168.10.11:80 -s rr');
    expect(members.filter((line) => line.startsWith('KUBE-IPVS-IPS '))).toEqual([
      'KUBE-IPVS-IPS 10.96.0.80',
      'KUBE-IPVS-IPS 192.168.10.12',
    ]);
  });
});

// NewProxier(); vs/conn_reuse_mode is left alone from Linux 5.9 on.
describe('sysctls', () => {
  const changed = (strictARP: boolean): string[] =>
    proxied(served(web(), ONE_EACH), { ipvs: { scheduler: 'rr', strictARP, excludeCIDRs: [] } }).installs.flatMap(
      ({ call }) => (call.call === 'sysctl set' ? [`${call.path}=${call.value}`] : []),
    );
  const ALWAYS = [
    'net/ipv4/vs/conntrack=1',
    'net/ipv4/vs/expire_nodest_conn=1',
    'net/ipv4/vs/expire_quiescent_template=1',
  ];

  test('of IPVS; ip_forward is on already', () => {
    expect(changed(false)).toEqual(ALWAYS);
  });

  test('strictARP', () => {
    expect(changed(true)).toEqual([...ALWAYS, 'net/ipv4/conf/all/arp_ignore=1', 'net/ipv4/conf/all/arp_announce=2']);
  });
});
