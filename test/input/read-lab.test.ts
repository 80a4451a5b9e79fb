import { describe, expect, test } from 'vitest';
import { formatIpv4, formatPrefix } from '../../src/address/index.js';
import { readLab, readLabWithNotes } from '../../src/input/read-lab.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { formatProblem } from '../../src/problem/index.js';
import { trace } from '../../src/trace/index.js';
import { prefix } from '../must.js';

/** The lab of a text that must be right. */
function lab(text: string): Lab {
  const read = readLab(text, 'lab.yaml');
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
}

/** `code line:col path` of each problem. */
function problems(text: string): string[] {
  const read = readLab(text, 'lab.yaml');
  if (!('problems' in read)) return [];
  return read.problems.map((p) => `${p.code} ${p.line}:${p.col} ${p.path.join('.')}`);
}

const TWO = 'nodes:\n  node-1: 192.168.56.11\n  node-2: 192.168.56.12\n';

describe('what a short lab means', () => {
  const read = lab(`
cni: flannel/vxlan
nodes:
  node-1: 192.168.56.11
  node-2: 192.168.56.12
pods:
  client: node-1
  web: {node: node-2, labels: {app: web}, ports: [8080]}
services:
  web: {selector: {app: web}, port: 80, targetPort: 8080}
expect:
  - client -> service/web:80: delivered
`);

  test('nodes get the parts of the pod CIDR in order, from the second', () => {
    expect(read.nodes.map((node) => formatPrefix(node.podCIDR))).toEqual(['10.244.1.0/24', '10.244.2.0/24']);
  });

  test('all stations are on one segment, without a router', () => {
    expect(read.segments.map((s) => `${s.name} ${formatPrefix(s.subnet)} ${s.mtu}`)).toEqual([
      'lan 192.168.56.0/24 1500',
    ]);
    expect(read.routers).toEqual([]);
    expect(read.nodes.map((node) => `${node.segment} ${node.mtu}`)).toEqual(['lan 1500', 'lan 1500']);
  });

  test('a pod listens on the ports that it declares', () => {
    expect(read.pods.map((pod) => pod.listen.map((l) => `${l.protocol}/${l.port} ${l.behaviour}`))).toEqual([
      [],
      ['tcp/8080 echo'],
    ]);
  });

  test('kube-proxy runs with the pod CIDR as clusterCIDR, as kubeadm starts it', () => {
    expect(read.kubeProxy.mode).toBe('iptables');
    expect(read.kubeProxy.config.detectLocal).toEqual({ mode: 'ClusterCIDR', cidrs: [prefix('10.244.0.0/16')] });
  });

  test('an expectation is a line', () => {
    expect(read.expect).toMatchObject([
      {
        from: 'client',
        to: 'service/web:80',
        proto: undefined,
        faults: [],
        outcome: 'delivered',
        leg: 'forward',
        line: 12,
      },
    ]);
  });
});

describe('the underlay', () => {
  test('another subnet in use is another segment, and a router joins them', () => {
    const read = lab(`${TWO}hosts:\n  internet: {address: 203.0.113.10, listen: [80, 53/udp, "127.0.0.1:9000"]}\n`);
    expect(read.segments.map((s) => s.name)).toEqual(['lan-1', 'lan-2']);
    const [router] = read.routers;
    expect(router?.interfaces.map((i) => formatIpv4(i.address))).toEqual(['192.168.56.1', '203.0.113.1']);
    expect(read.hosts[0]?.listen.map((l) => `${l.protocol} ${formatIpv4(l.address)}:${l.port}`)).toEqual([
      'tcp 0.0.0.0:80',
      'udp 0.0.0.0:53',
      'tcp 127.0.0.1:9000',
    ]);
  });

  test('a router does not take an address that somebody has', () => {
    const read = lab('nodes:\n  node-1: 10.0.0.1\nhosts:\n  h: 10.0.1.9\n');
    expect(read.routers[0]?.interfaces.map((i) => formatIpv4(i.address))).toEqual(['10.0.0.2', '10.0.1.1']);
  });

  test('`routers: {}` keeps segments apart', () => {
    expect(lab(`${TWO}hosts: {h: 10.0.1.9}\nrouters: {}\n`).routers).toEqual([]);
  });

  test('a named segment has its own MTU, and a router its routes', () => {
    const read = lab(`
segments:
  rack-a: {subnet: 192.168.56.0/24, mtu: 9000}
  rack-b: 192.168.57.0/24
routers:
  tor: {addresses: [192.168.56.1, 192.168.57.1], routes: {10.244.2.0/24: 192.168.57.12}}
nodes:
  node-1: {address: 192.168.56.11, segment: rack-a}
  node-2: 192.168.57.12
`);
    expect(read.nodes.map((node) => `${node.segment} ${node.mtu}`)).toEqual(['rack-a 9000', 'rack-b 1500']);
    expect(read.routers[0]?.routes.map((r) => `${formatPrefix(r.dst)} ${formatIpv4(r.via)}`)).toEqual([
      '10.244.2.0/24 192.168.57.12',
    ]);
  });
});

