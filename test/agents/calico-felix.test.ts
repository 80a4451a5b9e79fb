import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { formatMac } from '../../src/address/index.js';
import { CALICO_DEFAULTS, type CalicoObjects, type IPPool, NODE_ANNOTATIONS } from '../../src/cluster/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { formatRoute, printRule, RT_TABLE_MAIN, type TableName } from '../../src/linux/index.js';
import { makeLab, node, pod, port, router, segment } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';
import { readShared } from '../shared.js';
import { commandsOf } from './commands.js';

function calicoLab(type: string, more: Partial<Lab> = {}): Lab {
  return makeLab({
    cni: { name: `calico/${type}`, options: {} },
    pods: [pod('a-1', 'node-1'), pod('a-2', 'node-1'), pod('b-1', 'node-2')],
    ...more,
  });
}

/** Two nodes on one segment and a third behind a router. */
const TWO_SEGMENTS: Partial<Lab> = {
  nodes: [node(1), node(2), node(3, { addresses: [ip('192.168.20.13')], segment: 'far' })],
  segments: [segment('lan', '192.168.10.0/24'), segment('far', '192.168.20.0/24')],
  routers: [router({ lan: '192.168.10.1', far: '192.168.20.1' })],
  pods: [pod('a-1', 'node-1'), pod('b-1', 'node-2'), pod('c-1', 'node-3')],
};

const POOL: IPPool = {
  name: 'pool',
  cidr: prefix('10.244.0.0/16'),
  blockSize: 26,
  ipipMode: 'Never',
  vxlanMode: 'Always',
  natOutgoing: true,
  disabled: false,
  disableBGPExport: false,
  nodeSelector: 'all()',
  allowedUses: ['Workload', 'Tunnel'],
};

function felixCalls(lab: Lab, on = 'node-1'): string[] {
  return commandsOf(buildNetwork(lab).installs(on), 'felix');
}

function routesOf(lab: Lab, on: string): string[] {
  const routes = [...(buildNetwork(lab).network.netns(on)?.ipv4.tables.get(RT_TABLE_MAIN) ?? [])];
  return routes
    .filter(({ origin }) => /^(felix|cni)/.test(origin.by))
    .map((route) => formatRoute(route, undefined).trim());
}

/** Rules of a built-in chain, without their hashes. */
function rulesOf(lab: Lab, table: TableName, chain: string): string[] {
  const rules = buildNetwork(lab).network.netns('node-1')?.iptables.get(table)?.chains.get(chain)?.rules ?? [];
  return rules.map((rule) =>
    printRule(rule, chain)
      .replace(/-m comment --comment "cali:[^"]*" ?/, '')
      .replace(/^-A \S+ /, ''),
  );
}

/** `f`, that is 66, and SHA-1 of the node's name (felix 3.21 calc/vxlan_resolver.go). */
function macOf(name: string): string {
  const hex = createHash('sha1').update(name).digest('hex').slice(0, 10);
  return `66:${hex.replace(/..(?=.)/g, '$&:')}`;
}

