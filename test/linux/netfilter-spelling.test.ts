import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseRuleset, printTable, restoreRuleset, type TableName } from '../../src/linux/index.js';
import { BASE_MATCHES, MATCHES } from '../../src/linux/netfilter/match/registry.js';
import { TARGETS } from '../../src/linux/netfilter/target/registry.js';
import { formatProblem } from '../../src/problem/index.js';
import { rules } from './netfilter-context.js';

interface Recorded {
  readonly table: TableName;
  readonly given: string;
  /** undefined: iptables refused it. */
  readonly printed: readonly string[] | undefined;
}

const RECORDED = readRecorded(new URL('netfilter-spelling.txt', import.meta.url));
const IPSETS = new Map([
  ['S1', undefined],
  ['S2', undefined],
]);

test('the recording is there', () => {
  expect(RECORDED.length).toBe(533);
});

describe('iptables 1.8.9 prints, or refuses', () => {
  test.each(RECORDED)('$table $given', ({ table, given, printed }) => {
    const lines = [`*${table}`, ':X - [0:0]', ':Y - [0:0]', given, 'COMMIT'];
    const chunk = { origin: { by: 'test' }, lines };
    const { ruleset, refusal } = restoreRuleset(new Map(), [chunk], 'noflush', { ipsets: IPSETS });
    if (printed === undefined) {
      expect(refusal).toBeDefined();
      return;
    }
    expect(refusal).toBeUndefined();
    const found = ruleset.get(table);
    expect(found && rulesOf(printTable(found))).toEqual(printed);
  });
});

describe('here we differ from iptables 1.8.9, knowingly', () => {
  test.each([
    { given: '! -i +', want: '! -i +', why: 'it prints nothing, though the rule never matches' },
    { given: '-p tcp ! --sport 0:65535', want: '-p tcp -m tcp ! --sport 0:65535', why: 'likewise' },
    {
      given: '-p tcp --tcp-flags NONE URG',
      want: '-p tcp -m tcp --tcp-flags NONE URG',
      why: 'likewise (found by the property test)',
    },
    { given: '-p 4', want: '-p 4', why: 'its name depends on the system: ipencap, ipv4; the spelling is kept' },
    { given: '-p icmpv6', want: '-p icmpv6', why: 'likewise' },
    { given: '-s ! 10.0.0.1', want: '! -s 10.0.0.1/32', why: 'old versions took it' },
    { given: '--source=10.0.0.0/8', want: '-s 10.0.0.0/8', why: 'as getopt_long(3) allows it for the other options' },
    {
      given: '-m owner --uid-owner 0 --suppl-groups --gid-owner 3',
      want: '-m owner --uid-owner 0 --gid-owner 3 --suppl-groups',
      why: 'the order of options does not matter to us',
    },
    {
      given: '-m nfacct --nfacct-name foo',
      want: '-m nfacct --nfacct-name foo',
      why: 'nfacct objects are not modelled',
    },
    {
      given: '-m ipvs --vaddr 10.0.0.1 --vport 80 --vdir ORIGINAL --vmethod MASQ',
      want: '-m ipvs --vaddr 10.0.0.1 --vport 80 --vdir ORIGINAL --vmethod MASQ',
      why: 'the recording kernel had no such module',
    },
    {
      given: '-m time --timestart 10:00 --timestop 11:00',
      want: '-m time --timestart 10:00 --timestop 11:00',
      why: 'not modelled: words are kept',
    },
    { given: '-m realm --realm 1', want: '-m realm --realm 1', why: 'not modelled: words are kept' },
  ])('$given: $why', ({ given, want }) => {
    const table = rules('filter', ':X - [0:0]', `-A X ${given}`).get('filter');
    expect(table && rulesOf(printTable(table))).toEqual([`-A X ${want}`]);
  });
});

describe('what is not modelled', () => {
  test.each([
    { rule: '-p tcp -m string --string "a b" --algo bm --to 100 -m mark --mark 0x1 -j DROP', why: 'ends at -m' },
    { rule: '-m hashlimit ! --hashlimit-upto 5/sec --hashlimit-name "x\\"y" -j ACCEPT', why: 'negation and quotes' },
    { rule: '-j NFQUEUE --queue-num 1 --queue-bypass', why: 'a target of iptables' },
    { rule: '-j WEAVE-THING --foo "b a r"', why: 'a target of somebody else' },
    { rule: '-m string --string "-j" --algo bm -j ACCEPT', why: 'a quoted word is no option' },
    { rule: '-m foo', why: 'a match without options' },
  ])('$rule comes back: $why', ({ rule }) => {
    const read = parseRuleset(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${rule}\nCOMMIT\n`, 'dump');
    if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
    const table = read.value.get('filter');
    expect(table && rulesOf(printTable(table))).toEqual([`-A INPUT ${rule}`]);
  });
});

describe('every registered extension is in the recording', () => {
  const all = RECORDED.filter(({ printed }) => printed !== undefined).flatMap(({ printed }) => printed ?? []);
  test.each([...MATCHES.keys()].filter((name) => name !== 'nfacct' && name !== 'ipvs'))('-m %s', (name) => {
    expect(all.some((rule) => rule.includes(` -m ${name} `) || rule.endsWith(` -m ${name}`))).toBe(true);
  });
  test.each([...TARGETS.keys()])('-j %s', (name) => {
    expect(all.some((rule) => rule.includes(` -j ${name} `) || rule.endsWith(` -j ${name}`))).toBe(true);
  });
  test.each(BASE_MATCHES.ip.map(({ options }) => Object.keys(options)[0] ?? ''))('%s', (option) => {
    expect(all.some((rule) => rule.split(' ').includes(option))).toBe(true);
  });
});

describe('ip6tables', () => {
  test.each([
    { given: '-s fd00::1 -d fd00::/8 -p tcp --dport 80', want: '-s fd00::1/128 -d fd00::/8 -p tcp -m tcp --dport 80' },
    { given: '! -d ::1/128 -m addrtype --dst-type LOCAL', want: '! -d ::1/128 -m addrtype --dst-type LOCAL' },
    { given: '-j REJECT', want: '-j REJECT --reject-with icmp6-port-unreachable' },
    { given: '-p ipv6-icmp --icmpv6-type 128', want: '-p ipv6-icmp -m icmp6 --icmpv6-type 128' },
    {
      given: '-m conntrack --ctorigsrc fd00::/8 -j ACCEPT',
      want: '-m conntrack --ctorigsrc fd00::/8 -j ACCEPT',
    },
  ])('$given', ({ given, want }) => {
    const read = parseRuleset(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${given}\nCOMMIT\n`, 'dump', { family: 'ip6' });
    if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
    const table = read.value.get('filter');
    expect(table && rulesOf(printTable(table))).toEqual([`-A INPUT ${want}`]);
  });
});

function rulesOf(printed: string): string[] {
  return printed.split('\n').filter((line) => line.startsWith('-A'));
}

function readRecorded(url: URL): Recorded[] {
  const list: { table: TableName; given: string; printed: string[] | undefined }[] = [];
  for (const line of readFileSync(url, 'utf8').split('\n')) {
    const last = list.at(-1);
    if (line.startsWith('< ')) {
      const [table = '', ...given] = line.slice(2).split(' ');
      list.push({ table: table as TableName, given: given.join(' '), printed: [] });
    } else if (line.startsWith('> ')) last?.printed?.push(line.slice(2));
    else if (line === '!' && last !== undefined) last.printed = undefined;
  }
  return list;
}
