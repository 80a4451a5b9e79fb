import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ConntrackEntry,
  conntrackEntries,
  formatConntrack,
  learn,
  type NetnsDump,
  Runtime,
  readConntrack,
  readNetns,
} from '../../src/linux/index.js';
import { formatProblem } from '../../src/problem/index.js';
import { Simulation } from '../../src/trace/index.js';
import { networkFrom, ROUTER } from '../network.js';
import { readable } from '../recordings/load.js';

const NO_LINKS: NetnsDump = { link: { file: 'link', text: '[]' } };

function entries(text: string): ConntrackEntry[] {
  return readable(readConntrack({ file: 'conntrack.txt', text }));
}

function learned(runtime: Runtime, netns: string, text: string): Runtime {
  const dump = { ...NO_LINKS, conntrack: { file: 'conntrack.txt', text } };
  learn(runtime.of(netns), readable(readNetns(dump, { name: netns, role: 'host' })).learned, runtime.journal);
  return runtime;
}

// As conntrack 1.4.7 and /proc/net/nf_conntrack printed them on Linux 6.18.
const LINES = [
  'udp      17 29 src=127.0.0.1 dst=127.0.0.1 sport=36233 dport=53 packets=1 bytes=31 [UNREPLIED] src=127.0.0.1 dst=127.0.0.1 sport=53 dport=36233 packets=0 bytes=0 mark=0 use=1',
  'sctp     132 99 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 packets=0 bytes=0 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=0 bytes=0 [ASSURED] mark=6 use=1',
  'tcp      6 99 SYN_SENT2 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 zone-orig=4 packets=0 bytes=0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=0 bytes=0 mark=0 use=1',
  'unknown  50 99 src=10.0.0.1 dst=10.0.0.2 packets=0 bytes=0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 packets=0 bytes=0 mark=0 use=1',
  'ipv4     2 tcp      6 119 SYN_SENT src=127.0.0.1 dst=127.0.0.1 sport=39094 dport=82 packets=1 bytes=60 [UNREPLIED] src=127.0.0.1 dst=127.0.0.1 sport=82 dport=39094 packets=0 bytes=0 mark=0 zone=7 use=1 id=986564384',
  'ipv4     2 unknown  50 99 src=10.0.0.1 dst=10.0.0.2 packets=0 bytes=0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 packets=0 bytes=0 mark=0 zone=0 use=2',
];

// The formats of nfct_snprintf(), libnetfilter_conntrack src/conntrack/snprintf_default.c.
const MORE = [
  'icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 mark=0 use=1',
  'ipv4     2 icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 mark=0 use=1 id=5',
  'gre      47 29 src=10.0.0.1 dst=10.0.0.2 srckey=0x0 dstkey=0x0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 srckey=0x0 dstkey=0x0 mark=0 use=1',
  'tcp      6 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 [OFFLOAD] mark=0 use=2',
  'tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 [ASSURED] mark=16384 secctx=system_u:object_r:unlabeled_t:s0 zone=2 delta-time=5 use=1',
  'ipv6     10 tcp      6 431999 ESTABLISHED src=fd00::1 dst=fd00::2 sport=1 dport=2 src=fd00::2 dst=fd00::1 sport=2 dport=1 [ASSURED] mark=0 use=1',
];

test.each([...LINES, ...MORE])('%s', (line) => {
  expect(formatConntrack(entries(line))).toBe(`${line}\n`);
});

test('what the tool says of itself is passed over', () => {
  expect(entries('conntrack v1.4.7 (conntrack-tools): 4 flow entries have been shown.\n\n')).toEqual([]);
});

