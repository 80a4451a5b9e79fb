import { describe, expect, test } from 'vitest';
import { createNetnsRuntime, type NfContext, type Skb, type TableName } from '../../src/linux/index.js';
import type { L4 } from '../../src/packet/index.js';
import { ip } from '../must.js';
import { address, contextOf, evaluateIn, host, rules, type Scene, SYN, sets, unicast } from './netfilter-context.js';

/** Runs one rule and returns the context that it left, with the verdict. */
function apply(table: TableName, rule: string, scene: Scene = {}): { context: NfContext; verdict: string } {
  const context = contextOf(scene, table);
  const { verdict } = evaluateIn(context, rules(table, `-A ${context.hook} ${rule}`));
  return { context, verdict };
}

const setMark = (mark: number) => (skb: Skb) => {
  skb.mark = mark;
};

describe('MARK', () => {
  test.each([
    { rule: '--set-mark 0x1', from: 0xff, want: 0x1, why: 'all bits' },
    { rule: '--set-mark 0x1/0xf', from: 0xff, want: 0xf1, why: 'the bits of the mask' },
    { rule: '--set-mark 0xf0/0xf', from: 0xaff, want: 0xaf0, why: 'value bits beyond the mask are set, too' },
    { rule: '--set-xmark 0x3/0x1', from: 0x2, want: 0x1, why: 'clears bit 0, turns over bits 0 and 1' },
    { rule: '--or-mark 0x4000', from: 0x1, want: 0x4001, why: 'KUBE-MARK-MASQ' },
    { rule: '--and-mark 0xff', from: 0x4001, want: 0x1, why: 'keeps the low byte' },
    { rule: '--xor-mark 0x4000', from: 0x4001, want: 0x1, why: 'KUBE-POSTROUTING' },
    { rule: '--or-mark 0x80000000', from: 0, want: 0x80000000, why: 'the top bit stays unsigned' },
  ])('$rule of $from is $want: $why', ({ rule, from, want }) => {
    const { context, verdict } = apply('filter', `-j MARK ${rule}`, { skb: setMark(from) });
    expect(context.skb.mark).toBe(want);
    expect(verdict).toBe('ACCEPT');
  });
});

describe('CONNMARK', () => {
  const scene = (skbMark: number, ctMark: number): Scene => ({
    state: 'NEW',
    skb: setMark(skbMark),
    ct: (ct) => {
      ct.mark = ctMark;
    },
  });
  test.each([
    { rule: '--set-mark 0x5/0xf', skb: 0, ct: 0xff, want: [0, 0xf5], why: 'the bits of the mask' },
    { rule: '--save-mark', skb: 0x12, ct: 0xff, want: [0x12, 0x12], why: 'the whole mark' },
    { rule: '--save-mark --nfmask 0xf --ctmask 0xf0', skb: 0x12, ct: 0xff, want: [0x12, 0xd], why: '0xf ^ 0x2' },
    { rule: '--restore-mark --mask 0xf0', skb: 0x1, ct: 0xab, want: [0xa1, 0xab], why: 'only these bits' },
  ])('$rule: $why', ({ rule, skb, ct, want }) => {
    const { context } = apply('mangle', `-j CONNMARK ${rule}`, scene(skb, ct));
    expect([context.skb.mark, context.skb.ct?.mark]).toEqual(want);
  });

  test('nothing happens without a connection', () => {
    const { context, verdict } = apply('mangle', '-j CONNMARK --restore-mark', { skb: setMark(7) });
    expect([context.skb.mark, verdict]).toEqual([7, 'ACCEPT']);
  });
});

