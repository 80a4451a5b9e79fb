import { describe, expect, test } from 'vitest';
import { Runtime } from '../../src/linux/index.js';
import { apply } from '../../src/plan/index.js';
import { createSimulation, type Probe, type Trace, trace } from '../../src/trace/index.js';
import { ip } from '../must.js';
import { networkFrom, ROUTER } from '../network.js';

/** Two nodes n and m with VXLAN devices. */
const NODES = `
ip netns add n
ip netns add m
ip link add eth0 address 02:00:00:00:00:01 netns n type veth peer name eth0 address 02:00:00:00:00:02 netns m
n: ip link set lo up
m: ip link set lo up
n: ip link set eth0 up
m: ip link set eth0 up
n: ip addr add 192.168.0.1/24 dev eth0
m: ip addr add 192.168.0.2/24 dev eth0
`;

const BRIDGED = `${NODES}
ip netns add a
ip netns add b
n: ip link add vx0 address 02:00:00:00:aa:01 type vxlan id 5 remote 192.168.0.2 dstport 4789
m: ip link add vx0 address 02:00:00:00:aa:02 type vxlan id 5 remote 192.168.0.1 dstport 4789
n: ip link add br0 type bridge
m: ip link add br0 type bridge
ip link add eth0 address 02:00:00:00:01:01 netns a type veth peer name p1 netns n
ip link add eth0 address 02:00:00:00:01:02 netns b type veth peer name p1 netns m
n: ip link set vx0 mtu 1500
m: ip link set vx0 mtu 1500
n: ip link set vx0 master br0
m: ip link set vx0 master br0
n: ip link set p1 master br0
m: ip link set p1 master br0
n: ip link set vx0 up
m: ip link set vx0 up
n: ip link set p1 up
m: ip link set p1 up
n: ip link set br0 up
m: ip link set br0 up
n: ip addr add 10.0.0.11/24 dev br0
a: ip link set eth0 up
b: ip link set eth0 up
a: ip addr add 10.0.0.1/24 dev eth0
b: ip addr add 10.0.0.2/24 dev eth0
`;

/** ICMP errors of a trace: source, type, code, MTU. */
function errors({ legs }: Trace): string[] {
  const packets = legs.filter((leg) => leg.kind === 'icmp-error').map((leg) => leg.packet);
  return packets.map((headers) => {
    const words = headers.flatMap((h) =>
      h.l === 'ip4' ? [h.src] : h.l === 'icmp' ? [`${h.type}/${h.code}`, String(h.mtu)] : [],
    );
    return words.slice(0, 3).join(' ');
  });
}

describe('a VXLAN device that is a bridge port (skb_tunnel_check_pmtu())', () => {
  const big = { to: '10.0.0.2', proto: 'udp', port: 5000, payload: 1472 } as const;

  // Seen on Linux 6.18: EMSGSIZE with MTU 1450 for the first datagram, then fragments.
  test.each([{ from: 'a' }, { from: 'n' }])('tells $from in the name of the receiver', ({ from }) => {
    const simulation = createSimulation(networkFrom(BRIDGED));
    const first = simulation.send({ ...big, from });
    expect(errors(first)).toEqual(['10.0.0.2 3/4 1450']);
    expect([first.verdict.forward, first.verdict.code, first.verdict.errno]).toEqual([
      'rejected',
      'MTU_DF',
      'EMSGSIZE',
    ]);
    const second = simulation.send({ ...big, from });
    expect(errors(second)).toEqual(['10.0.0.2 3/3 0']);
  });

  test('without DF nobody is told: the outer packet is cut (iptunnel_pmtud_check_icmp())', () => {
    const result = trace(networkFrom(BRIDGED), { ...big, from: 'a', df: false });
    expect(errors(result)).toEqual(['10.0.0.2 3/3 0']);
  });
});

test('a GSO packet whose segments are too long teaches its route (seen on Linux 6.18)', () => {
  const runtime = new Runtime();
  const routed = networkFrom(`${NODES}
    n: ip link add vx0 address 02:00:00:00:aa:01 type vxlan id 5 remote 192.168.0.2 dstport 4789
    m: ip link add vx0 address 02:00:00:00:aa:02 type vxlan id 5 remote 192.168.0.1 dstport 4789
    n: ip link set vx0 mtu 1500
    m: ip link set vx0 mtu 1500
    n: ip link set vx0 up
    m: ip link set vx0 up
    n: ip addr add 10.0.0.1/24 dev vx0
    m: ip addr add 10.0.0.2/24 dev vx0`);
  const socket = { protocol: 'tcp', address: ip('0.0.0.0'), port: 80, behaviour: 'reply', bytes: 2 } as const;
  const listen = { netns: 'm', origin: { by: 'test' }, call: { call: 'socket listen', socket } } as const;
  const { network } = apply([listen], routed, runtime);
  const simulation = createSimulation(network);
  const probe = { from: 'n', to: '10.0.0.2', proto: 'tcp', port: 80, payload: 3000, segments: [3000] } as const;
  expect(simulation.send(probe).verdict.reply).toBe('delivered');
  expect(simulation.runtime.of('n').exceptions.get(ip('10.0.0.2'))?.mtu).toBe(1450);
});

