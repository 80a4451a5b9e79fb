import { describe, expect, test } from 'vitest';
import { formatAddress, formatAnyPrefix } from '../../src/address/index.js';
import type { Service } from '../../src/cluster/index.js';
import { readLab, readLabWithNotes } from '../../src/input/read-lab.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { formatProblem } from '../../src/problem/index.js';

const NODE = 'nodes: {node-1: 192.168.56.11}\n';

function lab(text: string): Lab {
  const read = readLab(text, 'lab.yaml');
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
}

/** The one Service of a lab. */
function service(fields: string): Service {
  const [only] = lab(`${NODE}services:\n  web: {${fields}}\n`).services;
  if (only === undefined) throw new Error('no Service');
  return only;
}

/** `code path` of each problem of a lab with these Services. */
function problems(services: string): string[] {
  const read = readLab(`${NODE}services:\n  ${services.replaceAll('\n', '\n  ')}\n`, 'lab.yaml');
  return 'problems' in read ? read.problems.map(({ code, path }) => `${code} ${path.slice(1).join('.')}`) : [];
}

// Defaults of the API: k8s 1.30 pkg/apis/core/v1/defaults.go, SetDefaults_Service().
describe('what a Service says', () => {
  test('all of it', () => {
    const read = service(
      'type: LoadBalancer, clusterIP: 10.96.0.9, port: 80, nodePort: 30080, externalIPs: [203.0.113.7], ' +
        'sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}, ' +
        'externalTrafficPolicy: Local, internalTrafficPolicy: Local, healthCheckNodePort: 30090, ' +
        'loadBalancerSourceRanges: [203.0.113.0/25], ' +
        'ingress: [192.0.2.10, {ip: 192.0.2.11, ipMode: Proxy}, {hostname: lb.example.org}], ' +
        'allocateLoadBalancerNodePorts: false, publishNotReadyAddresses: true, trafficDistribution: PreferClose, ' +
        'labels: {a: b}, annotations: {c: d}',
    );
    expect(read).toMatchObject({
      type: 'LoadBalancer',
      sessionAffinity: 60,
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Local',
      healthCheckNodePort: 30090,
      allocateLoadBalancerNodePorts: false,
      publishNotReadyAddresses: true,
      trafficDistribution: 'PreferClose',
      labels: { a: 'b' },
      annotations: { c: 'd' },
    });
    expect(read.externalIPs.map(formatAddress)).toEqual(['203.0.113.7']);
    expect(read.loadBalancerSourceRanges.map(formatAnyPrefix)).toEqual(['203.0.113.0/25']);
    expect(read.loadBalancerIngress.map(({ ip, ipMode }) => `${formatAddress(ip)} ${ipMode}`)).toEqual([
      '192.0.2.10 VIP',
      '192.0.2.11 Proxy',
    ]);
  });

  test('affinity lasts three hours unless a timeout is given', () => {
    expect(service('port: 80, sessionAffinity: ClientIP').sessionAffinity).toBe(10800);
    expect(service('port: 80, sessionAffinity: None').sessionAffinity).toBeUndefined();
    expect(service('port: 80').sessionAffinity).toBeUndefined();
  });

  test('the API server drops the timeout of no affinity', () => {
    const read = readLabWithNotes(
      `${NODE}services: {web: {port: 80, sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}}}`,
      'lab.yaml',
    );
    if ('problems' in read) throw new Error('problems');
    expect(read.value.lab.services[0]?.sessionAffinity).toBeUndefined();
    expect(read.value.notes.map(({ message }) => message).join()).toContain('sessionAffinityConfig is dropped');
  });

  test('both families of a dual-stack Service; that of IPv6 is named as what is not followed', () => {
    const read = lab(`${NODE}services: {web: {port: 80, clusterIPs: [10.96.0.9, "fd00::9"]}}`);
    const { clusterIPs } = read.services[0] ?? {};
    expect(typeof clusterIPs === 'object' ? clusterIPs.map(formatAddress) : clusterIPs).toEqual([
      '10.96.0.9',
      'fd00::9',
    ]);
    expect(read.unmodelled).toEqual([{ what: 'clusterIPs: IPv6', where: 'service/default/web' }]);
  });

  // netutils.ParseIPSloppy(), and the trimming of ranges in ValidateService().
  test('octets with leading zeros are decimal, ranges may have blanks around', () => {
    const object = `---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  externalIPs: ["203.0.113.007"]
  loadBalancerSourceRanges: [" 203.0.113.0/25"]
  ports: [{port: 80}]
`;
    const [read] = lab(`${NODE}${object}`).services;
    expect(read?.externalIPs.map(formatAddress)).toEqual(['203.0.113.7']);
    expect(read?.loadBalancerSourceRanges.map(formatAnyPrefix)).toEqual(['203.0.113.0/25']);
  });
});

