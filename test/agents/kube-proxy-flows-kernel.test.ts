import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatCommand } from '../../src/plan/index.js';
import { isolated } from '../isolated.js';
import { missing, onMachine } from '../machine.js';
import { readShared } from '../shared.js';
import {
  dumpOf,
  FLOWS,
  type FlowCase,
  type FlowTest,
  flowNetwork,
  flowTests,
  networksOf,
  senderOf,
} from './upstream-flows.js';

/** So many packets for each case: that one of three endpoints is never chosen is then as likely as 3 · (2/3)^60 ≈ 10^-10. */
const TRIES = 60;

const SENDER = fileURLToPath(new URL('send-packets.py', import.meta.url));

const why =
  missing('unshare', 'ip', 'iptables', 'iptables-save', 'conntrack', 'python3') ??
  (isolated(
    "ip netns add a && ip netns exec a sh -c 'iptables -t nat -A PREROUTING -j MARK --set-mark 1 && conntrack -L'",
  ).status === 0
    ? undefined
    : 'needs namespaces, iptables and conntrack');

/** What a kernel did with the packets of one case. */
interface Seen {
  readonly one: FlowCase;
  /** Lines of `conntrack -L`. */
  readonly connections: readonly string[];
  /** How many packets a rule has met, by table and line of `iptables-save`: those that met one. */
  readonly hits: ReadonlyMap<string, number>;
}

/** Sends the packets of some cases of one set of rules, one case after the other. */
function send(flows: FlowTest, cases: readonly FlowCase[]): Seen[] {
  const { installs } = flowNetwork(flows, cases, dumpOf(flows));
  const lines = cases.map((one) => {
    const { protocol, sourceIP, destIP, destPort } = one;
    return `${senderOf(one)} ${protocol.toLowerCase()} ${sourceIP} ${destIP} ${destPort}`;
  });
  const node = 'ip netns exec test-node';
  const script = [
    'set -e',
    ...installs.map(formatCommand),
    // Packets have no checksums, and what the node answers by itself would end connections.
    `${node} sysctl -qw net.netfilter.nf_conntrack_checksum=0`,
    `${node} iptables -t raw -A OUTPUT -p tcp --tcp-flags RST RST -j DROP`,
    `python3 ${SENDER} test-node ${TRIES}`,
    `echo "@ end"; ${node} conntrack -L 2>/dev/null`,
  ];
  const { status, stdout, stderr } = isolated(script.join('\n'), lines.join('\n'));
  if (status !== 0) throw new Error(`${flows.id}: ${stderr}`);
  const parts = stdout.split(/^@ .*\n/m).slice(1);
  const connections = (parts[cases.length] ?? '').split('\n');
  const counters = parts.map(countersOf);
  return cases.map((one, i) => {
    const first = 20001 + i * TRIES;
    return {
      one,
      connections: connections.filter((line) => {
        const sport = Number(/ sport=(\d+)/.exec(line)?.[1]);
        return sport >= first && sport < first + TRIES;
      }),
      hits: difference(counters[i - 1] ?? new Map(), counters[i] ?? new Map()),
    };
  });
}

function countersOf(saved: string): Map<string, number> {
  const counters = new Map<string, number>();
  let table = '';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const [, packets, rule] = /^\[(\d+):\d+\] (-A .*)$/.exec(line) ?? [];
    if (rule !== undefined) counters.set(`${table} ${rule}`, Number(packets));
  }
  return counters;
}

function difference(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Map<string, number> {
  const more = [...after].map(([rule, packets]): [string, number] => [rule, packets - (before.get(rule) ?? 0)]);
  return new Map(more.filter(([, packets]) => packets > 0));
}

/** What became of the packets, in the words of the reference; endpoints sorted. */
function resultOf({ one, connections, hits }: Seen): { readonly output: string; readonly masq: boolean } {
  const met = (pattern: RegExp): string[] => [...hits.keys()].flatMap((rule) => pattern.exec(rule)?.[1] ?? []);
  const tuples = connections.map(
    (line) => / src=(\S+) dst=\S+ sport=\d+ dport=\d+ .*src=(\S+) dst=(\S+) sport=(\d+)/.exec(line) ?? [],
  );
  const masq = tuples.some(([, source, , answered]) => answered !== source);
  const ends = new Set(tuples.map(([, , end, , port]) => `${end}:${port}`));
  ends.delete(`${one.destIP}:${one.destPort}`);
  if (ends.size > 0) return { output: [...ends].sort().join(', '), masq };
  const stopped = met(/^filter -A KUBE-\S+ .*-j (DROP|REJECT)/);
  if (stopped.length > 0) return { output: [...new Set(stopped)].join(), masq };
  return { output: met(/^filter -A KUBE-NODEPORTS .*-j (ACCEPT)/)[0] ?? '', masq };
}

/** Packets that table nat has seen: all of them, as each is a connection of its own. */
function asked({ hits }: Seen): number {
  for (const [rule, packets] of hits) if (/^nat -A (PREROUTING|OUTPUT) .*-j KUBE-SERVICES/.test(rule)) return packets;
  return 0;
}

const tests = flowTests('IPv4');

describe.skipIf(why !== undefined)(
  onMachine("packets of kube-proxy's own tests, through our rules in a kernel", why),
  () => {
    test('they are there', (context) => {
      readShared(context, FLOWS);
      expect(tests.flatMap(({ cases }) => cases)).toHaveLength(231);
    });

    test.each(tests)('$id', { timeout: 60_000 }, (flows) => {
      const seen = networksOf(flows).flatMap((cases) => send(flows, cases));
      expect(seen.map((each) => [each.one.name, asked(each), resultOf(each)])).toEqual(
        seen.map(({ one }) => [one.name, TRIES, { output: one.output.split(', ').sort().join(', '), masq: one.masq }]),
      );
    });
  },
);
