import { describe, expect, test } from 'vitest';
import type { Mac } from '../../src/address/index.js';
import {
  createNetns,
  createNetnsRuntime,
  fdbKey,
  formatAddresses,
  formatAllRoutes,
  formatFdb,
  formatLinks,
  formatNeighbours,
  formatProxies,
  formatRules,
  formatTableRoutes,
  type Link,
  learn,
  type Netns,
  neighbourKey,
  Runtime,
  readNetns,
  readRouteText,
} from '../../src/linux/index.js';
import { ip, mac } from '../must.js';
import { recordedNamespaces, replay, type Scenario } from '../plan/replay-commands.js';
import { dumpOf, readable, recording } from '../recordings/load.js';

type Texts = Readonly<
  Record<'addr' | 'link' | 'route' | 'main' | 'rule' | 'neigh' | 'proxy' | 'fdb', readonly string[]>
>;

const { scenarios } = JSON.parse(recording('commands-6.18.json').text) as { scenarios: Scenario[] };

/**
 * What iproute2 printed, without what the state does not hold: where timers stand, and that a device which is down was
 * up before, which leaves it its qdisc.
 */
function standing(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line
      .replace(/(?<=_timer) +\d+\.\d\d/g, '    0.00')
      .replace(/(?<=<(?![^>]*\bUP\b)[^>]*> mtu \d+ qdisc )noqueue/, 'noop'),
  );
}

/** The recording left out the identifier of bridges, which tells whether an address was set by hand. */
function withSetAddresses(ns: Netns, applied: Netns | undefined): Netns {
  const links = [...ns.links].map(([name, link]): [string, Link] => {
    const made = applied?.links.get(name);
    if (link.kind !== 'bridge' || made?.kind !== 'bridge') return [name, link];
    return [name, { ...link, addressSet: made.addressSet }];
  });
  return { ...ns, links: new Map(links) };
}

function trimmed(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

describe.each(scenarios)('$name', (scenario) => {
  const { applier } = replay(scenario.steps);
  const namespaces = recordedNamespaces(scenario, applier.network());
  const peerIndex = (link: Link): number | undefined => {
    if (link.kind !== 'veth') return undefined;
    return namespaces.find((ns) => ns.name === link.peer?.netns)?.links.get(link.peer?.dev ?? '')?.ifindex;
  };

  test.each(namespaces.map((ns) => [ns.name, ns] as const))('%s as iproute2 printed it', (name, ns) => {
    const state = scenario.state[name];
    const texts = (state as unknown as { readonly text: Texts }).text;
    // iproute2 6.1 tells of a locked MTU in text only.
    const routes = readable(readRouteText({ file: 'route', text: texts.route.join('\n') }));
    const withText: Netns = { ...ns, ipv4: { ...ns.ipv4, tables: routes } };
    expect(formatAllRoutes(withText).split('\n').slice(0, -1)).toEqual(texts.route.filter((line) => line !== ''));
    expect(formatTableRoutes(withText).split('\n').slice(0, -1)).toEqual(texts.main.filter((line) => line !== ''));
    expect(formatRules(ns).trimEnd().split('\n')).toEqual(texts.rule);
    const view = { peerIndex, cpus: 2 };
    expect(trimmed(formatAddresses(ns, view))).toEqual(standing(texts.addr));
    expect(
      formatLinks(withSetAddresses(ns, applier.netns(name)), view)
        .split('\n')
        .slice(0, -1),
    ).toEqual(standing(texts.link));
    expect(formatProxies(ns).trimEnd().split('\n').sort()).toEqual(texts.proxy.map((line) => line.trimEnd()).sort());
  });

  test('neighbours and stations, configured and learned', () => {
    for (const [name, { sysctl: _, ...part }] of Object.entries(scenario.state)) {
      const dump = dumpOf({ ...part, kind: 'host', sysctl: {} }, name);
      const { ns, learned } = readable(readNetns(dump, { name, role: 'host' }));
      const runtime = new Runtime();
      learn(runtime.of(name), learned, runtime.journal);
      const texts = (part as unknown as { readonly text: Texts }).text;
      // The kernel's order is that of a hash.
      expect(trimmed(formatNeighbours(ns, runtime.of(name))).sort()).toEqual(
        texts.neigh.map((line) => line.trimEnd()).sort(),
      );
      const stations = texts.fdb.filter((line) => !/^(33:33|01:).* self permanent$/.test(line) || / dst /.test(line));
      const wanted = stations.filter((line) => !/dev [vw]\d self/.test(line)).map((line) => line.trimEnd());
      expect(
        trimmed(formatFdb(ns, runtime.of(name)))
          .filter((line) => line !== '')
          .sort(),
      ).toEqual(wanted.filter((line) => line !== '').sort());
    }
  });
});

test('a neighbour that does not answer, and a station that was learned', () => {
  // As iproute2 6.1 prints them: `ip neigh add 10.0.0.9 dev e0 nud failed`, `bridge fdb add … dev e0 master dynamic`.
  const runtime = createNetnsRuntime();
  const failed = { lladdr: 0 as Mac, state: 'FAILED', used: false, confirmed: 0 } as const;
  runtime.neighbours.set(neighbourKey('e0', ip('10.0.0.9')), { ...failed });
  runtime.stations.set(fdbKey('br0', mac('02:00:00:00:00:01')), { dev: 'e0', updated: 0 });
  const ns = createNetns('a', 'host');
  expect(formatNeighbours(ns, runtime)).toBe('10.0.0.9 dev e0 FAILED \n');
  expect(formatFdb(ns, runtime)).toBe('02:00:00:00:00:01 dev e0 master br0 \n');
});