// ValidateService() and what it calls, k8s 1.30 pkg/apis/core/validation/validation.go.
describe('what the API server refuses', () => {
  test.each([
    {
      text: 'web: {port: 80, externalTrafficPolicy: Local}',
      want: ['conflict web.externalTrafficPolicy'],
      why: 'may only be set for externally-accessible services',
    },
    {
      text: 'web: {port: 80, externalTrafficPolicy: Local, externalIPs: [203.0.113.7]}',
      want: [],
      why: 'external IPs make it so',
    },
    {
      text: 'web: {port: 80, type: NodePort, externalTrafficPolicy: Local, healthCheckNodePort: 30100}',
      want: ['conflict web.healthCheckNodePort'],
      why: 'a health check needs LoadBalancer',
    },
    {
      text: 'web: {port: 80, type: LoadBalancer, healthCheckNodePort: 30100}',
      want: ['conflict web.healthCheckNodePort'],
      why: 'a health check needs Local',
    },
    {
      text: 'web: {port: 80, type: NodePort, loadBalancerSourceRanges: [10.0.0.0/8], allocateLoadBalancerNodePorts: true, ingress: [192.0.2.1]}',
      want: [
        'conflict web.loadBalancerSourceRanges',
        'conflict web.allocateLoadBalancerNodePorts',
        'conflict web.ingress',
      ],
      why: 'may only be used when type is LoadBalancer; all at once',
    },
    {
      text: 'web: {port: 80, sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}}',
      want: ['bad-value web.sessionAffinityConfig.clientIP.timeoutSeconds'],
      why: 'MaxClientIPServiceAffinitySeconds is 86400',
    },
    {
      text: 'web: {port: 80, sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}}',
      want: ['bad-value web.sessionAffinityConfig.clientIP.timeoutSeconds'],
      why: 'must be greater than 0',
    },
    {
      text: 'web: {port: 80, externalIPs: [0.0.0.0, 127.0.0.9, 169.254.3.4, 224.0.0.9, 203.0.113.300]}',
      want: [
        'bad-address web.externalIPs.0',
        'bad-address web.externalIPs.1',
        'bad-address web.externalIPs.2',
        'bad-address web.externalIPs.3',
        'bad-address web.externalIPs.4',
      ],
      why: 'ValidateNonSpecialIP()',
    },
    {
      text: 'web: {port: 80, type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/33]}',
      want: ['bad-address web.loadBalancerSourceRanges.0'],
      why: 'no prefix',
    },
    {
      text: 'web: {port: 10250, type: LoadBalancer}',
      want: ['conflict web.port'],
      why: 'used by kubelet',
    },
    { text: 'web: {port: 10250}', want: [], why: 'only a load balancer may not' },
    {
      text: 'web: {type: ExternalName, externalName: db.example.org, clusterIP: 10.96.0.9}',
      want: ['conflict web.clusterIP'],
      why: 'may not be set for ExternalName services',
    },
    { text: 'web: {port: 80, clusterIP: 10.96.0.0}', want: ['conflict web.clusterIP'], why: 'the network address' },
    {
      text: 'web: {port: 80, clusterIP: 10.111.255.255}',
      want: ['conflict web.clusterIP'],
      why: 'the broadcast address',
    },
    { text: 'web: {port: 80, clusterIP: 10.111.255.254}', want: [], why: 'the last one that is usable' },
    { text: 'web: {type: ExternalName}', want: ['missing web'], why: 'externalName is required' },
    { text: 'web: {type: ExternalName, externalName: ""}', want: ['missing web'], why: 'and not empty' },
    { text: 'web: {type: ExternalName, externalName: DB_1}', want: ['bad-value web.externalName'], why: 'no DNS name' },
    {
      text: 'web: {type: ExternalName, externalName: db.example.org.}',
      want: [],
      why: 'a dot at the end is taken away',
    },
    {
      text: 'web: {ports: [{name: a, port: 80}, {name: b, port: 80, protocol: UDP}, {name: c, port: 80}]}',
      want: ['conflict web.ports.2'],
      why: 'a port of one protocol twice',
    },
    {
      text: 'web: {port: 80, clusterIP: 10.96.0.9, clusterIPs: [10.96.0.8]}',
      want: ['conflict web.clusterIPs.0'],
      why: 'first value must match clusterIP',
    },
    {
      text: 'web: {port: 80, clusterIPs: [10.96.0.9, 10.96.0.8]}',
      want: ['conflict web.clusterIPs'],
      why: 'no more than one IP for each IP family',
    },
    {
      text: 'web: {port: 80, type: LoadBalancer, ingress: [{hostname: a.example.org, ipMode: VIP}]}',
      want: ['conflict web.ingress.0'],
      why: 'ipMode may not be specified when ip is not set',
    },
    {
      text: 'web: {port: 80, annotations: {service.kubernetes.io/topology-mode: Auto, service.kubernetes.io/topology-aware-hints: Disabled}}',
      want: ['conflict web.annotations'],
      why: 'must match when both are specified',
    },
    {
      text: 'web: {port: 80, externalTrafficPolicy: local, type: NodePort}',
      want: ['bad-value web.externalTrafficPolicy'],
      why: 'Cluster or Local',
    },
  ])('$text: $why', ({ text, want }) => {
    expect(problems(text)).toEqual(want);
  });

  // initNodePorts() and allocHealthCheckNodePort(), k8s 1.30 pkg/registry/core/service/storage/alloc.go: the allocator
  // knows numbers, not protocols.
  test.each([
    {
      text: 'a: {port: 80, nodePort: 30080}\nb: {port: 80, protocol: UDP, nodePort: 30080}',
      want: ['conflict b.nodePort'],
      why: 'one number, whatever the protocol',
    },
    {
      text: 'a: {type: NodePort, ports: [{name: u, port: 53, protocol: UDP, nodePort: 30053}, {name: t, port: 53, nodePort: 30053}]}',
      want: [],
      why: 'ports of one number share it',
    },
    {
      text: 'a: {type: NodePort, ports: [{name: u, port: 53, protocol: UDP, nodePort: 30053}, {name: t, port: 54, nodePort: 30053}]}',
      want: ['conflict a.ports.1.nodePort'],
      why: 'others do not',
    },
    {
      text: 'a: {port: 80, nodePort: 30080}\nb: {port: 80, type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30080}',
      want: ['conflict b.healthCheckNodePort'],
      why: 'health checks are of the same range',
    },
    {
      text: 'b: {port: 80, type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 80}',
      want: ['bad-value b.healthCheckNodePort'],
      why: 'and only of it',
    },
  ])('$text: $why', ({ text, want }) => {
    expect(problems(text)).toEqual(want);
  });

  // kube-proxy walks a Go map: whose rule is first is left to chance.
  test.each([
    {
      text: 'a: {port: 80, externalIPs: [203.0.113.7]}\nb: {port: 80, type: LoadBalancer, ingress: [203.0.113.7]}',
      want: ['conflict b.ingress.0'],
      why: 'one port at one address',
    },
    {
      text: 'a: {port: 80, externalIPs: [203.0.113.7]}\nb: {port: 81, externalIPs: [203.0.113.7]}\nc: {port: 80, protocol: UDP, externalIPs: [203.0.113.7]}',
      want: [],
      why: 'another port, another protocol',
    },
    {
      text: 'a: {port: 80, externalIPs: [203.0.113.7]}\nb: {port: 80, type: LoadBalancer, ingress: [{ip: 203.0.113.7, ipMode: Proxy}]}',
      want: [],
      why: 'nodes do not take that one for their own',
    },
    {
      text: 'a: {port: 80, type: LoadBalancer, externalIPs: [203.0.113.7], ingress: [203.0.113.7]}',
      want: [],
      why: 'both of one Service',
    },
  ])('two Services at one address: $text: $why', ({ text, want }) => {
    expect(problems(text)).toEqual(want);
  });
});

