import { expect, test } from 'vitest';
import type { Frame } from '../replay/frame.js';
import { guestPlan, labProbe, recordedPlan, scenarioCase } from './evidence.js';

/** Frames with VXLAN at the cards of nodes. */
function outer(frames: readonly Frame[], netns: string, dir: 'in' | 'out' = 'out'): Frame[] {
  return frames.filter((f) => f.ns === netns && f.if === 'eth0' && f.dir === dir && f.vxlan !== undefined);
}

const entries = () => recordedPlan('VXLAN entries that are gone or wrong').cases;

test('The outer packet of VXLAN has a TTL and a TOS of its own and no DF, whatever it carries', () => {
  const [frame] = outer(labProbe('vxlan-basic', 1).frames, 'n1');
  expect(frame?.ip).toMatchObject({ ttl: 64, src: '192.168.10.11' });
  expect(frame?.ip).not.toHaveProperty('df');
  expect(frame?.ip).not.toHaveProperty('tos');
  expect(frame?.inner?.ip).toMatchObject({ ttl: 63, df: true });
});

test("flannel's UDP backend sets DF, and its port at both ends", () => {
  const { frames } = labProbe('udp-backend', 0);
  const frame = frames.find((f) => f.ns === 'n1' && f.if === 'eth0' && f.dir === 'out' && f.udp !== undefined);
  expect(frame?.ip).toMatchObject({ df: true, ttl: 64 });
  expect(frame?.udp).toMatchObject({ sport: 8285, dport: 8285 });
});

test('The source port of VXLAN is the same both ways for ping and UDP, not for TCP', () => {
  const ports = (frames: readonly Frame[]): unknown[] =>
    ['n1', 'n2'].map((ns) => new Set(outer(frames, ns).map(({ udp }) => udp?.['sport'])));
  for (const side of ['frames', 'ours'] as const) {
    const [ping1, ping2] = ports(labProbe('vxlan-basic', 1)[side]);
    expect(ping1, side).toEqual(ping2);
    // A TCP socket's packets have a hash that the socket drew.
    const [tcp1, tcp2] = ports(labProbe('vxlan-basic', 4)[side]);
    expect(tcp1, side).not.toEqual(tcp2);
  }
  const { recorded, ours } = scenarioCase('flannel-vxlan/2');
  const seen = recorded.observed.path
    .filter(({ dev, dir }) => dev === 'eth0' && dir === 'out')
    .map((event) => event.ip ?? {});
  expect(new Set(seen.filter((ip) => ip['vni'] !== undefined).map((ip) => ip['sport'])).size).toBe(1);
  const [udp1, udp2] = ports(ours);
  expect(udp1).toEqual(udp2);
});

test('To conntrack the two directions of a tunnel are two connections without an answer', () => {
  const tunnel = labProbe('vxlan-basic', 1).probe.conntrackAfter?.['n1']?.filter((line) => line.includes('dport=8472'));
  expect(tunnel?.map((line) => /src=\S+ dst=\S+|\[UNREPLIED\]/g[Symbol.match](line)?.slice(0, 2))).toEqual([
    ['src=192.168.10.11 dst=192.168.10.12', '[UNREPLIED]'],
    ['src=192.168.10.12 dst=192.168.10.11', '[UNREPLIED]'],
  ]);
});

test('A firewall that lets only answers in breaks VXLAN', () => {
  const [one] = recordedPlan('VXLAN and a firewall that knows connections').cases;
  expect(one?.deliveries).toEqual(['far udp 10.244.2.2:53 < 10.244.1.2:20001']);
  expect(one?.at().at(-1)).toBe(
    'node-1 eth0 in 192.168.56.12 > 192.168.56.11 ttl 64 udp [10.244.2.2 > 10.244.1.2 ttl 63 DF udp]',
  );
  const { packets } = recordedPlan('VXLAN and a firewall that knows connections');
  expect(packets('node-1', '-A INPUT -p udp -m conntrack --ctstate ESTABLISHED')).toBe(0);
  expect(packets('node-1', '-A INPUT -p udp -m udp --dport 8472')).toBe(1);
});

test('Outer packets pass OUTPUT and POSTROUTING, and PREROUTING and INPUT at the other end', () => {
  const { packets, cases } = recordedPlan('outer packets pass iptables');
  expect(cases).toHaveLength(2);
  expect(packets('node-1', '-A OUTPUT -p udp -m udp --dport 8472 -m comment --comment outer')).toBe(2);
  expect(packets('node-1', '-A POSTROUTING -p udp -m udp --dport 8472 -m comment --comment outer')).toBe(2);
  expect(packets('node-2', '-A PREROUTING -p udp -m udp --dport 8472 -m comment --comment outer')).toBe(2);
  expect(packets('node-2', '-A INPUT -p udp -m udp --dport 8472 -m comment --comment outer')).toBe(2);
});

