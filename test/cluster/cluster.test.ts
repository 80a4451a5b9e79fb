import { describe, expect, test } from 'vitest';
import { formatAddress, formatPrefix } from '../../src/address/index.js';
import {
  allocateServices,
  candidates,
  deriveEndpointSlices,
  type EndpointSlice,
  type Labels,
  matchesLabels,
  nodeSubnet,
  type Pod,
  type PortRange,
  podsOn,
  type Service,
  type WhyNot,
} from '../../src/cluster/index.js';
import { node, pod, port, service } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';

describe('matchesLabels', () => {
  const rows: readonly { selector: Labels; labels: Labels; want: boolean; why: string }[] = [
    { selector: { app: 'web' }, labels: { app: 'web', tier: 'front' }, want: true, why: 'more labels do not matter' },
    { selector: { app: 'web', tier: 'front' }, labels: { app: 'web' }, want: false, why: 'all pairs are needed' },
    { selector: { app: 'web' }, labels: { app: 'db' }, want: false, why: 'another value' },
    { selector: {}, labels: { app: 'web' }, want: true, why: 'an empty selector is one for everything' },
    { selector: { constructor: 'x' }, labels: {}, want: false, why: 'what every object has is no label' },
  ];

  test.each(rows)('$selector, $labels: $want, $why', ({ selector, labels, want }) => {
    expect(matchesLabels(selector, labels)).toBe(want);
  });
});

describe('nodeSubnet', () => {
  test.each([
    {
      cidr: '10.244.0.0/16',
      length: 24,
      ordinal: 0,
      want: '10.244.0.0/24',
      why: 'kube-controller-manager starts here',
    },
    { cidr: '10.244.0.0/16', length: 24, ordinal: 1, want: '10.244.1.0/24', why: 'the next' },
    { cidr: '10.244.0.0/16', length: 24, ordinal: 255, want: '10.244.255.0/24', why: 'the last' },
    { cidr: '10.244.0.0/16', length: 24, ordinal: 256, want: undefined, why: 'there are no more' },
    { cidr: '0.0.0.0/0', length: 8, ordinal: 255, want: '255.0.0.0/8', why: 'top bit set stays unsigned' },
    { cidr: '10.244.0.0/25', length: 24, ordinal: 0, want: undefined, why: 'larger than the whole' },
  ])('$ordinal of $cidr: $want, $why', ({ cidr, length, ordinal, want }) => {
    const subnet = nodeSubnet(prefix(cidr), length, ordinal);
    expect(subnet === undefined ? undefined : formatPrefix(subnet)).toBe(want);
  });
});

describe('allocateServices', () => {
  const clusterIPs = (services: readonly Service[], cidr = '10.96.0.0/29'): (string | undefined)[] =>
    allocateServices(services, prefix(cidr)).map(({ clusterIPs: given }) =>
      typeof given === 'object' ? given.map(formatAddress).join() : given,
    );
  const nodePorts = (services: readonly Service[]): (number | undefined)[] =>
    allocateServices(services, prefix('10.96.0.0/12')).flatMap(({ ports }) => ports.map(({ nodePort }) => nodePort));
  const ports = (...numbers: readonly (number | undefined)[]): Service['ports'] =>
    numbers.map((nodePort, i) => ({ name: `p${i}`, protocol: 'TCP', port: 80 + i, targetPort: 80, nodePort }));

  test('from the second address on: the first is that of default/kubernetes', () => {
    expect(clusterIPs([service('a', 80), service('b', 80)])).toEqual(['10.96.0.2', '10.96.0.3']);
  });

  test('given ones are set aside, headless and external ones need none', () => {
    const services = [
      service('a', 80),
      service('b', 80, { clusterIPs: [ip('10.96.0.2')] }),
      service('c', 80, { clusterIPs: 'None' }),
      service('d', 80, { type: 'ExternalName' }),
      service('e', 80),
    ];
    expect(clusterIPs(services)).toEqual(['10.96.0.3', '10.96.0.2', 'None', undefined, '10.96.0.4']);
  });

  test('a full range leaves the rest without', () => {
    // Of 8 addresses: network, kubernetes, 5 to hand out, broadcast.
    const services = Array.from({ length: 6 }, (_, i) => service(`s${i}`, 80));
    expect(clusterIPs(services).at(-2)).toBe('10.96.0.6');
    expect(clusterIPs(services).at(-1)).toBeUndefined();
  });

  test.each([
    { type: 'ClusterIP' as const, given: [undefined], want: [undefined], why: 'needs none' },
    { type: 'NodePort' as const, given: [undefined, undefined], want: [30000, 30001], why: 'the lowest free ones' },
    { type: 'NodePort' as const, given: [30001, undefined], want: [30001, 30000], why: 'given ones stay' },
    { type: 'LoadBalancer' as const, given: [undefined], want: [30000], why: 'has node ports too' },
  ])('node ports of a $type: $want, $why', ({ type, given, want }) => {
    expect(nodePorts([service('a', 80, { type, ports: ports(...given) })])).toEqual(want);
  });

  test('one number for both protocols of a port', () => {
    const dns = (['UDP', 'TCP'] as const).map((protocol) => ({
      name: protocol,
      protocol,
      port: 53,
      targetPort: 53,
      nodePort: undefined,
    }));
    expect(nodePorts([service('dns', 53, { type: 'NodePort', ports: dns })])).toEqual([30000, 30000]);
  });
});

