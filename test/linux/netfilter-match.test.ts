import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONTROL_SOCKET, createNetnsRuntime, PROGRAM_SOCKET, type SkbSocket } from '../../src/linux/index.js';
import { icmpHeader, type L4, type Packet } from '../../src/packet/index.js';
import { ip, mac } from '../must.js';
import {
  contextOf,
  evaluateIn,
  host,
  matches,
  rules,
  type Scene,
  ScriptedChooser,
  SYN,
  sets,
  UDP,
  unicast,
} from './netfilter-context.js';

const IPSETS = sets(readFileSync(new URL('netfilter-kernel-sets.txt', import.meta.url), 'utf8'));

describe('the kernel matched', () => {
  const loopback: Scene = { src: '127.0.0.1', dst: '127.0.0.1', in: 'lo', ns: host({ ipsets: IPSETS }), state: 'NEW' };
  const packets: Readonly<Record<string, Scene>> = {
    u: { ...loopback, l4: { l4: 'udp', sport: 1500, dport: 9, length: 9 } },
    t: { ...loopback, l4: { l4: 'tcp', sport: 1500, dport: 9, flags: 2, seq: 1, ack: 0, options: 4, mss: 1460 } },
    i: { ...loopback, l4: icmpHeader(8, 0) },
  };
  const recorded = readFileSync(new URL('netfilter-kernel-matches.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  test('the recording is there', () => {
    expect(recorded.length).toBe(270);
  });

  test.each(recorded)('%s', (line) => {
    const [want = '', ...words] = line.split(' ');
    for (const [letter, scene] of Object.entries(packets)) {
      const eth = { src: mac('00:00:00:00:00:00'), dst: mac('00:00:00:00:00:00'), type: 0x800 };
      const got = matches(words.join(' '), {
        ...scene,
        packet: (p) => {
          p.eth = eth;
        },
        ct: (ct) => {
          ct.confirmed = true;
        },
      });
      // What is not modelled asks the chooser; there is nothing to compare.
      if (got !== 'unsupported') expect(`${letter} ${got}`).toBe(`${letter} ${want.includes(letter)}`);
    }
  });
});

describe('a later fragment', () => {
  const fragment: Scene = {
    packet: (p) => {
      p.l4 = undefined;
      if (p.ip !== undefined) p.ip.offset = 1480;
    },
  };
  test.each([
    { match: '-f', want: true, why: 'that is what -f means' },
    { match: '! -f', want: false, why: 'likewise' },
    { match: '-p udp', want: true, why: 'the IP header is there' },
    { match: '-p udp -m udp', want: false, why: 'it has no UDP header' },
    { match: '-p udp -m udp ! --dport 1', want: false, why: 'not even negated' },
    { match: '-p udp -m multiport ! --dports 1', want: false, why: 'likewise' },
  ])('$match is $want: $why', ({ match, want }) => {
    expect(matches(match, fragment)).toBe(want);
  });
});

describe('tcp', () => {
  const withFlags = (flags: number): L4 => ({ ...(SYN as Extract<L4, { l4: 'tcp' }>), flags });
  test.each([
    { match: '-p tcp --syn', flags: 0x02, want: true, why: 'SYN alone' },
    { match: '-p tcp --syn', flags: 0x12, want: false, why: 'SYN and ACK' },
    { match: '-p tcp --syn', flags: 0x22, want: true, why: 'URG is not looked at' },
    { match: '-p tcp ! --syn', flags: 0x12, want: true, why: 'negated' },
    { match: '-p tcp --tcp-flags ALL NONE', flags: 0, want: true, why: 'a null scan' },
    { match: '-p tcp --tcp-flags SYN,RST SYN', flags: 0x12, want: true, why: 'ACK is not in the mask' },
  ])('$match with flags $flags is $want: $why', ({ match, flags, want }) => {
    expect(matches(match, { l4: withFlags(flags) })).toBe(want);
  });

  test.each([
    { option: 2, change: {}, want: true, why: 'the MSS is an option' },
    { option: 2, change: { mss: undefined, options: 0 }, want: false, why: 'there is none' },
    { option: 8, change: {}, want: false, why: 'the MSS fills all options' },
    { option: 8, change: { options: 20 }, want: 'unsupported', why: '16 bytes of options are not known' },
  ])('--tcp-option $option is $want: $why', ({ option, change, want }) => {
    const l4 = { ...SYN, ...change } as L4;
    expect(matches(`-p tcp --tcp-option ${option}`, { l4 })).toBe(want);
  });
});

