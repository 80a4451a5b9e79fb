import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentKind, tcpTransition } from '../../src/linux/conntrack/tcp.js';
import {
  type Chooser,
  type Connection,
  Conntrack,
  confirm,
  createNetns,
  createNetnsRuntime,
  invertTuple,
  Journal,
  type NatRange,
  nullBinding,
  Skb,
  setupNat,
  type Tuple,
  track,
} from '../../src/linux/index.js';
import { ipPacket, parseTcpFlags, type Tcp } from '../../src/packet/index.js';
import { ip } from '../must.js';

const tcp = (flags: string): Tcp => ({
  l4: 'tcp',
  sport: 1,
  dport: 2,
  flags: parseTcpFlags(flags) ?? 0,
  seq: 0,
  ack: 0,
  options: 0,
  mss: undefined,
});

// Rows follow the comments of tcp_conntracks[] in linux net/netfilter/nf_conntrack_proto_tcp.c.
test.each([
  { state: 'NONE', flags: 'S', dir: 'original', want: 'SYN_SENT', why: 'a connection begins' },
  { state: 'SYN_SENT', flags: 'SA', dir: 'reply', want: 'SYN_RECV', why: 'the answer' },
  { state: 'SYN_RECV', flags: 'A', dir: 'original', want: 'ESTABLISHED', why: 'the handshake is complete' },
  { state: 'SYN_SENT', flags: 'S', dir: 'original', want: 'SYN_SENT', why: 'sent again' },
  { state: 'SYN_SENT', flags: 'SA', dir: 'original', want: 'INVALID', why: 'SYN-ACK in the wrong direction' },
  { state: 'NONE', flags: 'A', dir: 'original', want: 'ESTABLISHED', why: 'picked up in the middle (tcp_loose)' },
  { state: 'NONE', flags: 'R', dir: 'original', want: 'INVALID', why: 'a RST starts nothing' },
  { state: 'NONE', flags: 'SA', dir: 'original', want: 'INVALID', why: 'nor does a SYN-ACK' },
  { state: 'ESTABLISHED', flags: 'R', dir: 'reply', want: 'CLOSE', why: 'reset' },
  { state: 'ESTABLISHED', flags: 'FA', dir: 'original', want: 'FIN_WAIT', why: 'one side closes' },
  { state: 'FIN_WAIT', flags: 'FA', dir: 'reply', want: 'LAST_ACK', why: 'the other side too' },
  { state: 'LAST_ACK', flags: 'A', dir: 'original', want: 'TIME_WAIT', why: 'and that is acknowledged' },
  { state: 'ESTABLISHED', flags: 'S', dir: 'original', want: 'IGNORE', why: 'may be out of sync: left to the peer' },
  { state: 'TIME_WAIT', flags: 'S', dir: 'original', want: 'SYN_SENT', why: 'reopened' },
] as const)('$state + $flags ($dir) gives $want: $why', ({ state, flags, dir, want }) => {
  expect(tcpTransition(state, segmentKind(tcp(flags)), dir)).toBe(want);
});

test('an ICMP tuple is inverted to the answering type, with the same identifier', () => {
  const request: Tuple = { src: ip('10.0.0.1'), dst: ip('10.0.0.2'), protocol: 1, sport: 77, dport: 8 * 256 };
  expect(invertTuple(request)).toEqual({
    src: ip('10.0.0.2'),
    dst: ip('10.0.0.1'),
    protocol: 1,
    sport: 77,
    dport: 0,
  });
  expect(invertTuple({ ...request, dport: 3 * 256 })).toBeUndefined();
});

/** Draws `start`, then counts. */
function chooser(start: number): Chooser {
  return { fork: () => 0, guess: () => undefined, value: (_about, range) => start % range, hash: () => 0 };
}

const conn = (src: string, sport: number, dst: string, dport: number): Tuple => ({
  src: ip(src),
  sport,
  dst: ip(dst),
  dport,
  protocol: 6,
});

const NODE = ip('192.168.10.11');
const masquerade: NatRange = { addresses: { min: NODE, max: NODE }, ports: undefined, random: 'no', persistent: false };

