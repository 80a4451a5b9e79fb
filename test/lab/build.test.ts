import { describe, expect, test } from 'vitest';
import { formatAddress, formatIpv4, formatMac } from '../../src/address/index.js';
import { cniBackend, DEFAULT_PROXY_CONFIG, sandboxId } from '../../src/agents/index.js';
import type { Service } from '../../src/cluster/index.js';
import { applyFaults, buildNetwork, type Lab, readCommands } from '../../src/lab/index.js';
import { agentsOf } from '../../src/lab/start-order.js';
import { RT_TABLE_MAIN } from '../../src/linux/index.js';
import { formatProblem, InputError } from '../../src/problem/index.js';
import { objectName } from '../../src/topology/index.js';
import { ip, prefix } from '../must.js';
import { generatedNames } from './generated-names.js';
import { host, listener, makeLab, node, pod, port, router, segment, service } from './make-lab.js';
import { netnsLines } from './netns-lines.js';

/** Two segments with a router, three nodes, a host, pods, a Service. */
function wholeLab(more: Partial<Lab> = {}): Lab {
  return makeLab({
    nodes: [node(1), node(2), node(3, { addresses: [ip('192.168.20.13')], segment: 'far' })],
    segments: [segment('lan', '192.168.10.0/24'), segment('far', '192.168.20.0/24')],
    routers: [
      router({ lan: '192.168.10.1', far: '192.168.20.1' }, [
        { dst: prefix('172.16.0.0/12'), via: ip('192.168.20.99') },
      ]),
    ],
    hosts: [{ ...host('internet', '192.168.20.99', 'far'), listen: [listener(80)] }],
    pods: [
      pod('client', 'node-1'),
      pod('web-0', 'node-1', { labels: { app: 'web' }, ports: [port(8080)], listen: [listener(8080)] }),
      pod('web-1', 'node-2', { labels: { app: 'web' }, listen: [listener(8080)] }),
      pod('dns', 'node-3', {
        namespace: 'kube-system',
        listen: [listener(53, { protocol: 'udp', behaviour: 'sink' })],
      }),
      pod('agent', 'node-3', { hostNetwork: true, listen: [listener(9100)] }),
    ],
    services: [
      service('web', 80, {
        type: 'NodePort',
        clusterIPs: [ip('10.96.0.80')],
        ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
      }),
    ],
    ...more,
  });
}

const lines = (lab: Lab, order: (names: string[]) => string[]): Readonly<Record<string, string[]>> => {
  const { network } = buildNetwork(lab);
  for (const name of order(network.names())) network.netns(name);
  const names = generatedNames(network);
  return Object.fromEntries(
    network.names().map((name) => {
      const ns = network.netns(name);
      return [name, ns === undefined ? [] : netnsLines(ns, { ...names, mac: formatMac, device: (_, dev) => dev })];
    }),
  );
};

describe('namespaces', () => {
  test('one for each machine, switch and pod; pods of other Kubernetes namespaces have it before their name', () => {
    expect(buildNetwork(wholeLab()).network.names()).toEqual([
      ...['node-1', 'client', 'web-0', 'node-2', 'web-1', 'node-3', 'kube-system.dns'],
      ...['rtr', 'internet', 'lan', 'far'],
    ]);
  });

  test('are made when they are first asked for, a node with its pods', () => {
    const { network } = buildNetwork(wholeLab());
    expect(network.materialised()).toEqual([]);
    network.netns('node-1');
    expect(network.materialised().map(({ name }) => name)).toEqual(['node-1']);
    expect(network.netns('client')).toBe(network.netns('client'));
  });

  test('do not depend on the order in which they are made', () => {
    const forwards = lines(wholeLab(), (names) => names);
    const backwards = lines(wholeLab(), (names) => [...names].reverse());
    expect(backwards).toEqual(forwards);
  });

  test('two of one name are an error of whoever read the lab', () => {
    expect(() => buildNetwork(makeLab({ pods: [pod('node-1', 'node-2')] }))).toThrow(
      'two namespaces would be called node-1',
    );
  });

  test('role and kernel', () => {
    const { network } = buildNetwork(wholeLab());
    const about = ['node-1', 'client', 'rtr', 'internet', 'lan'].map((name) => {
      const ns = network.netns(name);
      return [ns?.role, ns?.host];
    });
    expect(about).toEqual([
      ['node', 'node-1'],
      ['pod', 'node-1'],
      ['router', 'rtr'],
      ['host', 'internet'],
      ['switch', 'lan'],
    ]);
  });
});

