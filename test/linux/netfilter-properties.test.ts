import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyIptablesCommand,
  type Match,
  parseIpsets,
  parseRuleset,
  printListing,
  printRuleset,
  type Rule,
  type Ruleset,
  restoreIpsets,
  restoreRuleset,
  type Table,
} from '../../src/linux/index.js';
import { BASE_MATCHES, MATCHES } from '../../src/linux/netfilter/match/registry.js';
import { TARGETS } from '../../src/linux/netfilter/target/registry.js';
import { dump, rules } from './netfilter-context.js';

const not = fc.constantFrom('', '! ');
const port = fc.integer({ min: 0, max: 65535 });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const octet = fc.integer({ min: 0, max: 255 });
const address = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const network = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([a, length]) => `${a}/${length}`);
const ports = fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`);
const device = fc.stringMatching(/^[a-z][a-z0-9.]{0,12}\+?$/);
const states = fc.subarray(['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'], { minLength: 1 });
const types = fc.subarray(['UNICAST', 'LOCAL', 'BROADCAST', 'MULTICAST', 'BLACKHOLE'], { minLength: 1 });
const flags = fc.subarray(['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']).map((names) => names.join(',') || 'NONE');
const dims = fc.array(fc.constantFrom('src', 'dst'), { minLength: 1, maxLength: 6 }).map((list) => list.join(','));
const hex = uint32.map((value) => `0x${value.toString(16)}`);
const text = fc.string({ maxLength: 30 }).map((s) => `"${s.replace(/[\n\r]/g, ' ').replace(/["\\]/g, '\\$&')}"`);

/** One option or match each, as a user may write it; no two of them exclude each other. */
const pieces = [
  fc.tuple(not, network).map(([n, a]) => `${n}-s ${a}`),
  fc.tuple(not, network).map(([n, a]) => `${n}-d ${a}`),
  fc.tuple(not, device).map(([n, d]) => `${n}-i ${d}`),
  fc.tuple(not, device).map(([n, d]) => `${n}-o ${d}`),
  fc
    .tuple(not, fc.constantFrom('--mark'))
    .chain(([n, o]) => fc.tuple(hex, hex).map(([v, m]) => `-m mark ${n}${o} ${v}/${m}`)),
  fc.tuple(not, hex).map(([n, v]) => `-m connmark ${n}--mark ${v}`),
  fc.tuple(not, states).map(([n, s]) => `-m conntrack ${n}--ctstate ${s.join(',')}`),
  fc.tuple(not, network, ports).map(([n, a, p]) => `-m conntrack ${n}--ctorigsrc ${a} --ctorigdstport ${p}`),
  fc.tuple(not, types).map(([n, t]) => `-m addrtype ${n}--dst-type ${t.join(',')}`),
  text.map((t) => `-m comment --comment ${t}`),
  fc
    .tuple(not, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([n, p]) => `-m statistic --mode random ${n}--probability ${p.toFixed(10)}`),
  fc.integer({ min: 1, max: 1000 }).map((n) => `-m statistic --mode nth --every ${n} --packet ${n - 1}`),
  fc.tuple(not, dims).map(([n, d]) => `-m set ${n}--match-set S ${d} --return-nomatch`),
  fc
    .tuple(
      // Rates that come out even: iptables rounds others, so that what it prints is another rate.
      fc.constantFrom(1, 2, 3, 5, 10, 25, 60, 100),
      fc.constantFrom('sec', 'minute', 'h', 'day'),
      fc.integer({ min: 1, max: 99 }),
    )
    .map(([n, unit, burst]) => `-m limit --limit ${n}/${unit} --limit-burst ${burst}`),
  fc
    .tuple(fc.constantFrom('rcheck', 'update'), fc.integer({ min: 1, max: 99 }), address)
    .map(([c, s, m]) => `-m recent --${c} --seconds ${s} --name X --mask ${m}`),
  fc.tuple(not, device).map(([n, d]) => `-m physdev ${n}--physdev-in ${d}`),
  fc.tuple(not, octet).map(([n, t]) => `-m ttl ${n}--ttl-eq ${t}`),
  fc.tuple(not, ports).map(([n, p]) => `-m length ${n}--length ${p}`),
  fc.tuple(fc.stringMatching(/^[a-z]{3,8}x$/), text).map(([name, t]) => `-m ${name} --opt ${t} ! --flag`),
];
const tcp = fc
  .tuple(not, ports, flags, flags)
  .map(([n, p, mask, set]) => `-p tcp -m tcp ${n}--dport ${p} --tcp-flags ${mask} ${set}`);
