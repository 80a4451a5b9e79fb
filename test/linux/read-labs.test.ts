import { describe, expect, test } from 'vitest';
import {
  connectLinks,
  formatAllRoutes,
  formatRules,
  formatSysctl,
  type Netns,
  readLinks,
  readNetns,
  readRoutes,
  readRouteText,
  readRules,
  readRuleText,
  readSysctls,
} from '../../src/linux/index.js';
import { dumpOf, LABS, loadLab, type RecordedNetns, readable, recording, roleOf } from '../recordings/load.js';

function readState(state: Readonly<Record<string, RecordedNetns>>): Netns[] {
  return Object.entries(state).map(
    ([name, part]) => readable(readNetns(dumpOf(part, name), { name, role: roleOf(part.kind) })).ns,
  );
}

/** `iptables` and the like have readers elsewhere. */
const SCENARIO_PARTS: Readonly<Record<string, keyof RecordedNetns>> = {
  'ip -j -d link': 'link',
  'ip -j addr': 'addr',
  'ip -j route show table all': 'route',
  'ip -j rule': 'rule',
  'ip -j neigh': 'neigh',
  'bridge -j fdb': 'fdb',
};

describe.each(LABS)('lab %s', (name) => {
  const lab = loadLab(name);
  const namespaces = readState(lab.state);

  test('every namespace reads, with as many objects as the tools printed', () => {
    for (const ns of namespaces) {
      const state = lab.state[ns.name];
      expect(ns.links.size).toBe(state?.link.length);
      expect(ns.ipv4.rules.length).toBe(state?.rule.length);
      const routes = [...ns.ipv4.tables.values()].reduce((sum, table) => sum + [...table].length, 0);
      expect(routes).toBe(state?.route.length);
    }
  });

  test('wires join the veth ends', () => {
    const wires = lab.wires.map(([a, b]) => [end(a), end(b)] as const);
    const joined = new Map(connectLinks(namespaces, wires).map((ns) => [ns.name, ns]));
    for (const [a, b] of wires) {
      const link = joined.get(a.netns)?.links.get(a.dev);
      expect(link?.kind === 'veth' && link.peer).toEqual(b);
    }
    const loose = [...joined.values()].flatMap((ns) =>
      [...ns.links.values()].filter((link) => link.kind === 'veth' && link.peer === undefined),
    );
    expect(loose).toEqual([]);
  });
});

function end(text: string): { netns: string; dev: string } {
  const [netns = '', dev = ''] = text.split('/');
  return { netns, dev };
}

test('kernel-scenarios: every dump reads, those after a change of state too', () => {
  interface Node {
    readonly dump: Readonly<Record<string, unknown>> & { readonly sysctl: string };
  }
  interface Scenario {
    readonly nodes: Readonly<Record<string, Node>>;
    readonly cases: readonly { readonly stateChange?: { readonly nodes?: Readonly<Record<string, Node>> } }[];
  }
  const { labs } = JSON.parse(recording('kernel-scenarios.json').text) as { labs: Scenario[] };
  const nodes = labs.flatMap((lab) => [
    ...Object.entries(lab.nodes),
    ...lab.cases.flatMap(({ stateChange }) => Object.entries(stateChange?.nodes ?? {})),
  ]);
  expect(nodes.length).toBeGreaterThan(30);
  for (const [name, { dump }] of nodes) {
    const parts = Object.entries(SCENARIO_PARTS).map(([command, part]) => [
      part,
      { file: `${name}: ${command}`, text: JSON.stringify(dump[command]) },
    ]);
    const sysctl = { file: `${name}: sysctl`, text: dump.sysctl };
    const { ns } = readable(readNetns({ ...Object.fromEntries(parts), sysctl }, { name, role: 'host' }));
    expect(ns.links.get('tunl0')).toMatchObject({ kind: 'ipip', fallback: true, pmtudisc: false });
  }
});

describe('own-node1', () => {
  const routeText = recording('own-node1/ip-route-all.txt');
  const { links } = readable(readLinks(recording('own-node1/ip-j-d-link.json'), { netns: 'node1' }));
  const { ns } = readable(
    readNetns(
      {
        link: recording('own-node1/ip-j-d-link.json'),
        route: recording('own-node1/ip-j-route-all.json'),
        rule: recording('own-node1/ip-j-rule.json'),
      },
      { name: 'node1', role: 'node' },
    ),
  );

  test('routes: JSON in, the text of `ip route show table all` out', () => {
    expect(formatAllRoutes(ns)).toBe(routeText.text);
  });

  test('routes: text and JSON are the same but for where they were read', () => {
    const bare = (tables: Netns['ipv4']['tables']): unknown =>
      [...tables].map(([id, table]) => [id, [...table].map((route) => ({ ...route, origin: undefined }))]);
    const text = readable(readRouteText(routeText));
    const json = readable(readRoutes(recording('own-node1/ip-j-route-all.json')));
    expect(bare(text.tables)).toEqual(bare(json.tables));
    expect(text.inet6.map(({ fields }) => Object.entries(fields))).toEqual(
      json.inet6.map(({ fields }) => Object.entries(fields)),
    );
  });

  test('rules: JSON in, the text of `ip rule` out', () => {
    expect(formatRules(ns)).toBe(recording('own-node1/ip-rule.txt').text);
  });

  test('rules: text and JSON are the same but for where they were read', () => {
    const bare = (rules: Netns['ipv4']['rules']): unknown => rules.map((rule) => ({ ...rule, origin: undefined }));
    expect(bare(readable(readRuleText(recording('own-node1/ip-rule.txt'))).inet)).toEqual(
      bare(readable(readRules(recording('own-node1/ip-j-rule.json'))).inet),
    );
  });

  test('sysctls: every line comes out as it went in', () => {
    const source = recording('own-node1/sysctl.txt');
    const sysctls = readable(readSysctls(source));
    const known = new Map(sysctls.entries(['all', 'default', ...links.keys()]));
    const lines = [...known].map(([path, value]) => formatSysctl(path, value));
    const wanted = source.text.split('\n').filter((line) => line !== '');
    expect(wanted.filter((line) => !lines.includes(line))).toEqual([]);
  });
});