// devinet_init_net(), linux net/ipv4/devinet.c: a new namespace has `all` and `default` of its kernel's first one.
test.each([
  { path: 'all/forwarding', want: '1', why: 'a node forwards' },
  { path: 'default/forwarding', want: '1', why: 'what sets ip_forward sets this too' },
  { path: 'eth0/forwarding', want: '1', why: 'a new device has what `default` says' },
  { path: 'all/accept_redirects', want: '0', why: 'a router takes no redirects' },
  { path: 'default/accept_redirects', want: '1', why: 'only `all` changes with ip_forward' },
  { path: 'all/route_localnet', want: '1', why: 'kube-proxy sets it before there are pods' },
  { path: 'eth0/route_localnet', want: '0', why: 'it is `all` that has it' },
  { path: 'all/rp_filter', want: '0', why: 'commands of a lab are run when the pods are there' },
])('a pod has $path = $want: $why', ({ path, want }) => {
  const command = {
    netns: 'node/node-1',
    command: 'sysctl -w net.ipv4.conf.all.rp_filter=1',
    file: 'lab',
    path: [],
    line: 1,
    col: 1,
  };
  const { network } = buildNetwork(wholeLab({ overrides: [command] }));
  expect(network.netns('client')?.sysctls.get(`net/ipv4/conf/${path}`)).toBe(want);
  expect(network.netns('node-1')?.sysctls.get('net/ipv4/conf/all/rp_filter')).toBe('1');
});

describe('underlay', () => {
  const { network, refused } = buildNetwork(wholeLab());

  test('no call is refused', () => {
    expect(refused).toEqual([]);
  });

  test('both ends of each veth pair name each other, and are up', () => {
    for (const name of network.names())
      for (const link of network.netns(name)?.links.values() ?? []) {
        if (link.kind !== 'veth') continue;
        const peer = network.peerOf(link);
        expect(peer?.link.kind === 'veth' ? peer.link.peer : undefined).toEqual({ netns: name, dev: link.name });
        expect([link.up, link.carrier]).toEqual([true, true]);
        // Each end knows the other's address as it really is.
        expect(peer?.link.address).toBeDefined();
      }
  });

  test('a segment is a bridge with a port for each member: routers, nodes, hosts', () => {
    const ports = [...(network.netns('far')?.links.values() ?? [])].filter(({ master }) => master === 'br0');
    expect(ports.map(({ name }) => name)).toEqual(['p-rtr', 'p-node-3', 'p-internet']);
  });

  test('addresses that a reader can tell', () => {
    const mac = network.netns('node-1')?.links.get('eth0')?.address;
    expect(mac === undefined ? '' : formatMac(mac)).toBe('02:00:c0:a8:0a:0b');
    const pods = network.netns('client')?.links.get('eth0')?.address;
    expect(pods === undefined ? '' : formatMac(pods)).toBe('0a:58:0a:f4:01:02');
  });

  test.each([
    { netns: 'node-1', via: '192.168.10.1', why: 'the router of its segment' },
    { netns: 'internet', via: '192.168.20.1', why: 'of a host too' },
  ])('default route of $netns: $why', ({ netns, via }) => {
    const [route] = network.netns(netns)?.ipv4.tables.get(RT_TABLE_MAIN)?.at(prefix('0.0.0.0/0')) ?? [];
    expect(route).toMatchObject({ nexthops: [{ dev: 'eth0', via: ip(via) }] });
  });

  test('a router forwards, and has the routes that the lab gives it', () => {
    const rtr = network.netns('rtr');
    expect(rtr?.sysctls.get('net/ipv4/ip_forward')).toBe('1');
    expect(rtr?.ipv4.tables.get(RT_TABLE_MAIN)?.at(prefix('172.16.0.0/12'))[0]).toMatchObject({
      nexthops: [{ dev: 'eth1', via: ip('192.168.20.99') }],
    });
  });

  test('a segment without router has no default route, and Flannel works all the same', () => {
    const built = buildNetwork(makeLab({ pods: [pod('p', 'node-1')] }));
    const main = built.network.netns('node-1')?.ipv4.tables.get(RT_TABLE_MAIN);
    expect(main?.at(prefix('0.0.0.0/0'))).toEqual([]);
    expect(main?.at(prefix('10.244.2.0/24'))).toHaveLength(1);
  });

  test('a name that is too long for a device gets a port with a hash', () => {
    const long = node(1, { name: 'ip-192-168-10-11.ec2.internal' });
    const built = buildNetwork(makeLab({ nodes: [long] }));
    const ports = [...(built.network.netns('lan')?.links.keys() ?? [])].filter((dev) => dev.startsWith('p-'));
    expect(ports).toEqual([expect.stringMatching(/^p-[0-9a-f]{8}$/)]);
    expect(built.refused).toEqual([]);
  });

  test('two interfaces of a router on one segment', () => {
    const interfaces = ['192.168.10.1', '192.168.10.2'].map((address) => ({ segment: 'lan', address: ip(address) }));
    const built = buildNetwork(makeLab({ routers: [{ name: 'rtr', interfaces, routes: [] }] }));
    expect(built.refused).toEqual([]);
    expect(built.network.netns('rtr')?.links.get('eth1')).toMatchObject({ carrier: true });
  });
});