describe('what can be wrong, and where', () => {
  test.each([
    ['nonsense', 'conntrack.txt:1:1: expected PROTOCOL NUMBER TIMEOUT src=… dst=…, as `conntrack -L` prints'],
    ['tcp 6 9 OPEN src=1.1.1.1 dst=1.1.1.2 src=1.1.1.2 dst=1.1.1.1', 'conntrack.txt:1:9: no state of TCP: "OPEN"'],
    ['udp 17 9 src=1.1.1.1 dst=1.1.1.2 src=1.1.1.2', 'conntrack.txt:1:34: dst= is missing'],
    [
      'udp 17 9 src=1.1.1 dst=1.1.1.2 src=1.1.1.2 dst=1.1.1.1',
      'conntrack.txt:1:10: src: expected an IPv4 address, found "1.1.1"',
    ],
    [
      'udp 17 9 src=1.1.1.1 dst=1.1.1.2 sport=70000 src=1.1.1.2 dst=1.1.1.1',
      'conntrack.txt:1:34: expected a number from 0 to 65535, found "70000"',
    ],
    [
      'icmp 1 9 src=1.1.1.1 dst=1.1.1.2 type=3 code=1 id=0 src=1.1.1.2 dst=1.1.1.1 type=0 code=0 id=0',
      'conntrack.txt:1:34: an ICMP connection begins with a query',
    ],
    ['udp 17 9 src=1.1.1.1 dst=1.1.1.2 src=1.1.1.2 dst=1.1.1.1 [WHAT]', 'conntrack.txt:1:58: unexpected "[WHAT]"'],
  ])('%s', (text, want) => {
    const read = readConntrack({ file: 'conntrack.txt', text });
    expect('problems' in read ? read.problems.map(formatProblem) : []).toEqual([want]);
  });

  const words = fc.constantFrom(...[...LINES, ...MORE].flatMap((line) => line.split(/ +/)), 'src=', '=', '\n');
  const edited = fc.tuple(fc.constantFrom(...LINES, ...MORE), fc.nat(), words).map(([line, at, word]) => {
    const all = line.split(' ');
    return all.with(at % all.length, word).join(' ');
  });
  const texts = fc.oneof(
    fc.string(),
    edited,
    fc.array(words).map((some) => some.join(' ')),
  );

  test('no text makes it throw, and what it reads comes back', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const read = readConntrack({ file: 'f', text });
        if ('problems' in read) return read.problems.every(({ line, col }) => line >= 1 && col >= 1);
        const printed = formatConntrack(read.value);
        const runtime = new Runtime();
        learned(runtime, 'a', text);
        return formatConntrack(entries(printed)) === printed;
      }),
      { numRuns: 1000 },
    );
  });
});

test('a table is printed as it was read, but for counters', () => {
  const all = [...LINES, ...MORE].filter((line) => !line.startsWith('ipv'));
  const text = all.map((line) => line.replace(/packets=\d+ bytes=\d+ /g, '')).join('\n');
  const runtime = learned(new Runtime(), 'a', text);
  const lines = formatConntrack(conntrackEntries(runtime.of('a').conntrack, 0)).split('\n');
  expect(lines.filter((line) => line !== '').sort()).toEqual(text.split('\n').sort());
});

test('a connection that a trace has made is printed as conntrack -L does', () => {
  const runtime = new Runtime();
  const network = networkFrom(`${ROUTER}\nr: iptables -A FORWARD -m conntrack --ctstate NEW -j ACCEPT`);
  new Simulation(network, {}, runtime).send({ from: 'a', to: '10.0.1.1', proto: 'udp', port: 53, sport: 5000 });
  const text = formatConntrack(conntrackEntries(runtime.of('r').conntrack, runtime.clock));
  expect(text.replace(/^(udp +17) \d+/, '$1 T')).toBe(
    'udp      17 T src=10.0.0.1 dst=10.0.1.1 sport=5000 dport=53 [UNREPLIED] src=10.0.1.1 dst=10.0.0.1 sport=53 dport=5000 mark=0 use=1\n',
  );
});

describe('a trace begins with the connections of a dump', () => {
  const base = networkFrom(`${ROUTER}
r: iptables -t nat -A PREROUTING -p udp -d 10.0.0.9 -j DNAT --to-destination 10.0.1.1
r: iptables -A FORWARD -m conntrack --ctstate NEW -j DROP
a: ip route add 10.0.0.9 via 10.0.0.2`);
  const flow = (more: string): string =>
    `udp 17 20 src=10.0.0.1 dst=10.0.0.9 sport=5000 dport=53 src=10.0.1.1 dst=10.0.0.1 sport=53 dport=5000 ${more}`;
  const probe = { from: 'a', to: '10.0.0.9', proto: 'udp', port: 53, sport: 5000 } as const;
  const verdictOf = (runtime: Runtime) => new Simulation(base, {}, runtime).send(probe).verdict;

  test('without any the packet is new', () => {
    expect(verdictOf(new Runtime()).code).toBe('NF_DROP');
  });

  test('with its own it is translated as it was, and not new', () => {
    // Nobody listens on b: the answer is an ICMP error.
    expect(verdictOf(learned(new Runtime(), 'r', flow('[ASSURED] mark=0 use=1'))).code).toBe('NO_SOCKET');
  });

  test('one that is offloaded is named', () => {
    const verdict = verdictOf(learned(new Runtime(), 'r', flow('[OFFLOAD] mark=0 use=1')));
    expect([verdict.forward, verdict.code]).toEqual(['unknown', 'UNSUPPORTED']);
  });
});