describe('DNAT and SNAT', () => {
  const first: Scene = { hook: 'PREROUTING', state: 'NEW', l4: SYN, dst: '10.96.0.1' };

  test('DNAT decides the reply, ends the table, and changes no header itself', () => {
    const { context, verdict } = apply('nat', '-p tcp -j DNAT --to-destination 10.244.1.5:8080', first);
    const { skb } = context;
    expect(verdict).toBe('ACCEPT');
    expect(skb.ct?.reply).toMatchObject({ src: ip('10.244.1.5'), sport: 8080, dst: ip('10.0.0.5'), dport: 1500 });
    expect([skb.ct?.dstNat, skb.ct?.dstNatDone, skb.ct?.srcNatDone]).toEqual([true, true, false]);
    expect(skb.ip?.dst).toBe(ip('10.96.0.1'));
  });

  test('DNAT to a port alone keeps the address', () => {
    const { context } = apply('nat', '-p tcp -j DNAT --to-destination :8080', first);
    expect(context.skb.ct?.reply).toMatchObject({ src: ip('10.96.0.1'), sport: 8080 });
  });

  test('a shift of ports is not modelled, and says so', () => {
    const { verdict } = apply('nat', '-p tcp -j DNAT --to-destination 10.0.0.1:1000-2000/1500', first);
    expect(verdict).toBe('UNSUPPORTED');
  });

  test('SNAT decides the source', () => {
    const scene: Scene = { hook: 'POSTROUTING', in: '', out: 'eth0', state: 'NEW', l4: SYN };
    const { context } = apply('nat', '-p tcp -j SNAT --to-source 192.0.2.7:4000', scene);
    expect(context.skb.ct?.reply).toMatchObject({ dst: ip('192.0.2.7'), dport: 4000 });
    expect(context.skb.ct?.srcNat).toBe(true);
  });

  test('a packet that starts no connection has no business in the nat table', () => {
    expect(() => apply('nat', '-j DNAT --to-destination 10.0.0.1', { hook: 'PREROUTING' })).toThrow(
      /starts no connection/,
    );
    expect(() =>
      apply('nat', '-j DNAT --to-destination 10.0.0.1', { hook: 'PREROUTING', state: 'ESTABLISHED' }),
    ).toThrow(/starts no connection/);
  });
});

describe('MASQUERADE', () => {
  const out: Scene = {
    hook: 'POSTROUTING',
    in: '',
    out: 'eth0',
    state: 'NEW',
    l4: SYN,
    src: '10.244.1.5',
    dst: '8.8.8.8',
  };
  const masqueraded = (scene: Scene) => {
    const { context, verdict } = apply('nat', '-j MASQUERADE', scene);
    return { verdict, ct: context.skb.ct };
  };
  const twoAddresses = () => {
    const ns = host();
    const addresses = [address('eth0', '10.0.0.9', 24), address('eth0', '192.168.7.9', 24)];
    return { ...ns, ipv4: { ...ns.ipv4, addresses } };
  };

  test('takes the address of the device, and notes the device', () => {
    const { verdict, ct } = masqueraded(out);
    expect(verdict).toBe('ACCEPT');
    expect(ct?.reply.dst).toBe(ip('10.0.0.9'));
    expect(ct?.masqueradeDev).toBe('eth0');
  });

  test.each([
    { gateway: '192.168.7.1', want: '192.168.7.9', why: 'the subnet of the next hop' },
    { gateway: '10.0.0.1', want: '10.0.0.9', why: 'likewise' },
    { gateway: '172.16.0.1', want: '10.0.0.9', why: 'the first one, when no subnet fits' },
  ])('of several addresses takes $want towards $gateway: $why', ({ gateway, want }) => {
    const route = unicast('0.0.0.0/0', 'eth0', gateway);
    const { ct } = masqueraded({
      ...out,
      ns: twoAddresses(),
      skb: (skb) => {
        skb.dst = {
          direction: 'input',
          rule: undefined,
          table: 254,
          route,
          type: 'unicast',
          dev: 'eth0',
          gateway: ip(gateway),
          source: ip('0.0.0.0'),
          redirect: false,
        };
      },
    });
    expect(ct?.reply.dst).toBe(ip(want));
  });

  test('on-link, the destination itself is the next hop', () => {
    const { ct } = masqueraded({ ...out, ns: twoAddresses(), dst: '192.168.7.55' });
    expect(ct?.reply.dst).toBe(ip('192.168.7.9'));
  });

  test('drops when no device has an address of global scope', () => {
    const ns = host();
    const { verdict } = masqueraded({ ...out, ns: { ...ns, ipv4: { ...ns.ipv4, addresses: [] } } });
    expect(verdict).toBe('DROP');
  });

  test('lets a host without an address yet pass', () => {
    const { verdict, ct } = masqueraded({ ...out, src: '0.0.0.0', l4: { l4: 'udp', sport: 68, dport: 67, length: 9 } });
    expect([verdict, ct?.srcNatDone]).toEqual(['ACCEPT', false]);
  });

  test('--to-ports gives the range', () => {
    const { context } = apply('nat', '-p tcp -j MASQUERADE --to-ports 2000-2999', out);
    expect(context.skb.ct?.reply.dport).toBe(2000);
  });
});