describe('the range of node ports', () => {
  test('is where they are taken from', () => {
    const read = lab(`serviceNodePortRange: 31000-31002\n${NODE}services:
  a: {port: 80, type: NodePort}
  b: {port: 80, type: LoadBalancer, externalTrafficPolicy: Local}
`);
    const { services } = buildNetwork(read).cluster;
    expect(services.map(({ ports, healthCheckNodePort }) => [ports[0]?.nodePort, healthCheckNodePort])).toEqual([
      [31000, undefined],
      [31001, 31002],
    ]);
  });

  test.each([
    { range: '31000-31001', services: 'a: {port: 80, type: NodePort}', want: [] },
    {
      range: '31000-31001',
      services: 'a: {port: 80, type: LoadBalancer, externalTrafficPolicy: Local}, b: {port: 80, type: NodePort}',
      want: ['conflict services.b'],
    },
    {
      range: '31000-31000',
      services: 'a: {port: 80, type: LoadBalancer, externalTrafficPolicy: Local}',
      want: ['conflict services.a'],
    },
    { range: '31000-31001', services: 'a: {port: 80, nodePort: 30080}', want: ['bad-value services.a.nodePort'] },
    { range: '32000-31000', services: 'a: {port: 80}', want: ['bad-value serviceNodePortRange'] },
    { range: '32000-31000', services: 'a: {port: 80, nodePort: 31500}', want: ['bad-value serviceNodePortRange'] },
    { range: 'x', services: 'a: {port: 80, nodePort: 1}', want: ['bad-value serviceNodePortRange'] },
    { range: '0-70000', services: 'a: {port: 80}', want: ['bad-value serviceNodePortRange'] },
  ])('$range with $services: $want', ({ range, services, want }) => {
    const read = readLab(`serviceNodePortRange: ${range}\n${NODE}services: {${services}}`, 'lab.yaml');
    expect('problems' in read ? read.problems.map(({ code, path }) => `${code} ${path.join('.')}`) : []).toEqual(want);
  });
});