describe('setupNat', () => {
  const context = (table: Conntrack, start = 0): Parameters<typeof setupNat>[0] => ({
    conntrack: table,
    journal: new Journal(),
    choose: chooser(start),
    netns: 'n',
    now: 0,
  });

  function connection(table: Conntrack, tuple: Tuple): Connection {
    const ct = table.create(tuple, 0, new Journal());
    if (ct === undefined) throw new Error('no inverse');
    ct.expires = 1000;
    return ct;
  }

  test('MASQUERADE keeps a free source port', () => {
    const table = new Conntrack();
    const ct = connection(table, conn('10.244.1.2', 40000, '203.0.113.50', 80));
    setupNat(context(table), ct, 'src', masquerade);
    expect(ct.reply).toEqual(conn('203.0.113.50', 80, '192.168.10.11', 40000));
    expect(ct.srcNat).toBe(true);
  });

  test('a taken source port moves to the next free one from a random start', () => {
    const table = new Conntrack();
    const journal = new Journal();
    const first = connection(table, conn('10.244.1.2', 40000, '203.0.113.50', 80));
    setupNat(context(table), first, 'src', masquerade);
    table.insert(first, journal);
    const second = connection(table, conn('10.244.1.3', 40000, '203.0.113.50', 80));
    // Ports of 1024 and above stay there: 1024 + (40000 − 1024) is the taken one, so the next is tried.
    setupNat(context(table, 40000 - 1024), second, 'src', masquerade);
    expect(second.reply.dport).toBe(40001);
  });

  test('--random-fully never keeps the port', () => {
    const table = new Conntrack();
    const ct = connection(table, conn('10.244.1.2', 40000, '203.0.113.50', 80));
    setupNat(context(table, 5), ct, 'src', { ...masquerade, random: 'random-fully' });
    expect(ct.reply.dport).toBe(1024 + 5);
  });

  test('where every port is taken the last one tried stays: the confirmation drops the packet', () => {
    const table = new Conntrack();
    const one: NatRange = { ...masquerade, ports: { min: 1000, max: 1000 } };
    const first = connection(table, conn('10.244.1.2', 40000, '203.0.113.50', 80));
    setupNat(context(table), first, 'src', one);
    table.insert(first, new Journal());
    const second = connection(table, conn('10.244.1.3', 40000, '203.0.113.50', 80));
    setupNat(context(table), second, 'src', one);
    expect([second.reply, second.srcNat]).toEqual([first.reply, true]);
  });

  test('a null binding changes nothing', () => {
    const table = new Conntrack();
    const ct = connection(table, conn('10.244.1.2', 40000, '203.0.113.50', 80));
    const before = ct.reply;
    setupNat(context(table), ct, 'dst', nullBinding(ct.reply.src));
    expect(ct.reply).toEqual(before);
    expect([ct.dstNat, ct.dstNatDone]).toEqual([false, true]);
  });
});

describe('confirm: two packets of one flow, both new', () => {
  const tuple = { src: ip('10.0.0.1'), dst: ip('10.0.0.2'), sport: 4000, dport: 53 };
  const packet = (protocol: number): Skb => {
    const l4 =
      protocol === 6
        ? { ...tcp('S'), sport: 4000, dport: 53 }
        : ({ l4: 'udp', sport: 4000, dport: 53, length: 8 } as const);
    return new Skb(ipPacket({ src: tuple.src, dst: tuple.dst }, l4, 0));
  };
  const context = (): Parameters<typeof confirm>[0] => ({
    ns: createNetns('n', 'host'),
    runtime: createNetnsRuntime(),
    journal: new Journal(),
    now: 0,
  });
  const to = (address: string): NatRange => nullBinding(ip(address));

  // nf_ct_resolve_clash(): allow_clash is set for UDP and what has no tracker of its own, not for TCP, ICMP and SCTP.
  test.each([
    { protocol: 6, nat: undefined, want: 'tuple taken' },
    { protocol: 17, nat: undefined, want: 'merged' },
    { protocol: 17, nat: ['10.0.0.7', '10.0.0.7'], want: 'merged' },
    { protocol: 17, nat: ['10.0.0.7', '10.0.0.8'], want: 'unsupported' },
  ])('protocol $protocol, DNAT to $nat: the second is $want', ({ protocol, nat, want }) => {
    const ct = context();
    const [first, second] = [packet(protocol), packet(protocol)];
    for (const [i, skb] of [first, second].entries()) {
      track(ct, skb);
      const address = nat?.[i];
      if (skb.ct === undefined || address === undefined) continue;
      setupNat(
        { conntrack: ct.runtime.conntrack, journal: ct.journal, choose: chooser(0), netns: 'n', now: 0 },
        skb.ct,
        'dst',
        to(address),
      );
    }
    expect([confirm(ct, first), confirm(ct, second)]).toEqual(['confirmed', want]);
    expect(second.ct === first.ct).toBe(want === 'merged');
    expect(ct.runtime.conntrack.list(0)).toEqual([first.ct]);
  });
});