describe('REDIRECT', () => {
  const scene = (hook: 'PREROUTING' | 'OUTPUT', dev: string): Scene => ({
    hook,
    in: hook === 'OUTPUT' ? '' : dev,
    out: hook === 'OUTPUT' ? dev : '',
    state: 'NEW',
    l4: SYN,
    dst: '8.8.8.8',
  });
  test.each([
    { hook: 'PREROUTING', dev: 'eth0', want: '10.0.0.9', why: 'the first address of the device' },
    { hook: 'OUTPUT', dev: 'eth0', want: '127.0.0.1', why: 'own packets go to loopback' },
  ] as const)('at $hook goes to $want: $why', ({ hook, dev, want }) => {
    const { context } = apply('nat', '-p tcp -j REDIRECT --to-ports 3128', scene(hook, dev));
    expect(context.skb.ct?.reply).toMatchObject({ src: ip(want), sport: 3128 });
  });

  test('drops when the device has no address', () => {
    expect(apply('nat', '-j REDIRECT', scene('PREROUTING', 'eth1')).verdict).toBe('DROP');
  });
});

describe('CT and NOTRACK', () => {
  const raw: Scene = { hook: 'PREROUTING' };
  test.each(['-j CT --notrack', '-j NOTRACK'])('%s keeps the packet out of connection tracking', (rule) => {
    expect(apply('raw', rule, raw).context.skb.untracked).toBe(true);
    expect(apply('raw', rule, { ...raw, state: 'NEW' }).context.skb.untracked).toBe(false);
  });

  test('--zone chooses the zone, by number or by mark', () => {
    expect(apply('raw', '-j CT --zone 5', raw).context.skb.zone).toBe(5);
    expect(apply('raw', '-j CT --zone mark', { ...raw, skb: setMark(0x10007) }).context.skb.zone).toBe(7);
  });

  test.each(['--zone-orig 5', '--helper ftp', '--timeout policy1'])('%s is not modelled', (options) => {
    const { verdict } = apply('raw', `-p tcp -j CT ${options}`, { ...raw, l4: SYN });
    expect(verdict).toBe('UNSUPPORTED');
  });
});

describe('TCPMSS', () => {
  const forward = (l4: L4): Scene => ({
    hook: 'FORWARD',
    in: 'eth1',
    out: 'eth0',
    l4,
    src: '10.0.0.5',
    dst: '10.0.0.7',
  });
  const syn = (mss: number | undefined): L4 => ({ ...SYN, mss, options: mss === undefined ? 0 : 4 }) as L4;
  const small = () => {
    const ns = host();
    const links = new Map(ns.links);
    const eth0 = links.get('eth0');
    if (eth0 !== undefined) links.set('eth0', { ...eth0, mtu: 1400 });
    return { ...ns, links };
  };
  test.each([
    { option: '--set-mss 1400', mss: 1460, want: 1400, why: 'lowered' },
    { option: '--set-mss 1400', mss: 1200, want: 1200, why: 'never raised' },
    { option: '--set-mss 1400', mss: undefined, want: 536, why: 'added: who names none takes 536' },
    { option: '--set-mss 500', mss: undefined, want: 500, why: 'or less' },
    { option: '--clamp-mss-to-pmtu', mss: 1460, want: 1360, why: '1400 - 40' },
  ])('$option on $mss gives $want: $why', ({ option, mss, want }) => {
    const rule = `-p tcp --tcp-flags SYN,RST SYN -j TCPMSS ${option}`;
    const { context } = apply('mangle', rule, { ...forward(syn(mss)), ns: small() });
    expect(context.skb.l4).toMatchObject({ mss: want });
    // The option takes 4 bytes where there was none: 20 + 20 before, 44 with it.
    expect(context.skb.ip?.length).toBe(44);
  });

  test('the way back can be narrower: a route to the source with MTU 1300', () => {
    const ns = host();
    ns.ipv4.tables.get(254)?.append({ ...unicast('10.0.0.5/32', 'eth1', undefined), mtu: 1300 });
    const rule = '-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu';
    const { context } = apply('mangle', rule, { ...forward(syn(1460)), ns });
    expect(context.skb.l4).toMatchObject({ mss: 1260 });
  });
});