describe('commands', () => {
  test('sysctls and links become the commands that set them, sysctls first', () => {
    const read = lab(`
${TWO}pods: {client: node-1}
links:
  node-1: {eth0: {mtu: 1400, state: down}}
sysctl:
  node/*: {net.ipv4.ip_forward: 0}
commands:
  pod/client: [ip route del default, ip link set eth0 down]
`);
    expect(read.overrides.map((o) => `${o.netns}: ${o.command}`)).toEqual([
      'node/node-1: sysctl -w net.ipv4.ip_forward=0',
      'node/node-2: sysctl -w net.ipv4.ip_forward=0',
      'node/node-1: ip link set dev eth0 mtu 1400',
      'node/node-1: ip link set dev eth0 down',
      'pod/default/client: ip route del default',
      'pod/default/client: ip link set eth0 down',
    ]);
    expect(read.overrides.at(-1)).toMatchObject({ file: 'lab.yaml', line: 11 });
  });

  test('a fault is a description and commands by place', () => {
    const read = lab(
      `${TWO}hosts: {h: 10.0.1.9}\nfaults:\n  cut: {description: no way out, router: ip link set eth1 down}\n`,
    );
    expect(read.faults).toEqual([
      {
        name: 'cut',
        description: 'no way out',
        commands: [
          {
            netns: 'host/router',
            command: 'ip link set eth1 down',
            file: 'lab.yaml',
            path: ['faults', 'cut', 'router'],
            line: 6,
            col: 42,
          },
        ],
        events: [],
      },
    ]);
  });
});

describe('expectations', () => {
  const rest = `${TWO}pods: {a: node-1, b: node-2}\nfaults: {cut: {node-1: ip route del default}, tear: {node-1: ip link set eth0 down}}\nexpect:\n`;

  test.each([
    {
      line: 'a -> b:80: delivered',
      want: { outcome: 'delivered', code: undefined, leg: 'forward' },
      why: 'the plain form',
    },
    { line: 'a -> b icmp: delivered', want: { proto: 'icmp' }, why: 'a protocol' },
    { line: 'a -> 10.9.9.9 udp: dropped (NO_ROUTE)', want: { code: 'NO_ROUTE' }, why: 'an address, a reason' },
    { line: 'a -> b:80 with cut, tear: dropped', want: { faults: ['cut', 'tear'] }, why: 'two faults' },
    { line: 'a -> b:80 with cut tear: dropped', want: { faults: ['cut', 'tear'] }, why: 'no comma' },
    {
      line: 'a -> b:80: reply dropped (FDB_MISS)',
      want: { leg: 'reply', outcome: 'dropped' },
      why: 'the answer is lost',
    },
    { line: '"a -> b:80: delivered"', want: { to: 'b:80', outcome: 'delivered' }, why: 'quoted, a text' },
  ])('$line: $why', ({ line, want }) => {
    expect(lab(`${rest}  - ${line}\n`).expect[0]).toMatchObject(want);
  });

  test.each([
    { line: 'a => b: delivered', code: 'syntax', why: 'no arrow' },
    { line: 'x -> b: delivered', code: 'unknown-name', why: 'no such sender' },
    { line: 'a -> c: delivered', code: 'unknown-name', why: 'no such target' },
    { line: 'a -> b with gone: delivered', code: 'unknown-name', why: 'no such fault' },
    { line: 'a -> b: arrived', code: 'bad-value', why: 'no outcome' },
    { line: 'a -> b: dropped (NO_ROUT)', code: 'bad-value', why: 'no reason code' },
    { line: 'delivered', code: 'syntax', why: 'no flow' },
  ])('refuses $line: $why', ({ line, code }) => {
    expect(problems(`${rest}  - ${line}\n`).map((p) => p.split(' ')[0])).toEqual([code]);
  });
});