const udp = fc.tuple(not, ports).map(([n, p]) => `-p udp ${n}--sport ${p}`);
const targets = fc.oneof(
  fc.constantFrom('', '-j ACCEPT', '-j DROP', '-j RETURN', '-j REJECT', '-j U', '-g U', '-j NFQUEUE --queue-num 3'),
  fc.tuple(fc.constantFrom('--set-xmark', '--set-mark'), hex, hex).map(([o, v, m]) => `-j MARK ${o} ${v}/${m}`),
  fc.tuple(fc.constantFrom('--or-mark', '--and-mark', '--xor-mark'), hex).map(([o, v]) => `-j CONNMARK ${o} ${v}`),
  fc.tuple(hex, hex).map(([n, c]) => `-j CONNMARK --save-mark --nfmask ${n} --ctmask ${c}`),
  fc.tuple(dims, fc.nat(1000)).map(([d, t]) => `-j SET --add-set S ${d} --timeout ${t}`),
  text.filter((t) => t !== '""').map((t) => `-j LOG --log-prefix ${t}`),
);
const rule = fc
  .tuple(fc.subarray(pieces), fc.constantFrom(tcp, udp, fc.constant('')), targets)
  .chain(([some, protocol, target]) => fc.tuple(fc.tuple(...some), protocol, fc.constant(target)))
  .map(([some, protocol, target]) => [protocol, ...some, target].filter((part) => part !== '').join(' '));
const chain = fc.constantFrom('FORWARD', 'U', 'V');
/** Lines of a filter table. `V` and `FORWARD` may jump to `U`, so there is no circle. */
const lines = fc
  .array(fc.tuple(chain, rule), { maxLength: 8 })
  .map((list) =>
    list.map(([name, spec]) => `-A ${name} ${name === 'U' ? spec.replace(/-[jg] U$/, '') : spec}`.trimEnd()),
  );
const head = [':U - [0:0]', ':V - [0:0]'];

function specs(ruleset: Ruleset): unknown {
  return [...ruleset.values()].map((table: Table) =>
    [...table.chains.values()].map(({ name, policy, rules: list }) => ({
      name,
      policy,
      rules: list.map(({ matches, target }: Rule) => ({ matches, target })),
    })),
  );
}

describe('printing', () => {
  test('what is printed is read back as the same rules, and printed the same', () => {
    fc.assert(
      fc.property(lines, (list) => {
        const ruleset = rules('filter', ...head, ...list);
        const printed = printRuleset(ruleset);
        const again = dump(printed);
        expect(specs(again)).toEqual(specs(ruleset));
        expect(printRuleset(again)).toBe(printed);
      }),
      { numRuns: 300 },
    );
  });

  test('the listing says the same', () => {
    fc.assert(
      fc.property(lines, (list) => {
        const ruleset = rules('filter', ...head, ...list);
        const filter = ruleset.get('filter');
        expect(specs(dump(filter === undefined ? '' : printListing(filter)))).toEqual(specs(ruleset));
      }),
    );
  });

  test('the order in which options are given does not matter', () => {
    fc.assert(
      fc.property(fc.tuple(...pieces.slice(0, 4)), fc.integer(), (some, turn) => {
        const at = Math.abs(turn) % some.length;
        const turned = [...some.slice(at), ...some.slice(0, at)];
        const given = (parts: readonly string[]) =>
          printRuleset(rules('filter', ':U - [0:0]', `-A U ${parts.join(' ')}`));
        expect(given(turned)).toBe(given(some));
      }),
    );
  });

  /** Each match, and one field of it changed. */
  const changes: readonly { readonly spec: string; readonly change: (match: never) => object }[] = [
    { spec: '-s 10.0.0.0/8', change: (m: Match & { invert: boolean }) => ({ ...m, invert: !m.invert }) },
    { spec: '-i eth0', change: (m: Match) => ({ ...m, name: 'eth1' }) },
    { spec: '-m mark --mark 0x1/0x1', change: (m: Match) => ({ ...m, value: 0 }) },
    { spec: '-m mark --mark 0x1/0x1', change: (m: Match) => ({ ...m, mask: 3 }) },
    { spec: '-m conntrack --ctstate NEW', change: (m: Match) => ({ ...m, dir: 'REPLY' }) },
    { spec: '-m statistic --mode nth --every 3 --packet 0', change: (m: Match) => ({ ...m, packet: 1 }) },
    { spec: '-m recent --rcheck', change: (m: Match) => ({ ...m, rttl: true }) },
    { spec: '-m set --match-set S src', change: (m: Match) => ({ ...m, dimensions: ['src', 'dst'] }) },
    { spec: '-m comment --comment x', change: (m: Match) => ({ ...m, comment: 'y' }) },
    { spec: '-m limit --limit 1/sec', change: (m: Match) => ({ ...m, burst: 6 }) },
    { spec: '-m physdev --physdev-is-in', change: (m: Match) => ({ ...m, isIn: 'no' }) },
  ];

  test('one changed field of one rule changes exactly its line', () => {
    fc.assert(
      fc.property(lines, fc.constantFrom(...changes), fc.nat(), (list, { spec, change }, seed) => {
        const at = seed % (list.length + 1);
        const placed = [...list.slice(0, at), `-A FORWARD ${spec}`, ...list.slice(at)];
        const before = rules('filter', ...head, ...placed);
        const chainOfRule = before.get('filter')?.chains.get('FORWARD');
        const n = placed.slice(0, at).filter((line) => line.startsWith('-A FORWARD')).length;
        const old = chainOfRule?.rules[n];
        const [match] = old?.matches ?? [];
        if (chainOfRule === undefined || old === undefined || match === undefined)
          throw new Error('the rule is missing');
        const changed = { ...old, matches: [change(match as never) as Match] };
        const table = before.get('filter') as Table;
        const chains = new Map(table.chains).set('FORWARD', {
          ...chainOfRule,
          rules: chainOfRule.rules.with(n, changed),
        });
        const [a, b] = [printRuleset(before), printRuleset(new Map([['filter', { ...table, chains }]]))].map((s) =>
          s.split('\n'),
        );
        const different = a?.flatMap((line, i) => (line === b?.[i] ? [] : [line])) ?? [];
        expect(different).toEqual([`-A FORWARD ${printedOf(old)}`]);
        expect(a?.length).toBe(b?.length);
      }),
    );
  });
});

