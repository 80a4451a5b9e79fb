import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressesJson,
  fdbJson,
  formatAddresses,
  formatAllRoutes,
  formatFdb,
  formatNeighbours,
  formatProxies,
  formatRules,
  formatSockets,
  type Netns,
  type NetnsDump,
  neighboursJson,
  proxiesJson,
  readNetns,
  routesJson,
  rulesJson,
} from '../../src/linux/index.js';
import { readable } from '../recordings/load.js';

const FILE = 'iproute2-6.1-unmodelled.txt';
const parts = new Map(
  readFileSync(new URL(FILE, import.meta.url), 'utf8')
    .split(/^@ /m)
    .map((part) => [part.split('\n', 1)[0] ?? '', part.slice(part.indexOf('\n') + 1)]),
);

function printed(command: string): string {
  const text = parts.get(command);
  if (text === undefined) throw new Error(`${FILE} has no "${command}"`);
  return text;
}

function stateOf(dump: Partial<Record<keyof NetnsDump, string>>): Netns {
  const sources = Object.entries({ link: 'ip -j -d link', ...dump }).map(([part, command]) => {
    return [part, { file: command, text: printed(command) }];
  });
  return readable(readNetns(Object.fromEntries(sources) as NetnsDump, { name: 'n', role: 'host' })).ns;
}

const text = stateOf({
  addr: 'ip addr',
  route: 'ip route show table all',
  rule: 'ip rule',
  neigh: 'ip -j neigh',
  proxy: 'ip -j neigh show proxy',
  fdb: 'bridge -j fdb',
  sockets: 'ss -lntuH',
});
const json = stateOf({
  addr: 'ip -j addr',
  route: 'ip -j route show table all',
  rule: 'ip -j rule',
  neigh: 'ip -j neigh',
  proxy: 'ip -j neigh show proxy',
  fdb: 'bridge -j fdb',
  sockets: 'ss -lntuH',
});
const rules6 = { text: stateOf({ rule: 'ip -6 rule' }), json: stateOf({ rule: 'ip -j -6 rule' }) };

function words(all: string): string[] {
  return all
    .split('\n')
    .map((line) => line.trim().replace(/ +/g, ' '))
    .filter((line) => line !== '');
}

function objects(all: string): string[] {
  return (JSON.parse(all) as unknown[]).map((each) => JSON.stringify(each));
}

const addressLines = (all: string): string[] => words(all).filter((line) => /^(inet6?|valid_lft) /.test(line));

/** In JSON of iproute2 6.1 nobody says that a metric is locked. */
const unlocked = (all: string): string[] => words(all.replaceAll(' lock ', ' '));

