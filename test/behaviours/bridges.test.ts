import { expect, test } from 'vitest';
import { labProbe, recordedPlan, scenarioCase } from './evidence.js';

/** In `lab-clusterip-bridge-nf.json`: p1a has port veth8c061253 of cni0, p1b vethcc0a953a. */
const SERVICE = 'clusterip-bridge-nf';

test('A bridge port sees the frames of its pod as addressed to somebody else', () => {
  expect(scenarioCase('flannel-vxlan/2').at('n1').slice(0, 2)).toEqual([
    'n1 vethp1a in-otherhost 10.244.1.2 > 10.244.2.2 ttl 64 udp',
    'n1 cni0 in 10.244.1.2 > 10.244.2.2 ttl 64 udp',
  ]);
});

test('A frame for another MAC address ends at a device that is no bridge port', () => {
  const [stray] = recordedPlan('a frame for another MAC address').cases;
  expect(stray?.at('r')).toEqual(['r eth0 in-otherhost 10.0.0.1 > 10.0.1.1 ttl 64 udp']);
  expect(stray?.at('b')).toEqual([]);
});

test('With br_netfilter a packet is translated before the bridge decides where it goes', () => {
  const first = (index: number): string | undefined =>
    labProbe(SERVICE, index)
      .at('n1')
      .find((l) => l.includes(' cni0 '));
  // bridge-nf-call-iptables 1, then 0: it enters the bridge with its endpoint's address, or with that of the Service.
  expect(first(1)).toBe('n1 cni0 in 10.244.1.2 > 10.244.2.2 ttl 64 DF tcp S');
  expect(first(6)).toBe('n1 cni0 in 10.244.1.2 > 10.96.0.11 ttl 64 DF tcp S');
});

test('A Service with its endpoint on the same bridge is bridged: the TTL stays, and nothing enters the bridge device', () => {
  const bridged = labProbe(SERVICE, 0).at();
  expect(bridged).toContain('p1b eth0 in 10.244.1.2 > 10.244.1.3 ttl 64 DF tcp S');
  expect(bridged).toContain('n1 cni0 out 10.244.1.2 > 10.244.1.3 ttl 64 DF tcp S');
  expect(bridged.filter((line) => line.startsWith('n1 cni0 in'))).toEqual([]);
  // Without br_netfilter it is routed by the node.
  const routed = labProbe(SERVICE, 5).at();
  expect(routed).toContain('n1 cni0 in 10.244.1.2 > 10.96.0.10 ttl 64 DF tcp S');
  expect(routed).toContain('p1b eth0 in 10.244.1.2 > 10.244.1.3 ttl 63 DF tcp S');
});

test('Without br_netfilter the answer of a neighbour on the bridge is not translated back', () => {
  const udp = scenarioCase('kube-proxy-bridge-nf-off/1');
  expect(udp.recorded.packet.dst).toBe('10.96.0.11');
  // A socket that is not connected takes an answer from anybody.
  expect(udp.recorded.observed.deliveries).toContainEqual(
    expect.objectContaining({ ns: 'p1a', remote: '10.244.1.3:53' }),
  );
  // TCP refuses one from an address that it did not ask.
  const tcp = labProbe(SERVICE, 5);
  expect(tcp.probe.sent.dst).toBe('10.96.0.10');
  expect(tcp.at('p1a').slice(0, 3)).toEqual([
    'p1a eth0 out 10.244.1.2 > 10.96.0.10 ttl 64 DF tcp S',
    'p1a eth0 in 10.244.1.3 > 10.244.1.2 ttl 64 DF tcp SA',
    'p1a eth0 out 10.244.1.2 > 10.244.1.3 ttl 64 DF tcp R',
  ]);
  expect(tcp.probe.delivered).toBe(false);
});

test('FORWARD sees what is bridged only with br_netfilter, and what is routed always', () => {
  const [bridged, , free, routed] = recordedPlan('a closed FORWARD and a bridge').cases;
  expect(bridged?.deliveries).toEqual([]);
  // bridge-nf-call-iptables is 0 from here on.
  expect(free?.deliveries).toEqual(['p2 udp 10.244.1.3:53 < 10.244.1.2:20002']);
  expect(routed?.at('o')).toEqual([]);
});

test('physdev knows the port of a packet only with br_netfilter, even of one that is routed', () => {
  const [seen, unseen] = recordedPlan('the port of a routed packet').cases;
  expect(seen?.at('n').at(-1)).toBe('n cni0 in 10.244.1.2 > 192.168.0.9 ttl 64 DF udp');
  expect(unseen?.deliveries).toEqual(['o udp 192.168.0.9:53 < 10.244.1.2:20002']);
});