describe('cluster', () => {
  const { cluster, network } = buildNetwork(wholeLab());

  test('is complete: addresses, endpoints, leases', () => {
    expect(cluster.pods.map(({ name, podIP }) => [name, podIP === undefined ? '' : formatIpv4(podIP)])).toEqual([
      ['client', '10.244.1.2'],
      ['web-0', '10.244.1.3'],
      ['web-1', '10.244.2.2'],
      ['dns', '10.244.3.2'],
      ['agent', '192.168.20.13'],
    ]);
    expect(cluster.endpointSlices[0]?.endpoints.map(({ address }) => formatAddress(address))).toEqual([
      '10.244.1.3',
      '10.244.2.2',
    ]);
    expect(cluster.nodes[0]?.annotations).toMatchObject({
      'flannel.alpha.coreos.com/backend-type': 'vxlan',
      'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"02:f1:0a:f4:01:00"}',
      'flannel.alpha.coreos.com/public-ip': '192.168.10.11',
      'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
    });
  });

  test('the address that IPAM gives is the one that the pod has', () => {
    for (const name of ['client', 'web-0', 'web-1', 'kube-system.dns']) {
      const object = network.directory.ofNetns(name);
      expect(network.netns(name)?.ipv4.addresses.at(-1)?.local).toBe(object?.addresses[0]);
    }
  });

  test('hosts and pods listen; one on the host network listens in the node', () => {
    const sockets = (name: string) => network.netns(name)?.sockets.map((s) => [s.protocol, s.port, s.behaviour]);
    expect(sockets('internet')).toEqual([['tcp', 80, 'reply']]);
    expect(sockets('web-0')).toEqual([['tcp', 8080, 'reply']]);
    expect(sockets('kube-system.dns')).toEqual([['udp', 53, 'sink']]);
    expect(sockets('node-3')).toEqual([['tcp', 9100, 'reply']]);
    expect(network.netns('web-0')?.sockets[0]?.origin).toEqual({ by: 'lab', object: 'pod/default/web-0' });
  });
});