describe('what is not modelled is printed as it was read', () => {
  test('ip addr, from text, JSON and -o', () => {
    const wanted = addressLines(printed('ip addr'));
    expect(wanted).toContain('inet 10.0.1.1 peer 10.0.2.0/24 metric 7 scope global dynamic noprefixroute va');
    for (const command of ['ip addr', 'ip -j addr', 'ip -o addr', 'ip -d addr'])
      expect(addressLines(formatAddresses(stateOf({ addr: command }))), command).toEqual(wanted);
    for (const command of ['ip addr', 'ip -j addr'])
      expect(infoOf(addressesJson(stateOf({ addr: command }))), command).toEqual(infoOf(printed('ip -j addr')));
  });

  test('ip route', () => {
    expect(words(formatAllRoutes(text))).toEqual(words(printed('ip route show table all')));
    expect(objects(routesJson(json))).toEqual(objects(printed('ip -j route show table all')));
    expect(words(formatAllRoutes(json))).toEqual(unlocked(printed('ip route show table all')));
    expect(objects(routesJson(text).replaceAll(' lock":', '":'))).toEqual(objects(routesJson(json)));
  });

  test('ip rule', () => {
    expect(words(formatRules(text))).toEqual(words(printed('ip rule')));
    expect(words(formatRules(json))).toEqual(words(printed('ip rule')));
    expect(objects(rulesJson(json))).toEqual(objects(printed('ip -j rule')));
    expect(objects(rulesJson(text))).toEqual(objects(printed('ip -j rule')));
    // Those for all packets are of both families; the others come behind them.
    for (const ns of [rules6.text, rules6.json]) {
      expect(words(formatRules(ns)).sort()).toEqual(words(printed('ip -6 rule')).sort());
      expect(objects(rulesJson(ns)).sort()).toEqual(objects(printed('ip -j -6 rule')).sort());
    }
  });

  test('ip neigh', () => {
    expect(words(formatNeighbours(json))).toEqual(words(printed('ip neigh')));
    expect(objects(neighboursJson(json))).toEqual(objects(printed('ip -j neigh')));
    expect(words(formatProxies(json))).toEqual(words(printed('ip neigh show proxy')));
    expect(objects(proxiesJson(json))).toEqual(objects(printed('ip -j neigh show proxy')));
  });

  test('bridge fdb', () => {
    // The kernel's order is that of a hash.
    expect(words(formatFdb(json)).sort()).toEqual(words(printed('bridge fdb')).sort());
    expect(objects(fdbJson(json)).sort()).toEqual(objects(printed('bridge -j fdb')).sort());
  });

  test("bridge fdb of flannel's device for IPv6", () => {
    // As iproute2 6.1 printed it of `type vxlan id 1 dstport 8472 local fd00::1 dev va`.
    const entry =
      '[{"mac":"02:00:00:00:00:01","ifname":"flannel-v6.1","dst":"fd00::2","flags":["self"],"state":"permanent"}]';
    const dump = { link: { file: 'link', text: '[]' }, fdb: { file: 'fdb', text: entry } };
    const { ns } = readable(readNetns(dump, { name: 'n', role: 'host' }));
    expect(formatFdb(ns)).toBe('02:00:00:00:00:01 dev flannel-v6.1 dst fd00::2 self permanent\n');
    expect(fdbJson(ns)).toBe(`${entry}\n`);
  });

  test('ss', () => {
    // Those that connect() to 127.0.0.1 reached there.
    const reached = json.sockets.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port);
    expect(reached.sort()).toEqual([80, 81, 84, 85, 88, 89]);
    expect(words(formatSockets(text)).sort()).toEqual(words(printed('ss -lntuH')).sort());
  });
});

function infoOf(all: string): unknown {
  return (JSON.parse(all) as { ifname: string; addr_info: object[] }[]).map(({ ifname, addr_info: info }) => {
    return [ifname, info.map((each) => JSON.stringify(each))];
  });
}

test('whatever the fields of an entry of IPv6 hold, it is written and read back', () => {
  const keys = fc.constantFrom(
    ...'type dst via flow metrics nexthops flags encap table scope metric expires state local prefixlen'.split(' '),
  );
  // A number in the place of a name is what `ip -N` prints: there the name comes back (numeric-names.test.ts).
  const value = fc.jsonValue().filter((each) => typeof each !== 'string' || !/^\d/.test(each));
  const entry = fc.dictionary(keys, value).map((fields) => ({ ...fields, dst: 'fd00::1', dev: 'va' }));
  const source = (list: unknown): { file: string; text: string } => ({ file: 'f', text: JSON.stringify(list) });
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const link = source([]);
      const dump = { link, route: source(entries), neigh: source(entries), proxy: source([]) };
      const { ns } = readable(readNetns(dump, { name: 'n', role: 'host' }));
      expect(ns.ipv6.routes).toHaveLength(entries.length);
      expect(JSON.parse(routesJson(ns))).toEqual(JSON.parse(dump.route.text));
      expect(JSON.parse(neighboursJson(ns))).toEqual(JSON.parse(dump.neigh.text));
      const lines = formatAllRoutes(ns).split('\n');
      expect(lines.filter((line) => line.includes('fd00::1'))).toHaveLength(entries.length);
      formatNeighbours(ns);
    }),
  );
});
