import { expect, test } from 'vitest';
import { labProbe, recordedPlan, type Shown, scenarioCase } from './evidence.js';

const verdicts = (n: number): ReturnType<typeof scenarioCase> => scenarioCase(`routing-verdicts/${n}`);
/** What the kernel's own statistics counted on r. */
const counted = (n: number): Readonly<Record<string, number>> => verdicts(n).recorded.observed.counters['r'] ?? {};
const errnos = (n: number): unknown[] => verdicts(n).recorded.observed.senderErrors.map(({ errno }) => errno);
const reaches = (shown: Shown | undefined, netns: string): boolean => (shown?.at(netns) ?? []).length > 0;

test('A node speaks to remote pods from the address of the device that leads to them', () => {
  expect(scenarioCase('flannel-vxlan/7').at('n1')[0]).toBe('n1 flannel.1 out 10.244.1.0 > 10.244.2.2 ttl 64 udp');
  expect(labProbe('hostgw', 4).at('n1')[0]).toBe('n1 eth0 out 192.168.10.11 > 10.244.2.2 ttl 64 DF icmp echo-request');
});

test('A device without an address borrows that of the first device which has one', () => {
  for (const { first, source } of [
    { first: 'eth0', source: '192.168.0.1' },
    { first: 'tunnel', source: '10.3.0.1' },
  ]) {
    const { cases } = recordedPlan(`a pod behind a device without an address, ${first} first`);
    expect(cases[0]?.at('p')[0]).toBe(`p eth0 in ${source} > 10.244.1.2 ttl 64 DF udp`);
    // So do ICMP errors.
    expect(cases[1]?.at('p').at(-1)).toBe(
      `p eth0 in ${source} > 10.244.1.2 ttl 64 icmp time-exceeded 0 about 10.244.1.2 > 192.168.0.9`,
    );
  }
});

test('The source of a packet is chosen before it is translated', () => {
  const { probe } = labProbe('clusterip-bridge-nf', 4);
  // From a node to a Service: the route to 10.96.0.11 has eth0's address, the one to 10.244.2.2 flannel.1's.
  expect(probe.result.clientLocal).toMatch(/^192\.168\.10\.11:/);
  expect(probe.result.peerSeenByServer).toMatch(/^10\.244\.1\.0:/);
});

test('Each kind of route that refuses has an answer of its own, and a blackhole none', () => {
  const answer = (n: number): string | undefined =>
    verdicts(n)
      .at('r')
      .find((line) => line.includes('icmp'))
      ?.replace(/.*icmp /, '');
  expect(answer(2)).toBeUndefined();
  expect(answer(3)).toBe('unreachable host about 10.0.0.1 > 10.20.1.1');
  expect(answer(4)).toBe('unreachable admin-prohibited about 10.0.0.1 > 10.20.2.1');
  expect(answer(8)).toBe('unreachable admin-prohibited about 10.0.0.1 > 10.23.0.1');
  expect(answer(21)).toBe('unreachable net about 10.0.0.1 > 10.99.0.1');
});

test('A program on the router itself is told by errno, of a blackhole too', () => {
  expect([17, 18, 19, 20].map(errnos)).toEqual([['EINVAL'], ['EHOSTUNREACH'], ['EACCES'], ['ENETUNREACH']]);
});

test('Strict reverse-path filtering takes a blackhole for no way back', () => {
  const [strict, off] = recordedPlan('a source behind a blackhole').cases;
  expect([reaches(strict, 'b'), reaches(off, 'b')]).toEqual([false, true]);
});

test('Loose reverse-path filtering wants some route to the source, by any device', () => {
  expect(verdicts(23).recorded.packet.src).toBe('10.0.0.77');
  expect(reaches(verdicts(23), 'a')).toBe(true);
  expect(verdicts(24).recorded.packet.src).toBe('10.99.9.9');
  expect(reaches(verdicts(24), 'a')).toBe(false);
  expect(counted(24)['TcpExt.IPReversePathFilter']).toBe(1);
});

