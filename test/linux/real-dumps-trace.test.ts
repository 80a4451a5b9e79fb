import { describe, expect, type TestContext, test } from 'vitest';
import {
  type Netns,
  parseRuleset,
  type Ruleset,
  readIpsetList,
  readIpvs,
  type Socket,
  type VirtualService,
} from '../../src/linux/index.js';
import type { Network } from '../../src/topology/index.js';
import { type Probe, type Trace, trace } from '../../src/trace/index.js';
import { ip } from '../must.js';
import { networkFrom } from '../network.js';
import { readable } from '../recordings/load.js';
import { readShared } from '../shared.js';

/**
 * Rules and virtual servers of real nodes, with packets traced through them. The dumps tell of one table each: links,
 * routes and listening programs are added here. `n` is the node, `p` a pod of it, and all other endpoints are in `far`,
 * behind eth0.
 */
interface World {
  /** The node's address on eth0 and the pod's, each with its prefix length of 24. */
  readonly node: string;
  readonly pod: string;
  /** Endpoints in `far`. */
  readonly far: readonly string[];
  readonly listen: readonly `${'tcp' | 'udp' | 'sctp'}/${number}`[];
  /** More commands, as `NETNS: COMMAND` lines. */
  readonly more?: string;
}

function beside(address: string, last: number): string {
  return address.replace(/\d+$/, `${last}`);
}

function network({ node, pod, far, listen, more = '' }: World, state: Partial<Netns>): Network {
  const built = networkFrom(`
ip netns add n
ip netns add p
ip netns add far
ip link add eth0 netns n type veth peer name eth0 netns far
ip link add eth0 netns p type veth peer name veth0 netns n
${['n', 'p', 'far'].map((ns) => `${ns}: ip link set lo up\n${ns}: ip link set eth0 up`).join('\n')}
n: ip link set veth0 up
n: ip addr add ${node}/24 dev eth0
n: ip addr add ${beside(pod, 1)}/24 dev veth0
n: sysctl -w net.ipv4.ip_forward=1
p: ip addr add ${pod}/24 dev eth0
p: ip route add default via ${beside(pod, 1)}
far: ip addr add ${beside(node, 2)}/24 dev eth0
far: ip route add default via ${node}
${far.map((address) => `far: ip addr add ${address}/32 dev lo\nn: ip route add ${address} via ${beside(node, 2)}`).join('\n')}
n: ip route add default via ${beside(node, 2)}
${more}`);
  const sockets = listen.map((each): Socket => {
    const [protocol = '', port = ''] = each.split('/');
    const origin = { by: 'command', file: 'test', line: 1 } as const;
    return {
      protocol: protocol as Socket['protocol'],
      port: Number(port),
      address: ip('0.0.0.0'),
      behaviour: 'reply',
      bytes: undefined,
      origin,
    };
  });
  const [n, f] = [built.netns('n'), built.netns('far')];
  if (n === undefined || f === undefined) throw new Error('no node');
  return built.with([
    { ...n, ...state, sockets },
    { ...f, sockets },
  ]);
}

/** Where a packet may arrive: `PROBABILITY to ADDRESS:PORT from ADDRESS`, with two decimals. */
function arrivals(result: Trace): string[] {
  return (result.legs[0]?.paths ?? [])
    .map(({ p, hops, outcome }) => {
      const end = hops.flatMap(({ events }) => events).findLast((event) => event.k === 'deliver');
      const where = end?.k === 'deliver' ? `to ${end.local} from ${end.remote.replace(/:\d+$/, '')}` : outcome;
      return `${p?.toFixed(2)} ${where}`;
    })
    .sort();
}

function send(world: Network, probe: Probe): string[] {
  const result = trace(world, probe);
  expect(result.verdict).toMatchObject({ forward: 'delivered', reply: 'delivered' });
  return arrivals(result);
}

function rules(context: TestContext, file: string): Ruleset {
  const table = /iptables-S-(\w+)/.exec(file)?.[1];
  const options = table === 'nat' ? ({ table } as const) : {};
  return readable(parseRuleset(readShared(context, `reference/real-dumps/${file}`), file, options));
}