describe('directory', () => {
  const { directory } = buildNetwork(wholeLab()).network;

  test.each([
    { name: 'client', netns: 'client', address: '10.244.1.2' },
    { name: 'pod/kube-system/dns', netns: 'kube-system.dns', address: '10.244.3.2' },
    { name: 'pod/agent', netns: 'node-3', address: '192.168.20.13' },
    { name: 'node/node-2', netns: 'node-2', address: '192.168.10.12' },
    { name: 'svc/web', netns: undefined, address: '10.96.0.80' },
    { name: 'host/internet', netns: 'internet', address: '192.168.20.99' },
    { name: 'host/rtr', netns: 'rtr', address: '192.168.10.1' },
  ])('$name', ({ name, netns, address }) => {
    const object = directory.find(name);
    expect([object?.netns, object?.addresses[0]]).toEqual([netns, ip(address)]);
  });

  test('ports of a Service, and of a pod what it declares and listens on', () => {
    expect(directory.find('svc/web')?.ports).toEqual([{ name: undefined, protocol: 'tcp', port: 80, endpoints: 2 }]);
    expect(directory.find('pod/web-0')?.ports).toEqual([{ name: undefined, protocol: 'tcp', port: 8080 }]);
  });

  test('a Service is at all addresses that nodes take for it, the cluster IP first', () => {
    const more: Partial<Service> = {
      type: 'LoadBalancer',
      clusterIPs: [ip('10.96.0.80')],
      externalIPs: [ip('203.0.113.7'), ip('192.168.10.11')],
      loadBalancerIngress: [
        { ip: ip('203.0.113.8'), ipMode: 'VIP' },
        { ip: ip('203.0.113.9'), ipMode: 'Proxy' },
        { ip: ip('203.0.113.7'), ipMode: 'VIP' },
      ],
    };
    const services = [service('web', 80, more), service('peers', 80, { ...more, clusterIPs: 'None' })];
    const { directory: named } = buildNetwork(makeLab({ services })).network;
    expect(named.find('service/web')?.addresses).toEqual(
      ['10.96.0.80', '203.0.113.7', '192.168.10.11', '203.0.113.8'].map(ip),
    );
    // kube-proxy has nothing of a headless one; the load balancer has its own address; a node's address is the node's.
    expect(named.find('service/peers')?.addresses).toEqual([]);
    expect(named.ownerOf(ip('203.0.113.9'))).toBeUndefined();
    expect(named.label(ip('192.168.10.11'))).toBe('node/node-1');
    expect(named.label(ip('203.0.113.8'))).toBe('service/default/web');
  });

  test('the address of a node is the node’s, though a pod on its network has it too', () => {
    const owner = directory.ownerOf(ip('192.168.20.13'));
    expect(owner === undefined ? '' : objectName(owner)).toBe('node/node-3');
  });
});

describe('overrides', () => {
  const override = (netns: string, command: string) => ({
    netns,
    command,
    file: 'lab.yaml',
    path: ['commands', netns],
    line: 7,
    col: 3,
  });

  test('come last, in their namespace', () => {
    const overrides = [
      override('node/node-1', 'sysctl -w net.ipv4.conf.all.rp_filter=1'),
      override('pod/default/client', 'ip link set eth0 mtu 1400'),
      override('rtr', 'ip route add 10.244.0.0/16 via 192.168.10.11'),
    ];
    const { network, installs } = buildNetwork(wholeLab({ overrides }));
    expect(network.netns('node-1')?.sysctls.get('net/ipv4/conf/all/rp_filter')).toBe('1');
    expect(network.netns('client')?.links.get('eth0')?.mtu).toBe(1400);
    expect(network.netns('rtr')?.ipv4.tables.get(RT_TABLE_MAIN)?.at(prefix('10.244.0.0/16'))).toHaveLength(1);
    expect(installs('node-1').at(-1)?.origin).toMatchObject({ by: 'command', file: 'lab.yaml', line: 7 });
  });

  test('what is refused is kept', () => {
    const overrides = [override('node/node-1', 'ip route add 10.9.0.0/16 via 10.8.0.1')];
    const { refusedIn, refusedCommands } = buildNetwork(wholeLab({ overrides }));
    expect(refusedCommands().map(({ code, path, line }) => [code, path, line])).toEqual([
      ['refused', ['commands', 'node/node-1'], 7],
    ]);
    expect(refusedIn('node-1').map(({ message }) => message)).toEqual(['Nexthop has invalid gateway']);
    expect(refusedIn('node-2')).toEqual([]);
  });

  test.each(['node-first', 'host-first'])('a cable that is down is so at both ends, %s', (order) => {
    const { network } = buildNetwork(wholeLab({ overrides: [override('host/internet', 'ip link set eth0 down')] }));
    const names = order === 'node-first' ? ['far', 'internet'] : ['internet', 'far'];
    for (const name of names) network.netns(name);
    expect(network.netns('internet')?.links.get('eth0')).toMatchObject({ up: false, carrier: false });
    expect(network.netns('far')?.links.get('p-internet')).toMatchObject({ up: true, carrier: false });
  });

  test('a command that nobody understands is a problem at its line', () => {
    const lab = wholeLab({ overrides: [override('node/node-1', 'ip rout add x'), override('rtr', 'frobnicate')] });
    expect(() => buildNetwork(lab)).toThrow(InputError);
    const read = readCommands(lab.overrides, buildNetwork(wholeLab()).network.directory);
    expect('problems' in read ? read.problems.map(({ file, line }) => [file, line]) : []).toEqual([
      ['lab.yaml', 7],
      ['lab.yaml', 7],
    ]);
  });
});