// Which Services need which: k8s 1.30 pkg/registry/core/service/storage/alloc.go, pkg/api/service/util.go.
describe('health check node ports and load balancers without node ports', () => {
  const balancer = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } as const;
  const allocated = (services: readonly Service[], range?: PortRange): (readonly (number | undefined)[])[] =>
    allocateServices(services, prefix('10.96.0.0/12'), range).map(({ ports, healthCheckNodePort }) => [
      ...ports.map(({ nodePort }) => nodePort),
      healthCheckNodePort,
    ]);

  test.each([
    { more: balancer, want: [30000, 30001], why: 'a load balancer with policy Local' },
    { more: { ...balancer, healthCheckNodePort: 30000 }, want: [30001, 30000], why: 'a given one is set aside' },
    { more: { type: 'LoadBalancer' as const }, want: [30000, undefined], why: 'policy Cluster asks no node' },
    { more: { ...balancer, type: 'NodePort' as const }, want: [30000, undefined], why: 'there is no load balancer' },
    { more: { ...balancer, allocateLoadBalancerNodePorts: false }, want: [undefined, 30000], why: 'no node ports' },
  ])('$want: $why', ({ more, want }) => {
    expect(allocated([service('a', 80, more)])).toEqual([want]);
  });

  test('a given node port is kept where none is allocated', () => {
    const ports = service('a', 80).ports.map((each) => ({ ...each, nodePort: 30005 }));
    expect(allocated([service('a', 80, { ...balancer, ports, allocateLoadBalancerNodePorts: false })])).toEqual([
      [30005, 30000],
    ]);
  });

  test('no other Service gets one that is given', () => {
    expect(
      allocated([service('a', 80, balancer), service('b', 80, { ...balancer, healthCheckNodePort: 30001 })]),
    ).toEqual([
      [30000, 30002],
      [30003, 30001],
    ]);
  });

  test('a range that is used up', () => {
    expect(allocated([service('a', 80, balancer)], { first: 31000, last: 31000 })).toEqual([[31000, undefined]]);
  });
});

