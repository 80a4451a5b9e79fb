import { describe, expect, test } from 'vitest';
import { formatMac } from '../../src/address/index.js';
import { workloadVeth } from '../../src/agents/calico/names.js';
import { buildNetwork } from '../../src/lab/index.js';
import { formatRoute, RT_TABLE_MAIN } from '../../src/linux/index.js';
import { makeLab, node, pod, port } from '../lab/make-lab.js';
import { readShared } from '../shared.js';
import { commandsOf } from './commands.js';

const cni = { name: 'calico/bgp', options: {} };
const LAB = makeLab({ cni, kubelet: 'off', pods: [pod('a-1', 'node-1')], nodes: [node(1)] });
/** SHA-1 of `default.a-1` is 989a3c18134… */
const VETH = 'cali989a3c18134';

describe('the calico plug-in', () => {
  test('names of links', (context) => {
    // libcalico-go's own unit test.
    expect(workloadVeth('namespace', 'podname')).toBe('cali82111e10a96');
    const file = readShared(context, 'reference/calico/policy-cases.json');
    const { vethName } = JSON.parse(file) as { vethName: { namespace: string; pod: string; veth: string }[] };
    expect(vethName).toHaveLength(3);
    for (const { namespace, pod: name, veth } of vethName) expect(workloadVeth(namespace, name)).toBe(veth);
  });

  test('its calls in the pod and on the node, in the order of DoNetworking()', () => {
    const { installs, refused } = buildNetwork(LAB);
    expect(refused).toEqual([]);
    expect(commandsOf(installs('a-1'), 'cni/calico')).toEqual([
      `ip link add name eth0 address 0a:58:0a:f4:01:00 mtu 1500 type veth peer name ${VETH} mtu 1500`,
      `ip link set dev ${VETH} address ee:ee:ee:ee:ee:ee`,
      `ip link set dev ${VETH} up`,
      'ip link set dev eth0 up',
      'ip route add 169.254.1.1 dev eth0 scope link',
      'ip route add default via 169.254.1.1 dev eth0',
      'ip addr add 10.244.1.0/32 scope global dev eth0',
      'sysctl -qw net.ipv4.ip_forward=0',
      `ip link set dev ${VETH} netns node-1`,
    ]);
    expect(commandsOf(installs('node-1'), 'cni/calico')).toEqual([
      `sysctl -qw net.ipv4.conf.${VETH}.route_localnet=1`,
      `sysctl -qw net.ipv4.neigh.${VETH}.proxy_delay=0`,
      `sysctl -qw net.ipv4.conf.${VETH}.proxy_arp=1`,
      `sysctl -qw net.ipv4.conf.${VETH}.forwarding=1`,
      `sysctl -qw net.ipv6.conf.${VETH}.accept_ra=0`,
      `ip link set dev ${VETH} up`,
      `ip route add 10.244.1.0 dev ${VETH} scope link`,
    ]);
  });

  test('what is there then', () => {
    const { network } = buildNetwork(LAB);
    const [own, host] = [network.netns('a-1'), network.netns('node-1')];
    const link = host?.links.get(VETH);
    expect(link).toMatchObject({ kind: 'veth', up: true });
    expect(link === undefined ? '' : formatMac(link.address)).toBe('ee:ee:ee:ee:ee:ee');
    expect(own?.links.has(VETH)).toBe(false);
    expect(
      [...(own?.ipv4.tables.get(RT_TABLE_MAIN) ?? [])].map((route) => formatRoute(route, undefined).trim()),
    ).toEqual(['default via 169.254.1.1 dev eth0', '169.254.1.1 dev eth0 scope link']);
    expect(own?.ipv4.addresses.filter(({ dev }) => dev === 'eth0')).toMatchObject([{ prefixLength: 32 }]);
    const route = host?.ipv4.tables
      .get(RT_TABLE_MAIN)
      ?.at({ address: own?.ipv4.addresses[1]?.local as never, length: 32 });
    expect(route).toMatchObject([{ origin: { by: 'cni/calico', object: 'pod/default/a-1' }, protocol: 'boot' }]);
  });

  test('without Felix nobody has said which MTU', () => {
    const lab = { ...LAB, cni: { name: 'calico/ipip', options: {} }, nodes: [node(1, { off: ['felix'], mtu: 1400 })] };
    expect(buildNetwork(lab).network.netns('a-1')?.links.get('eth0')?.mtu).toBe(1500);
    const on = { ...lab, nodes: [node(1, { mtu: 1400 })] };
    expect(buildNetwork(on).network.netns('a-1')?.links.get('eth0')?.mtu).toBe(1380);
  });

  test('portmap after it', () => {
    const ports = [port(80, { hostPort: 8080 })];
    const { network } = buildNetwork({ ...LAB, pods: [pod('a-1', 'node-1', { ports })] });
    const chains = network.netns('node-1')?.iptables.get('nat')?.chains;
    expect([...(chains?.keys() ?? [])].filter((chain) => chain.startsWith('CNI-'))).toEqual([
      'CNI-HOSTPORT-SETMARK',
      'CNI-HOSTPORT-MASQ',
      'CNI-HOSTPORT-DNAT',
      expect.stringMatching(/^CNI-DN-/),
    ]);
  });
});