describe('sctp', () => {
  const init: L4 = { l4: 'sctp', sport: 1, dport: 2, chunk: 'INIT' };
  test.each([
    { match: '--chunk-types any INIT,DATA', want: true, why: 'one of them is there' },
    { match: '--chunk-types all INIT,DATA', want: false, why: 'DATA is missing' },
    { match: '--chunk-types only INIT,DATA', want: true, why: 'nothing else is there' },
    { match: '--chunk-types only DATA', want: false, why: 'INIT is something else' },
    { match: '! --chunk-types any DATA', want: true, why: 'negated' },
    { match: '--chunk-types any INIT:T', want: 'unsupported', why: 'flags of chunks are not known' },
    { match: '--dport 2 --sport 1', want: true, why: 'ports' },
  ])('$match is $want: $why', ({ match, want }) => {
    expect(matches(`-p sctp -m sctp ${match}`, { l4: init })).toBe(want);
  });
});

describe('conntrack', () => {
  const nat: Scene = {
    state: 'ESTABLISHED',
    ct: (ct) => {
      ct.dstNat = true;
      ct.seenReply = true;
      ct.reply = { ...ct.reply, src: ip('10.244.1.5'), sport: 8080 };
    },
  };
  test.each([
    { match: '--ctstate DNAT', scene: nat, want: true, why: 'DNAT comes besides the state' },
    { match: '--ctstate NEW,DNAT', scene: nat, want: true, why: 'one of them is enough' },
    { match: '! --ctstate RELATED,ESTABLISHED,DNAT', scene: nat, want: false, why: 'negated: none may be there' },
    { match: '--ctstate SNAT', scene: nat, want: false, why: 'only the destination was changed' },
    { match: '--ctreplsrc 10.244.0.0/16', scene: nat, want: true, why: 'the reply comes from the endpoint' },
    { match: '--ctreplsrcport 8080', scene: nat, want: true, why: 'likewise' },
    { match: '--ctorigdst 10.0.0.9', scene: nat, want: true, why: 'the original destination stays' },
    { match: '--ctstatus SEEN_REPLY', scene: nat, want: true, why: 'a reply was seen' },
    { match: '--ctstatus EXPECTED,ASSURED', scene: nat, want: false, why: 'neither' },
    { match: '--ctdir REPLY', scene: nat, want: false, why: 'it goes in the original direction' },
    { match: '--ctstate INVALID', scene: {}, want: true, why: 'no connection' },
    { match: '--ctproto 17', scene: {}, want: false, why: 'no connection, and no state asked for' },
    { match: '! --ctproto 17', scene: {}, want: false, why: 'not even negated' },
    {
      match: '--ctstate INVALID --ctproto 6',
      scene: {},
      want: true,
      why: 'without a connection only the state counts',
    },
    { match: '--ctexpire 1:10', scene: nat, want: 'unsupported', why: 'timeouts are not compared' },
  ])('$match is $want: $why', ({ match, scene, want }) => {
    expect(matches(`-m conntrack ${match}`, scene)).toBe(want);
  });

  test('an untracked packet is UNTRACKED and not INVALID', () => {
    const scene: Scene = {
      skb: (skb) => {
        skb.untracked = true;
      },
    };
    expect(matches('-m conntrack --ctstate UNTRACKED', scene)).toBe(true);
    expect(matches('-m state --state INVALID', scene)).toBe(false);
  });

  test('connmark needs a connection, mark does not', () => {
    expect(matches('-m connmark ! --mark 0x1', {})).toBe(false);
    expect(matches('-m connmark ! --mark 0x1', { state: 'NEW' })).toBe(true);
    expect(
      matches('-m mark --mark 0x4000/0x4000', {
        skb: (skb) => {
          skb.mark = 0xc001;
        },
      }),
    ).toBe(true);
  });

  test('a mark with the top bit stays unsigned', () => {
    const scene: Scene = {
      skb: (skb) => {
        skb.mark = 0x80000000;
      },
    };
    expect(matches('-m mark --mark 0x80000000/0x80000000', scene)).toBe(true);
  });
});

