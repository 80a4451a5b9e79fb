import { describe, expect, test } from 'vitest';
import { formatMac } from '../../src/address/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { RT_TABLE_MAIN, Runtime } from '../../src/linux/index.js';
import { makeLab, node, pod, router, segment } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';
import { run } from '../network.js';
import { commandsOf, restoreLines } from './commands.js';

const MAC_1 = '02:f1:0a:f4:01:00';
const MAC_2 = '02:f1:0a:f4:02:00';

describe('flannel/vxlan', () => {
  test('its calls, in the order of flanneld', () => {
    const calls = commandsOf(buildNetwork(makeLab()).installs('node-1'), 'flanneld');
    expect(calls).toEqual([
      // RegisterNetwork(): the device, before there is a lease.
      `ip link add name flannel.1 address ${MAC_1} mtu 1450 type vxlan id 1 local 192.168.10.11 dev eth0 dstport 8472 nolearning ttl auto`,
      'sysctl -qw net.ipv6.conf.flannel/1.accept_ra=0',
      'ip addr add 10.244.1.0/32 scope global dev flannel.1',
      'ip link set dev flannel.1 up',
      // SetupAndEnsureMasqRules(), SetupAndEnsureForwardRules().
      'iptables -t nat -N FLANNEL-POSTRTG',
      "iptables-restore --noflush <<'EOF'",
      'iptables -t filter -N FLANNEL-FWD',
      "iptables-restore --noflush <<'EOF'",
      // One lease event: neighbour, FDB, route.
      `ip neigh replace 10.244.2.0 lladdr ${MAC_2} dev flannel.1 nud permanent`,
      `bridge fdb replace ${MAC_2} dev flannel.1 dst 192.168.10.12 self permanent`,
      'ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
    ]);
  });

  test('the device', () => {
    const link = buildNetwork(makeLab()).network.netns('node-1')?.links.get('flannel.1');
    expect(link).toMatchObject({
      kind: 'vxlan',
      vni: 1,
      local: ip('192.168.10.11'),
      remote: undefined,
      lower: 'eth0',
      dstport: 8472,
      learning: false,
      mtu: 1450,
    });
    expect(formatMac(link?.address ?? (ip('0.0.0.0') as never))).toBe(MAC_1);
  });

  test('who installed what', () => {
    const ns = buildNetwork(makeLab()).network.netns('node-1');
    const [route] = ns?.ipv4.tables.get(RT_TABLE_MAIN)?.at(prefix('10.244.2.0/24')) ?? [];
    expect(route?.origin).toEqual({ by: 'flanneld', object: 'lease 10.244.2.0/24 of node-2' });
    const rule = ns?.iptables.get('nat')?.chains.get('FLANNEL-POSTRTG')?.rules[1];
    expect(rule?.origin).toEqual({ by: 'flanneld', object: 'masquerade rules of 10.244.1.0/24' });
  });

  test.each([
    {
      options: { VNI: 7, Port: 4789 },
      device: 'flannel.7',
      fields: { vni: 7, dstport: 4789, mtu: 1450 },
      why: 'net-conf.json names both',
    },
    { options: { MTU: 1400 }, device: 'flannel.1', fields: { mtu: 1350 }, why: 'MTU is that of the underlay' },
    {
      options: { learning: true },
      device: 'flannel.1',
      fields: { learning: true },
      why: 'JSON keys of Go know no case',
    },
    {
      options: { MTU: 9000 },
      device: 'flannel.1',
      fields: { mtu: 1450 },
      why: 'the kernel caps it at eth0 - 50 (OBS)',
    },
  ])('$options: $why', ({ options, device, fields }) => {
    const lab = makeLab({ cni: { name: 'flannel/vxlan', options }, pods: [pod('p', 'node-1')] });
    const { network } = buildNetwork(lab);
    expect(network.netns('node-1')?.links.get(device)).toMatchObject(fields);
    // subnet.env has the configured MTU - 50, whatever the device got.
    const mtu = 'MTU' in options ? options.MTU - 50 : 1450;
    expect(network.netns('p')?.links.get('eth0')?.mtu).toBe(mtu);
  });

  test('an address of an earlier run is kept', () => {
    const annotations = { 'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"ea:bb:cc:00:11:22"}' };
    const built = buildNetwork(makeLab({ nodes: [node(1), node(2, { annotations })] }));
    expect(commandsOf(built.installs('node-1'), 'flanneld')).toContain(
      'ip neigh replace 10.244.2.0 lladdr ea:bb:cc:00:11:22 dev flannel.1 nud permanent',
    );
    const own = built.network.netns('node-2')?.links.get('flannel.1')?.address;
    expect(own === undefined ? '' : formatMac(own)).toBe('ea:bb:cc:00:11:22');
  });

  test('DirectRouting: a plain route to a node on the link, an encapsulated one behind a router', () => {
    const lab = makeLab({
      cni: { name: 'flannel/vxlan', options: { DirectRouting: true } },
      nodes: [node(1), node(2), node(3, { addresses: [ip('192.168.20.13')], segment: 'far' })],
      segments: [segment('lan', '192.168.10.0/24'), segment('far', '192.168.20.0/24')],
      routers: [router({ lan: '192.168.10.1', far: '192.168.20.1' })],
      pods: [pod('p', 'node-1')],
    });
    const { installs, network, refused } = buildNetwork(lab);
    expect(commandsOf(installs('node-1'), 'flanneld').filter((c) => / (neigh|fdb|route) /.test(c))).toEqual([
      // No device given, no neighbour, no FDB entry.
      'ip route replace 10.244.2.0/24 via 192.168.10.12',
      'ip neigh replace 10.244.3.0 lladdr 02:f1:0a:f4:03:00 dev flannel.1 nud permanent',
      'bridge fdb replace 02:f1:0a:f4:03:00 dev flannel.1 dst 192.168.20.13 self permanent',
      'ip route replace 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink',
    ]);
    const [route] = network.netns('node-1')?.ipv4.tables.get(RT_TABLE_MAIN)?.at(prefix('10.244.2.0/24')) ?? [];
    expect(route).toMatchObject({ nexthops: [{ dev: 'eth0', via: ip('192.168.10.12') }] });
    // The MTU of pods stays that of the tunnel.
    expect(network.netns('p')?.links.get('eth0')?.mtu).toBe(1450);
    expect(refused).toEqual([]);
  });

  test('DirectRouting is decided when a lease appears: a shorter way that comes later changes nothing', () => {
    const lab = makeLab({
      cni: { name: 'flannel/vxlan', options: { DirectRouting: true } },
      nodes: [node(1), node(2, { addresses: [ip('192.168.20.12')], segment: 'far' })],
      segments: [segment('lan', '192.168.10.0/24'), segment('far', '192.168.20.0/24')],
      routers: [router({ lan: '192.168.10.1', far: '192.168.20.1' })],
    });
    const { network } = run('node-1: ip route add 192.168.20.12 dev eth0', buildNetwork(lab).network, new Runtime());
    const found = network.netns('node-1')?.ipv4.tables.get(RT_TABLE_MAIN)?.at(prefix('10.244.2.0/24'));
    expect(found).toMatchObject([{ nexthops: [{ dev: 'flannel.1', onlink: true }] }]);
  });
});