describe('Kubernetes objects', () => {
  const objects = `
apiVersion: v1
kind: Node
metadata: {name: node-1}
spec: {podCIDR: 10.244.7.0/24}
status: {addresses: [{type: InternalIP, address: 10.0.0.7}, {type: Hostname, address: node-1}]}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: shop, labels: {app: web}}
  spec: {nodeName: node-1, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
  status: {podIP: 10.244.7.9, conditions: [{type: Ready, status: "False"}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: pending}
  spec: {containers: []}
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: shop}
  spec: {clusterIP: 10.96.0.5, selector: {app: web}, ports: [{port: 80, protocol: TCP, targetPort: 80}]}
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}
  addressType: IPv4
  ports: [{port: 80}]
  endpoints: [{addresses: [10.244.7.9], conditions: {ready: true}, targetRef: {kind: Pod, name: web}}]
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
`;

  test.each([
    { where: 'alone in the file', text: objects },
    { where: 'as further documents', text: `cni: none\n---${objects}` },
    { where: 'as a block of text', text: `manifest: |${objects.replaceAll('\n', '\n  ')}\n` },
    {
      where: 'as a list',
      text: `manifest:\n- ${objects
        .trim()
        .split('\n---\n')
        .map((o) => o.replaceAll('\n', '\n  '))
        .join('\n- ')}\n`,
    },
  ])('$where', ({ text }) => {
    const read = lab(text);
    expect(read.nodes).toMatchObject([{ name: 'node-1' }]);
    expect(read.nodes.map((node) => formatPrefix(node.podCIDR))).toEqual(['10.244.7.0/24']);
    expect(read.pods).toMatchObject([{ namespace: 'shop', name: 'web', nodeName: 'node-1', ready: false }]);
    expect(read.services).toMatchObject([{ namespace: 'shop', name: 'web', type: 'ClusterIP' }]);
    expect(read.endpointSlices).toMatchObject([{ service: 'web', endpoints: [{ target: 'shop/web', ready: true }] }]);
  });

  test('what is not read is said', () => {
    const read = readLabWithNotes(objects, 'lab.yaml');
    const notes = 'value' in read ? read.value.notes.map((note) => note.message) : [];
    expect(notes).toContain('objects of kind Deployment are not read');
    expect(notes).toContain('pod default/pending runs nowhere and is left out');
  });

  // What is left of a Service that changes packets' paths and is not modelled.
  test.each([
    { field: 'spec.ipFamilies', json: '["IPv4"]', want: undefined },
    { field: 'spec.ipFamilies', json: '["IPv4", "IPv6"]', want: 'ipFamilies: IPv6' },
    { field: 'spec.clusterIP', json: '"fd00::5"', want: 'clusterIP: IPv6' },
    {
      field: 'metadata.labels',
      json: '{service.kubernetes.io/service-proxy-name: other}',
      want: 'labels.service.kubernetes.io/service-proxy-name',
    },
    {
      field: 'metadata.annotations',
      json: '{service.kubernetes.io/topology-mode: Auto}',
      want: 'topology-mode: Auto',
    },
    { field: 'metadata.annotations', json: '{service.kubernetes.io/topology-mode: Disabled}', want: undefined },
    { field: 'spec.sessionAffinity', json: '"ClientIP"', want: undefined },
    { field: 'spec.internalTrafficPolicy', json: '"Local"', want: undefined },
  ])('Service $field $json: $want', ({ field, json, want }) => {
    const [part, key] = field.split('.');
    const metadata = `{name: web${part === 'metadata' ? `, ${key}: ${json}` : ''}}`;
    const spec = `{ports: [{port: 80}]${part === 'spec' ? `, ${key}: ${json}` : ''}}`;
    const text = `${TWO}---\napiVersion: v1\nkind: Service\nmetadata: ${metadata}\nspec: ${spec}\n`;
    const read = readLabWithNotes(text, 'lab.yaml');
    if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
    const { lab: labRead, notes } = read.value;
    expect(labRead.unmodelled).toEqual(want === undefined ? [] : [{ what: want, where: 'service/default/web' }]);
    const told = notes.filter(({ message }) => message.startsWith('not modelled'));
    expect(told).toHaveLength(want === undefined ? 0 : 1);
    if (want !== undefined) expect(told[0]?.line).toBe(TWO.split('\n').length + (part === 'metadata' ? 3 : 4));
  });

  test('a policy is an assumption of each trace, with its place in the notes', () => {
    const policy = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\n';
    const read = readLabWithNotes(`${TWO}pods: {a: node-1, b: node-2}\n---\n${policy}`, 'lab.yaml');
    if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
    const { lab: labRead, notes } = read.value;
    expect(notes.find(({ message }) => message.includes('NetworkPolicy'))).toMatchObject({
      message: 'not modelled: NetworkPolicy (shop/deny)',
      line: TWO.split('\n').length + 2,
    });
    const { assumptions } = trace(buildNetwork(labRead).network, { from: 'a', to: 'b', proto: 'icmp' });
    expect(assumptions).toEqual(['Not modelled: NetworkPolicy (shop/deny).']);
  });

  test.each([
    { kind: 'Servce', rest: 'spec: {ports: [{port: 80}]}', want: ['bad-value 6:7 kind'] },
    { kind: 'Service', rest: 'spec: {selectr: {a: b}, ports: [{port: 80}]}', want: ['unknown-key 8:8 spec.selectr'] },
    { kind: 'Service', rest: 'spec: {ports: [{prt: 80}]}', want: ['unknown-key 8:17 spec.ports.0.prt'] },
    { kind: 'Role', rest: 'spec: {}', want: [] },
    {
      kind: 'Service',
      // What the API has besides, some of it with similar names (k8s 1.33 core/v1).
      rest: 'spec: {clusterIPs: [10.96.0.3], ipFamilyPolicy: SingleStack, ports: [{port: 80, appProtocol: http}]}',
      want: [],
    },
    { kind: 'Endpoints', rest: 'subsets: []', want: [] },
    { kind: 'ServiceAccount', rest: 'secrets: []', want: [] },
  ])('$kind, $rest', ({ kind, rest, want }) => {
    expect(problems(`${TWO}---\napiVersion: v1\nkind: ${kind}\nmetadata: {name: web}\n${rest}\n`)).toEqual(want);
  });

  test('a kind of another group may have a similar name', () => {
    const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Pods\nmetadata: {name: x}\n';
    expect(problems(`${TWO}---\n${role}`)).toEqual([]);
  });

  test('two Services with one clusterIP', () => {
    const services = 'services: {a: {clusterIP: 10.96.0.9, port: 80}, b: {clusterIP: 10.96.0.9, port: 80}}';
    expect(problems(`${TWO}${services}`)).toEqual(['conflict 4:64 services.b.clusterIP']);
  });

  test('a key that other entries or Kubernetes call otherwise', () => {
    const read = readLab(`${TWO}pods: {a: {node: node-1, address: 10.244.1.9}}`, 'lab.yaml');
    expect('problems' in read ? read.problems.map(formatProblem) : []).toEqual([
      'lab.yaml:4:26: pods.a.address: unknown key; did you mean "ip"?',
    ]);
  });

  test('a problem in a block of text has its place in the file', () => {
    expect(
      problems(
        `${TWO}manifest: |\n  apiVersion: v1\n  kind: Pod\n  metadata: {}\n  spec: {nodeName: node-1, containers: []}\n`,
      ),
    ).toEqual(['missing 7:13 metadata.name']);
  });
});