test('A mark stays on the outer packet, unless somebody takes it off first as kube-proxy does', () => {
  const { packets } = recordedPlan('outer packets pass iptables');
  expect(packets('node-1', '-A OUTPUT -p udp -m udp --dport 8472 -m mark --mark 0x10/0x10')).toBe(1);
  // KUBE-MARK-MASQ marked the packet to the Service, as POSTROUTING of table mangle saw; table nat took it off.
  expect(packets('node-1', '-A POSTROUTING -d 10.244.2.2/32 -m mark --mark 0x4000/0x4000')).toBe(1);
  expect(packets('node-1', '-A OUTPUT -p udp -m udp --dport 8472 -m mark --mark 0x4000/0x4000')).toBe(0);
});

test('Encapsulation costs no TTL: a routed node costs one, a bridge none', () => {
  expect(scenarioCase('flannel-vxlan/1').at('p1b')[0]).toBe('p1b eth0 in 10.244.1.2 > 10.244.1.3 ttl 64 udp');
  expect(scenarioCase('flannel-vxlan/2').at('p2a')[0]).toBe('p2a eth0 in 10.244.1.2 > 10.244.2.2 ttl 62 udp');
  expect(labProbe('cni-plugins', 0).at('pa2')[0]).toBe('pa2 eth0 in 10.1.0.2 > 10.1.0.3 ttl 63 DF icmp echo-request');
});

test('A frame without an FDB entry is seen at the VXLAN device, and is gone', () => {
  const [, , missing] = entries();
  expect(missing?.at('node-1').at(-1)).toBe('node-1 flannel.1 out 10.244.1.2 > 10.244.2.2 ttl 63 DF udp');
  expect(outer(missing?.frames ?? [], 'node-1')).toEqual([]);
});

test('A node that is not meant unpacks a frame, and drops it in silence', () => {
  const [, wrong] = entries();
  expect(wrong?.at('node-3')).toEqual([
    'node-3 eth0 in 192.168.56.11 > 192.168.56.13 ttl 64 udp [10.244.1.2 > 10.244.2.2 ttl 63 DF udp]',
    'node-3 flannel.1 in-otherhost 10.244.1.2 > 10.244.2.2 ttl 63 DF udp',
  ]);
});

test('Questions for a VTEP without a neighbour entry go into the VXLAN device and no further', () => {
  const [, , , unknown] = entries();
  const asked = unknown?.frames.filter(({ arp }) => (arp as { tpa?: string } | undefined)?.tpa === '10.244.2.0') ?? [];
  expect(new Set(asked.map(({ ns, if: dev, dir }) => `${ns} ${dev} ${dir}`))).toEqual(
    new Set(['node-1 flannel.1 out']),
  );
  expect(outer(unknown?.frames ?? [], 'node-1')).toEqual([]);
  expect(unknown?.at('client').at(-1)).toMatch(/icmp unreachable host about/);
});

test('A VXLAN device that is down closes its port; one of another VNI keeps silent', () => {
  const [down, other] = recordedPlan('no VXLAN device listens').cases;
  expect(down?.at('node-2').at(-1)).toBe(
    'node-2 eth0 out 192.168.56.12 > 192.168.56.11 ttl 64 icmp unreachable port about 192.168.56.11 > 192.168.56.12',
  );
  expect(other?.at('node-2')).toHaveLength(1);
});

test('An error about the outer packet stays on its node: the pod is told nothing', () => {
  const [down] = recordedPlan('no VXLAN device listens').cases;
  const [rejected, absent] = recordedPlan('errors about outer packets').cases;
  expect(rejected?.at('node-1').at(-1)).toMatch(/^node-1 lo in .* icmp unreachable port about 192\.168\.56\.11 > /);
  expect(absent?.at('node-1').at(-1)).toMatch(/^node-1 lo in .* icmp unreachable host about 192\.168\.56\.11 > /);
  for (const one of [down, rejected, absent]) {
    expect(one?.at('client')).toHaveLength(1);
    expect(one?.errors).toEqual([]);
  }
});

test('An outer packet that is too long for the underlay is cut there, and put together at the other end', () => {
  const { frames, at, probe } = labProbe('vxlan-ttl-mtu', 15);
  expect(probe.before).toEqual([{ ns: 'rtr', cmd: 'ip link set ethB mtu 1400' }]);
  const lengths = frames.filter((f) => f.ns === 'n3' && f.if === 'eth0' && f.dir === 'in').map(({ ip }) => ip?.['len']);
  // 1500 bytes: 20 and 1376 that is a multiple of 8, and 20 and the other 104.
  expect(lengths.slice(0, 2)).toEqual([1396, 124]);
  // The inner packet says DF.
  expect(at('n3')).toContain('n3 flannel.1 in 10.244.1.2 > 10.244.3.2 ttl 63 DF icmp echo-request');
});