describe('devices', () => {
  test('VXLAN: as it starts, and what it knows of the others once pods are there', () => {
    const calls = felixCalls(calicoLab('vxlan'));
    expect(calls.slice(0, 4)).toEqual([
      'sysctl -qw net.ipv4.ip_forward=1',
      `ip link add name vxlan.calico address ${macOf('node-1')} type vxlan id 4096 local 192.168.10.11 dev eth0 dstport 4789 nolearning ttl auto`,
      // The kernel has chosen 1450 already, as it is on a device of 1500.
      'ip addr add 10.244.1.0/32 scope global dev vxlan.calico',
      'ip link set dev vxlan.calico up',
    ]);
    expect(calls.filter((call) => /^ip (neigh|route)|^bridge/.test(call))).toEqual([
      `ip neigh replace 10.244.2.0 lladdr ${macOf('node-2')} dev vxlan.calico nud permanent`,
      `bridge fdb replace ${macOf('node-2')} dev vxlan.calico dst 192.168.10.12 self permanent`,
      'ip route add 10.244.2.0/26 via 10.244.2.0 dev vxlan.calico onlink',
      'ip route add blackhole 10.244.1.0/26 proto 80',
    ]);
    expect(buildNetwork(calicoLab('vxlan')).refused).toEqual([]);
  });

  test('VXLAN: MAC addresses that Felix derives', (context) => {
    const file = readShared(context, 'reference/calico/policy-cases.json');
    const { vxlanMac } = JSON.parse(file) as { vxlanMac: { node: string; mac: string }[] };
    expect(vxlanMac.length).toBeGreaterThan(0);
    for (const { node: name, mac } of vxlanMac) {
      const built = buildNetwork(calicoLab('vxlan', { nodes: [node(1, { name })], pods: [] }));
      const address = built.network.netns(name)?.links.get('vxlan.calico')?.address;
      expect(address === undefined ? '' : formatMac(address)).toBe(mac);
    }
  });

  test('VXLAN: a MAC address of an annotation', () => {
    const annotations = { [NODE_ANNOTATIONS.vxlanTunnelMACAddr]: '66:00:00:00:00:09' };
    const lab = calicoLab('vxlan', { nodes: [node(1), node(2, { annotations })] });
    expect(felixCalls(lab)).toContain(
      'ip neigh replace 10.244.2.0 lladdr 66:00:00:00:00:09 dev vxlan.calico nud permanent',
    );
  });

  test('IPIP: the module’s own device', () => {
    const lab = calicoLab('ipip', { nodes: [node(1, { mtu: 1400 }), node(2)] });
    expect(felixCalls(lab).slice(0, 5)).toEqual([
      'sysctl -qw net.ipv4.ip_forward=1',
      'ip tunnel change tunl0 mode ipip',
      'ip link set dev tunl0 mtu 1380',
      'ip link set dev tunl0 up',
      'ip addr add 10.244.1.0/32 scope global dev tunl0',
    ]);
    // The module gives it 1480, so there is nothing to set on a node of 1500.
    expect(felixCalls(calicoLab('ipip'))).not.toContain('ip link set dev tunl0 mtu 1480');
  });

  test.each([
    { type: 'bgp', mtu: 1500 },
    { type: 'ipip', mtu: 1480 },
    { type: 'ipip-crosssubnet', mtu: 1480 },
    { type: 'vxlan', mtu: 1450 },
  ])('$type: pods have an MTU of $mtu on a node of 1500', ({ type, mtu }) => {
    const { network } = buildNetwork(calicoLab(type));
    expect(network.netns('a-1')?.links.get('eth0')?.mtu).toBe(mtu);
    const device = { ipip: 'tunl0', 'ipip-crosssubnet': 'tunl0', vxlan: 'vxlan.calico' }[type];
    if (device !== undefined) expect(network.netns('node-1')?.links.get(device)?.mtu).toBe(mtu);
  });

  test('configured MTU, VNI and port', () => {
    const felixConfiguration = { ...CALICO_DEFAULTS.felixConfiguration, vxlanMTU: 1300, vxlanVNI: 7, vxlanPort: 8472 };
    const lab = calicoLab('vxlan', { calico: { ...CALICO_DEFAULTS, felixConfiguration } });
    const { network } = buildNetwork(lab);
    expect(network.netns('node-1')?.links.get('vxlan.calico')).toMatchObject({ mtu: 1300, vni: 7, dstport: 8472 });
    expect(network.netns('a-1')?.links.get('eth0')?.mtu).toBe(1300);
    expect(felixCalls(lab)).toContain('ip link set dev vxlan.calico mtu 1300');
  });

  test('without calico/node on the other, nothing leads there', () => {
    const lab = calicoLab('vxlan', { nodes: [node(1), node(2, { off: ['felix', 'bird'] })] });
    expect(routesOf(lab, 'node-1').filter((route) => route.includes('vxlan.calico'))).toEqual([]);
  });
});

