import { describe, expect, test } from 'vitest';
import { arpFrame, type Packet } from '../../src/packet/index.js';
import { createSimulation, type Trace, trace } from '../../src/trace/index.js';
import { ip, mac } from '../must.js';
import { bridged, networkFrom, TWO_CABLES } from '../network.js';

const A = mac('02:00:00:00:00:01');
const B = mac('02:00:00:00:00:02');

/** The namespaces in which an IP packet of the probe's own came in. */
function receivers({ legs }: Trace): string[] {
  const hops = legs.filter((leg) => leg.kind === 'forward').flatMap((leg) => leg.paths.flatMap((path) => path.hops));
  return hops.filter((hop) => hop.events.some((event) => event.k === 'rx')).map((hop) => hop.netns);
}

/** ARP packets that crossed, by what they are. */
function arps({ legs }: Trace): string[] {
  return legs
    .filter((leg) => leg.kind === 'arp')
    .map((leg) => leg.packet.flatMap((h) => ('op' in h ? [h.op] : []))[0] ?? '');
}

const DUPLICATE = bridged({ a: '10.0.0.1/24', b: '10.0.0.2/24', c: '10.0.0.2/24' });

test('two hosts have the address: within the lock time the first answer stays (seen on Linux 6.18)', () => {
  const simulation = createSimulation(networkFrom(DUPLICATE));
  const probe = { from: 'a', to: '10.0.0.2', proto: 'udp', port: 5000 } as const;
  // The newest port is flooded first, so c answers first; all three datagrams go to it.
  for (let i = 0; i < 3; i++) expect(receivers(simulation.send(probe))).toEqual(['s', 'c']);
});

const TWO_LINKS = `${TWO_CABLES}b: ip route add 10.0.0.1/32 dev eth1
`;

describe('arp_filter and arp_ignore', () => {
  const probe = { from: 'a', to: '10.0.0.2', proto: 'icmp' } as const;

  test('arp_filter 1: no answer on a device that the way back does not leave by (seen on Linux 6.18)', () => {
    const filtered = trace(networkFrom(`${TWO_LINKS}b: sysctl -w net.ipv4.conf.all.arp_filter=1`), probe);
    expect([filtered.verdict.forward, filtered.verdict.code]).toEqual(['rejected', 'NEIGH_FAILED']);
    expect(arps(filtered)).toEqual(['request', 'request', 'request']);
  });

  test('arp_filter 0: answered', () => {
    expect(trace(networkFrom(TWO_LINKS), probe).verdict.forward).toBe('delivered');
  });

  test('a question that arp_ignore keeps from being answered teaches nothing (out_consume_skb in arp_process())', () => {
    const network = networkFrom(`${TWO_LINKS}
      b: ip route del 10.0.0.1/32 dev eth1
      b: sysctl -w net.ipv4.conf.all.arp_accept=1
      b: sysctl -w net.ipv4.conf.all.arp_ignore=8
      a: ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent`);
    const simulation = createSimulation(network);
    const told = (frame: Packet): Trace =>
      simulation.inject({ namespace: 'b', device: 'eth0', direction: 'in', frame });
    const old = mac('02:00:00:00:00:99');
    const ends = { spa: ip('10.0.0.1'), tpa: ip('10.0.0.2') };
    told(arpFrame(old, B, { op: 'reply', sha: old, tha: B, ...ends }));
    // Three seconds, so that the lock time is over.
    simulation.send({ from: 'b', to: '10.0.0.9', proto: 'icmp' });
    told(arpFrame(A, B, { op: 'request', sha: A, tha: mac('00:00:00:00:00:00'), ...ends }));
    // b still sends to the address that it was told first: the answer is for nobody.
    const { verdict } = simulation.send(probe);
    expect([verdict.forward, verdict.reply, verdict.code]).toEqual(['delivered', 'dropped', 'WRONG_MAC']);
  });
});

test.each([
  { accept: 0, want: ['request', 'reply'], why: 'an answer that nobody asked for is not kept' },
  { accept: 1, want: [], why: 'arp_accept 1 keeps it' },
  { accept: 2, want: [], why: 'arp_accept 2 keeps one of its own subnet' },
])('arp_accept $accept: $why (arp_accept() and arp_process())', ({ accept, want }) => {
  const simulation = createSimulation(
    networkFrom(`${TWO_LINKS}
    b: ip route del 10.0.0.1/32 dev eth1
    b: sysctl -w net.ipv4.conf.eth0.arp_accept=${accept}
    a: ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent`),
  );
  const arp = { op: 'reply', sha: A, spa: ip('10.0.0.1'), tha: B, tpa: ip('10.0.0.2') } as const;
  simulation.inject({ namespace: 'b', device: 'eth0', direction: 'in', frame: arpFrame(A, B, arp) });
  expect(arps(simulation.send({ from: 'b', to: '10.0.0.1', proto: 'icmp' }))).toEqual(want);
});
