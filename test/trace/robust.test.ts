import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Runtime } from '../../src/linux/index.js';
import { ipPacket, type Packet } from '../../src/packet/index.js';
import { parseCommand } from '../../src/plan/index.js';
import { createSimulation, type Probe, type Trace, trace } from '../../src/trace/index.js';
import { ip, mac } from '../must.js';
import { networkFrom, ROUTER, run } from '../network.js';
import { readable } from '../recordings/load.js';
import { replayDiffs } from '../replay/diffs.js';

const base = networkFrom(ROUTER);

const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.1.1', '10.0.1.2', '10.0.1.9', '10.9.9.9', '127.0.0.1');
const prefix = fc.constantFrom('10.0.0.0/24', '10.0.1.0/24', '10.9.0.0/16', '10.9.9.9/32', '0.0.0.0/0', '10.0.1.1/32');
const dev = fc.constantFrom('eth0', 'eth1');

/** One command on the router, of the kinds that change where packets go. Some will be refused. */
const command = fc.oneof(
  fc.tuple(prefix, address, dev).map(([p, via, d]) => `ip route replace ${p} via ${via} dev ${d}`),
  fc.tuple(prefix, dev).map(([p, d]) => `ip route replace ${p} dev ${d} scope link`),
  fc
    .tuple(fc.constantFrom('blackhole', 'unreachable', 'prohibit', 'throw'), prefix)
    .map(([type, p]) => `ip route replace ${type} ${p}`),
  prefix.map((p) => `ip route del ${p}`),
  fc.tuple(prefix, fc.nat(3)).map(([p, t]) => `ip rule add from ${p} lookup ${100 + t}`),
  fc.tuple(prefix, fc.nat(3), dev).map(([p, t, d]) => `ip route replace ${p} dev ${d} table ${100 + t}`),
  fc.tuple(dev, fc.constantFrom('up', 'down')).map(([d, s]) => `ip link set ${d} ${s}`),
  fc.tuple(dev, fc.constantFrom(600, 1400, 1500)).map(([d, mtu]) => `ip link set ${d} mtu ${mtu}`),
  fc
    .tuple(
      fc.constantFrom('all', 'eth0', 'eth1'),
      fc.constantFrom(
        'rp_filter',
        'forwarding',
        'proxy_arp',
        'accept_local',
        'route_localnet',
        'arp_ignore',
        'send_redirects',
      ),
      fc.nat(2),
    )
    .map(([d, key, v]) => `sysctl -w net.ipv4.conf.${d}.${key}=${v}`),
  fc
    .tuple(
      fc.constantFrom('PREROUTING', 'OUTPUT'),
      address,
      fc.constantFrom('DNAT --to-destination 10.0.1.1', 'REDIRECT', 'DNAT --to-destination 10.9.9.9'),
    )
    .map(([chain, dst, target]) => `iptables -t nat -A ${chain} -d ${dst} -j ${target}`),
  fc
    .constantFrom('MASQUERADE', 'SNAT --to-source 10.0.1.2', 'MASQUERADE --random-fully')
    .map((target) => `iptables -t nat -A POSTROUTING -o eth1 -j ${target}`),
  fc
    .tuple(
      fc.constantFrom('INPUT', 'FORWARD', 'OUTPUT'),
      fc.constantFrom('-p icmp', '-p tcp', '-p udp', '-m conntrack --ctstate INVALID', '-m conntrack --ctstate NEW'),
      fc.constantFrom('DROP', 'REJECT', 'ACCEPT', 'LOG'),
    )
    .map(([chain, match, target]) => `iptables -A ${chain} ${match} -j ${target}`),
  fc.tuple(address, dev).map(([a, d]) => `ip neigh replace ${a} lladdr 02:00:00:00:00:77 dev ${d} nud permanent`),
);

const probe: fc.Arbitrary<Probe> = fc.record(
  {
    from: fc.constantFrom('a', 'r', 'b'),
    to: address,
    proto: fc.constantFrom('icmp', 'tcp', 'udp', 'sctp'),
    port: fc.constantFrom(53, 80),
    ttl: fc.constantFrom(1, 2, 64, 255),
    payload: fc.constantFrom(0, 20, 1400, 3000),
    df: fc.boolean(),
    connected: fc.boolean(),
  },
  { requiredKeys: ['from', 'to', 'proto', 'port'] },
);

