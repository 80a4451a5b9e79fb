import { describe, expect, test } from 'vitest';
import {
  addressesJson,
  bridgeLinksJson,
  fdbJson,
  type Link,
  linksJson,
  type Netns,
  neighboursJson,
  proxiesJson,
  readNetns,
  routesJson,
  rulesJson,
  withoutLower,
} from '../../src/linux/index.js';
import { describeNetns } from '../plan/describe-netns.js';
import { peerIndexIn, recordedNamespaces, replay, type Scenario } from '../plan/replay-commands.js';
import { readable, recording } from '../recordings/load.js';

type Entry = Readonly<Record<string, unknown>>;

/**
 * A device that is down keeps the qdisc that it had when it was up, timers run, and a namespace keeps the number that it
 * was once given: the state does not hold these.
 */
function standing(text: string): string {
  return text
    .replace(/("link_netnsid":)[1-9]\d*/g, '$10')
    .replace(/("\w+_timer":)\d+\.\d\d/g, '$10.00')
    .replace(/("flags":\[(?![^\]]*"UP")[^\]]*\],"mtu":\d+,"qdisc":)"noqueue"/g, '$1"noop"');
}

function parsed(text: string): Entry[] {
  return JSON.parse(text) as Entry[];
}

/** The recording was made with `-d`, which says what goes without saying. */
function withoutDetails(route: Entry): Entry {
  // Of IPv6 all is kept as it was printed.
  if ('pref' in route) return route;
  const plain = { type: 'unicast', table: 'main', protocol: 'boot', scope: 'global' };
  return Object.fromEntries(Object.entries(route).filter(([key, value]) => value !== Reflect.get(plain, key)));
}

function stations(entries: readonly unknown[]): Entry[] {
  return (entries as Entry[]).filter(({ state }) => state === 'permanent' || state === 'static');
}

const { scenarios } = JSON.parse(recording('commands-6.18.json').text) as { scenarios: Scenario[] };

describe.each(scenarios)('$name', (scenario) => {
  const { applier } = replay(scenario.steps);
  const namespaces = recordedNamespaces(scenario, applier.network());
  const peerIndex = peerIndexIn(namespaces);

  test.each(namespaces.map((ns) => [ns.name, ns] as const))('%s as iproute2 printed it', (name, ns) => {
    const state = scenario.state[name];
    if (state === undefined) throw new Error(`${name} was not recorded`);
    // The recording left out the identifiers of bridges, and much that never changes.
    const wanted = parsed(standing(JSON.stringify(state.link)));
    const known = wanted.filter(
      (link) => !('link_netnsid' in link) || peerIndex(ns.links.get(String(link['ifname'])) as Link) !== undefined,
    );
    const links = parsed(standing(linksJson(ns, { peerIndex })));
    expect(links.map(({ ifname }) => ifname)).toEqual(wanted.map(({ ifname }) => ifname));
    expect(links.filter(({ ifname }) => known.some((link) => link['ifname'] === ifname))).toMatchObject(known);
    const addresses = parsed(addressesJson(ns, { peerIndex })).map(({ addr_info: info }) => ({ addr_info: info }));
    expect(addresses).toMatchObject(
      parsed(JSON.stringify(state.addr)).map(({ addr_info: info }) => ({ addr_info: info })),
    );
    expect(parsed(routesJson(ns))).toEqual(parsed(JSON.stringify(state.route)).map(withoutDetails));
    expect(parsed(rulesJson(ns))).toEqual(state.rule);
    expect(parsed(bridgeLinksJson(ns))).toMatchObject(state.bridgeLink ?? []);
    const lines = (entries: readonly unknown[]): string[] => entries.map((entry) => JSON.stringify(entry)).sort();
    expect(lines(parsed(proxiesJson(ns)))).toEqual(lines(state.proxy ?? []));
    expect(lines(parsed(fdbJson(ns)))).toEqual(lines(stations(state.fdb ?? [])));
    const permanent = parsed(JSON.stringify(state.neigh ?? [])).filter(({ state: nud }) => String(nud) === 'PERMANENT');
    expect(lines(parsed(neighboursJson(ns)).filter(({ state: nud }) => String(nud) === 'PERMANENT'))).toEqual(
      lines(permanent),
    );
  });

  test.each(namespaces.map((ns) => [ns.name, ns] as const))('%s is read back as it was', (name, ns) => {
    const source = (text: string): { file: string; text: string } => ({ file: name, text });
    const dump = {
      link: source(linksJson(ns, { peerIndex })),
      bridgeLink: source(bridgeLinksJson(ns)),
      addr: source(addressesJson(ns)),
      route: source(routesJson(ns)),
      rule: source(rulesJson(ns)),
      neigh: source(neighboursJson(ns)),
      proxy: source(proxiesJson(ns)),
      fdb: source(fdbJson(ns)),
    };
    const { ns: read } = readable(readNetns(dump, { name, role: 'host' }));
    const given = new Set(JSON.stringify(dump).match(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g));
    const unjoined = (of: Netns): Netns => ({
      ...of,
      links: new Map(
        [...of.links].map(([dev, link]) => [
          dev,
          link.kind === 'veth' ? { ...withoutLower(link), peer: undefined } : link,
        ]),
      ),
    });
    expect(describeNetns(unjoined(read), given)).toEqual(describeNetns(unjoined(ns), given));
  });
});
