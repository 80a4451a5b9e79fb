import { formatIpv4, formatPrefix } from '../../src/address/index.js';
import type {
  AggregateConfig,
  BgpAttributes,
  BgpSimulation,
  Filter,
  FilterAction,
  SpeakerConfig,
} from '../../src/bgp/index.js';
import { blackhole, converged, type Link, networkOf, speaker } from '../bgp/networks.js';
import { prefix } from '../must.js';
import {
  type Event,
  lineOf,
  type Originated,
  type RecordedScenario,
  type Router,
  type Scenario,
  type Seen,
} from './scenario.js';

/** What our speakers have in a scenario, as FrrLab tells it of FRR's. */
function simulate({ speakers, links, events }: Scenario): Seen[] {
  const routers = [...speakers];
  const config = networkOf(
    routers.map(configOf),
    links.flatMap((link) => linkOf(link, routers)),
  );
  const simulation = converged(config);
  const names = routers.map((_, n) => `n${n}`);
  const seen = [seenIn(simulation, names)];
  for (const event of events) {
    happen(simulation, routers, event);
    simulation.converge();
    seen.push(seenIn(simulation, names));
  }
  return seen;
}

/** Lines that only one of both has, by scenario, step and speaker. */
export function disagreementsOf({ scenario, seen }: RecordedScenario): string[] {
  return simulate(scenario).flatMap((ours, step) =>
    Object.entries(ours).flatMap(([name, lines]) => {
      const real = seen[step]?.[name] ?? [];
      return [
        ...lines.filter((line) => !real.includes(line)).map((line) => `${step} ${name} only podpath: ${line}`),
        ...real.filter((line) => !lines.includes(line)).map((line) => `${step} ${name} only FRR: ${line}`),
      ];
    }),
  );
}

function configOf(router: Router, n: number): SpeakerConfig {
  const networks = Object.keys(router.networks).map(prefix);
  const aggregates = router.aggregates.map(aggregateOf);
  return speaker(n, { as: router.as, routes: networks.map(blackhole), networks, aggregates });
}

function aggregateOf(text: string): AggregateConfig {
  const [net = '', ...words] = text.split(' ');
  const origin = words[words.indexOf('origin') + 1]?.toUpperCase() as AggregateConfig['origin'];
  const made = { net: prefix(net), asSet: words.includes('as-set'), summaryOnly: words.includes('summary-only') };
  return words.includes('origin') && origin !== undefined ? { ...made, origin } : made;
}

/** Only eBGP sessions are to one hop; the shared subnet itself is not announced. */
function linkOf([a, b, client]: Scenario['links'][number], routers: readonly Router[]): Link[] {
  const multihop = routers[a]?.as === routers[b]?.as;
  const [atA, atB] = [exportOf(routers[a]), exportOf(routers[b])];
  return [[a, b, { multihop, rrClient: client === 'client', export: atA }, { multihop, export: atB }]];
}

function exportOf(router: Router | undefined): Filter {
  const terms = Object.entries(router?.networks ?? {}).map(([net, originated]) => {
    const own = { prefix: prefix(net), ge: prefix(net).length, le: prefix(net).length };
    return {
      match: { nets: [own], source: ['static'] as const },
      actions: actionsOf(originated),
      then: 'accept' as const,
    };
  });
  const others = { match: { source: ['bgp', 'aggregate'] as const }, actions: [], then: 'accept' as const };
  return { terms: [...terms, others], otherwise: 'reject' };
}

function actionsOf({ origin, prepend = [], med, communities = [], largeCommunities = [] }: Originated): FilterAction[] {
  return [
    ...(origin === undefined ? [] : [{ set: 'origin', value: origin } as const]),
    ...prepend.toReversed().map((as) => ({ set: 'prepend', as, times: 1 }) as const),
    ...(med === undefined ? [] : [{ set: 'med', value: med } as const]),
    ...communities.map((each) => ({ set: 'addCommunity', value: numberOf(each) }) as const),
    ...largeCommunities.map((each) => ({ set: 'addLargeCommunity', value: triple(each) }) as const),
  ];
}

function numberOf(community: string): number {
  const [high = 0, low = 0] = community.split(':').map(Number);
  return high * 0x10000 + low;
}

function triple(community: string): readonly [number, number, number] {
  const [a = 0, b = 0, c = 0] = community.split(':').map(Number);
  return [a, b, c];
}

function happen(simulation: BgpSimulation, routers: Router[], event: Event): void {
  if ('shut' in event || 'open' in event) {
    const [n, other] = 'shut' in event ? event.shut : event.open;
    simulation.apply({ type: 'shut' in event ? 'disable' : 'enable', speaker: `n${n}`, session: `n${other}` });
    return;
  }
  const { speaker: n, ...change } = event;
  const router = routers[n];
  const old = simulation.config.speakers.find(({ name }) => name === `n${n}`);
  if (router === undefined || old === undefined) throw new Error(`there is no speaker ${n}`);
  const next = { ...router, ...change };
  routers[n] = next;
  const sessions = old.sessions.map((session) => ({ ...session, export: exportOf(next) }));
  simulation.apply({ type: 'reconfigure', config: { ...configOf(next, n), sessions } });
}

function seenIn(simulation: BgpSimulation, names: readonly string[]): Seen {
  return Object.fromEntries(names.map((name) => [name, linesOf(simulation, name)]));
}

/** What FRR has in its BGP table: the connected subnet is not there, a network of its own has the attributes that it gets. */
function linesOf(simulation: BgpSimulation, name: string): string[] {
  const best = simulation.rib(name).filter(({ best, source }) => best && source !== 'device');
  return best
    .map(({ net, attributes }) => {
      const a: Partial<BgpAttributes> = attributes ?? {};
      return lineOf({
        net: formatPrefix(net),
        own: attributes === undefined,
        asPath: (a.asPath ?? []).map(({ type, as }) => (type === 'set' ? `{${as.join(',')}}` : as.join(' '))).join(' '),
        origin: a.origin ?? 'IGP',
        med: a.med ?? 0,
        localPref: a.localPref ?? 100,
        atomicAggregate: a.atomicAggregate ?? false,
        aggregator: a.aggregator === undefined ? undefined : `${a.aggregator.as} ${formatIpv4(a.aggregator.address)}`,
        communities: (a.communities ?? []).map((each) => `${Math.floor(each / 0x10000)}:${each % 0x10000}`),
        largeCommunities: (a.largeCommunities ?? []).map((each) => each.join(':')),
        suppressed: simulation.explain(name, net).suppressedBy !== undefined,
      });
    })
    .sort();
}