test('rp_filter is the larger of what all and the device say', () => {
  const { cases } = recordedPlan('rp_filter of all and of a device');
  // all 1 and eth0 0; all 1 and eth0 2, which is loose; all 0 and eth0 1.
  expect(cases.map((one) => reaches(one, 'b'))).toEqual([false, true, false]);
});

test('The reverse path is looked up with the mark only where src_valid_mark is set', () => {
  const [unset, set] = recordedPlan('rp_filter and marks').cases;
  expect([reaches(unset, 'b'), reaches(set, 'b')]).toEqual([false, true]);
  // A request that a mark leads around a blackhole arrives; its answer meets the blackhole, which knows no mark.
  const { at } = verdicts(9);
  expect(at('b').map((line) => line.slice(0, 10))).toEqual(['b eth0 in ', 'b eth0 out']);
  expect(at('r').at(-1)).toMatch(/^r eth1 in 10\.20\.0\.1 > 10\.0\.0\.1 /);
});

test('The reverse path obeys rules', () => {
  const [before, after] = recordedPlan('rp_filter and rules').cases;
  expect([reaches(before, 'b'), reaches(after, 'b')]).toEqual([false, true]);
});

test('Answers that take another way than the request die where rp_filter is strict, without a word', () => {
  const [strict, loose] = recordedPlan('there by VXLAN and back by the underlay').cases;
  expect(strict?.at().at(-1)).toBe('node-2 flannel.1 in 10.244.1.2 > 10.244.2.2 ttl 63 DF udp');
  expect(loose?.at('client').at(-1)).toBe('client eth0 in 10.244.2.2 > 10.244.1.2 ttl 62 DF udp');
});

test('Martian sources are dropped before rp_filter sees them; class E is none', () => {
  for (const n of [25, 26, 29, 30]) {
    expect(reaches(verdicts(n), 'b')).toBe(false);
    expect(counted(n)).toEqual({ 'Ip.InReceives': 1 });
    expect(verdicts(n).trace.verdict.code).toBe('MARTIAN');
  }
  expect(counted(28)).toEqual({ 'Ip.InReceives': 1, 'TcpExt.IPReversePathFilter': 1 });
  expect(verdicts(28).trace.verdict.code).toBe('RP_FILTER');
});

test('An address of a host is taken on any of its devices, also where nothing is forwarded', () => {
  for (const n of [34, 40]) {
    expect(verdicts(n).at('r')[0]).toMatch(/^r eth0 in 10\.0\.0\.1 > 10\.0\.1\.2 /);
    expect(verdicts(n).recorded.observed.deliveries[0]).toMatchObject({ ns: 'r', local: '10.0.1.2:53', dev: 'eth0' });
  }
});

test('Only forwarding looks at the TTL: a packet that comes with 0 is delivered', () => {
  expect(verdicts(36).at('r')[0]).toBe('r eth0 in 10.0.0.1 > 10.0.0.2 ttl 0 udp');
  expect(verdicts(36).recorded.observed.deliveries[0]).toMatchObject({ ns: 'r', local: '10.0.0.2:53' });
  expect(verdicts(35).at('r')[1]).toBe(
    'r eth0 out 10.0.0.2 > 10.0.0.1 ttl 64 icmp time-exceeded 0 about 10.0.0.1 > 10.0.1.1',
  );
});

test('A unicast packet in a broadcast frame is not forwarded, and nobody is told', () => {
  expect(verdicts(37).at('r')).toEqual(['r eth0 in-bcast 10.0.0.1 > 10.0.1.1 ttl 64 udp']);
});

test('The broadcast address of another subnet is delivered on the router, not sent on', () => {
  expect(verdicts(31).recorded.observed.deliveries[0]).toMatchObject({ ns: 'r', local: '10.0.1.255:53', dev: 'eth0' });
  expect(reaches(verdicts(31), 'b')).toBe(false);
});