// KubeProxyConfiguration, kubeproxy.config.k8s.io/v1alpha1, and getLocalDetector(), k8s 1.30
// cmd/kube-proxy/app/server_linux.go.
describe('kubeProxy', () => {
  const config = (text: string): Lab['kubeProxy'] => lab(`${NODE}kubeProxy: ${text}`).kubeProxy;

  test.each([
    { text: 'ipvs', mode: 'ipvs' },
    { text: 'none', mode: 'none' },
    { text: '{mode: ipvs}', mode: 'ipvs' },
    { text: '{masqueradeAll: true}', mode: 'iptables' },
  ])('$text: mode $mode', ({ text, mode }) => {
    expect(config(text).mode).toBe(mode);
  });

  test.each([
    { text: '{clusterCIDR: none}', want: { mode: 'none' }, why: 'an empty one tells nothing' },
    { text: '{detectLocalMode: NodeCIDR}', want: { mode: 'NodeCIDR' }, why: "the node's own" },
    {
      text: '{detectLocalMode: BridgeInterface, detectLocal: {bridgeInterface: cni0}}',
      want: { mode: 'BridgeInterface', bridge: 'cni0' },
      why: 'a bridge',
    },
    {
      text: '{detectLocalMode: InterfaceNamePrefix, detectLocal: {interfaceNamePrefix: veth}}',
      want: { mode: 'InterfaceNamePrefix', prefix: 'veth' },
      why: 'names of devices',
    },
  ])('$text: $why', ({ text, want }) => {
    expect(config(text).config.detectLocal).toEqual(want);
  });

  test('clusterCIDR has one prefix of each family', () => {
    const { detectLocal } = config('{clusterCIDR: "10.1.0.0/16,fd00::/64"}').config;
    expect(detectLocal.mode === 'ClusterCIDR' ? detectLocal.cidrs.map(formatAnyPrefix) : detectLocal.mode).toEqual([
      '10.1.0.0/16',
      'fd00::/64',
    ]);
  });

  test('all else', () => {
    const { nodePortAddresses, ipvs, ...rest } = config(
      '{nodePortAddresses: [192.168.56.0/24], randomFully: false, nfacct: true, ' +
        'iptables: {masqueradeBit: 31, localhostNodePorts: false, masqueradeAll: true}, ' +
        'ipvs: {scheduler: wlc, strictARP: true, excludeCIDRs: [10.5.0.0/16]}}',
    ).config;
    expect(rest).toMatchObject({
      masqueradeAll: true,
      masqueradeBit: 31,
      localhostNodePorts: false,
      randomFully: false,
      nfacct: true,
    });
    expect(nodePortAddresses.map(formatAnyPrefix)).toEqual(['192.168.56.0/24']);
    expect({ ...ipvs, excludeCIDRs: ipvs.excludeCIDRs.map(formatAnyPrefix) }).toEqual({
      scheduler: 'wlc',
      strictARP: true,
      excludeCIDRs: ['10.5.0.0/16'],
    });
  });

  test.each([
    { text: '{detectLocalMode: BridgeInterface}', want: ['missing detectLocal.bridgeInterface'] },
    { text: '{detectLocalMode: InterfaceNamePrefix}', want: ['missing detectLocal.interfaceNamePrefix'] },
    { text: '{masqueradeAll: true, iptables: {masqueradeAll: false}}', want: ['conflict iptables.masqueradeAll'] },
    { text: '{iptables: {masqueradeBit: 32}}', want: ['bad-value iptables.masqueradeBit'] },
    { text: '{nodePortAddresses: [10.0.0.0/40]}', want: ['bad-address nodePortAddresses.0'] },
    { text: '{clusterCIDR: 10.0.0.0/40}', want: ['bad-address clusterCIDR'] },
    { text: '{ipvs: {scheduler: round}}', want: ['bad-value ipvs.scheduler'] },
  ])('refuses $text', ({ text, want }) => {
    const read = readLab(`${NODE}kubeProxy: ${text}`, 'lab.yaml');
    expect(
      'problems' in read ? read.problems.map(({ code, path }) => `${code} ${path.slice(1).join('.')}`) : [],
    ).toEqual(want);
  });
});