test('A pod that reaches itself by a Service needs a hairpin port only because of br_netfilter', () => {
  const answered = (index: number): unknown => [
    labProbe(SERVICE, index).probe.title,
    labProbe(SERVICE, index).probe.delivered,
  ];
  expect([2, 7, 10, 11, 12].map(answered)).toEqual([
    [expect.stringContaining('bridge-nf=1: p1a -> 10.96.0.12:80 -> p1a (itself, hairpin on)'), true],
    [expect.stringContaining('bridge-nf=0: p1a -> 10.96.0.12:80 -> p1a (itself, hairpin on)'), true],
    [expect.stringContaining('hairpin off'), false],
    [expect.stringContaining('hairpin off but cni0 promiscuous'), false],
    [expect.stringContaining('hairpin off, bridge-nf=0'), true],
  ]);
  // Bridged it keeps its TTL, routed it does not; both times the pod sees the bridge as its peer.
  expect(labProbe(SERVICE, 2).at()).toContain('p1a eth0 in 10.244.1.1 > 10.244.1.2 ttl 64 DF tcp S');
  expect(labProbe(SERVICE, 12).at()).toContain('p1a eth0 in 10.244.1.1 > 10.244.1.2 ttl 63 DF tcp S');
});

test('A packet that returns to its own port is seen half translated on the bridge device', () => {
  const { at } = labProbe(SERVICE, 2);
  const answer = at('n1').filter((line) => line.endsWith('tcp SA'));
  expect(answer).toEqual([
    'n1 veth8c061253 in-otherhost 10.244.1.2 > 10.244.1.1 ttl 64 DF tcp SA',
    // The destination is that of the client again, the source still that of the endpoint: both are the pod.
    'n1 cni0 out 10.244.1.2 > 10.244.1.2 ttl 64 DF tcp SA',
    'n1 veth8c061253 out 10.96.0.12 > 10.244.1.2 ttl 64 DF tcp SA',
  ]);
});

test('A hairpin port gives a pod its own broadcasts back', () => {
  const { frames } = labProbe('vxlan-basic', 0);
  const questions = frames.filter((f) => f.ns === 'p1a' && (f.arp as { op?: string } | undefined)?.op === 'request');
  const [asked, heard] = questions;
  expect([asked?.dir, heard?.dir]).toEqual(['out', 'in-bcast']);
  expect(heard?.ethSrc).toBe(asked?.ethSrc);
});

test('Fragments are put together before they enter the bridge device, and cut anew where they leave', () => {
  const { frames } = labProbe('vxlan-ttl-mtu', 8);
  const lengths = (dev: string, dir: string): unknown[] =>
    frames.filter((f) => f.ns === 'n1' && f.if === dev && f.dir === dir).map(({ ip }) => ip?.['len']);
  // 3000 bytes of data, 8 of ICMP, 20 of IP; the MTU of all three devices is 1450.
  expect(lengths('cni0', 'in')).toEqual([3028]);
  expect(lengths('vethec3c0b5e', 'in-otherhost')).toEqual([1444, 1444, 180]);
  expect(lengths('flannel.1', 'out')).toEqual([1444, 1444, 180]);
  // The same on Linux 6.1, with UDP.
  const udp = scenarioCase('flannel-vxlan/21').frames.filter(
    ({ ns, if: dev, dir }) => `${ns} ${dev} ${dir}` === 'n1 cni0 in',
  );
  expect(udp.map(({ ip }) => ip?.['len'])).toEqual([2028]);
});

test('A bridged translation makes a detour by the bridge device until its neighbour is known and has been used', () => {
  const { cases } = recordedPlan('bridged DNAT and the state of the neighbour');
  const detours = cases.map(({ at }) => at('n').includes('n cni0 out 10.244.1.2 > 10.244.1.3 ttl 64 DF udp'));
  // A permanent neighbour: at first not used, then used. A stale one, that the first of two packets makes DELAY.
  expect(detours).toEqual([true, false, true, true]);
});

test('FORWARD sees a packet that is translated on a bridge once, whatever detour it makes', () => {
  const { packets, cases } = recordedPlan('bridged DNAT and the state of the neighbour');
  expect(packets('n', '-A FORWARD -d 10.244.1.3/32 -p udp')).toBe(cases.length);
});