describe('addrtype', () => {
  test.each([
    { match: '--dst-type LOCAL', dst: '10.0.0.9', want: true, why: 'an own address' },
    { match: '--dst-type LOCAL', dst: '127.3.4.5', want: true, why: 'all of 127/8 is local' },
    { match: '--dst-type BROADCAST', dst: '10.0.0.255', want: true, why: 'the directed broadcast of eth0' },
    { match: '--dst-type BROADCAST', dst: '255.255.255.255', want: true, why: 'the limited one' },
    { match: '--dst-type MULTICAST', dst: '224.0.0.1', want: true, why: 'class D' },
    { match: '--dst-type UNICAST', dst: '8.8.8.8', want: true, why: 'somebody else' },
    { match: '--dst-type BLACKHOLE', dst: '192.0.2.1', want: false, why: 'only the local table is looked at' },
    { match: '! --dst-type LOCAL,UNICAST', dst: '10.0.0.9', want: false, why: 'negated: none of them' },
    { match: '--dst-type LOCAL --limit-iface-in', dst: '10.0.0.9', want: true, why: 'eth0 has the address' },
    { match: '--dst-type LOCAL --limit-iface-in', dst: '127.0.0.1', want: false, why: 'that is the address of lo' },
    { match: '--src-type LOCAL --dst-type LOCAL', dst: '10.0.0.9', want: false, why: 'the source is not' },
  ])('$match for $dst is $want: $why', ({ match, dst, want }) => {
    expect(matches(`-m addrtype ${match}`, { dst })).toBe(want);
  });
});

describe('statistic', () => {
  test('random asks the chooser, labels the choice by where it leads, and names the rule', () => {
    const choose = new ScriptedChooser([1]);
    const ruleset = rules(
      'nat',
      ':SVC - [0:0]',
      ':SEP-A - [0:0]',
      ':SEP-B - [0:0]',
      '-A PREROUTING -j SVC',
      '-A SVC -m statistic --mode random --probability 0.25 -j SEP-A',
      '-A SVC -j SEP-B',
      '-A SEP-A -j ACCEPT',
      '-A SEP-B -j ACCEPT',
    );
    const verdict = evaluateIn(contextOf({ hook: 'PREROUTING', choose }, 'nat'), ruleset);
    expect(verdict.by.chain).toBe('SEP-B');
    expect(choose.asked).toEqual([
      {
        about: 'n1 nat SVC rule 1',
        options: [
          { label: 'SEP-A', probability: 0.25 },
          { label: 'does not match', probability: 0.75 },
        ],
      },
    ]);
  });

  test.each([
    { match: '--probability 1', want: true },
    { match: '! --probability 1', want: false },
    { match: '--probability 0', want: false },
    { match: '! --probability 0', want: true },
  ])('$match is certain: $want, and nobody is asked', ({ match, want }) => {
    expect(matches(`-m statistic --mode random ${match}`)).toBe(want);
  });

  test('probabilities are rounded to 31 bits: 1/3 is 715827883 of 2^31', () => {
    const choose = new ScriptedChooser();
    matches('-m statistic --mode random --probability 0.3333333333', { choose });
    expect(choose.asked[0]?.options[0]?.probability).toBe(715827883 / 2 ** 31);
  });

  // Recorded on Linux 6.18: packets 1 to 4 through these rules hit 1001, 0010, 1011.
  test.each([
    { match: '--every 3 --packet 0', want: [true, false, false, true] },
    { match: '--every 3 --packet 2', want: [false, false, true, false] },
    { match: '! --every 3 --packet 1', want: [true, false, true, true] },
  ])('nth $match', ({ match, want }) => {
    const ruleset = rules('filter', `-A INPUT -m statistic --mode nth ${match} -j DROP`);
    const runtime = createNetnsRuntime();
    const got = want.map(() => evaluateIn(contextOf({ runtime }), ruleset).verdict === 'DROP');
    expect(got).toEqual(want);
  });
});

