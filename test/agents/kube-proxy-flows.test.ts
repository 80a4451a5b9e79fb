import { describe, expect, test } from 'vitest';
import { NEVER_SYNCED, sync } from '../../src/agents/kube-proxy/iptables/sync.js';
import { restoreRuleset } from '../../src/linux/index.js';
import type { Network } from '../../src/topology/index.js';
import { type Path, type TraceEvent, trace } from '../../src/trace/index.js';
import { readShared } from '../shared.js';
import {
  dumpOf,
  FLOWS,
  type FlowCase,
  flowConfig,
  flowNetwork,
  flowTests,
  networksOf,
  senderOf,
} from './upstream-flows.js';
import { NODE, NODE_ADDRESSES, upstreamCluster } from './upstream-objects.js';

/** What became of a packet over all branches, in the words of the reference. */
interface Result {
  readonly output: string;
  readonly masq: boolean;
}

function follow(network: Network, one: FlowCase): Result {
  const { sourceIP, destIP, destPort, protocol } = one;
  const proto = protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp';
  const probe = { from: senderOf(one), source: sourceIP, to: destIP, port: destPort, proto };
  const { legs, verdict } = trace(network, probe);
  expect(verdict.notExplored).toBe(0);
  const [forward] = legs;
  const results = (forward?.paths ?? []).map(resultOf);
  return {
    output: results
      .map(({ output }) => output)
      .filter((each, i, all) => all.indexOf(each) === i)
      .join(', '),
    masq: results.some(({ masq }) => masq),
  };
}

/** Of one branch: what the node's rules did, and with which destination the packet left it. */
function resultOf({ hops }: Path): Result {
  const events = hops.filter(({ netns }) => netns === 'test-node').flatMap((hop) => hop.events);
  const drop = events.find((event) => event.k === 'drop' && event.rule !== null);
  if (drop?.k === 'drop') return { output: / -j (DROP|REJECT)/.exec(drop.rule?.text ?? '')?.[1] ?? '?', masq: false };
  const translated = (manip: 'src' | 'dst'): boolean =>
    events.some((event) => event.k === 'nat' && event.manip === manip && event.rule !== null);
  if (translated('dst')) return { output: leftFor(events), masq: translated('src') };
  const accepted = events.some(
    (event) =>
      event.k === 'rule' &&
      event.rule.chain === 'KUBE-NODEPORTS' &&
      event.rule.table === 'filter' &&
      event.next === 'ACCEPT',
  );
  return { output: accepted ? 'ACCEPT' : '', masq: translated('src') };
}

function leftFor(events: readonly TraceEvent[]): string {
  const sent = events.findLast((event) => event.k === 'tx');
  if (sent?.k !== 'tx') return 'not sent';
  const ip = sent.headers.find((header) => header.l === 'ip4');
  const l4 = sent.headers.find((header) => header.l === 'tcp' || header.l === 'udp' || header.l === 'sctp');
  return ip?.l === 'ip4' && l4 !== undefined && 'dport' in l4 ? `${ip.dst}:${l4.dport}` : 'not sent';
}

const tests = flowTests('IPv4');
const count = tests.reduce((sum, { cases }) => sum + cases.length, 0);

describe(`${count} packets of kube-proxy's own tests, followed through our rules`, () => {
  test('they are there', (context) => {
    readShared(context, FLOWS);
    expect(count).toBe(231);
  });

  describe.each(tests)('$id', (flows) => {
    const all = networksOf(flows).flatMap((cases) => {
      const { network } = flowNetwork(flows, cases, dumpOf(flows));
      return cases.map((one) => ({ one, network, name: one.name }));
    });
    test.each(all)('$name', ({ one, network }) => {
      expect(follow(network, one)).toEqual({ output: one.output, masq: one.masq });
    });
  });
});

describe('IPv6: the rules are there, packets are not followed', () => {
  test('there are some', (context) => {
    readShared(context, FLOWS);
    expect(flowTests('IPv6').length).toBeGreaterThan(0);
  });

  describe.each(flowTests('IPv6'))('$id', (flows) => {
    const { objects, cases } = flows;
    if (objects === null) throw new Error('no objects');
    const { chunks } = sync(
      {
        cluster: upstreamCluster(objects),
        node: NODE,
        config: flowConfig(flows),
        family: 'ip6',
        state: { addresses: NODE_ADDRESSES, tcpLiberal: false },
        natChains: [],
        now: 0,
      },
      NEVER_SYNCED,
    );
    const lines = chunks.flatMap((chunk) => chunk.lines);

    test('ip6tables accepts them, and each endpoint is reached by a DNAT', () => {
      expect(restoreRuleset(new Map(), chunks, 'noflush', { family: 'ip6' }).refusal).toBeUndefined();
      const wanted = new Set(cases.flatMap(({ output }) => output.split(', ').filter((each) => each.startsWith('['))));
      expect(wanted.size).toBeGreaterThan(0);
      for (const endpoint of wanted)
        expect(lines.some((line) => line.endsWith(`--to-destination ${endpoint}`))).toBe(true);
      expect(lines.join('\n')).not.toMatch(/127\.0\.0\.|KUBE-FIREWALL/);
    });

    test.skip.each(cases)('$name: waits for IPv6 packets to be followed', () => {});
  });
});