describe('iptables mode', () => {
  // Of two endpoints the first has a rule with probability 0.5, the second what is left: 1 - 0.5.
  test('kubeadm with Flannel VXLAN: CoreDNS and the API server', (context) => {
    const iptables = rules(context, 'iptables-S-nat.flannel-vxlan.kube-proxy.txt');
    const world: World = {
      node: '192.168.20.100',
      pod: '10.244.0.2',
      far: ['10.244.2.2', '10.244.2.3'],
      listen: ['udp/53', 'tcp/53', 'tcp/9153', 'tcp/6443'],
    };
    const built = network(world, { iptables });
    // A pod is in 10.244.0.0/16, so KUBE-SVC-… does not mark it; FLANNEL-POSTRTG lets 10.244.0.0/24 keep its source.
    const both = (port: number): string[] => [
      `0.50 to 10.244.2.2:${port} from 10.244.0.2`,
      `0.50 to 10.244.2.3:${port} from 10.244.0.2`,
    ];
    expect(send(built, { from: 'p', to: '10.96.0.10:53', proto: 'udp' })).toEqual(both(53));
    expect(send(built, { from: 'p', to: '10.96.0.10:53' })).toEqual(both(53));
    expect(send(built, { from: 'p', to: '10.96.0.10:9153' })).toEqual(both(9153));
    expect(send(built, { from: 'p', to: '10.96.0.1:443' })).toEqual(['1.00 to 192.168.20.100:6443 from 10.244.0.2']);
    // The host is not in it: marked, and masqueraded as eth0.
    expect(send(built, { from: 'far', to: '10.96.0.10:9153' })).toEqual([
      '0.50 to 10.244.2.2:9153 from 192.168.20.100',
      '0.50 to 10.244.2.3:9153 from 192.168.20.100',
    ]);
  });

  test('kubeadm 1.11 without a network plug-in: the API server answers, DNS is rejected for want of endpoints', (context) => {
    const iptables = rules(context, 'iptables-save.kubeadm-1.11.docker.no-cni.txt');
    const world: World = { node: '192.168.50.101', pod: '10.32.0.2', far: [], listen: ['tcp/6443'] };
    const built = network(world, { iptables });
    // KUBE-SERVICES marks what is not of 10.32.0.0/12; the packet to the local endpoint leaves by lo,
    // whose 127.0.0.1 has scope host: the address of the next device is taken, eth0 (inet_select_addr()).
    expect(send(built, { from: 'n', to: '10.96.0.1:443' })).toEqual([
      '1.00 to 192.168.50.101:6443 from 192.168.50.101',
    ]);
    const refused = trace(built, { from: 'n', to: '10.96.0.10:53', proto: 'udp' });
    // A rule of OUTPUT: sendto() itself fails (nf_hook_slow()). That kube-proxy wrote it is nothing that a dump says.
    expect(refused.verdict).toMatchObject({ forward: 'rejected', code: 'NF_REJECT', errno: 'EPERM' });
  });

  test('kubeadm 1.11 with Weave Net: KUBE-SERVICES marks before it jumps, as kube-proxy did until 1.19', (context) => {
    const iptables = rules(context, 'iptables-save.kubeadm-1.11.docker.weave.txt');
    const world: World = {
      node: '192.168.1.241',
      pod: '10.40.0.2',
      far: ['10.32.0.2', '10.32.0.3'],
      listen: ['udp/53', 'tcp/53', 'tcp/6443'],
    };
    const built = network(world, { iptables });
    // The node's own address is not in 10.32.0.0/12: marked and masqueraded as eth0, which has it.
    for (const proto of ['udp', 'tcp'] as const)
      expect(send(built, { from: 'n', to: '10.96.0.10:53', proto })).toEqual([
        '0.50 to 10.32.0.2:53 from 192.168.1.241',
        '0.50 to 10.32.0.3:53 from 192.168.1.241',
      ]);
    expect(send(built, { from: 'n', to: '10.96.0.1:443' })).toEqual(['1.00 to 192.168.1.241:6443 from 192.168.1.241']);
  });
});