describe('what is wrong, and where', () => {
  test.each([
    { text: 'nodes:\n  n: 10.0.0.300', want: ['bad-value 2:6 nodes.n'], why: 'no address' },
    { text: 'nodes:\n  n: 010.0.0.1', want: ['bad-value 2:6 nodes.n'], why: 'octal or decimal: nobody can tell' },
    { text: 'nodes:\n  n: {adress: 10.0.0.1}', want: ['unknown-key 2:7 nodes.n.adress'], why: 'one word for a typo' },
    { text: 'nodes:\n  n: {}', want: ['missing 2:6 nodes.n.address'], why: "the parent's place" },
    { text: 'nodes:\n  n: [10.0.0.1]', want: ['bad-type 2:6 nodes.n'], why: 'neither shorthand nor map' },
    { text: 'nodes:\n  N_1: 10.0.0.1', want: ['bad-value 2:3 nodes.N_1'], why: 'a key, at the key' },
    { text: 'cni: none', want: ['missing 1:1 nodes'], why: 'no node' },
    { text: `${TWO}pods: {a: node-3}`, want: ['unknown-name 4:11 pods.a'], why: 'no such node' },
    { text: `${TWO}pods: {a: {node: node-3}}`, want: ['unknown-name 4:18 pods.a.node'], why: 'no such node' },
    {
      text: `${TWO}pods: {a: {node: node-1, ip: 10.244.2.9}}`,
      want: ['conflict 4:30 pods.a.ip'],
      why: "another node's address",
    },
    { text: `${TWO}hosts: {h: 192.168.56.11}`, want: ['conflict 4:12 hosts.h'], why: 'an address twice' },
    {
      text: 'nodes:\n  a: {address: 10.0.0.1, podCIDR: 10.244.1.0/24}\n  b: {address: 10.0.0.2, podCIDR: 10.244.1.128/25}',
      want: ['conflict 3:35 nodes.b.podCIDR'],
      why: 'overlapping podCIDRs',
    },
    {
      text: 'nodes:\n  a: {address: 10.0.0.1, podCIDR: 10.245.1.0/24}',
      want: ['conflict 2:35 nodes.a.podCIDR'],
      why: 'flanneld refuses a podCIDR outside of its Network',
    },
    { text: `podCIDR: 192.168.0.0/16\n${TWO}`, want: ['conflict 1:1 segments.lan'], why: 'pods on the underlay' },
    { text: `podCIDR: 10.244.1.7/16\n${TWO}`, want: ['bad-value 1:10 podCIDR'], why: 'host bits' },
    { text: `serviceCIDR: 10.244.0.0/20\n${TWO}`, want: ['conflict 1:1 podCIDR'], why: 'overlap' },
    {
      text: `segments: {lan: 192.168.57.0/24}\n${TWO}`,
      want: ['conflict 3:11 nodes.node-1', 'conflict 4:11 nodes.node-2'],
      why: 'on no segment',
    },
    { text: 'nodes: {n: 10.0.0.255}', want: ['bad-value 1:12 nodes.n'], why: 'the broadcast address' },
    { text: `${TWO}services: {s: {}}`, want: ['missing 4:15 services.s'], why: 'a Service without a port' },
    {
      text: `${TWO}services: {s: {port: 80, nodePort: 80}}`,
      want: ['bad-value 4:36 services.s.nodePort'],
      why: 'outside of the node port range',
    },
    {
      text: `${TWO}services: {s: {port: 80, nodePort: 30080}, t: {port: 81, nodePort: 30080}}`,
      want: ['conflict 4:68 services.t.nodePort'],
      why: 'a node port twice',
    },
    {
      text: `${TWO}services: {s: {ports: [{port: 80}, {port: 81}]}}`,
      want: ['missing 4:24 services.s.ports.0', 'missing 4:36 services.s.ports.1'],
      why: 'several ports need names',
    },
    {
      text: `${TWO}faults: {f: {node-9: ip link set eth0 down}}`,
      want: ['unknown-name 4:14 faults.f.node-9'],
      why: 'at the key',
    },
    {
      text: `${TWO}faults: {f: {node-1: ip rute add x}}`,
      want: ['unknown-key 4:25 faults.f.node-1'],
      why: 'no command',
    },
    { text: `${TWO}pods: {node-1: node-1}`, want: ['conflict 4:8 pods.node-1'], why: 'two namespaces of one name' },
    { text: 'cni: flannel/vlan\nnodes: {n: 10.0.0.1}', want: ['unknown-name 1:6 cni'], why: 'no such plug-in' },
    {
      text: 'cni: {name: flannel/vxlan, vni: x, port: 1, foo: 1}\nnodes: {n: {address: 10.0.0.1, off: [kubelett]}}',
      want: ['bad-value 1:33 cni.vni', 'unknown-key 1:45 cni.foo', 'unknown-name 2:38 nodes.n.off.0'],
      why: "the plug-in's own options and parts",
    },
    { text: `${TWO}${TWO}`, want: ['conflict 4:1 '], why: 'a key twice' },
    { text: 'a: [', want: ['syntax 1:4 '], why: 'no YAML, told where it was opened' },
    { text: '', want: ['missing 1:1 '], why: 'nothing' },
    { text: '- 1', want: ['bad-type 1:1 '], why: 'a list' },
  ])('$why: $want', ({ text, want }) => {
    expect(problems(text)).toEqual(want);
  });

  test('a typo and the key that it misses are one problem, with the word', () => {
    const read = readLab('nodes:\n  n: {addres: 10.0.0.1}\n', 'lab.yaml');
    expect('problems' in read && formatProblem(read.problems[0])).toBe(
      'lab.yaml:2:7: nodes.n.addres: unknown key; did you mean "address"?',
    );
  });

  test('problems of all kinds come at once, and none is a mere consequence', () => {
    expect(
      problems(`
nodes:
  node-1: 192.168.56.11
  node-2: {adress: 192.168.56.12}
pods:
  a: node-2
  b: {node: node-33, ports: [80000, 99999/udp]}
expect:
  - a -> b:80 with cut: delivered
`),
    ).toEqual([
      'unknown-key 4:12 nodes.node-2.adress',
      'unknown-name 7:13 pods.b.node',
      'bad-value 7:30 pods.b.ports.0',
      'bad-value 7:37 pods.b.ports.1',
      'unknown-name 9:5 expect.0.a -> b:80 with cut',
    ]);
  });

  test('a misspelt or wrong key at the top keeps nothing else from being read', () => {
    expect(
      problems(`
podCIDR: here
pod:
  client: node-1
nodes: {node-1: 192.168.56.11, node-2: {address: 192.168.56.11, podCIDR: 10.1.0.0/24}}
pods: {web: {node: node-9}}
expect:
  - client -> web icmp: delivered
  - web -> web icmp: deliverd
`),
    ).toEqual([
      'bad-value 2:10 podCIDR',
      'unknown-key 3:1 pod',
      'conflict 5:40 nodes.node-2',
      'unknown-name 6:20 pods.web.node',
      'bad-value 9:22 expect.1.web -> web icmp',
    ]);
  });

  test.each([
    { text: 'nodes: {n: 224.0.0.1}', want: ['bad-address 1:12 nodes.n'], why: 'multicast' },
    { text: 'nodes: {n: 127.0.0.1}', want: ['bad-address 1:12 nodes.n'], why: 'loopback' },
    { text: 'nodes: {n: 0.0.0.0}', want: ['bad-address 1:12 nodes.n'], why: 'this network' },
    { text: 'nodes: {n: 255.255.255.255}', want: ['bad-address 1:12 nodes.n'], why: 'broadcast' },
    { text: 'nodes: {n: 10.0.0.255}', want: ['bad-value 1:12 nodes.n'], why: "the segment's broadcast" },
    {
      text: 'podCIDR: 127.0.0.0/16\nnodes: {n: 10.0.0.1}',
      want: ['bad-address 1:10 podCIDR'],
      why: 'pods on loopback',
    },
    {
      text: 'nodes: {n: 10.0.0.1}\npods: {p: {node: n, ip: 10.244.1.255}}',
      want: ['bad-address 2:25 pods.p.ip'],
      why: "the broadcast of a node's podCIDR",
    },
    { text: 'mtu: 100\nnodes: {n: 10.0.0.1}', want: ['bad-value 1:6 mtu'], why: '50 bytes are left in the tunnel' },
    {
      text: 'segments: {a: {subnet: 10.0.0.0/24, mtu: 117}}\nnodes: {n: 10.0.0.1, m: 10.0.0.2}',
      want: ['bad-value 1:42 segments.a.mtu'],
      why: 'the same, told once where it is said',
    },
    {
      text: 'serviceCIDR: 10.96.0.0/32\nnodes: {n: 10.0.0.1}\nservices: {s: {port: 80}, t: {port: 80}}',
      want: ['conflict 3:15 services.s', 'conflict 3:30 services.t'],
      why: 'no address for Services',
    },
  ])('$text: $why', ({ text, want }) => {
    expect(problems(text)).toEqual(want);
  });
});

