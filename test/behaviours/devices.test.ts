import { expect, test } from 'vitest';
import { crossings } from '../../src/trace/index.js';
import { devicesAfter, labProbe, recordedPlan, scenarioCase, scenarioDump } from './evidence.js';

test('A TCP packet on a virtual cable is much longer than the MTU', () => {
  const sent = labProbe('vxlan-ttl-mtu', 13).frames.filter(({ ns, dir, tcp }) => ns === 'p1a' && dir === 'out' && tcp);
  const lengths = sent.map(({ ip }) => Number(ip?.['len']));
  // 20,000 bytes over devices of 1450: five segments of 1398 with their 52 bytes of headers in one frame.
  expect(lengths).toEqual([60, 5 * 1398 + 52, 5 * 1398 + 52, 20_000 - 10 * 1398 + 52]);
});

test('Time stamps take 12 bytes of each TCP segment', () => {
  const { trace, probe } = labProbe('vxlan-ttl-mtu', 13);
  expect(probe.sent.mss).toBe(1410);
  expect(Math.max(...crossings(trace).map(({ gsoSize }) => gsoSize))).toBe(1410 - 12);
});

test("A module's own tunnel device is in every namespace, down, and has no part in anything", () => {
  const links = scenarioDump('routing-verdicts', 'r')['ip -j -d link'] as readonly {
    ifname: string;
    operstate: string;
  }[];
  expect(links.find(({ ifname }) => ifname === 'tunl0')?.operstate).toBe('DOWN');
  const { trace } = scenarioCase('routing-verdicts/1');
  expect(trace.verdict).toMatchObject({ forward: 'delivered', reply: 'delivered' });
  expect(trace.assumptions).toEqual([]);
});

test('A change of ip_forward sets forwarding of every device; the same value again sets none', () => {
  const { cases } = recordedPlan('forwarding of a device and of all');
  // eth0 0; ip_forward 1, as it was; ip_forward 0, then 1.
  expect(cases.map(({ deliveries }) => deliveries.length)).toEqual([0, 0, 1]);
});

test('A VXLAN device gets no larger than its lower device less 50 bytes; without one it may be of any size', () => {
  const mtu = (scenario: string): unknown => devicesAfter(scenario, 'a').find(({ ifname }) => ifname === 'vx')?.mtu;
  expect(mtu('vxlan with a lower device')).toBe(1450);
  expect(mtu('vxlan without a lower device')).toBe(9000);
});