const LEARNING = `${NODES}
n: ip link add vx0 address 02:00:00:00:aa:01 type vxlan id 5 local 192.168.0.1 dstport 4789
m: ip link add vx0 address 02:00:00:00:aa:02 type vxlan id 5 local 192.168.0.2 dstport 4789
n: bridge fdb add 02:00:00:00:aa:02 dev vx0 dst 192.168.0.2
n: ip link set vx0 up
m: ip link set vx0 up
n: ip addr add 10.0.0.1/24 dev vx0
m: ip addr add 10.0.0.2/24 dev vx0
n: ip neigh add 10.0.0.2 lladdr 02:00:00:00:aa:02 dev vx0 nud permanent
m: ip neigh add 10.0.0.1 lladdr 02:00:00:00:aa:01 dev vx0 nud permanent
`;

describe('learning (vxlan_snoop())', () => {
  const ping: Probe = { from: 'n', to: '10.0.0.2', proto: 'icmp' };

  test.each([
    { entry: 'dst 192.168.0.1', want: ['delivered', null], why: 'the entry agrees' },
    { entry: 'dst 192.168.0.77', want: ['dropped', 'VXLAN_SNOOP_CONFLICT'], why: 'the entry names another far end' },
  ])('$why (seen on Linux 6.18)', ({ entry, want }) => {
    const { verdict } = trace(networkFrom(`${LEARNING}m: bridge fdb add 02:00:00:00:aa:01 dev vx0 ${entry}`), ping);
    expect([verdict.forward, verdict.code]).toEqual(want);
  });

  test('an entry with a device of its own is never the one that learning would make', () => {
    const entry = 'dst 192.168.0.1 via eth0';
    const { verdict } = trace(networkFrom(`${LEARNING}m: bridge fdb add 02:00:00:00:aa:01 dev vx0 ${entry}`), ping);
    expect(verdict.code).toBe('VXLAN_SNOOP_CONFLICT');
  });

  test('what was learned is forgotten after 300 s', () => {
    const simulation = createSimulation(networkFrom(LEARNING));
    const back: Probe = { from: 'm', to: '10.0.0.1', proto: 'icmp' };
    expect(simulation.send(ping).verdict.reply).toBe('delivered');
    expect(simulation.send(back).verdict.forward).toBe('delivered');
    simulation.send({ from: 'n', to: '192.168.0.1', proto: 'icmp', count: 2, interval: 300_000 });
    expect(simulation.send(back).verdict.code).toBe('FDB_MISS');
  });
});

describe('path MTU (__ip_rt_update_pmtu())', () => {
  const narrow = networkFrom(`${ROUTER}r: ip link set eth1 mtu 1000`);
  const big = { from: 'a', to: '10.0.1.1', proto: 'udp', port: 5000, payload: 1200 } as const;
  const mtuOf = (simulation: ReturnType<typeof createSimulation>): number | undefined =>
    [...simulation.runtime.of('a').exceptions.values()][0]?.mtu;

  test('learned from an error about a packet of a socket', () => {
    const simulation = createSimulation(narrow);
    simulation.send(big);
    expect(mtuOf(simulation)).toBe(1000);
  });

  test.each([
    { sysctl: 'net.ipv4.ip_no_pmtu_disc=1', want: 552, why: 'the least that is believed (icmp_unreach())' },
    { sysctl: 'net.ipv4.ip_no_pmtu_disc=2', want: undefined, why: 'ignored' },
    { sysctl: 'net.ipv4.ip_no_pmtu_disc=3', want: undefined, why: 'UDP checks no tag, so it is not believed' },
    { sysctl: 'net.ipv4.route.min_pmtu=1100', want: 1100, why: 'less than min_pmtu counts as that' },
  ])('$sysctl: $why', ({ sysctl, want }) => {
    const simulation = createSimulation(networkFrom(`${ROUTER}r: ip link set eth1 mtu 1000\na: sysctl -w ${sysctl}`));
    simulation.send({ ...big, df: true });
    expect(mtuOf(simulation)).toBe(want);
  });
});
