import { describe, expect, test } from 'vitest';
import { importKubectl, readLab } from '../../src/input/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { formatProblem } from '../../src/problem/index.js';

/** Objects as `kubectl get -o yaml` prints them, without what the network has no part in. */
const OBJECTS = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata:
    name: node-1
    labels: {topology.kubernetes.io/zone: a, kubernetes.io/os: linux}
    annotations: {flannel.alpha.coreos.com/backend-type: host-gw}
  spec: {podCIDR: 10.244.1.0/24}
  status: {addresses: [{type: InternalIP, address: 192.168.56.11}]}
- apiVersion: v1
  kind: Node
  metadata:
    name: node-2
    labels: {topology.kubernetes.io/zone: b}
    annotations: {flannel.alpha.coreos.com/backend-type: host-gw}
  spec: {podCIDR: 10.244.2.0/24}
  status: {addresses: [{type: InternalIP, address: 192.168.56.12}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: web-1, labels: {app: web}}
  spec: {nodeName: node-1, containers: [{name: c, ports: [{containerPort: 8080, name: http, protocol: TCP}]}]}
  status: {podIP: 10.244.1.2, phase: Running, conditions: [{type: Ready, status: "True"}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: web-2, labels: {app: web}, deletionTimestamp: "2024-05-01T10:00:00Z"}
  spec: {nodeName: node-2, containers: [{name: c, ports: [{containerPort: 8080, name: http, protocol: TCP}]}]}
  status: {podIP: 10.244.2.2, phase: Running, conditions: [{type: Ready, status: "True"}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: web-3, labels: {app: web}}
  spec: {nodeName: node-2, containers: [{name: c, ports: [{containerPort: 9090, name: http, protocol: TCP}]}]}
  status: {podIP: 10.244.2.3, phase: Running, conditions: [{type: Ready, status: Unknown}]}
- apiVersion: v1
  kind: Service
  metadata: {name: balanced, labels: {app: web}, annotations: {note: x}}
  spec:
    type: LoadBalancer
    clusterIP: 10.96.0.10
    clusterIPs: [10.96.0.10]
    ipFamilies: [IPv4]
    ipFamilyPolicy: SingleStack
    selector: {app: web}
    ports:
    - {name: http, port: 80, protocol: TCP, targetPort: http, nodePort: 31080, appProtocol: http}
    - {name: dns, port: 53, protocol: UDP, targetPort: 5353, nodePort: 31053}
    externalIPs: [203.0.113.7]
    externalTrafficPolicy: Local
    internalTrafficPolicy: Cluster
    healthCheckNodePort: 32100
    loadBalancerSourceRanges: [203.0.113.0/25]
    loadBalancerIP: 192.0.2.10
    loadBalancerClass: example.org/lb
    allocateLoadBalancerNodePorts: true
    sessionAffinity: ClientIP
    sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}
    trafficDistribution: PreferClose
  status:
    conditions: []
    loadBalancer: {ingress: [{ip: 192.0.2.10, ipMode: VIP, ports: []}, {ip: 192.0.2.11, ipMode: Proxy}, {hostname: lb.example.org}]}
- apiVersion: v1
  kind: Service
  metadata: {name: peers}
  spec:
    type: ClusterIP
    clusterIP: None
    clusterIPs: [None]
    publishNotReadyAddresses: true
    internalTrafficPolicy: Local
    selector: {app: web}
    sessionAffinity: None
    ports: [{port: 8080, protocol: TCP, targetPort: 8080}]
- apiVersion: v1
  kind: Service
  metadata: {name: portless}
  spec:
    type: LoadBalancer
    clusterIP: 10.96.0.11
    clusterIPs: [10.96.0.11]
    allocateLoadBalancerNodePorts: false
    externalTrafficPolicy: Cluster
    internalTrafficPolicy: Cluster
    selector: {app: web}
    sessionAffinity: None
    ports: [{port: 81, protocol: TCP, targetPort: 8080}]
- apiVersion: v1
  kind: Service
  metadata: {name: dual}
  spec:
    type: ClusterIP
    clusterIP: 10.96.0.12
    clusterIPs: [10.96.0.12, "fd00:10:96::c"]
    ipFamilies: [IPv4, IPv6]
    ipFamilyPolicy: PreferDualStack
    selector: {app: web}
    ports: [{port: 82, protocol: TCP, targetPort: 8080}]
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata:
    name: dual-v6
    labels: {kubernetes.io/service-name: dual, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}
  addressType: IPv6
  ports: [{name: "", port: 8080, protocol: TCP}]
  endpoints: [{addresses: ["fd00:10:244:1::2"], conditions: {ready: true, serving: true, terminating: false}, nodeName: node-1}]
- apiVersion: v1
  kind: Service
  metadata: {name: spread, annotations: {service.kubernetes.io/topology-mode: Auto}}
  spec:
    type: ClusterIP
    clusterIP: 10.96.0.13
    selector: {app: web}
    ports: [{port: 83, protocol: TCP, targetPort: 8080}]
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata:
    name: spread-x
    labels: {kubernetes.io/service-name: spread, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}
  addressType: IPv4
  ports: [{name: "", port: 8080, protocol: TCP}]
  endpoints:
  - addresses: [10.244.1.2]
    conditions: {ready: true, serving: true, terminating: false}
    nodeName: node-1
    zone: a
    hints: {forZones: [{name: b}]}
    targetRef: {kind: Pod, name: web-1, namespace: default}
- apiVersion: v1
  kind: Service
  metadata: {name: outside}
  spec: {type: ClusterIP, clusterIP: 10.96.0.14, ports: [{port: 5432, protocol: TCP, targetPort: 5432}]}
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: outside-1, labels: {kubernetes.io/service-name: outside}}
  addressType: IPv4
  ports: [{name: "", port: 5432, protocol: TCP}]
  endpoints:
  - {addresses: [192.0.2.50], conditions: {ready: false, serving: true, terminating: true}}
  - {addresses: [192.0.2.51], conditions: {}, hints: {forNodes: [{name: node-1}]}, zone: a}
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: outside-2, labels: {kubernetes.io/service-name: outside}}
  addressType: FQDN
  ports: [{name: "", port: 5432, protocol: TCP}]
  endpoints: [{addresses: [db.example.org]}]
