import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { parseRuleset, printRuleset } from '../../src/linux/index.js';
import { readable } from '../recordings/load.js';
import { labProbe, recordedPlan } from './evidence.js';

test('Table nat is asked for the first packet of a connection, filter for each', () => {
  const { packets, cases } = recordedPlan('two packets of a flow');
  expect(cases.map(({ deliveries }) => deliveries.length)).toEqual([1, 1]);
  expect(packets('r', '-A PREROUTING -d 10.9.0.9/32 -p udp -j DNAT')).toBe(1);
  expect(packets('r', '-A FORWARD -d 10.0.1.1/32 -p udp')).toBe(2);
});

test('What belongs to no connection is not translated', () => {
  const { cases, packets } = recordedPlan('segments of no connection');
  expect(cases[0]?.at('r').at(-1)).toBe('r eth1 out 10.0.0.1 > 10.9.0.9 ttl 63 tcp R');
  expect(cases[1]?.at('r').at(-1)).toBe('r eth1 out 10.0.0.1 > 10.9.0.9 ttl 63 tcp SA');
  // So kube-proxy drops it before it can leave.
  expect(cases[3]?.at('r')).toHaveLength(1);
  expect(packets('r', '--ctstate INVALID')).toBe(1);
});

test('A stray ACK begins a connection, is translated, and is answered with a RST', () => {
  const [, , ack] = recordedPlan('segments of no connection').cases;
  expect(ack?.at('b')).toEqual([
    'b eth0 in 10.0.0.1 > 10.0.1.1 ttl 63 tcp A',
    'b eth0 out 10.0.1.1 > 10.0.0.1 ttl 64 DF tcp R',
  ]);
  expect(ack?.at('a').at(-1)).toBe('a eth0 in 10.9.0.9 > 10.0.0.1 ttl 63 DF tcp R');
});

test('An error about a translated packet comes from the address that was asked for, whoever sent it', () => {
  const [own, other] = recordedPlan('an error about a translated packet').cases;
  // The translating router's own error, and that of the router behind it.
  expect(own?.at('r').at(-1)).toBe(
    'r eth0 out 10.9.0.9 > 10.0.0.1 ttl 64 icmp time-exceeded 0 about 10.0.0.1 > 10.9.0.9',
  );
  expect(other?.at('b').at(-1)).toBe(
    'b eth0 out 10.0.1.1 > 10.0.0.1 ttl 64 icmp time-exceeded 0 about 10.0.0.1 > 10.4.0.1',
  );
  expect(other?.at('a').at(-1)).toBe(
    'a eth0 in 10.9.0.8 > 10.0.0.1 ttl 63 icmp time-exceeded 0 about 10.0.0.1 > 10.9.0.8',
  );
});

test('A RST ends a connection that nobody has answered', () => {
  const tracked = recordedPlan('a RST before any answer').connections('r');
  expect(tracked.map((line) => /sport=(\d+)/.exec(line)?.[1])).toEqual(['30002']);
});

test('REJECT speaks for the destination with a RST, for the node with ICMP, and programs hear three things', () => {
  const { cases } = recordedPlan('ways to refuse');
  expect(cases.map(({ at }) => at('a').at(-1))).toEqual([
    'a eth0 in 10.0.1.1 > 10.0.0.1 ttl 64 DF tcp AR',
    'a eth0 in 10.0.0.2 > 10.0.0.1 ttl 64 icmp unreachable admin-prohibited about 10.0.0.1 > 10.0.1.1',
    'a eth0 in 10.0.0.2 > 10.0.0.1 ttl 64 icmp unreachable port about 10.0.0.1 > 10.0.1.1',
  ]);
  const { ECONNREFUSED, EHOSTUNREACH } = constants.errno;
  expect(cases.map(({ errors }) => errors[0])).toEqual([ECONNREFUSED, EHOSTUNREACH, ECONNREFUSED]);
});

test('RETURN goes back to where the last jump was, past a chain that was left by goto', () => {
  const [byGoto, byJump] = recordedPlan('jump, goto and return').cases;
  expect(byGoto?.deliveries).toEqual(['b udp 10.0.1.1:53 < 10.0.0.1:20001']);
  expect(byJump?.at('b')).toEqual([]);
});

test('A node that talks to its own pods passes OUTPUT, not FORWARD', () => {
  const [, own] = recordedPlan('a closed FORWARD and a bridge').cases;
  expect(own?.deliveries).toEqual(['p2 udp 10.244.1.3:53 < 10.244.1.1:20001']);
});

test('MASQUERADE keeps a source port that is free', () => {
  const { probe } = labProbe('vxlan-basic', 7);
  const [, port] = probe.result.clientLocal?.split(':') ?? [];
  expect(probe.result.peerSeenByServer).toBe(`192.168.10.11:${port}`);
});

test('iptables-save tells of --random-fully', () => {
  const rule = '-A POSTROUTING -d 10.77.0.0/16 -j MASQUERADE --random-fully';
  const lines = recordedPlan('two packets of a flow').rules('r');
  expect(lines).toContain(`[0:0] ${rule}`);
  const read = readable(parseRuleset(`${lines.join('\n')}\n`, 'iptables-save -c'));
  expect(printRuleset(read).split('\n')).toContain(rule);
});

test('MASQUERADE takes the address of the device that the packet leaves by', () => {
  const peer = (index: number): string | undefined =>
    labProbe('clusterip-bridge-nf', index).probe.result.peerSeenByServer;
  // From the node to a pod of its own, by cni0, and to one of another node, by flannel.1.
  expect(peer(3)).toMatch(/^10\.244\.1\.1:/);
  expect(peer(4)).toMatch(/^10\.244\.1\.0:/);
});
