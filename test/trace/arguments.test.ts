import { describe, expect, test } from 'vitest';
import { loadLab } from '../../src/input/index.js';
import { formatTrace } from '../../src/output/index.js';
import { ipPacket } from '../../src/packet/index.js';
import { formatProblem, InputError } from '../../src/problem/index.js';
import { createSimulation, crossings, type Injection, type Probe, trace } from '../../src/trace/index.js';
import { ip, mac } from '../must.js';

const network = await loadLab('nodes: {n: 10.0.0.1}\npods: {a: n, b: {node: n, ports: [80]}}\n');
const simulation = createSimulation(network);

/** What no compiler would let through. */
function loose<T>(value: unknown): T {
  return value as T;
}

async function problemsOf(act: () => unknown): Promise<string[]> {
  try {
    await act();
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
}

describe('a probe', () => {
  const good = { from: 'a', to: 'b' };
  test.each<{ probe: unknown; want: string[]; why: string }>([
    { probe: null, want: ['probe: expected an object, found null'], why: 'nothing at all' },
    {
      probe: {},
      want: [
        'probe: from: expected who sends, such as pod/client, found nothing',
        'probe: to: expected to whom, such as service/web:80, found nothing',
      ],
      why: 'nothing in it',
    },
    { probe: { ...good, prot: 'udp' }, want: ['probe: prot: unknown key; did you mean "proto"?'], why: 'a typo' },
    {
      probe: { ...good, size: 3 },
      want: ['probe: size: unknown key; did you mean "payload"?'],
      why: 'a word of the CLI',
    },
    {
      probe: { ...good, proto: 'gre' },
      want: ['probe: proto: expected one of tcp, udp, icmp, sctp, found "gre"'],
      why: 'a protocol that it does not speak',
    },
    {
      probe: { from: 'x', to: 'y', ttl: 0, mark: -1, source: 'here' },
      want: [
        'probe: ttl: expected a number from 1 to 255, found 0',
        'probe: mark: expected a number from 0 to 4294967295, found -1',
        'probe: from: nothing is called "x"',
        'probe: to: nothing is called "y"',
        'probe: source: expected an IPv4 address, found "here"',
      ],
      why: 'everything at once',
    },
    {
      probe: { ...good, proto: 'udp', port: 80, payload: 65_508 },
      want: ['probe: payload: expected at most 65507 bytes for udp, found 65508'],
      why: 'more than an IP packet holds (RFC 791: 65535 bytes)',
    },
    {
      probe: { ...good, proto: 'icmp', payload: 65_508 },
      want: ['probe: payload: expected at most 65507 bytes for icmp, found 65508'],
      why: 'the same for ping',
    },
    {
      probe: { from: 'a', to: '::1', port: 80 },
      want: ['probe: to: IPv6 is not modelled yet; expected an IPv4 address or a name'],
      why: 'IPv6',
    },
    {
      probe: { ...good, proto: 'udp' },
      want: ['probe: to: pod/default/b has no udp port; it has tcp 80'],
      why: 'a port of another protocol',
    },
    {
      probe: { ...good, oif: 'eth1' },
      want: ['probe: oif: a has no device "eth1"; did you mean "eth0"?'],
      why: 'a device that the sender lacks (ENODEV)',
    },
    {
      probe: { ...good, source: '9.9.9.9' },
      want: ['probe: source: 9.9.9.9 is no address of a'],
      why: 'a source that bind() refuses (EADDRNOTAVAIL)',
    },
    {
      probe: { from: 'a', to: 'b:80', port: 9 },
      want: ['probe: port: "b:80" says already which port'],
      why: 'two ports',
    },
    {
      probe: { ...good, segments: [100, 0, 'x'] },
      want: [
        'probe: segments[1]: expected a number from 1 to 1000000, found 0',
        'probe: segments[2]: expected a number from 1 to 1000000, found "x"',
      ],
      why: 'which segment is wrong',
    },
  ])('$why', async ({ probe, want }) => {
    expect(await problemsOf(() => trace(network, loose(probe)))).toEqual(want);
    expect(await problemsOf(() => simulation.send(loose<Probe>(probe)))).toEqual(want);
  });

  test('the most that UDP can carry is sent', () => {
    const { verdict } = trace(network, { ...good, proto: 'udp', port: 80, payload: 65_507 });
    expect(verdict.forward).not.toBe('unknown');
  });
});

describe('a frame', () => {
  const eth = { src: mac('02:00:00:00:00:77'), dst: mac('02:00:0a:00:00:01'), type: 0x0800 };
  const packet = ipPacket(
    { src: ip('10.0.0.7'), dst: ip('10.0.0.1') },
    { l4: 'udp', sport: 1, dport: 2, length: 9 },
    1,
  );
  const good: Injection = { namespace: 'n', device: 'eth0', direction: 'in', frame: { ...packet, eth } };

  test.each<{ injection: unknown; want: string[]; why: string }>([
    {
      injection: { namespace: 'n', device: 'eth0', direction: 'sideways' },
      want: [
        'injection: direction: expected one of in, out, found "sideways"',
        'injection: frame: expected a frame, as ipPacket() makes one, found nothing',
      ],
      why: 'no direction, no frame',
    },
    {
      injection: { ...good, device: 'eth1' },
      want: ['injection: device: n has no device "eth1"; did you mean "eth0"?'],
      why: 'no such device',
    },
    {
      injection: { ...good, namespace: 'm' },
      want: ['injection: namespace: nothing is called "m"'],
      why: 'no such namespace',
    },
    {
      injection: { ...good, frame: packet },
      want: ['injection: frame.eth: expected an Ethernet header, as eth0 has one, found nothing'],
      why: 'no Ethernet header',
    },
    {
      injection: { ...good, frame: { eth, payload: 1, headers: [], l4: { l4: 'gre' } } },
      want: [
        'injection: frame.headers: unknown key; expected one of eth, arp, ip, l4, vxlan, payload, inner',
        'injection: frame.l4.l4: expected one of tcp, udp, sctp, icmp, found "gre"',
      ],
      why: 'headers of another shape',
    },
    {
      injection: { ...good, frame: { eth, payload: 1, ip: { ...packet.ip, src: '10.0.0.7', ttl: 256 } } },
      want: [
        'injection: frame.ip.ttl: expected a number from 0 to 255, found 256',
        'injection: frame.ip.src: expected an address, as parseIpv4() gives it, found "10.0.0.7"',
      ],
      why: 'values of another type, or out of range',
    },
  ])('$why', async ({ injection, want }) => {
    expect(await problemsOf(() => simulation.inject(loose(injection)))).toEqual(want);
  });

  test('that is right stays as it is', () => {
    const before = structuredClone(good);
    expect(simulation.inject(good).verdict.forward).toBeTypeOf('string');
    expect(good).toEqual(before);
  });
});

test.each<{ act: () => unknown; want: string }>([
  { act: () => simulation.advance(-1), want: 'ms: expected a number of milliseconds, 0 or more, found -1' },
  { act: () => simulation.advance(Number.NaN), want: 'ms: expected a number of milliseconds, 0 or more, found NaN' },
  { act: () => simulation.advance(loose('1')), want: 'ms: expected a number of milliseconds, 0 or more, found "1"' },
  {
    act: () => createSimulation(network, loose({ seed: 'x' })),
    want: 'options: seed: expected a number from 0 to 9007199254740991, found "x"',
  },
  {
    act: () => trace(network, { from: 'a', to: 'b' }, loose({ branching: 'all' })),
    want: "options: branching: expected { branches: 'all' }, { branches: 'seed', seed: NUMBER } or { branches: 'pin', name: TEXT }, found \"all\"",
  },
  {
    act: () => trace(loose(Promise.resolve()), { from: 'a', to: 'b' }),
    want: 'network: expected a network, as loadLab() gives one (await it), found an object',
  },
  {
    act: () => simulation.apply(loose([{ foo: 1 }])),
    want: 'installs: [0].foo: unknown key; expected one of netns, origin, call',
  },
  {
    act: () => simulation.apply(loose(3)),
    want: 'installs: expected a list of calls, as parseCommand() gives one, found 3',
  },
  {
    act: () => formatTrace(loose({})),
    want: 'trace: expected a trace, as trace() and send() return it, found an object',
  },
  {
    act: () => formatTrace(trace(network, { from: 'a', to: 'b' }), { format: 'jsn' }),
    want: 'options: format: no format is called "jsn"; did you mean "json"?',
  },
  {
    act: () => crossings(loose({})),
    want: 'trace: expected a trace, as trace() and send() return it, found an object',
  },
  { act: () => loadLab(loose(null)), want: 'source: expected a path, a URL or the text of a lab, found null' },
  {
    act: () => loadLab('nodes: {n: 10.0.0.1}\n', loose({ fault: ['x'] })),
    want: 'options: fault: unknown key; did you mean "faults"?',
  },
])('$want', async ({ act, want }) => {
  expect((await problemsOf(act))[0]).toBe(want);
});