`;

function lab(text: string): Lab {
  const read = readLab(text, 'lab.yaml');
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
}

function imported(): { readonly text: string; readonly told: readonly string[] } {
  const read = importKubectl([{ file: 'objects.yaml', text: OBJECTS }]);
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  expect(read.value.misfits).toEqual([]);
  return read.value;
}

describe('Services from kubectl to a lab', () => {
  const { text, told } = imported();
  const given = buildNetwork(lab(`cni: flannel/host-gw\n---\n${OBJECTS}`));
  const made = buildNetwork(lab(text));
  const bare = (object: object): object => ({ ...object, labels: {}, annotations: {} });

  test('are the same but for labels that nothing reads', () => {
    expect(made.cluster.services.map(bare)).toEqual(given.cluster.services.map(bare));
    expect(made.cluster.services.map(({ annotations }) => annotations)).toEqual(
      given.cluster.services.map(({ annotations: { note: _, ...read } }) => read),
    );
  });

  test('have the same endpoints', () => {
    const byName = (name: string): object[] =>
      [given, made].map(({ cluster }) => cluster.endpointSlices.filter(({ service }) => service === name));
    for (const { name } of given.cluster.services) {
      const [before, after] = byName(name);
      expect(after).toEqual(before);
    }
    expect(made.cluster.endpointSlices).toHaveLength(given.cluster.endpointSlices.length);
  });

  test('of the objects, what the API says of them', () => {
    const services = new Map(given.cluster.services.map((service) => [service.name, service]));
    expect(services.get('balanced')).toMatchObject({ sessionAffinity: 600, healthCheckNodePort: 32100 });
    expect(services.get('balanced')?.loadBalancerIngress.map(({ ipMode }) => ipMode)).toEqual(['VIP', 'Proxy']);
    expect(services.get('portless')?.ports).toMatchObject([{ nodePort: undefined }]);
    expect(services.get('peers')).toMatchObject({ publishNotReadyAddresses: true, internalTrafficPolicy: 'Local' });
    expect(services.get('dual')?.clusterIPs).toHaveLength(2);
    // A Ready condition that is Unknown is not True; a deletionTimestamp means terminating.
    expect(given.cluster.pods.map(({ ready, terminating }) => [ready, terminating])).toEqual([
      [true, false],
      [true, true],
      [false, false],
    ]);
  });

  test('slices of the controller stand for what would be derived', () => {
    const [slice, ...more] = given.cluster.endpointSlices.filter(({ service }) => service === 'spread');
    expect(more).toEqual([]);
    expect(slice?.endpoints).toMatchObject([{ hints: { forZones: ['b'], forNodes: [] } }]);
  });

  test('name their IPv6 side, and leave out what is no address', () => {
    expect(told.join('\n')).toContain('not modelled: ipFamilies: IPv6 (service/default/dual)');
    expect(told.join('\n')).toContain('EndpointSlice default/outside-2 is of addressType FQDN and is left out');
    expect(lab(text).unmodelled).toEqual([{ what: 'ipFamilies: IPv6', where: 'service/default/dual' }]);
  });
});