describe('routes of VXLAN', () => {
  test('CrossSubnet: plain ones within the subnet', () => {
    const lab = calicoLab('vxlan-crosssubnet', TWO_SEGMENTS);
    expect(routesOf(lab, 'node-1').sort()).toEqual([
      expect.stringMatching(/^10\.244\.1\.1 dev cali\w+ scope link$/),
      '10.244.2.0/26 via 192.168.10.12 dev eth0 proto 80 onlink',
      '10.244.3.0/26 via 10.244.3.0 dev vxlan.calico onlink',
      'blackhole 10.244.1.0/26 proto 80',
    ]);
    expect(buildNetwork(lab).refused).toEqual([]);
  });

  test('the mask that counts is the node’s own', () => {
    const lab = calicoLab('vxlan-crosssubnet', {
      ...TWO_SEGMENTS,
      segments: [segment('lan', '192.168.0.0/16'), segment('far', '192.168.20.0/24')],
      routers: [router({ lan: '192.168.10.1', far: '192.168.20.1' })],
    });
    // node-1 has 192.168.10.11/16, in which node-3 is; node-3 has 192.168.20.13/24, in which node-1 is not.
    expect(routesOf(lab, 'node-1')).toContain('10.244.3.0/26 via 192.168.20.13 dev eth0 proto 80 onlink');
    expect(routesOf(lab, 'node-3')).toContain('10.244.1.0/26 via 10.244.1.0 dev vxlan.calico onlink');
  });

  test('a borrowed address: a route of its own to where it is, none to a tunnel device', () => {
    // A pool of one block of four addresses: node-1 has it, and node-2 borrows.
    const calico: CalicoObjects = {
      ...CALICO_DEFAULTS,
      ipPools: [{ ...POOL, cidr: prefix('10.244.0.0/30'), blockSize: 30 }],
    };
    const lab = calicoLab('vxlan', { calico, pods: [pod('b-1', 'node-2')] });
    const { cluster } = buildNetwork(lab);
    const [block] = cluster.calico?.blocks ?? [];
    expect(block?.affinity).toBe('node-1');
    const borrowed = cluster.pods[0]?.podIP;
    expect(borrowed).toBe(ip('10.244.0.2'));
    expect(routesOf(lab, 'node-1').sort()).toEqual([
      '10.244.0.2 via 10.244.0.1 dev vxlan.calico onlink',
      'blackhole 10.244.0.0/30 proto 80',
    ]);
    expect(routesOf(lab, 'node-2')).toEqual([
      '10.244.0.0/30 via 10.244.0.0 dev vxlan.calico onlink',
      expect.stringMatching(/^10\.244\.0\.2 dev cali/),
    ]);
  });

  test('blocks of one address: none to the tunnel’s own (REMOTE_TUNNEL, calc/l3_route_resolver.go flush())', () => {
    const calico: CalicoObjects = { ...CALICO_DEFAULTS, ipPools: [{ ...POOL, blockSize: 32 }] };
    const lab = calicoLab('vxlan', { calico, pods: [pod('b-1', 'node-2')] });
    // node-2 has 10.244.2.0 for its tunnel and then 10.244.2.1 for the pod.
    expect(routesOf(lab, 'node-1')).toEqual(['10.244.2.1 via 10.244.2.0 dev vxlan.calico onlink']);
  });

  test('of two pools only that of VXLAN', () => {
    const calico: CalicoObjects = {
      ...CALICO_DEFAULTS,
      ipPools: [
        { ...POOL, name: 'a', cidr: prefix('10.244.0.0/17'), nodeSelector: "kubernetes.io/hostname != 'node-2'" },
        { ...POOL, name: 'b', cidr: prefix('10.244.128.0/17'), vxlanMode: 'Never' },
      ],
    };
    const labels = (n: number) => ({ labels: { 'kubernetes.io/hostname': `node-${n}` } });
    const lab = calicoLab('vxlan', { calico, nodes: [node(1, labels(1)), node(2, labels(2))] });
    const { cluster } = buildNetwork(lab);
    const plain = cluster.calico?.blocks.filter(({ cidr }) => cidr.address >= ip('10.244.128.0')) ?? [];
    expect(plain.map(({ affinity }) => affinity)).toContain('node-2');
    expect(routesOf(lab, 'node-1').filter((route) => route.startsWith('10.244.1'))).not.toContainEqual(
      expect.stringContaining('vxlan.calico'),
    );
  });

  test('another protocol is that of all routes', () => {
    const felixConfiguration = { ...CALICO_DEFAULTS.felixConfiguration, deviceRouteProtocol: 99 };
    const lab = calicoLab('vxlan', {
      calico: { ...CALICO_DEFAULTS, felixConfiguration },
      pods: [pod('a-1', 'node-1')],
    });
    expect(routesOf({ ...lab, pods: [...lab.pods, pod('b-1', 'node-2')] }, 'node-1').sort()).toEqual([
      // The plug-in's was of boot: Felix has taken it away and made its own.
      expect.stringMatching(/^10\.244\.1\.1 dev cali\w+ proto openr scope link$/),
      '10.244.2.0/26 via 10.244.2.0 dev vxlan.calico proto openr onlink',
      'blackhole 10.244.1.0/26 proto openr',
    ]);
    const kept = { ...felixConfiguration, removeExternalRoutes: false };
    const built = buildNetwork({ ...lab, calico: { ...CALICO_DEFAULTS, felixConfiguration: kept } });
    expect(built.refused.map(({ errno, install }) => `${install.origin.by} ${errno}`)).toEqual(['felix EEXIST']);
  });
});