describe('SET', () => {
  const IPSETS = sets(
    [
      'create N hash:net',
      'add N 10.0.0.0/8',
      'create E hash:net',
      'create T hash:ip timeout 60',
      'create P hash:ip,port',
      'create L list:set',
      'add L T',
      'create B bitmap:port range 0-100',
    ].join('\n'),
  );
  const ns = host({ ipsets: IPSETS });
  const members = (rule: string, scene: Scene = {}) => {
    const { context } = apply('filter', `-j SET ${rule}`, { ns, ...scene });
    return Object.fromEntries([...context.runtime.setMembers].map(([set, added]) => [set, Object.fromEntries(added)]));
  };
  // Recorded on Linux 6.18 with 127.0.0.1: /8 in a set that has a /8, a host in an empty one, UDP port in ip,port.
  test.each([
    { rule: '--add-set N src', want: {}, why: '10.0.0.0/8 is the longest prefix of the set and holds it already' },
    {
      rule: '--add-set N dst',
      dst: '11.1.2.3',
      want: { N: { '11.0.0.0/8': { expires: undefined } } },
      why: 'likewise /8',
    },
    { rule: '--add-set E src', want: { E: { '10.0.0.5': { expires: undefined } } }, why: 'a host in an empty set' },
    { rule: '--add-set T src', want: { T: { '10.0.0.5': { expires: 60_000 } } }, why: "the set's own timeout" },
    { rule: '--add-set T src --timeout 7', want: { T: { '10.0.0.5': { expires: 7_000 } } }, why: 'another' },
    { rule: '--add-set P src,dst', want: { P: { '10.0.0.5,udp:53': { expires: undefined } } }, why: 'both parts' },
    { rule: '--add-set P src', want: {}, why: 'a set of two parts needs two' },
    { rule: '--add-set L src', want: { T: { '10.0.0.5': { expires: 60_000 } } }, why: 'the first set of the list' },
    { rule: '--add-set B dst', want: { B: { 53: { expires: undefined } } }, why: 'in the range' },
    { rule: '--add-set B src', want: {}, why: '1500 is beyond the range' },
    { rule: '--del-set N src', want: { N: { '10.0.0.0/8': 'deleted' } }, why: 'configured members can go' },
    { rule: '--del-set E src', want: {}, why: 'nothing to delete' },
  ])('$rule: $why', ({ rule, dst, want }) => {
    expect(members(rule, dst === undefined ? {} : { dst })).toEqual(want);
  });

  test('a member that is there keeps its timeout, unless --exist renews it', () => {
    const runtime = createNetnsRuntime();
    const at = (now: number, rule: string) => apply('filter', `-j SET ${rule}`, { ns, runtime, now });
    at(0, '--add-set T src');
    at(10_000, '--add-set T src');
    expect(runtime.setMembers.get('T')?.get('10.0.0.5')).toEqual({ expires: 60_000 });
    at(10_000, '--add-set T src --exist');
    expect(runtime.setMembers.get('T')?.get('10.0.0.5')).toEqual({ expires: 70_000 });
  });

  test('--map-set and an unknown set are not modelled', () => {
    expect(apply('mangle', '-j SET --map-set T src --map-mark', { ns, hook: 'INPUT' }).verdict).toBe('UNSUPPORTED');
    expect(apply('filter', '-j SET --add-set NONE src', { ns }).verdict).toBe('UNSUPPORTED');
  });
});

describe('those that go on, and those that end', () => {
  test.each([
    { rule: '-j LOG --log-prefix x', want: 'DROP' },
    { rule: '-j NFLOG --nflog-group 2', want: 'DROP' },
    { rule: '-j AUDIT --type accept', want: 'DROP' },
    { rule: '-j ACCEPT', want: 'ACCEPT' },
    { rule: '-j REJECT', want: 'REJECT' },
    { rule: '', want: 'DROP' },
  ])('$rule, then DROP: $want', ({ rule, want }) => {
    const context = contextOf();
    const { verdict } = evaluateIn(context, rules('filter', `-A INPUT ${rule}`, '-A INPUT -j DROP'));
    expect(verdict).toBe(want);
  });

  test('REJECT says how', () => {
    const ruleset = rules('filter', '-A INPUT -p tcp -j REJECT --reject-with tcp-reset', '-A INPUT -j REJECT');
    expect(evaluateIn(contextOf({ l4: SYN }), ruleset)).toMatchObject({ verdict: 'REJECT', with: 'tcp-reset' });
    expect(evaluateIn(contextOf(), ruleset)).toMatchObject({ verdict: 'REJECT', with: 'icmp-port-unreachable' });
  });

  test('TRACE goes on', () => {
    expect(apply('raw', '-j TRACE', { hook: 'PREROUTING' }).verdict).toBe('ACCEPT');
  });
});