describe('flannel/host-gw', () => {
  const cni = { name: 'flannel/host-gw', options: {} };

  test('a route by each node, and no device', () => {
    const built = buildNetwork(makeLab({ cni, nodes: [node(1), node(2), node(3)], pods: [pod('p', 'node-1')] }));
    expect(commandsOf(built.installs('node-1'), 'flanneld').filter((c) => c.startsWith('ip route'))).toEqual([
      'ip route add 10.244.2.0/24 via 192.168.10.12 dev eth0',
      'ip route add 10.244.3.0/24 via 192.168.10.13 dev eth0',
    ]);
    expect([...(built.network.netns('node-1')?.links.keys() ?? [])].filter((dev) => dev.startsWith('flannel'))).toEqual(
      [],
    );
    expect(built.network.netns('p')?.links.get('eth0')?.mtu).toBe(1500);
  });

  test('does not start where the others would be told another address', () => {
    const annotations = { 'flannel.alpha.coreos.com/node-public-ip': '192.168.10.11' };
    const same = buildNetwork(makeLab({ cni, nodes: [node(1, { annotations }), node(2)] }));
    expect(commandsOf(same.installs('node-1'), 'flanneld')).not.toEqual([]);
    const addresses = [ip('192.168.10.11'), ip('192.168.10.21')] as const;
    const second = { 'flannel.alpha.coreos.com/node-public-ip': '192.168.10.21' };
    const other = buildNetwork(makeLab({ cni, nodes: [node(1, { addresses, annotations: second }), node(2)] }));
    expect(commandsOf(other.installs('node-1'), 'flanneld')).toEqual([]);
  });
});