test('A veth drops what is longer than its own MTU, and tells nobody', () => {
  const { at, probe } = labProbe('vxlan-ttl-mtu', 15);
  // Only the router's end has MTU 1400: n3 sends 1500 bytes to it.
  expect(at('n3').filter((line) => line.startsWith('n3 eth0 out'))).not.toEqual([]);
  expect(at('rtr').filter((line) => line.startsWith('rtr ethB in'))).toEqual([]);
  expect(probe.delivered).toBe(false);
});

test('A VXLAN device that goes down and up has lost routes and neighbours, not its address and its FDB', () => {
  const [lost, again, own] = recordedPlan('a VXLAN device goes down and up').cases;
  expect(lost?.at('node-1').at(-1)).toMatch(/^node-1 eth0 out 10\.244\.1\.2 > 10\.244\.2\.2 /);
  // Neighbour and route were set again; nobody set FDB and address.
  expect(again?.deliveries).toEqual(['far udp 10.244.2.2:53 < 10.244.1.2:20002']);
  expect(own?.deliveries).toEqual(['far udp 10.244.2.2:53 < 10.244.1.0:20003']);
});

test('A device that gets another MAC address forgets its neighbours, permanent ones too', () => {
  const [one] = recordedPlan('the MAC address of a VXLAN device changes').cases;
  expect(one?.at('client').at(-1)).toMatch(/icmp unreachable host about 10\.244\.1\.2 > 10\.244\.2\.2$/);
});

test("What the relay of flannel's UDP backend says is not believed by its own node, unless accept_local is set", () => {
  const [ignored, believed] = [labProbe('udp-backend', 9), labProbe('udp-backend', 10)];
  const error = 'n1 flannel0 in 10.244.1.0 > 10.244.1.2 ttl 8 icmp unreachable net about 10.244.1.2 > 10.244.9.9';
  expect(ignored.at('n1').at(-1)).toBe(error);
  expect(believed.at('n1')).toContain(error);
  expect(believed.at('p1a').at(-1)).toMatch(/^p1a eth0 in 10\.244\.1\.0 > 10\.244\.1\.2 ttl 7 icmp unreachable net /);
  // TCP that is still connecting gives up.
  expect(believed.probe.result.clientError).toContain('Network is unreachable');
  expect(believed.trace.verdict.errno).toBe('ENETUNREACH');
});

/** Outer packets of IP in IP at the card of a node. */
function ipip(frames: readonly Frame[], netns = 'a'): Frame[] {
  return frames.filter((f) => f.ns === netns && f.if === 'eth0' && f.dir === 'out' && f.ip?.['proto'] === 4);
}

test("IPIP copies the TTL of the inner packet, and DF only on the module's own device", () => {
  const df = (name: string): unknown[] =>
    guestPlan(name).cases.map(({ frames }) => [ipip(frames)[0]?.inner?.ip?.['df'], ipip(frames)[0]?.ip?.['df']]);
  expect(df('tunl0 copies DF')).toEqual([
    [undefined, undefined],
    [true, true],
  ]);
  expect(df('a device of its own says DF')).toEqual([
    [undefined, true],
    [true, true],
  ]);
  const { cases } = guestPlan('the TTL is inherited after it fell');
  expect(cases.map(({ frames }) => ipip(frames)[0]?.ip?.['ttl'])).toEqual([undefined, 1, 2, 3]);
  // With 2 it has 1 on the wire, and dies at the router between the nodes.
  expect(cases[1]?.frames.some((f) => f.ns === 'r' && f.icmp?.['type'] === 'time-exceeded')).toBe(true);
});

test('IPIP takes packets from anybody', () => {
  const [taken] = guestPlan('tunl0 takes packets from anybody').cases;
  expect(taken?.frames.some((f) => f.ns === 'p' && f.dir === 'in' && f.udp?.['dport'] === 53)).toBe(true);
  const [refused, fromNode] = guestPlan('but rp_filter looks at who is in them').cases;
  expect(refused?.frames.some((f) => f.ns === 'a' && f.if === 'tunl0')).toBe(true);
  expect(refused?.frames.some((f) => f.ns === 'p')).toBe(false);
  expect(fromNode?.deliveries).toEqual(['q udp 10.244.2.2:53 < 10.244.1.2:20001']);
});

test('IPIP that nobody takes is answered with "port unreachable"', () => {
  const [one] = guestPlan('a tunl0 that is down answers port unreachable').cases;
  const error = one?.frames.find((f) => f.ns === 'b' && f.icmp !== undefined);
  expect(error?.icmp).toMatchObject({ type: 'unreachable', code: 'port', quoted: { proto: 4 } });
  expect(one?.frames.some((f) => f.ns === 'p' && f.icmp !== undefined)).toBe(false);
});

test('A far end that was not reached is told of to who sends next', () => {
  const told = (name: string): boolean[] =>
    guestPlan(name).cases.map(({ frames }) => frames.some((f) => f.ns === 'p' && f.icmp?.['type'] === 'unreachable'));
  expect(told('so too of a TTL of its own that is too small')).toEqual([false, true]);
  expect(told('a tunl0 that is down answers port unreachable')).toEqual([false]);
});