test.each([
  { flags: ['S'], replies: [], want: 120, why: 'SYN_SENT' },
  { flags: ['S', 'S'], replies: [], want: 70, why: 'a SYN sent again 50 s later does not keep it alive' },
  { flags: ['A'], replies: [], want: 300, why: 'picked up in the middle, unanswered: tcp_timeout_unacknowledged' },
  { flags: ['A'], replies: ['A'], want: 300, why: 'its first answer finds no reply seen yet' },
  { flags: ['A'], replies: ['A', 'A'], want: 432_000, why: 'the second does: ESTABLISHED' },
  { flags: ['S'], replies: ['S'], want: 120, why: 'SYN_SENT2: both sides open at once' },
])('TCP, $flags and then $replies: $want s, $why', ({ flags, replies, want }) => {
  const ns = createNetns('n', 'host');
  const runtime = createNetnsRuntime();
  const journal = new Journal();
  let now = 0;
  const [src, dst] = [ip('10.0.0.1'), ip('10.0.0.2')];
  for (const [reply, list] of [flags, replies].entries())
    for (const [i, f] of list.entries()) {
      if (i > 0) now += 50_000;
      const skb = new Skb(
        ipPacket(reply ? { src: dst, dst: src } : { src, dst }, { ...tcp(f), sport: 5, dport: 5 }, 0),
      );
      track({ ns, runtime, journal, now }, skb);
      confirm({ ns, runtime, journal, now }, skb);
    }
  expect(((runtime.conntrack.list(now)[0]?.expires ?? 0) - now) / 1000).toBe(want);
});

test('find gives each connection by both of its tuples, and by no other', () => {
  const tuple = fc.record({
    src: fc.nat(3),
    dst: fc.nat(3),
    sport: fc.nat(3),
    dport: fc.nat(3),
    protocol: fc.constantFrom(6, 17),
  });
  fc.assert(
    fc.property(fc.array(tuple, { maxLength: 20 }), tuple, (drawn, asked) => {
      const table = new Conntrack();
      const all: Connection[] = [];
      for (const t of drawn as Tuple[]) {
        if (table.find(t, 0, 0) !== undefined) continue;
        const ct = table.create(t, 0, new Journal());
        if (ct === undefined || table.find(ct.reply, 0, 0) !== undefined) continue;
        ct.expires = 1;
        table.insert(ct, new Journal());
        all.push(ct);
      }
      const same = (a: Tuple, b: Tuple): boolean => JSON.stringify(a) === JSON.stringify(b);
      const key = asked as Tuple;
      const slow = all.find((ct) => same(normal(ct.original), normal(key)) || same(normal(ct.reply), normal(key)));
      expect(table.find(key, 0, 0)?.ct).toBe(slow);
    }),
  );
});

function normal(t: Tuple): Tuple {
  const { src, dst, protocol, sport, dport } = t;
  return { src, dst, protocol, sport, dport };
}

test('a roll-back restores every record', () => {
  const step = fc.record({ key: fc.nat(4), value: fc.option(fc.nat(9), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step), fc.array(step), (before, after) => {
      const journal = new Journal();
      const map = new Map<number, number>();
      const record = { field: 0 };
      for (const { key, value } of before) journal.put(map, key, value);
      const kept = new Map(map);
      journal.start();
      for (const { key, value } of after) {
        journal.put(map, key, value);
        journal.set(record, 'field', key);
      }
      journal.rollback();
      expect([map, record]).toEqual([kept, { field: 0 }]);
    }),
  );
});