describe('IP sets', () => {
  const members = (type: string, set: string, on = 'node-1', more: Partial<Lab> = {}) => {
    const found = buildNetwork(calicoLab(type, more)).network.netns(on)?.ipsets.get(set);
    return found === undefined ? undefined : [...found.members.keys()].sort();
  };

  test('which there are', () => {
    const sets = (type: string) => [...(buildNetwork(calicoLab(type)).network.netns('node-1')?.ipsets.keys() ?? [])];
    const always = ['cali40all-ipam-pools', 'cali40masq-ipam-pools', 'cali40this-host'];
    expect(sets('bgp').sort()).toEqual(always);
    expect(sets('ipip').sort()).toEqual(['cali40all-hosts-net', ...always]);
    expect(sets('vxlan').sort()).toEqual([always[0], 'cali40all-vxlan-net', ...always.slice(1)]);
  });

  test('their members', () => {
    expect(members('ipip', 'cali40all-hosts-net')).toEqual(['192.168.10.11', '192.168.10.12']);
    // A node without calico/node has the InternalIP of its Node (libcalico-go felixnodeprocessor.go), and so no VTEP.
    const nodes = [node(1), node(2, { off: ['felix', 'bird'] })];
    expect(members('ipip', 'cali40all-hosts-net', 'node-1', { nodes })).toEqual(['192.168.10.11', '192.168.10.12']);
    expect(members('vxlan', 'cali40all-vxlan-net', 'node-1', { nodes })).toEqual([]);
    // A node does not send VXLAN to itself.
    expect(members('vxlan', 'cali40all-vxlan-net')).toEqual(['192.168.10.12']);
    // Local routes without their length: 127.0.0.0/8 and 127.0.0.1.
    expect(members('vxlan', 'cali40this-host')).toEqual(['10.244.1.0', '127.0.0.0', '127.0.0.1', '192.168.10.11']);
    const pools = [POOL, { ...POOL, name: 'inside', cidr: prefix('10.8.0.0/16'), natOutgoing: false, disabled: true }];
    const calico = { ...CALICO_DEFAULTS, ipPools: pools };
    expect(members('vxlan', 'cali40all-ipam-pools', 'node-1', { calico })).toEqual(['10.244.0.0/16', '10.8.0.0/16']);
    expect(members('vxlan', 'cali40masq-ipam-pools', 'node-1', { calico })).toEqual(['10.244.0.0/16']);
  });

  test('their size', () => {
    const set = buildNetwork(calicoLab('bgp')).network.netns('node-1')?.ipsets.get('cali40all-ipam-pools');
    expect([set?.type, set?.family, set?.options.join(' ')]).toEqual([
      'hash:net',
      'inet',
      'hashsize 1024 maxelem 1048576',
    ]);
  });
});