test('Whether a packet is forwarded is decided by the device that it comes in by', () => {
  // forwarding 0 on the way out: only the answer, which comes in there, is stopped.
  expect(
    verdicts(42)
      .at('b')
      .map((line) => line.slice(0, 10)),
  ).toEqual(['b eth0 in ', 'b eth0 out']);
  expect(verdicts(42).at('a')).toHaveLength(1);
  expect(reaches(verdicts(43), 'b')).toBe(false);
});

test('Where nothing is forwarded a route that refuses says nothing', () => {
  for (const n of [39, 41]) {
    expect(verdicts(n).at('r')).toHaveLength(1);
    expect(counted(n)).toEqual({ 'Ip.InReceives': 1, 'Ip.InAddrErrors': 1 });
  }
});

test('A device that is set down takes its routes along, one without carrier keeps them', () => {
  const answer = (n: number): string | undefined =>
    verdicts(n)
      .at('a')
      .at(-1)
      ?.replace(/.*icmp /, '');
  expect(answer(44)).toBe('unreachable net about 10.0.0.1 > 10.0.1.1');
  expect(answer(45)).toBe('unreachable host about 10.0.0.1 > 10.0.1.1');
});

test('A gateway that proxy ARP answers for has no such address: what is sent to it is forwarded', () => {
  const { cases } = recordedPlan('a pod behind a device without an address, eth0 first');
  const answers = cases.flatMap(({ frames }) => frames.filter((f) => f.if === 'cali0' && f.dir === 'out' && f.arp));
  const reply = { op: 'reply', spa: '169.254.1.1', sha: 'ee:ee:ee:ee:ee:ee' };
  expect(answers.map(({ arp }) => arp)).toContainEqual(expect.objectContaining(reply));
  expect(cases[2]?.at('o')[0]).toBe('o eth0 in 10.244.1.2 > 169.254.1.1 ttl 63 DF udp');
});

test('A gateway must be on the link, or be said to be', () => {
  expect(recordedPlan('a gateway that is not on the link').refused).toEqual([
    'ip -n r route add 10.8.0.0/16 via 10.99.0.1 dev eth1',
  ]);
});

test('A packet for a subnet without a route leaves by the default route with the address of its pod', () => {
  // RETURN for what goes from pods to pods comes before MASQUERADE.
  expect(scenarioCase('flannel-vxlan/23').at('ext')).toEqual(['ext eth0 in 10.244.1.2 > 10.244.9.9 ttl 63 udp']);
  expect(labProbe('vxlan-basic', 17).at('rtr')[0]).toBe(
    'rtr ethA in 10.244.1.2 > 10.244.9.9 ttl 63 DF icmp echo-request',
  );
  const [down] = recordedPlan('a VXLAN device goes down and up').cases;
  expect(down?.at('router')).toEqual(['router eth0 in 10.244.1.2 > 10.244.2.2 ttl 63 DF udp']);
});

test('A lost host-gw route goes round by the router, and works', () => {
  const { at, probe } = labProbe('hostgw', 13);
  expect(probe.delivered).toBe(true);
  // A router more: 61 where it was 62.
  expect(at('p2a')[0]).toBe('p2a eth0 in 10.244.1.2 > 10.244.2.2 ttl 61 DF icmp echo-request');
  expect(labProbe('hostgw', 1).at('p2a')[0]).toBe('p2a eth0 in 10.244.1.2 > 10.244.2.2 ttl 62 DF icmp echo-request');
});

test('A route through the wrong node works, and that node masquerades', () => {
  const [one] = recordedPlan('a route through the wrong node').cases;
  expect(one?.deliveries).toEqual(['far udp 10.244.2.2:53 < 192.168.56.13:20001']);
  expect(one?.at('client').at(-1)).toMatch(/^client eth0 in 10\.244\.2\.2 > 10\.244\.1\.2 /);
});