describe('limit', () => {
  function hits(match: string, times: readonly number[]): boolean[] {
    const ruleset = rules('filter', `-A INPUT -m limit ${match} -j DROP`);
    const runtime = createNetnsRuntime();
    return times.map((now) => evaluateIn(contextOf({ runtime, now }), ruleset).verdict === 'DROP');
  }

  test('a burst first, then one each second', () => {
    expect(hits('--limit 1/sec --limit-burst 2', [0, 0, 0, 999, 1000, 1000, 2000])).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  test('the bucket holds no more than the burst', () => {
    expect(hits('--limit 1/sec --limit-burst 2', [0, 100_000, 100_000, 100_000])).toEqual([true, true, true, false]);
  });

  test('the default is 3 an hour, 5 at once', () => {
    expect(hits('', [0, 0, 0, 0, 0, 0, 1_200_000])).toEqual([true, true, true, true, true, false, true]);
  });
});

describe('rpfilter', () => {
  const lookback = (match: string, scene: Scene) =>
    matches(`-m rpfilter ${match}`, { ...scene, hook: 'PREROUTING', dst: scene.dst ?? '10.0.0.9' });
  test.each([
    { match: '', scene: { src: '10.0.0.5' }, want: true, why: 'the route back is by eth0' },
    { match: '--invert', scene: { src: '10.0.0.5' }, want: false, why: 'inverted' },
    { match: '', scene: { src: '10.0.0.5', in: 'eth1' }, want: false, why: 'it came by eth1' },
    { match: '--loose', scene: { src: '10.0.0.5', in: 'eth1' }, want: true, why: 'any device will do' },
    { match: '', scene: { src: '192.0.2.1' }, want: false, why: 'the route back is a blackhole' },
    { match: '--loose', scene: { src: '192.0.2.1' }, want: false, why: 'a blackhole is no way back' },
    { match: '', scene: { src: '10.0.0.9' }, want: false, why: 'the source is this host' },
    { match: '--accept-local', scene: { src: '10.0.0.9' }, want: true, why: 'accepted by its device' },
    { match: '', scene: { src: '10.0.0.9', in: 'lo' }, want: true, why: 'loopback is never checked' },
    { match: '', scene: { src: '0.0.0.0', dst: '255.255.255.255' }, want: true, why: 'DHCP has no source yet' },
    { match: '', scene: { src: '0.0.0.0', dst: '10.0.0.9' }, want: false, why: '0.0.0.0 is broadcast, no unicast' },
  ])('$match $scene.src by $scene.in is $want: $why', ({ match, scene, want }) => {
    const ns = host();
    const local = ns.ipv4.tables.get(255);
    local?.append({ ...unicast('0.0.0.0/32', 'eth0', undefined), type: 'broadcast', dev: 'eth0', prefsrc: undefined });
    expect(lookback(match, { ...scene, ns })).toBe(want);
  });
});

describe('physdev', () => {
  const bridged = (physIn: string | undefined, physOut: string | undefined): Scene => ({
    hook: 'FORWARD',
    out: 'cni0',
    skb: (skb) => {
      skb.nfBridge = {
        physIn,
        physOut,
        otherhost: false,
        inPrerouting: false,
        sabotaged: false,
        origDst: 0,
        bridgedDnat: false,
        fragMaxSize: 0,
        savedSource: 0,
      };
    },
  });
  const both = bridged('veth1', 'veth2');
  test.each([
    { match: '--physdev-in veth+ --physdev-out veth2', scene: both, want: true, why: 'both ports' },
    { match: '--physdev-in eth0', scene: both, want: false, why: 'another port' },
    { match: '! --physdev-in eth0', scene: both, want: true, why: 'negated' },
    { match: '--physdev-is-bridged', scene: both, want: true, why: 'the port to leave by is known' },
    { match: '--physdev-is-bridged', scene: bridged('veth1', undefined), want: false, why: 'it is routed' },
    { match: '--physdev-in veth1', scene: bridged('veth1', undefined), want: true, why: 'routed from a port' },
    { match: '! --physdev-out veth2', scene: bridged('veth1', undefined), want: false, why: 'no port, no match' },
    {
      match: '--physdev-in veth1',
      scene: bridged(undefined, 'veth2'),
      want: true,
      why: 'an unknown port passes as any',
    },
    { match: '--physdev-is-in', scene: bridged(undefined, 'veth2'), want: false, why: 'the port is not known' },
    { match: '--physdev-in veth1', scene: {}, want: false, why: 'br_netfilter has not seen it' },
    { match: '! --physdev-in veth1', scene: {}, want: true, why: 'without it only negations match' },
    { match: '! --physdev-is-bridged', scene: {}, want: true, why: 'likewise' },
    { match: '! --physdev-is-bridged --physdev-is-in', scene: {}, want: false, why: 'one is not negated' },
  ])('$match is $want: $why', ({ match, scene, want }) => {
    expect(matches(`-m physdev ${match}`, { hook: 'FORWARD', ...scene })).toBe(want);
  });
});

describe('owner', () => {
  const by = (sk: SkbSocket | undefined): Scene => ({
    hook: 'OUTPUT',
    in: '',
    out: 'eth0',
    skb: (skb) => {
      skb.sk = sk;
    },
  });
  const program = by(PROGRAM_SOCKET);
  const kernel = by(CONTROL_SOCKET);
  const nobody = by(undefined);
  // owner_mt(), linux net/netfilter/xt_owner.c.
  test.each([
    { match: '--socket-exists', scene: program, want: true, why: 'there is one' },
    { match: '! --socket-exists', scene: program, want: false, why: 'there is one' },
    { match: '--socket-exists', scene: kernel, want: true, why: "a RST is of the kernel's own socket" },
    { match: '--socket-exists', scene: nobody, want: false, why: 'what is forwarded has none' },
    { match: '! --socket-exists', scene: nobody, want: true, why: 'what is forwarded has none' },
    { match: '--uid-owner 0', scene: program, want: 'unsupported', why: 'who runs a program is not known' },
    { match: '! --gid-owner 7', scene: program, want: 'unsupported', why: 'nor in which group' },
    { match: '--uid-owner 0', scene: kernel, want: false, why: 'a socket without a file has no owner' },
    { match: '! --uid-owner 0', scene: kernel, want: true, why: 'a negation holds without an owner' },
    { match: '--uid-owner 0', scene: nobody, want: false, why: 'no socket, no owner' },
    { match: '! --uid-owner 0', scene: nobody, want: true, why: 'a negation holds without a socket' },
    { match: '! --uid-owner 0 --gid-owner 5', scene: nobody, want: false, why: 'both must hold' },
  ])('$match is $want: $why', ({ match, scene, want }) => {
    expect(matches(`-m owner ${match}`, scene)).toBe(want);
  });
});

describe('recent', () => {
  function seen(lines: readonly string[], times: readonly number[], scene: Scene = {}): boolean[][] {
    const ruleset = rules('filter', ...lines.map((line, i) => `-A INPUT -m recent ${line} -m comment --comment r${i}`));
    const runtime = createNetnsRuntime();
    return times.map((now) => {
      const hit: boolean[] = lines.map(() => false);
      evaluateIn(contextOf({ ...scene, runtime, now }), ruleset, {
        counts: false,
        hit: (_, { n }) => {
          hit[n - 1] = true;
        },
        miss: () => undefined,
        unsupported: () => undefined,
        policy: () => undefined,
      });
      return hit;
    });
  }

  test('--hitcount counts the packet that --set has just noted', () => {
    expect(seen(['--set', '--rcheck --hitcount 3'], [0, 1, 2, 3]).map(([, b]) => b)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test('--seconds forgets what is older, to the second', () => {
    const lines = ['--rcheck --seconds 10', '--set'];
    expect(seen(lines, [0, 10_000, 20_001]).map(([a]) => a)).toEqual([false, true, false]);
  });

  test('--update renews the time, --rcheck does not', () => {
    const ruleset = rules('filter', '-A INPUT -m recent --update --seconds 10 --name U -j DROP');
    const first = rules('filter', '-A INPUT -m recent --set --name U');
    const runtime = createNetnsRuntime();
    evaluateIn(contextOf({ runtime, now: 0 }), first);
    const got = [9_000, 18_000, 40_000].map(
      (now) => evaluateIn(contextOf({ runtime, now }), ruleset).verdict === 'DROP',
    );
    expect(got).toEqual([true, true, false]);
  });

  // Recorded on Linux 6.18: of four packets these rules hit 0, 4, 4 and 4.
  test('negations', () => {
    const lines = ['! --set --name B', '--update --rttl --name B', '--remove --name B', '! --remove --name B'];
    const all = seen(lines, [0, 1, 2, 3]);
    expect(lines.map((_, i) => all.filter((hit) => hit[i]).length)).toEqual([0, 4, 4, 4]);
  });

  test('a list keeps 32 stamps, or the power of two that the largest hitcount needs', () => {
    const noted = (lines: string[]) => {
      const ruleset = rules('filter', ...lines);
      const runtime = createNetnsRuntime();
      for (let i = 0; i < 100; i++)
        evaluateIn(contextOf({ runtime, now: i, ns: host({ iptables: ruleset }) }), ruleset);
      return runtime.recent.get('A')?.get(ip('10.0.0.5'))?.stamps.length;
    };
    const set = '-A INPUT -m recent --set --name A';
    expect(noted([set])).toBe(32);
    expect(noted([set, '-A INPUT -m recent --rcheck --name A --hitcount 40'])).toBe(64);
  });

  test('a full list forgets who was not seen for longest', () => {
    const ruleset = rules('filter', '-A INPUT -m recent --set --name A');
    const runtime = createNetnsRuntime();
    for (let i = 0; i < 100; i++) evaluateIn(contextOf({ runtime, now: i, src: `10.1.0.${i}` }), ruleset);
    evaluateIn(contextOf({ runtime, now: 200, src: '10.1.0.0' }), ruleset);
    evaluateIn(contextOf({ runtime, now: 201, src: '10.1.0.200' }), ruleset);
    const list = runtime.recent.get('A');
    expect(list?.size).toBe(100);
    expect([list?.has(ip('10.1.0.0')), list?.has(ip('10.1.0.1'))]).toEqual([true, false]);
  });

  test('--reap removes the entry not seen for longest, and only when it is too old', () => {
    const note = rules('filter', '-A INPUT -m recent --set --name R');
    const reap = rules('filter', '-A INPUT -m recent --rcheck --seconds 5 --reap --name R -j DROP');
    const runtime = createNetnsRuntime();
    evaluateIn(contextOf({ runtime, now: 0, src: '10.1.0.1' }), note);
    evaluateIn(contextOf({ runtime, now: 4_000, src: '10.1.0.2' }), note);
    evaluateIn(contextOf({ runtime, now: 5_000, src: '10.1.0.2' }), reap);
    expect(runtime.recent.get('R')?.size).toBe(2);
    evaluateIn(contextOf({ runtime, now: 5_001, src: '10.1.0.2' }), reap);
    expect([...(runtime.recent.get('R')?.keys() ?? [])]).toEqual([ip('10.1.0.2')]);
  });

  test('--rttl wants the TTL from before forwarding; --mask and --rdest choose the key', () => {
    const runtime = createNetnsRuntime();
    const note = rules('filter', '-A INPUT -m recent --set --name T --rdest --mask 255.255.255.0');
    const ask = rules('filter', '-A FORWARD -m recent --rcheck --rttl --name T --rdest --mask 255.255.255.0 -j DROP');
    const ttl = (value: number) => (p: Packet) => {
      if (p.ip !== undefined) p.ip.ttl = value;
    };
    evaluateIn(contextOf({ runtime, dst: '10.2.3.4', packet: ttl(64) }), note);
    const forwarded = (value: number) =>
      evaluateIn(contextOf({ runtime, hook: 'FORWARD', out: 'eth1', dst: '10.2.3.99', packet: ttl(value) }), ask)
        .verdict;
    expect([forwarded(63), forwarded(64)]).toEqual(['DROP', 'ACCEPT']);
  });

  test('what a probe noted goes when it is rolled back', () => {
    const ruleset = rules('filter', '-A INPUT -m recent --set --name J');
    const runtime = createNetnsRuntime();
    const context = contextOf({ runtime });
    context.journal.start();
    evaluateIn(context, ruleset);
    expect(runtime.recent.get('J')?.size).toBe(1);
    context.journal.rollback();
    expect(runtime.recent.size).toBe(0);
  });
});

describe('the others', () => {
  const changed = (change: (p: Packet) => void): Scene => ({ l4: UDP, packet: change });
  test.each([
    { match: '-m nfacct --nfacct-name x', scene: {}, want: true, why: 'it only counts' },
    { match: '-m comment --comment x', scene: {}, want: true, why: 'it only says' },
    { match: '-m ipvs --vaddr 10.0.0.1', scene: {}, want: false, why: 'IPVS has not seen to it' },
    { match: '-m ipvs ! --ipvs', scene: {}, want: true, why: 'IPVS has not seen to it' },
    { match: '-m foo --bar', scene: {}, want: 'unsupported', why: 'not modelled' },
    { match: '-m set --match-set NONE src', scene: {}, want: 'unsupported', why: 'the dump has no sets' },
    {
      match: '-m tos --tos 0x10/0x1c',
      scene: changed((p) => {
        if (p.ip !== undefined) p.ip.tos = 0x13;
      }),
      want: true,
      why: 'only masked bits count',
    },
    {
      match: '-m dscp --dscp-class EF',
      scene: changed((p) => {
        if (p.ip !== undefined) p.ip.tos = 0xb8;
      }),
      want: true,
      why: 'EF is 46, 46 << 2 is 0xb8',
    },
  ])('$match is $want: $why', ({ match, scene, want }) => {
    expect(matches(match, scene)).toBe(want);
  });

  test('mac needs an Ethernet header', () => {
    const eth = { src: mac('02:00:00:00:00:01'), dst: mac('02:00:00:00:00:02'), type: 0x800 };
    const from: Scene = {
      packet: (p) => {
        p.eth = eth;
      },
    };
    expect(matches('-m mac --mac-source 02:00:00:00:00:01', from)).toBe(true);
    expect(matches('-m mac ! --mac-source 02:00:00:00:00:01', from)).toBe(false);
    expect(matches('-m mac ! --mac-source 02:00:00:00:00:01', {})).toBe(false);
  });
});