describe('deriveEndpointSlices', () => {
  const nodes = [node(1), node(2)];
  const web = (name: string, more: Partial<Pod> = {}): Pod =>
    pod(name, 'node-1', { labels: { app: 'web' }, podIP: ip('10.244.1.2'), ...more });
  const slices = (pods: readonly Pod[], more: Partial<Service> = {}): EndpointSlice[] =>
    deriveEndpointSlices([service('web', 80, more)], pods, nodes);

  test('the pods that the selector matches, in their Kubernetes namespace', () => {
    const [slice, ...more] = slices([web('a'), web('b', { labels: {} }), web('c', { namespace: 'other' })]);
    expect(more).toEqual([]);
    expect(slice).toMatchObject({ namespace: 'default', service: 'web', ports: [{ name: '', port: 80 }] });
    expect(slice?.endpoints).toEqual([
      {
        address: ip('10.244.1.2'),
        ready: true,
        serving: true,
        terminating: false,
        nodeName: 'node-1',
        target: 'default/a',
      },
    ]);
  });

  test.each([
    { more: { selector: undefined }, why: 'no selector' },
    { more: { selector: {} }, why: 'an empty selector, which selects nothing in a Service' },
    { more: { type: 'ExternalName' as const }, why: 'ExternalName' },
  ])('none: $why', ({ more }) => {
    expect(slices([web('a')], more)).toEqual([]);
  });

  test('headless ones have slices', () => {
    expect(slices([web('a')], { clusterIPs: 'None' })).toHaveLength(1);
  });

  test('a pod that is not ready is there, and says so', () => {
    expect(slices([web('a', { ready: false })])[0]?.endpoints[0]).toMatchObject({ ready: false, serving: false });
  });

  // podToEndpoint(), k8s 1.30 staging/src/k8s.io/endpointslice/utils.go.
  test.each([
    { pod: {}, service: {}, want: [true, true, false] },
    { pod: { ready: false }, service: {}, want: [false, false, false] },
    { pod: { terminating: true }, service: {}, want: [false, true, true] },
    { pod: { terminating: true, ready: false }, service: {}, want: [false, false, true] },
    { pod: { ready: false }, service: { publishNotReadyAddresses: true }, want: [true, false, false] },
    { pod: { terminating: true }, service: { publishNotReadyAddresses: true }, want: [true, true, true] },
  ])('$pod, $service: ready, serving, terminating are $want', ({ pod: more, service: fields, want }) => {
    const [endpoint] = slices([web('a', more)], fields)[0]?.endpoints ?? [];
    expect([endpoint?.ready, endpoint?.serving, endpoint?.terminating]).toEqual(want);
  });

  // preferCloseHeuristic.update(), k8s 1.34 staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go, and
  // reconcileByAddressType() in reconciler.go.
  test.each([
    { more: {}, zone: 'a', want: undefined, why: 'nothing asked' },
    { more: { trafficDistribution: 'PreferClose' as const }, zone: 'a', want: [['a'], []], why: 'its own zone' },
    { more: { trafficDistribution: 'PreferSameZone' as const }, zone: 'a', want: [['a'], []], why: 'the same' },
    {
      more: { trafficDistribution: 'PreferSameNode' as const },
      zone: 'a',
      want: [['a'], ['node-1']],
      why: 'its own node, for kube-proxies that know no nodes its zone',
    },
    { more: { trafficDistribution: 'PreferClose' as const }, zone: undefined, want: undefined, why: 'no zone' },
    { more: { trafficDistribution: 'PreferClose' as const }, zone: '', want: undefined, why: 'an empty one is none' },
    {
      more: { trafficDistribution: 'PreferSameNode' as const },
      zone: undefined,
      want: [[], ['node-1']],
      why: 'a node is there',
    },
    {
      more: {
        trafficDistribution: 'PreferClose' as const,
        annotations: { 'service.kubernetes.io/topology-mode': 'Auto' },
      },
      zone: 'a',
      want: undefined,
      why: 'the annotation decides, by what is not known here',
    },
    {
      more: {
        trafficDistribution: 'PreferClose' as const,
        annotations: {
          'service.kubernetes.io/topology-mode': 'Auto',
          'service.kubernetes.io/topology-aware-hints': 'Disabled',
        },
      },
      zone: 'a',
      want: [['a'], []],
      why: 'the older annotation has precedence (hintsEnabled())',
    },
  ])('hints of $more in zone $zone: $want, $why', ({ more, zone, want }) => {
    const labels: Labels = zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone };
    const [slice] = deriveEndpointSlices([service('web', 80, more)], [web('a')], [node(1, { labels })]);
    const { hints, zone: found } = slice?.endpoints[0] ?? {};
    expect(hints === undefined ? undefined : [hints.forZones, hints.forNodes]).toEqual(want);
    expect(found).toBe(zone === '' ? undefined : zone);
  });

  test('hints are for endpoints that are ready', () => {
    const labels = { 'topology.kubernetes.io/zone': 'a' };
    const near = service('web', 80, { trafficDistribution: 'PreferClose' });
    const [slice] = deriveEndpointSlices([near], [web('a', { terminating: true })], [node(1, { labels })]);
    expect(slice?.endpoints).toMatchObject([{ hints: undefined, zone: 'a' }]);
  });

  test('a pod without address is not; one on the host network has its node’s', () => {
    const [slice] = slices([web('a', { podIP: undefined }), web('b', { podIP: undefined, hostNetwork: true })]);
    expect(slice?.endpoints.map(({ target, address }) => [target, address])).toEqual([
      ['default/b', ip('192.168.10.11')],
    ]);
  });

  test('a named targetPort is each pod’s own: pods with another number are in a slice of their own', () => {
    const http = (containerPort: number, name = 'http') => [port(containerPort, { name })];
    const pods = [
      web('a', { ports: http(8080) }),
      web('b', { ports: http(9090) }),
      web('c', { ports: http(8080) }),
      web('d', { ports: http(8080, 'other') }),
    ];
    const named = {
      ports: [{ name: 'web', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: undefined }],
    } as const;
    expect(
      slices(pods, named).map(({ ports, endpoints }) => [ports[0]?.port, endpoints.map(({ target }) => target)]),
    ).toEqual([
      [8080, ['default/a', 'default/c']],
      [9090, ['default/b']],
      // A pod without that port is an endpoint of no port.
      [undefined, ['default/d']],
    ]);
  });

  test('a name is found among ports of its protocol', () => {
    const ports = [port(53, { name: 'dns', protocol: 'UDP' }), port(5353, { name: 'dns', protocol: 'TCP' })];
    const named = { ports: [{ name: '', protocol: 'TCP', port: 53, targetPort: 'dns', nodePort: undefined }] } as const;
    expect(slices([web('a', { ports })], named)[0]?.ports).toEqual([{ name: '', protocol: 'TCP', port: 5353 }]);
  });

  test('at most 100 endpoints in a slice', () => {
    const pods = Array.from({ length: 101 }, (_, i) => web(`p${i}`));
    expect(slices(pods).map(({ name, endpoints }) => [name, endpoints.length])).toEqual([
      ['web-1', 100],
      ['web-2', 1],
    ]);
  });
});