const frame: fc.Arbitrary<Packet> = fc
  .record({
    src: address,
    dst: address,
    ttl: fc.nat(255),
    bytes: fc.nat(2000),
    mf: fc.boolean(),
    offset: fc.nat(3),
    to: fc.nat(3),
  })
  .map(({ src, dst, ttl, bytes, mf, offset, to }) => {
    const udp = { l4: 'udp', sport: 1000, dport: 53, length: 8 + bytes } as const;
    const fields = { src: ip(src), dst: ip(dst), ttl, mf, offset: offset * 8, id: 9 };
    const packet = ipPacket(fields, udp, bytes);
    if (offset > 0) packet.l4 = undefined;
    const dstMac = mac(['02:00:00:00:00:02', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '02:00:00:00:00:99'][to] ?? '');
    return { ...packet, eth: { src: mac('02:00:00:00:00:01'), dst: dstMac, type: 0x0800 } };
  });

/** Every packet has an end that an event shows: nothing passes silently. */
function accounted(result: Trace): void {
  for (const leg of result.legs)
    for (const path of leg.paths) {
      const kinds = path.hops.flatMap((hop) => hop.events.map((event) => event.k));
      expect(kinds.length, `${leg.kind} leg ${leg.id} has events`).toBeGreaterThan(0);
      const shown: Record<string, readonly string[]> = {
        delivered: ['deliver'],
        relayed: ['relay'],
        held: ['queue'],
      };
      const wanted = shown[path.outcome] ?? ['drop'];
      expect(
        kinds.some((kind) => wanted.includes(kind)),
        `${leg.kind} leg ${leg.id}: ${path.outcome} without ${wanted.join()}: ${kinds.join(' ')}`,
      ).toBe(true);
    }
  // Nobody here takes a packet and keeps silent.
  if (result.verdict.forward === 'delivered')
    expect(result.verdict.reply, 'an answer, or why there is none').not.toBeNull();
  replayDiffs(result);
}

/** What a trace follows of a probe: of TCP the SYN, which carries nothing. */
function firstOf(sent: Probe): Probe {
  return sent.proto === 'tcp' ? { ...sent, payload: 0 } : sent;
}

test('no router state and no probe makes a trace throw, hang, or end without saying how', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 8 }), probe, (commands, sent) => {
      const { network } = run(commands.map((c) => `r: ${c}`).join('\n'), base, new Runtime());
      accounted(trace(network, firstOf(sent)));
    }),
    { numRuns: 1000 },
  );
});

test('nor does a conversation, or a frame from nowhere', { timeout: 120_000 }, () => {
  const step = fc.oneof(
    probe.map((sent) => ({ sent })),
    fc.record({ frame, direction: fc.constantFrom('in' as const, 'out' as const) }),
    fc.nat(40_000).map((ms) => ({ ms })),
    command.map((text) => ({ text })),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
      const simulation = createSimulation(base);
      for (const each of steps) {
        if ('sent' in each) accounted(simulation.send({ ...each.sent, timeout: 5000 }));
        else if ('frame' in each)
          accounted(
            simulation.inject({
              namespace: 'r',
              device: 'eth0',
              direction: each.direction,
              frame: structuredClone(each.frame),
            }),
          );
        else if ('ms' in each) simulation.advance(each.ms);
        else simulation.apply(readable(parseCommand(each.text, { netns: 'r', file: 'test' })));
      }
    }),
    { numRuns: 500 },
  );
});

test('what a trace shows does not depend on who looks: hits and all tell of the same frames', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 6 }), probe, (commands, sent) => {
      const { network } = run(commands.map((c) => `r: ${c}`).join('\n'), base, new Runtime());
      const { verdict: hits } = trace(network, firstOf(sent), { detail: 'hits' });
      const { verdict: all } = trace(network, firstOf(sent), { detail: 'all' });
      expect({ ...all, event: null }).toEqual({ ...hits, event: null });
    }),
    { numRuns: 200 },
  );
});