describe('faults', () => {
  const fault = (name: string, netns: string, ...commands: string[]) => ({
    name,
    description: '',
    events: [],
    commands: commands.map((command, i) => ({
      netns,
      command,
      file: 'lab.yaml',
      path: ['faults', name, netns],
      line: i + 1,
      col: 5,
    })),
  });
  const lab = wholeLab({
    faults: [
      fault('no-route', 'node/node-1', 'ip route del 10.244.2.0/24'),
      fault('no-fdb', 'node/node-1', 'bridge fdb del 02:f1:0a:f4:02:00 dev flannel.1'),
      fault('unplugged', 'host/internet', 'ip link set eth0 down'),
      fault('nonsense', 'node/node-1', 'ip route del 10.99.0.0/16'),
    ],
  });
  const built = buildNetwork(lab);
  const routes = (network: typeof built.network) =>
    network.netns('node-1')?.ipv4.tables.get(RT_TABLE_MAIN)?.at(prefix('10.244.2.0/24')) ?? [];

  test('are off unless asked for, and give another network', () => {
    const { network } = applyFaults(built.network, lab, ['no-route']);
    expect(routes(network)).toEqual([]);
    expect(routes(built.network)).toHaveLength(1);
  });

  test('several at once', () => {
    const { network, refused } = applyFaults(built.network, lab, ['no-route', 'no-fdb']);
    expect(routes(network)).toEqual([]);
    expect([...(network.netns('node-1')?.vxlanFdb.keys() ?? [])]).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  test('a cable unplugged has no carrier at the other end either', () => {
    const { network } = applyFaults(built.network, lab, ['unplugged']);
    expect(network.netns('far')?.links.get('p-internet')).toMatchObject({ carrier: false });
  });

  test('one that does nothing says so', () => {
    const { refused, problems } = applyFaults(built.network, lab, ['nonsense']);
    expect(refused.map(({ errno }) => errno)).toEqual(['ESRCH']);
    expect(problems.map(formatProblem)).toEqual([
      'lab.yaml:1:5: faults.nonsense.node/node-1: fault "nonsense": node-1 refuses "ip route del 10.99.0.0/16": No such process (ESRCH)',
    ]);
  });

  test('one that the lab does not have is an error of the caller', () => {
    expect(() => applyFaults(built.network, lab, ['no-such'])).toThrow('no fault is called "no-such"');
  });
});

test('calls of two runs are the same, with the same names in them', () => {
  expect(sandboxId({ namespace: 'default', name: 'a' })).toMatch(/^[0-9a-f]{64}$/);
  const [one, two] = [buildNetwork(wholeLab()), buildNetwork(wholeLab())];
  for (const name of one.network.names()) expect(two.installs(name)).toEqual(one.installs(name));
});

test('a lab that was read asks for a network plug-in that is there', () => {
  expect(() => buildNetwork(makeLab({ cni: { name: 'calico', options: {} } }))).toThrow('calico');
  expect(() => buildNetwork(makeLab({ cni: { name: 'flannel/vxlan', options: { VNI: -1 } } }))).toThrow('VNI');
});

test('programs start in this order on each node', () => {
  const configured = cniBackend('flannel/vxlan')?.configure({}, prefix('10.244.0.0/16'));
  if (configured === undefined || !('setup' in configured)) throw new Error('not configured');
  const names = (more: Partial<Lab>) => agentsOf(makeLab(more), configured.setup).map(({ name }) => name);
  expect(names({})).toEqual(['sysctl.d', 'kubelet', 'flanneld', 'kube-proxy', 'containerd']);
  const none = { mode: 'none', config: DEFAULT_PROXY_CONFIG } as const;
  expect(names({ kubelet: 'off', kubeProxy: none })).toEqual(['sysctl.d', 'flanneld', 'containerd']);
});
