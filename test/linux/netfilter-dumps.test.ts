import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  parseRuleset,
  printListing,
  printListings,
  printRuleset,
  type Ruleset,
  type TableName,
} from '../../src/linux/index.js';
import { formatProblem } from '../../src/problem/index.js';
import { LABS } from '../recordings/load.js';
import { readShared } from '../shared.js';

/** Dumps as `iptables-save` printed them. */
const SAVES = [
  'reference/real-dumps/iptables-save-nat.calico-vxlan.kube-proxy-ipvs.txt',
  'reference/real-dumps/iptables-save.aks-azurecni.azure-npm.cyclonus.txt',
  'reference/real-dumps/iptables-save.aks.azure-npm-v1.filter.txt',
  'reference/real-dumps/iptables-save.kubeadm-1.11.docker.no-cni.txt',
  'reference/real-dumps/iptables-save.kubeadm-1.11.docker.weave.txt',
];

/** Dumps as `iptables -t TABLE -S` printed them; where one file has two tables, our comment lines say so. */
const LISTINGS: readonly (readonly [string, TableName])[] = [
  ['reference/real-dumps/iptables-S-filter.calico-docker-libnetwork.static-chains.txt', 'filter'],
  ['reference/real-dumps/iptables-S-filter.calico-gke.workload-policy.txt', 'filter'],
  ['reference/real-dumps/iptables-S-nat.flannel-vxlan.kube-proxy.txt', 'nat'],
  ['reference/real-dumps/iptables-S.docker.new-daemon.txt', 'filter'],
  ['reference/real-dumps/iptables-S.docker.usernet-portmap-routed.txt', 'filter'],
  ['reference/real-dumps/iptables-S.docker.usernet-portmap.txt', 'filter'],
];

/** Recordings that hold dumps among other things; those of our own are copied here. */
const SHARED_RECORDINGS = [
  'reference/kube-proxy/saves-kernel.json',
  'reference/kernel-labs/lab-docker-20.10-bridge.json',
];
const OWN_RECORDINGS = ['kernel-scenarios.json', ...LABS.map((name) => `lab-${name}.json`)];

test.for(SAVES)('%s comes back line by line', (rel, context) => {
  expectRoundTrip(readShared(context, rel), rel);
});

test('own-node1/iptables-save-c.txt comes back line by line', () => {
  expectRoundTrip(recordedText('own-node1/iptables-save-c.txt'), 'iptables-save-c.txt');
});

test('ip6tables-save-1.8.9.txt comes back line by line', () => {
  const text = readFileSync(new URL('ip6tables-save-1.8.9.txt', import.meta.url), 'utf8');
  const read = parseRuleset(text, 'ip6tables-save-1.8.9.txt', { family: 'ip6' });
  expect(lines(printRuleset(value(read)))).toEqual(lines(text));
});

test('a listing says by comments of which table its parts are, in any order', () => {
  const text = '# table nat\n-P PREROUTING ACCEPT\n# table raw\n-A PREROUTING -j NOTRACK\n';
  expect(printListings(value(parseRuleset(text, 'f')))).toBe(
    text
      .replace('-A', '-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n-A')
      .replace(
        'nat\n-P PREROUTING ACCEPT\n',
        'nat\n-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT\n',
      ),
  );
});

test.for(LISTINGS)('%s comes back line by line', ([rel, first], context) => {
  let seen = 0;
  for (const [table, text] of splitListing(readShared(context, rel), first)) {
    const given = lines(text);
    // An excerpt without chain lines: declare the chains that its rules are in.
    const missing = given.some((line) => line.startsWith('-P')) ? [] : chainsOf(given).map((chain) => `-N ${chain}`);
    const ruleset = value(parseRuleset([...missing, ...given].join('\n'), rel, { table }));
    const printed = lines(printListing(ruleset.get(table) ?? { name: table, chains: new Map() }));
    expect(missing.length > 0 ? printed.filter((line) => line.startsWith('-A')) : printed).toEqual(given);
    seen += given.length;
  }
  expect(seen).toBeGreaterThan(10);
});

test.for(SHARED_RECORDINGS)('%s has dumps that come back line by line', (rel, context) => {
  expectDumps(readShared(context, rel), rel);
});