describe('sysctls', () => {
  test.each([
    { line: 'sysctl: {node-1: {net.ipv4.ip_forwad: 1}}', at: '4:19', near: 'net.ipv4.ip_forward' },
    { line: 'sysctl: {node-1: {net.ipv4.conf.all.rp_fliter: 1}}', at: '4:19', near: 'net.ipv4.conf.all.rp_filter' },
    { line: 'commands: {node-1: sysctl -w net.bridge.bridge-nf-call-iptable=0}', at: '4:30', near: 'net.bridge.' },
  ])('$line', ({ line, at, near }) => {
    const read = readLab(`${TWO}${line}\n`, 'lab.yaml');
    const text = 'problems' in read ? read.problems.map(formatProblem).join() : '';
    expect(text).toMatch(`lab.yaml:${at}: `);
    expect(text).toMatch(`did you mean "${near}`);
  });

  test('one that the kernel has and nothing here reads is kept and noted, so is one that may be a module’s', () => {
    const read = readLabWithNotes(
      `${TWO}sysctl: {node-1: {net.ipv4.tcp_fin_timeout: 1, net.ipv4.vs.sync_version: 1}}\n`,
      'lab.yaml',
    );
    const notes = 'value' in read ? read.value.notes.map(({ message }) => message) : [];
    expect(notes.filter((note) => note.includes('is kept'))).toHaveLength(2);
  });
});