describe('candidates', () => {
  const nodes = [node(1)];
  const why = (pods: readonly Pod[], more: Partial<Service> = {}): (readonly WhyNot[])[] =>
    candidates({ nodes, pods }, service('web', 80, more)).map(({ reasons }) => reasons);
  const web = (more: Partial<Pod> = {}): Pod =>
    pod('a', 'node-1', { labels: { app: 'web' }, podIP: ip('10.244.1.2'), ...more });
  const named: Service['ports'] = [
    { name: 'web', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: undefined },
    { name: 'admin', protocol: 'TCP', port: 81, targetPort: 9000, nodePort: undefined },
  ];

  test.each<{ pod: Partial<Pod>; more: Partial<Service>; want: readonly WhyNot[] }>([
    { pod: {}, more: {}, want: [] },
    {
      pod: { labels: { app: 'db' } },
      more: { selector: { app: 'web', tier: 'front' } },
      want: [
        { why: 'label', key: 'app', wanted: 'web', found: 'db' },
        { why: 'label', key: 'tier', wanted: 'front', found: undefined },
      ],
    },
    {
      pod: { labels: { app: 'db' }, ready: false },
      more: {},
      want: [{ why: 'label', key: 'app', wanted: 'web', found: 'db' }],
    },
    {
      pod: {},
      more: { selector: { constructor: 'x' } },
      want: [{ why: 'label', key: 'constructor', wanted: 'x', found: undefined }],
    },
    { pod: { podIP: undefined }, more: {}, want: [{ why: 'no address' }] },
    { pod: { podIP: undefined, hostNetwork: true }, more: {}, want: [] },
    { pod: { ready: false }, more: {}, want: [{ why: 'not ready' }] },
    { pod: { ready: false }, more: { publishNotReadyAddresses: true }, want: [] },
    { pod: { terminating: true }, more: {}, want: [{ why: 'terminating', serving: true }] },
    { pod: { terminating: true, ready: false }, more: {}, want: [{ why: 'terminating', serving: false }] },
    {
      pod: { ports: [port(8080, { name: 'http', protocol: 'UDP' })] },
      more: { ports: named },
      want: [{ why: 'no port', port: 'web', targetPort: 'http', protocol: 'TCP' }],
    },
    { pod: { ports: [port(8080, { name: 'http' })] }, more: { ports: named }, want: [] },
  ])('$pod, $more: $want', ({ pod: fields, more, want }) => {
    expect(why([web(fields)], more)).toEqual([want]);
  });

  test('are the pods of the namespace alone, and none without a selector', () => {
    expect(why([web(), web({ namespace: 'other' })])).toEqual([[]]);
    expect(why([web()], { selector: undefined })).toEqual([]);
    expect(why([web()], { type: 'ExternalName' })).toEqual([]);
  });

  test('agree with the slices: who has no reason is a ready endpoint of every port, and nobody else', () => {
    const states = [
      web(),
      web({ ready: false }),
      web({ terminating: true }),
      web({ podIP: undefined }),
      web({ labels: {} }),
    ];
    const pods = states.flatMap((each, i) =>
      ['http', 'other'].map((name, n) => ({ ...each, name: `p${i}-${n}`, ports: [port(8080, { name })] })),
    );
    for (const publishNotReadyAddresses of [false, true]) {
      const each = service('web', 80, { ports: named, publishNotReadyAddresses });
      const ready = deriveEndpointSlices([each], pods, nodes)
        .filter(({ ports }) => ports.length === named.length)
        .flatMap(({ endpoints }) => endpoints.filter((endpoint) => endpoint.ready === true));
      const fine = candidates({ nodes, pods }, each).filter(({ reasons }) => reasons.length === 0);
      expect(fine.map(({ pod: { name } }) => `default/${name}`)).toEqual(ready.map(({ target }) => target));
      expect(fine.length).toBe(publishNotReadyAddresses ? 3 : 1);
    }
  });
});

test('podsOn: by node, in order', () => {
  const pods = [pod('a', 'node-1'), pod('b', 'node-2'), pod('c', 'node-1')];
  const cluster = {
    podCIDR: prefix('10.244.0.0/16'),
    serviceCIDR: prefix('10.96.0.0/12'),
    nodes: [],
    pods,
    services: [],
    endpointSlices: [],
  };
  expect(podsOn(cluster, 'node-1').map(({ name }) => name)).toEqual(['a', 'c']);
  expect(podsOn(cluster, 'node-9')).toEqual([]);
});