describe('places in the chains of others', () => {
  const lab = calicoLab('bgp', {
    pods: [pod('a-1', 'node-1', { ports: [port(80, { hostPort: 8080 })] })],
  });

  test('first, whoever came later, and behind all in FORWARD', () => {
    const forward = rulesOf(lab, 'filter', 'FORWARD');
    expect(forward[0]).toBe('-j cali-FORWARD');
    expect(forward.slice(1, -2).every((rule) => rule.includes('-j KUBE-'))).toBe(true);
    expect(forward.length).toBeGreaterThan(4);
    expect(forward.slice(-2)).toEqual([
      '-m comment --comment "Policy explicitly accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT',
      '-j MARK --set-xmark 0x10000/0x10000',
    ]);
    for (const chain of ['PREROUTING', 'OUTPUT', 'POSTROUTING'])
      expect(rulesOf(lab, 'nat', chain)[0]).toBe(`-j cali-${chain}`);
    // portmap puts this before all that it finds.
    expect(rulesOf(lab, 'nat', 'POSTROUTING')[1]).toContain('CNI-HOSTPORT-MASQ');
  });

  test('nothing twice', () => {
    for (const [table, found] of buildNetwork(lab).network.netns('node-1')?.iptables ?? [])
      for (const [chain, { rules }] of found.chains) {
        const jumps = rules.map((rule) => printRule(rule, chain)).filter((rule) => rule.endsWith(`-j cali-${chain}`));
        expect([table, chain, jumps.length]).toEqual([table, chain, jumps.length === 0 ? 0 : 1]);
      }
  });

  test('ChainInsertMode append: behind the others that are there', () => {
    const felixConfiguration = { ...CALICO_DEFAULTS.felixConfiguration, chainInsertMode: 'append' as const };
    const appended = { ...lab, calico: { ...CALICO_DEFAULTS, felixConfiguration } };
    const forward = rulesOf(appended, 'filter', 'FORWARD');
    expect(forward.indexOf('-j cali-FORWARD')).toBe(forward.length - 3);
    expect(rulesOf(appended, 'nat', 'POSTROUTING').at(-1)).toBe('-j cali-POSTROUTING');
  });

  test('tables that are as they should be are not written again', () => {
    const texts = buildNetwork(lab)
      .installs('node-1')
      .flatMap(({ origin, call }) =>
        origin.by === 'felix' && call.call === 'iptables-restore' ? [call.chunks[0]?.lines[0]] : [],
      );
    // At the start all; later filter for the pod, and nat as others have written before it.
    expect(texts).toEqual(['*mangle', '*nat', '*filter', '*raw', '*nat', '*filter']);
  });

  test('with kube-proxy in IPVS mode, which comes after Felix: the chains that IPVS needs', () => {
    const ipvs = { ...lab, kubeProxy: { ...lab.kubeProxy, mode: 'ipvs' as const } };
    const filter = buildNetwork(ipvs).network.netns('node-1')?.iptables.get('filter')?.chains;
    for (const chain of [
      'cali-forward-check',
      'cali-forward-endpoint-mark',
      'cali-set-endpoint-mark',
      'cali-from-endpoint-mark',
    ])
      expect(filter?.has(chain)).toBe(true);
    expect(rulesOf(ipvs, 'filter', 'cali-INPUT')).toContain('-j cali-forward-check');
    expect(rulesOf(lab, 'filter', 'cali-INPUT')).not.toContain('-j cali-forward-check');
    expect(buildNetwork(ipvs).refused).toEqual([]);
  });

  test('whose a rule is', () => {
    const rules = buildNetwork(lab).network.netns('node-1')?.iptables.get('filter')?.chains;
    const [chain = ''] = [...(rules?.keys() ?? [])].filter((name) => name.startsWith('cali-tw-'));
    expect(rules?.get(chain)?.rules[0]?.origin).toEqual({ by: 'felix', object: 'workload endpoint default/a-1' });
    expect(rules?.get('cali-FORWARD')?.rules[0]?.origin).toEqual({ by: 'felix', object: 'base chains' });
    expect(rules?.get('cali-pri-kns.default')?.rules[0]?.origin).toEqual({
      by: 'felix',
      object: 'profile kns.default',
    });
  });

  test('a mask with too few bits: Felix ends', () => {
    const felixConfiguration = { ...CALICO_DEFAULTS.felixConfiguration, iptablesMarkMask: 0x70 };
    expect(felixCalls({ ...lab, calico: { ...CALICO_DEFAULTS, felixConfiguration } })).toEqual([]);
  });
});