test.each(OWN_RECORDINGS)('%s has dumps that come back line by line', (name) => {
  expectDumps(recordedText(name), name);
});

function expectDumps(recording: string, file: string): void {
  const dumps = [...findDumps(JSON.parse(recording))];
  expect(dumps.length).toBeGreaterThan(0);
  for (const dump of dumps) expectRoundTrip(dump, file);
}

function recordedText(name: string): string {
  return readFileSync(new URL(`../recordings/${name}`, import.meta.url), 'utf8');
}

/** A dump comes back as it was; with one field of one rule changed, exactly that has changed. */
function expectRoundTrip(text: string, file: string): void {
  const given = lines(text);
  const counters = /^\[\d+:\d+\] -A/m.test(text) ? 'counters' : 'plain';
  const again = (some: readonly string[]) => lines(printRuleset(value(parseRuleset(some.join('\n'), file)), counters));
  expect(again(given)).toEqual(given);
  const edits = [...given.entries()].flatMap(([at, line]) => editsOf(line).map((edited) => given.with(at, edited)));
  if (edits.length === 0) return;
  // Each edit reads and prints the whole dump: some of them, each time others.
  fc.assert(
    fc.property(fc.constantFrom(...edits), (edited) => {
      expect(again(edited)).toEqual(edited);
    }),
    { numRuns: 40 },
  );
}

/** A rule with one of its fields changed, for each field that can be. */
function editsOf(line: string): string[] {
  if (!/^(\[\d+:\d+\] )?-A /.test(line)) return [];
  const next = (number: string, limit: number) => String((Number(number) + 1) % limit);
  const edits: [RegExp, (whole: string, before: string, field: string) => string][] = [
    [/-j ACCEPT\b/, () => '-j RETURN'],
    [/(-[sd] )(\d+)(?=\.)/, (_, before, octet) => before + String(Number(octet) ^ 128)],
    [/(--[sd]port )(\d+)(?![\d:])/, (_, before, port) => before + next(port, 65536)],
    [/(--to-destination [\d.]+:)(\d+)\b/, (_, before, port) => before + next(port, 65536)],
    [/(--mark 0x\w+\/0x)(\w+)\b/, (_, before) => `${before}ff`],
    [/(--comment ")([^"]*)/, (_, before, comment) => `${before}x ${comment}`.slice(0, 250)],
    [/(--ctstate )(NEW|INVALID)\b/, (_, before) => `${before}ESTABLISHED`],
    [/( -[io] )([\w.]{1,12})(?= )/, (_, before, name) => `${before}${name}x`],
    [/( ! )(-[sdio] |--[sd]port )/, (_, _before, option) => ` ${option}`],
  ];
  return edits.map(([pattern, edit]) => line.replace(pattern, edit)).filter((edited) => edited !== line);
}

function value(read: ReturnType<typeof parseRuleset>): Ruleset {
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
}

/** Without comments and blank lines. */
function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function splitListing(text: string, first: TableName): [TableName, string][] {
  const parts = text.split(/^# table (\w+).*$/m);
  if (parts.length === 1) return [[first, text]];
  const tables: [TableName, string][] = [];
  for (let i = 1; i < parts.length; i += 2) tables.push([parts[i] as TableName, parts[i + 1] ?? '']);
  return tables;
}

function chainsOf(given: readonly string[]): string[] {
  const names = new Set(given.map((line) => line.split(' ')[1] ?? ''));
  for (const hook of ['INPUT', 'FORWARD', 'OUTPUT']) names.delete(hook);
  return [...names];
}

/** Every text in a recording that is an iptables-save dump, as one string or as a list of lines. */
function* findDumps(data: unknown): Generator<string> {
  if (typeof data === 'string' && /^\*\w+$/m.test(data) && data.includes('COMMIT')) yield data;
  if (typeof data !== 'object' || data === null) return;
  for (const [key, item] of Object.entries(data)) {
    if (key.startsWith('ip6')) continue;
    if (/^iptablesSave/.test(key) && Array.isArray(item)) yield item.join('\n');
    else yield* findDumps(item);
  }
}