function printedOf(old: Rule): string {
  const [line = ''] = printRuleset(
    new Map([
      [
        'filter',
        {
          name: 'filter',
          chains: new Map([['U', { name: 'U', policy: undefined, counters: undefined, rules: [old] }]]),
        },
      ],
    ]),
  )
    .split('\n')
    .filter((l) => l.startsWith('-A U'));
  return line.slice('-A U '.length);
}

describe('no text makes a reader throw', () => {
  const options = [
    ...[...MATCHES.values(), ...TARGETS.values(), ...BASE_MATCHES.ip].flatMap(({ options: o }) => Object.keys(o)),
    ...[...MATCHES.keys()].map((name) => `-m ${name}`),
    ...[...TARGETS.keys()].map((name) => `-j ${name}`),
    ...[
      '-A INPUT',
      '-I U 1',
      '-D U',
      ':U - [0:0]',
      '*filter',
      '*nat',
      'COMMIT',
      '-g U',
      '-j U',
      '-c',
      '[1:2]',
      '!',
      '"',
      '\\',
    ],
    ...[
      '10.0.0.0/8',
      '80',
      '80:90',
      'tcp',
      'src,dst',
      'NEW',
      '0x1/0x2',
      '-1',
      '',
      '"a b"',
      '0.5',
      'eth0',
      '4294967296',
    ],
  ];
  const words = fc.array(fc.oneof(fc.constantFrom(...options), fc.string({ maxLength: 8 })), { maxLength: 20 });
  const line = words.map((list) => list.join(' '));
  const any = fc.oneof(
    fc.array(line, { maxLength: 6 }).map((list) => list.join('\n')),
    fc.array(line, { maxLength: 6 }).map((list) => ['*filter', ':U - [0:0]', ...list, 'COMMIT'].join('\n')),
    fc
      .array(
        line.map((l) => `-A INPUT ${l}`),
        { maxLength: 4 },
      )
      .map((list) => ['*filter', ...list, 'COMMIT'].join('\n')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );

  test('parseRuleset gives a ruleset or problems, for both families', () => {
    fc.assert(
      fc.property(any, fc.constantFrom('ip' as const, 'ip6' as const), (given, family) => {
        const read = parseRuleset(given, 'f', { family });
        if ('problems' in read) expect(read.problems.length).toBeGreaterThan(0);
        else expect(printRuleset(dumpOf(printRuleset(read.value), family))).toBe(printRuleset(read.value));
      }),
      { numRuns: 2000 },
    );
  });

  test('restoreRuleset and iptables refuse or take', () => {
    fc.assert(
      fc.property(any, words, fc.constantFrom('flush' as const, 'noflush' as const), (given, args, mode) => {
        restoreRuleset(new Map(), [{ origin: { by: 'x' }, lines: given.split('\n') }], mode);
        applyIptablesCommand(new Map(), args.join(' ').split(' '), { by: 'x' });
      }),
      { numRuns: 1000 },
    );
  });

  test('parseIpsets and ipset restore likewise', () => {
    const ipsetWords = fc.constantFrom(
      ...[
        'create',
        'add',
        'del',
        'swap',
        'destroy',
        'flush',
        'rename',
        'a',
        'b',
        'hash:ip',
        'hash:net',
        'hash:ip,port',
        'list:set',
      ],
      ...[
        'bitmap:port',
        'range',
        '0-100',
        'timeout',
        '10',
        'comment',
        '"x"',
        'nomatch',
        '10.0.0.0/8',
        '10.0.0.1,tcp:80',
        '-exist',
      ],
      ...['1.1.1.1-1.1.1.9', 'family', 'inet6', 'before', 'hashsize', 'maxelem', '1', '80', 'netmask', '24'],
    );
    const ipsetLine = fc
      .array(fc.oneof(ipsetWords, fc.string({ maxLength: 6 })), { maxLength: 9 })
      .map((l) => l.join(' '));
    fc.assert(
      fc.property(fc.array(ipsetLine, { maxLength: 8 }), (list) => {
        parseIpsets(list.join('\n'), 'f');
        restoreIpsets(new Map(), [{ origin: { by: 'x' }, lines: list }]);
      }),
      { numRuns: 1000 },
    );
  });
});

function dumpOf(printed: string, family: 'ip' | 'ip6'): Ruleset {
  const read = parseRuleset(printed, 'again', { family });
  if ('problems' in read) throw new Error(`${read.problems[0].message} in ${printed}`);
  return read.value;
}