describe('notes', () => {
  const notes = (text: string): string[] => {
    const read = readLabWithNotes(text, 'lab.yaml');
    if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
    return read.value.notes.map(({ line, col, message }) => `${line}:${col}: ${message}`);
  };
  const web = `${TWO}pods: {web: {node: node-1, labels: {app: web}, ports: [{name: http, containerPort: 80}]}}\nservices:\n`;

  test.each([
    { service: '{port: 80, selector: {ap: web}}', want: /6:29: .*selects no pod: .*"ap"; did you mean "app"/ },
    { service: '{port: 80, selector: {app: wep}}', want: /6:29: .*selects no pod: .*app: wep; did you mean "web"/ },
    { service: '{port: 80, selector: {app: web}, targetPort: htp}', want: /6:53: .*"htp"; did you mean "http"/ },
    { service: '{selector: {app: web}, ports: [{port: 80, targetPort: htp}]}', want: /6:62: .*"htp"/ },
  ])('a Service that leads nowhere: $service', ({ service, want }) => {
    expect(notes(`${web}  web: ${service}\n`)).toEqual(expect.arrayContaining([expect.stringMatching(want)]));
  });

  test('Calico nodes without a router: their pods reach nothing, so one is made unless none is asked for', () => {
    const calico = `cni: calico/bgp\n${TWO}`;
    expect(notes(calico).join('\n')).toContain('router is the default gateway: 192.168.56.1');
    expect(notes(`${calico}\nrouters: {}`).join('\n')).toContain(
      'nodes have no default route, as there is no router: their pods reach nothing, as a node answers for 169.254.1.1',
    );
  });
  test('nodes without a router have no default route', () => {
    expect(notes(TWO).join('\n')).toContain('nodes have no default route');
    expect(notes(`${TWO}routers: {r: [192.168.56.1]}\n`).join('\n')).not.toContain('no default route');
  });
});

test('a name of two objects is not unknown', () => {
  const read = readLab(
    `${TWO}pods: {web: node-1}\nservices: {web: {port: 80}}\nexpect: ["web -> web: delivered", "node-1 -> ::1: delivered"]\n`,
    'lab.yaml',
  );
  expect('problems' in read ? read.problems.map(({ message }) => message) : []).toEqual([
    '"web" is pod/default/web as well as service/default/web: say which',
    '"web" is pod/default/web as well as service/default/web: say which',
    'IPv6 is not modelled yet, found "::1"',
  ]);
});
