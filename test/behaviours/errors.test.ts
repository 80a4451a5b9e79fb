import { expect, test } from 'vitest';
import type { Frame } from '../replay/frame.js';
import { labProbe, recordedPlan, type Shown, scenarioCase } from './evidence.js';

/** The first ICMP error or redirect that somebody sent. */
function errorOf({ frames }: Shown): Frame | undefined {
  return frames.find(({ icmp, dir }) => icmp?.['quoted'] !== undefined && dir === 'out');
}

const redirects = (shown: Shown | undefined, netns: string): string[] =>
  (shown?.at(netns) ?? []).filter((line) => line.includes(' out ') && line.includes('icmp redirect'));

test('An ICMP error has the address of the device that it leaves by', () => {
  const source = (shown: Shown): unknown => errorOf(shown)?.ip?.['src'];
  expect(source(labProbe('vxlan-ttl-mtu', 0))).toBe('10.244.1.1');
  // The far node answers through the tunnel, or, where there is none, by its network card.
  expect(source(labProbe('vxlan-ttl-mtu', 1))).toBe('10.244.2.0');
  expect(source(labProbe('hostgw', 8))).toBe('192.168.10.12');
});

test('An ICMP error has TOS 0xc0 and a TTL of its own', () => {
  expect(errorOf(labProbe('vxlan-ttl-mtu', 1))?.ip).toMatchObject({ tos: 0xc0, ttl: 64 });
});

test('An ICMP error quotes the packet as far as it has come', () => {
  const quotedTtl = (shown: Shown): unknown => (errorOf(shown)?.icmp?.['quoted'] as { ttl?: number } | undefined)?.ttl;
  // Time exceeded: before the TTL would fall to 0. Too long: as received. No such pod: forwarded by two nodes.
  expect(quotedTtl(labProbe('vxlan-ttl-mtu', 1))).toBe(1);
  expect(quotedTtl(labProbe('vxlan-ttl-mtu', 9))).toBe(64);
  expect(quotedTtl(labProbe('vxlan-basic', 16))).toBe(62);
});

test('An ICMP error is 576 bytes long at most', () => {
  const { probe, ...shown } = labProbe('vxlan-ttl-mtu', 9);
  expect(probe.sent.payload).toBe(1472);
  expect(errorOf(shown)?.ip?.['len']).toBe(576);
});

test('Who refuses a packet that is too long tells the MTU ahead, from the device behind', () => {
  expect(errorOf(labProbe('vxlan-ttl-mtu', 9))).toMatchObject({
    if: 'cni0',
    ip: { src: '10.244.1.1' },
    icmp: { code: 'frag-needed', mtu: 1450 },
  });
  // The MTU of a route counts as that of a device does.
  expect(errorOf(scenarioCase('routing-verdicts/13'))).toMatchObject({
    if: 'eth0',
    ip: { src: '10.0.0.2' },
    icmp: { code: 'frag-needed', mtu: 1000 },
  });
});

test('What is longer than the own device and must not be cut fails in the call, without a frame', () => {
  const { frames, recorded, trace } = scenarioCase('flannel-vxlan/20');
  expect(frames).toEqual([]);
  expect(recorded.observed.senderErrors[0]).toMatchObject({ at: 'send', errno: 'EMSGSIZE' });
  expect(trace.verdict.errno).toBe('EMSGSIZE');
});

test('A redirect is sent before FORWARD is asked', () => {
  const [one] = recordedPlan('a redirect and a closed FORWARD').cases;
  expect(one?.at('r')).toEqual([
    'r eth0 in 10.0.0.1 > 10.9.0.9 ttl 64 DF udp',
    'r eth0 out 10.0.0.2 > 10.0.0.1 ttl 64 icmp redirect 1 about 10.0.0.1 > 10.9.0.9',
  ]);
});