describe('IPVS mode', () => {
  /** Sets that the rules name and no dump has, as kube-proxy and Felix make them. */
  const SETS = `
n: ipset create KUBE-LOOP-BACK hash:ip,port,ip
n: ipset create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
n: ipset add KUBE-NODE-PORT-TCP 31195
n: ipset create cali40masq-ipam-pools hash:net
n: ipset add cali40masq-ipam-pools 192.168.0.0/16
n: ipset create cali40all-ipam-pools hash:net
n: ipset add cali40all-ipam-pools 192.168.0.0/16
n: sysctl -w net.ipv4.vs.conntrack=1`;

  function services(context: TestContext, file: string): readonly VirtualService[] {
    return readable(readIpvs({ file, text: readShared(context, `reference/real-dumps/${file}`) }));
  }

  /** The node of the dumps: addresses of kube-ipvs0, sets, rules and virtual servers. */
  function node(context: TestContext): Network {
    const file = 'ipset-L.calico-vxlan.kube-proxy-ipvs.txt';
    const sets = readable(readIpsetList(readShared(context, `reference/real-dumps/${file}`), file));
    const addresses = readShared(context, 'reference/real-dumps/ip-addr.kube-ipvs0.txt').matchAll(/inet (\S+)/g);
    const bound = [...addresses].map(([, address]) => `n: ip addr add ${address} dev kube-ipvs0`);
    expect(bound).toHaveLength(5);
    const world: World = {
      node: '192.168.191.153',
      pod: '192.168.185.100',
      far: [1, 3, 5, 6, 13, 14, 15].map((n) => `192.168.185.${n}`),
      listen: ['udp/53', 'tcp/53', 'tcp/80', 'tcp/6443', 'tcp/5443'],
      more: `${SETS}\nn: ip link add kube-ipvs0 type dummy\n${bound.join('\n')}`,
    };
    const built = network(world, {});
    const n = built.netns('n');
    if (n === undefined) throw new Error('no node');
    return built.with([
      {
        ...n,
        ipsets: new Map([...n.ipsets, ...sets]),
        iptables: rules(context, 'iptables-save-nat.calico-vxlan.kube-proxy-ipvs.txt'),
        ipvs: services(context, 'ipvsadm-Ln.calico-vxlan.kube-proxy-ipvs.txt'),
      },
    ]);
  }

  /** A dump does not tell whose turn it is: each of the k servers of weight 1 has 1 / k. */
  function each(lasts: readonly number[], port: number, source: string): string[] {
    return lasts.map((n) => `${(1 / lasts.length).toFixed(2)} to 192.168.185.${n}:${port} from ${source}`).sort();
  }

  test('kubeadm with Calico VXLAN: ClusterIPs from a pod, whose address is in 192.168.0.0/16', (context) => {
    const built = node(context);
    const pod = '192.168.185.100';
    expect(send(built, { from: 'p', to: '10.96.0.10:53', proto: 'udp' })).toEqual(each([1, 3], 53, pod));
    expect(send(built, { from: 'p', to: '10.100.49.21:80' })).toEqual(each([13, 14, 15], 80, pod));
    expect(send(built, { from: 'p', to: '10.101.177.188:443' })).toEqual(each([5, 6], 5443, pod));
    expect(send(built, { from: 'p', to: '10.96.0.1:443' })).toEqual([`1.00 to 192.168.191.153:6443 from ${pod}`]);
  });

  test('the node port is in KUBE-NODE-PORT-TCP: masqueraded as eth0', (context) => {
    expect(send(node(context), { from: 'p', to: '192.168.191.153:31195' })).toEqual(
      each([13, 14, 15], 80, '192.168.191.153'),
    );
  });

  test('a ClusterIP is local, and a port without a virtual server is refused by the node itself', (context) => {
    // Neither KUBE-IPVS-FILTER nor another rule of filter is in the dump.
    const { verdict } = trace(node(context), { from: 'p', to: '10.100.49.21:81' });
    expect(verdict).toMatchObject({ forward: 'rejected', code: 'NO_SOCKET', errno: 'ECONNREFUSED' });
  });

  test('SCTP by a node port: one of three', (context) => {
    const pods = [135, 136, 137].map((n) => `20.20.195.${n}`);
    const world: World = { node: '10.0.2.15', pod: '20.20.1.2', far: pods, listen: ['sctp/1000'] };
    const built = network(world, { ipvs: services(context, 'ipvsadm-Ln.sctp.nodeport.txt') });
    const result = trace(built, { from: 'p', to: '10.0.2.15:31514', proto: 'sctp' });
    expect(arrivals(result)).toEqual(pods.map((address) => `0.33 to ${address}:1000 from 20.20.1.2`));
  });
});
