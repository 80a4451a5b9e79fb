import { aggregateOf, contributes, isWithin } from './aggregate.js';
import { announce } from './announce.js';
import type { AggregateConfig, SpeakerConfig } from './config.js';
import type { Path } from './path.js';
import { type Aggregate, type Aggregation, netId, type Protocol, Route, type Speaker, type World } from './state.js';
import { type Change, replaceRoute, routesTo } from './table.js';

/** Before what neighbours announce, as FRR's weight 32768 has it (BGP_ATTR_DEFAULT_WEIGHT), and behind `network`. */
const PREFERENCE_AGGREGATE = 150;

/** What a speaker that starts aggregates: nothing is there yet. */
export function newAggregation(world: World, speaker: Speaker): Aggregation | undefined {
  const { aggregates = [], networks = [] } = speaker.config;
  if (aggregates.length === 0) return undefined;
  return {
    protocol: speaker.aggregation?.protocol ?? protocolOf(speaker),
    networks: new Set(networks.map((net) => netId(world, net))),
    aggregates: aggregates.map((config) => newAggregate(world, config)),
  };
}

function protocolOf(speaker: Speaker): Protocol {
  return {
    kind: 'aggregate',
    name: 'aggregator1',
    preference: PREFERENCE_AGGREGATE,
    session: undefined,
    speaker,
    sources: new Map(),
    imported: 0,
    preferred: 0,
  };
}

function newAggregate(world: World, config: AggregateConfig): Aggregate {
  return { config, net: netId(world, config.net), paths: new Map(), installed: undefined };
}

/**
 * A route has come, gone or changed: bgp_aggregate_increment() and bgp_aggregate_decrement(), FRR 8.4.4 bgpd/bgp_route.c.
 * ATOMIC_AGGREGATE of a contributor is not taken over here, against RFC 4271 §9.2.2.2: FRR does so only in `scan`.
 */
export function updateAggregates(
  world: World,
  speaker: Speaker,
  { net, added, removed }: Pick<Change, 'net' | 'added' | 'removed'>,
): void {
  const { aggregation } = speaker;
  if (aggregation === undefined) return;
  const comes = added !== undefined && contributes(aggregation, added) ? added : undefined;
  const goes = removed !== undefined && contributes(aggregation, removed) ? removed : undefined;
  for (const aggregate of comes === goes ? [] : aggregation.aggregates) {
    if (!isWithin(world, aggregate, net)) continue;
    if (comes !== undefined) count(aggregate, comes.path, 1);
    if (goes !== undefined) count(aggregate, goes.path, -1);
    install(world, speaker, aggregation, aggregate, false);
  }
}

function count({ paths }: Aggregate, path: Path | undefined, by: 1 | -1): void {
  const sum = (paths.get(path) ?? 0) + by;
  if (sum === 0) paths.delete(path);
  else paths.set(path, sum);
}

/** bgp_aggregate_install(): ATOMIC_AGGREGATE is no reason to announce an aggregate again (bgp_aggregate_info_same()). */
function install(world: World, speaker: Speaker, { protocol }: Aggregation, to: Aggregate, atomic: boolean): void {
  if (to.paths.size === 0) {
    to.installed = undefined;
    put(world, speaker, protocol, to.net, undefined);
    return;
  }
  const path = world.paths.intern(aggregateOf(speaker.config, to.config, [...to.paths.keys()]));
  if (path === to.installed) return;
  to.installed = path;
  const whole = atomic ? world.paths.intern({ ...path.attributes, atomicAggregate: true }) : path;
  put(world, speaker, protocol, to.net, whole);
}

/** zebra installs it as a blackhole (bgp_zebra_announce(), bgpd/bgp_zebra.c): what no more specific takes ends here. */
function put(world: World, speaker: Speaker, protocol: Protocol, net: number, path: Path | undefined): void {
  const leads = { host: undefined, dest: 'blackhole', nexthops: [], igpMetric: 0 } as const;
  const route = path === undefined ? undefined : new Route(net, protocol, 0, path, leads);
  const change = replaceRoute(world, speaker.table, { net, protocol, pathId: 0 }, route);
  if (change !== undefined) announce(world, speaker, change);
}

/** The configuration is another one: what is gone goes, what is new is made of what is there. Tells whether anything is. */
export function reaggregate(world: World, speaker: Speaker, old: SpeakerConfig): boolean {
  const { config, aggregation: before } = speaker;
  if (keyOf(old) === keyOf(config)) return false;
  const keeps = old.as === config.as && old.routerId === config.routerId;
  const next = newAggregation(world, speaker);
  const kept = keeps ? (before?.aggregates ?? []) : [];
  const aggregates = (next?.aggregates ?? []).map((made) => kept.find((each) => isSame(each, made)) ?? made);
  speaker.aggregation = next === undefined ? undefined : { ...next, aggregates };
  for (const best of speaker.table.nets.values()) forgetExports(best);
  const gone = before?.aggregates.filter(({ net }) => !aggregates.some((each) => each.net === net)) ?? [];
  for (const { net } of gone) if (before !== undefined) put(world, speaker, before.protocol, net, undefined);
  for (const each of aggregates) scan(world, speaker, each, !kept.includes(each));
  return true;
}

function keyOf({ as, routerId, networks = [], aggregates = [] }: SpeakerConfig): string {
  return JSON.stringify([as, routerId, networks, aggregates]);
}

function isSame(a: Aggregate, b: Aggregate): boolean {
  return JSON.stringify(a.config) === JSON.stringify(b.config);
}

/** What is suppressed from now on, or no longer, was not when it was asked for last. */
function forgetExports(best: Route): void {
  for (let route: Route | undefined = best; route !== undefined; route = route.next) route.exportGroup = -1;
}

/** bgp_aggregate_route(): looks at all that is there, where it is new at other aggregates too for ATOMIC_AGGREGATE. */
function scan(world: World, speaker: Speaker, aggregate: Aggregate, isNew: boolean): void {
  const { aggregation, table } = speaker;
  if (aggregation === undefined) return;
  let atomic = false;
  aggregate.paths.clear();
  for (const net of table.nets.keys()) {
    if (!isWithin(world, aggregate, net)) continue;
    for (const route of routesTo(table, net)) {
      const taken = contributes(aggregation, route);
      if (taken) count(aggregate, route.path, 1);
      if (taken || route.protocol === aggregation.protocol) atomic ||= route.path?.attributes.atomicAggregate === true;
    }
  }
  install(world, speaker, aggregation, aggregate, atomic && isNew);
}