describe('flannel/udp', () => {
  const lab = makeLab({ cni: { name: 'flannel/udp', options: {} }, pods: [pod('p', 'node-1')] });

  test('a TUN device, one route, a relay behind it', () => {
    const { installs, network } = buildNetwork(lab);
    const calls = commandsOf(installs('node-1'), 'flanneld').filter((c) => !c.startsWith('iptables'));
    expect(calls).toEqual([
      'ip tuntap add dev flannel0 mode tun',
      'ip addr add 10.244.1.0/32 scope global dev flannel0',
      'ip link set dev flannel0 mtu 1472',
      'ip link set dev flannel0 up',
      'ip route add 10.244.0.0/16 dev flannel0 scope global',
      expect.stringMatching(/process start/),
      expect.stringMatching(/socket listen/),
    ]);
    expect(network.netns('node-1')?.processes).toMatchObject([
      {
        kind: 'udp-relay',
        address: ip('192.168.10.11'),
        port: 8285,
        routes: [{ dst: prefix('10.244.2.0/24'), peer: ip('192.168.10.12'), port: 8285 }],
        errorSource: ip('10.244.1.0'),
      },
    ]);
    expect(network.netns('node-1')?.sockets).toMatchObject([{ behaviour: 'process', process: 0 }]);
    expect(network.netns('p')?.links.get('eth0')?.mtu).toBe(1472);
  });
});

describe('rules of flanneld', () => {
  const linesOn = (more: Parameters<typeof makeLab>[0]): string[] =>
    restoreLines(buildNetwork(makeLab(more)).installs('node-1'), 'flanneld');

  test('SPEC-flannel §3.1', () => {
    const why = '-m comment --comment "flanneld masq"';
    const forward = '-m comment --comment "flanneld forward"';
    expect(linesOn({})).toEqual([
      '*nat',
      `-A POSTROUTING ${why} -j FLANNEL-POSTRTG`,
      `-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${why} -j RETURN`,
      `-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 ${why} -j RETURN`,
      `-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 ${why} -j RETURN`,
      `-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 ${why} -j RETURN`,
      `-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 ${why} -j MASQUERADE --random-fully`,
      `-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 ${why} -j MASQUERADE --random-fully`,
      'COMMIT',
      '*filter',
      `-A FORWARD ${forward} -j FLANNEL-FWD`,
      `-A FLANNEL-FWD -s 10.244.0.0/16 ${forward} -j ACCEPT`,
      `-A FLANNEL-FWD -d 10.244.0.0/16 ${forward} -j ACCEPT`,
      'COMMIT',
    ]);
  });

  test.each([
    { off: ['flanneld/masq'], has: ['*filter'], why: '--ip-masq=false' },
    { off: ['flanneld/forward'], has: ['*nat'], why: '--iptables-forward-rules=false' },
    { off: ['flanneld'], has: [], why: 'flanneld does not run' },
  ])('$off: $why', ({ off, has }) => {
    const lines = linesOn({ nodes: [node(1, { off }), node(2)] });
    expect(lines.filter((line) => line.startsWith('*'))).toEqual(has);
  });

  test('without --ip-masq the bridge plug-in masquerades (FLANNEL_IPMASQ=false)', () => {
    const lab = makeLab({ nodes: [node(1, { off: ['flanneld/masq'] })], pods: [pod('p', 'node-1')] });
    const rules = commandsOf(buildNetwork(lab).installs('node-1'), 'cni/bridge').filter((c) =>
      c.includes('POSTROUTING'),
    );
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatch(/^iptables -t nat -A POSTROUTING -s 10\.244\.1\.2 -j CNI-[0-9a-f]{24} /);
  });
});

describe('a node whose flanneld does not run', () => {
  const lab = makeLab({ nodes: [node(1), node(2, { off: ['flanneld'] })], pods: [pod('p', 'node-2')] });
  const built = buildNetwork(lab);

  test('has no lease, so the others have no route to it', () => {
    expect(commandsOf(built.installs('node-1'), 'flanneld').filter((c) => c.includes('10.244.2.0'))).toEqual([]);
  });

  test('its pods get no network: there is no subnet.env', () => {
    expect([...(built.network.netns('p')?.links.keys() ?? [])]).toEqual(['lo']);
    expect(built.cluster.pods[0]?.podIP).toBeUndefined();
  });
});

test('a podCIDR outside of the Network: the device is made, then flanneld ends; the others see the lease all the same', () => {
  const stray = node(2, { podCIDR: prefix('10.9.2.0/24') });
  const built = buildNetwork(makeLab({ nodes: [node(1), stray], pods: [pod('p', 'node-2')] }));
  expect(commandsOf(built.installs('node-2'), 'flanneld')).toEqual([
    expect.stringMatching(/^ip link add name flannel\.1 /),
    'sysctl -qw net.ipv6.conf.flannel/1.accept_ra=0',
  ]);
  expect(commandsOf(built.installs('node-1'), 'flanneld')).toContain(
    'ip route replace 10.9.2.0/24 via 10.9.2.0 dev flannel.1 onlink',
  );
});