test('A redirect goes only to a sender on the same link', () => {
  expect(redirects(scenarioCase('routing-verdicts/38'), 'r')).toHaveLength(1);
  // Back out of the same device as well, but the sender is a pod behind a node.
  const { at, ...rest } = labProbe('hostgw', 13);
  expect(
    at('rtr')
      .slice(0, 2)
      .map((line) => line.slice(0, 12)),
  ).toEqual(['rtr ethA in ', 'rtr ethA out']);
  expect(redirects({ at, ...rest }, 'rtr')).toEqual([]);
});

test('Redirects cease only where all and the device say so', () => {
  const { cases } = recordedPlan('who switches redirects off');
  // send_redirects of all and of eth0: 0 and 0, 1 and 0, 0 and 1.
  expect(cases.map((one) => redirects(one, 'r').length)).toEqual([0, 1, 1]);
});

test('A redirect about a translated packet is made, and dropped on its way out', () => {
  const { recorded, trace, ...shown } = scenarioCase('kube-proxy-bridge-nf-off/1');
  expect(recorded.observed.counters['n1']).toMatchObject({ 'Icmp.OutRedirects': 1, 'Ip.OutDiscards': 1 });
  expect(redirects(shown, 'n1')).toEqual([]);
  const made = trace.legs.find((leg) => leg.kind === 'icmp-error');
  expect(made?.paths.map(({ outcome }) => outcome)).toEqual(['dropped']);
});

test('A host heeds a redirect once it knows the MAC address of the other router', () => {
  const { cases } = recordedPlan('a redirect to an unknown and to a known neighbour');
  const [unknown, known, heeded] = cases;
  const asked = unknown?.frames.filter(({ ns, dir, arp }) => ns === 'a' && dir === 'out' && arp !== undefined);
  expect(asked?.map(({ arp }) => (arp as { tpa: string }).tpa)).toContain('10.0.0.3');
  // The first redirect did nothing but ask; the second finds the answer.
  expect(redirects(unknown, 'r')).toHaveLength(1);
  expect(known?.at('r')[0]).toBe('r eth0 in 10.0.0.11 > 10.9.9.9 ttl 64 DF udp');
  expect(redirects(known, 'r')).toHaveLength(1);
  expect(heeded?.at('r')).toEqual([]);
  expect(heeded?.at('c')[0]).toBe('c eth0 in 10.0.0.1 > 10.9.9.9 ttl 64 DF udp');
});

test('A redirect counts from the router in use, about a packet of a socket, to another neighbour, on a host', () => {
  const { cases } = recordedPlan('who may redirect, and where to');
  const sent = cases
    .filter((_, i) => i % 2 === 1)
    .map(({ frames }) => frames.find((f) => f.ns === 'r' && f.ip && f.dir === 'out'));
  const [router, other] = ['02:00:00:00:00:01', '02:00:00:00:00:77'];
  expect(sent.map((frame) => frame?.ethDst)).toEqual([
    other,
    router, // from another address than that of the router
    router, // about a port without a socket
    router, // with a code that has no meaning
    router, // to the host itself
    router, // to somebody who does not answer ARP, though he need not be on the link
    // Without shared_media:
    router, // to one that no route goes by
    other, // without secure_redirects
    router, // to one that is not on the link
    other, // to one that a route goes by, with secure_redirects
    router, // to a router
  ]);
  const asked = cases[10]?.frames.filter(({ arp, dir }) => arp !== undefined && dir === 'out').map(({ arp }) => arp);
  expect(asked?.[0]).toMatchObject({ op: 'request', tpa: '10.77.0.1' });
});

test('DF is the choice of who sends: ping sets it, echo replies do not, answers of sockets do', () => {
  const ping = labProbe('vxlan-basic', 1).at('p2a');
  expect(ping).toEqual([
    'p2a eth0 in 10.244.1.2 > 10.244.2.2 ttl 62 DF icmp echo-request',
    'p2a eth0 out 10.244.2.2 > 10.244.1.2 ttl 64 icmp echo-reply',
  ]);
  expect(scenarioCase('flannel-vxlan/2').at('p2a')).toEqual([
    'p2a eth0 in 10.244.1.2 > 10.244.2.2 ttl 62 udp',
    'p2a eth0 out 10.244.2.2 > 10.244.1.2 ttl 64 DF udp',
  ]);
});
