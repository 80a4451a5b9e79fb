import { contributes, isWithin, suppressorOf } from './aggregate.js';
import { compare } from './decision.js';
import type { Explanation, Withheld, WithheldCause } from './explanation.js';
import { exportRoute, FILTERED, NOT_REFLECTED } from './export.js';
import { importRoute, understand } from './import.js';
import { isMerged, kernelRoute } from './kernel.js';
import { counterpart, obstacle } from './matching.js';
import type { Path } from './path.js';
import { inOrder, netOf, type Route, type Session, type Speaker, type World } from './state.js';
import { ribRoute } from './status.js';
import { routesTo } from './table.js';

/** Why a speaker uses the path that it uses, or none. */
export function explain(world: World, speaker: Speaker, net: number): Explanation {
  const routes = [...routesTo(speaker.table, net)];
  const best = routes[0];
  return {
    speaker: speaker.name,
    net: netOf(world, net),
    candidates: routes.map((route) => ({
      route: ribRoute(world, route, route === best),
      lostBy: best === undefined || route === best ? undefined : compare(best, route).rule,
      merged: best !== undefined && route !== best && isMerged(world, speaker, best, route),
    })),
    way: best === undefined ? [] : wayOf(world, best),
    withheld: withheld(world, speaker, net),
    contributors: contributorsTo(world, speaker, net),
    suppressedBy: best === undefined ? undefined : suppressorOf(world, best)?.net,
    fib: fibOf(world, speaker, net, best),
  };
}

/** In order of prefixes. */
function contributorsTo(world: World, speaker: Speaker, net: number): Explanation['contributors'] {
  const { aggregation, table } = speaker;
  const aggregate = aggregation?.aggregates.find((each) => each.net === net);
  if (aggregation === undefined || aggregate === undefined) return undefined;
  const nets = [...table.nets.keys()].filter((each) => isWithin(world, aggregate, each));
  return inOrder(world, nets).flatMap((each) => {
    const best = table.nets.get(each);
    const routes = [...routesTo(table, each)].filter((route) => contributes(aggregation, route));
    return routes.map((route) => ribRoute(world, route, route === best));
  });
}

/** From speaker to speaker, back to where the route is not from BGP; a neighbour that is gone ends the search. */
function wayOf(world: World, best: Route): Explanation['way'] {
  const way: { speaker: string; session: string | undefined }[] = [];
  const seen = new Set<Route>();
  let route: Route | undefined = best;
  while (route !== undefined && !seen.has(route)) {
    seen.add(route);
    const session: Session | undefined = route.protocol.session;
    way.push({ speaker: route.protocol.speaker.name, session: session?.config.name });
    if (session === undefined) break;
    const other = counterpart(world, session);
    const next: Route | undefined = other === undefined ? undefined : announcedAs(other, route);
    if (next === undefined) {
      const owner = world.owners.get(session.config.neighbor);
      if (owner !== undefined) way.push({ speaker: owner.name, session: undefined });
    }
    route = next;
  }
  return way.reverse();
}

/** The neighbour's route that it has announced as this one. */
function announcedAs(session: Session, route: Route): Route | undefined {
  for (const candidate of routesTo(session.speaker.table, route.net)) {
    if (session.out.get(candidate.id) === undefined) continue;
    if (!session.addPathsSend || candidate.protocol.sources.get(candidate.pathId) === route.pathId) return candidate;
  }
  return undefined;
}

/** Neighbours with routes to the net of which none is here, and why. */
function withheld(world: World, speaker: Speaker, net: number): Explanation['withheld'] {
  const found: Withheld[] = [];
  for (const session of speaker.sessions) {
    const owner = world.owners.get(session.config.neighbor);
    const best = owner?.table.nets.get(net);
    if (owner === undefined || best === undefined) continue;
    if ([...routesTo(speaker.table, net)].some((route) => route.protocol === session.protocol)) continue;
    found.push({ speaker: owner.name, session: session.config.name, ...whyNot(world, session, best) });
  }
  return found;
}

function whyNot(world: World, session: Session, best: Route): Pick<Withheld, 'cause' | 'why'> {
  const other = counterpart(world, session);
  if (session.state !== 'up' || other === undefined || other.state !== 'up') {
    const why = obstacle(world, session) ?? session.lastError ?? 'not yet';
    return { cause: downBy(session, other), why: `the session is not established: ${why}` };
  }
  if (other.feedWaits) return { cause: 'other', why: `${other.speaker.name} recovers and waits for its neighbours` };
  const why = unannounced(world, session, other, best);
  return { cause: CAUSES.get(why) ?? 'other', why };
}

const CAUSES: ReadonlyMap<string, WithheldCause> = new Map([
  [FILTERED, 'export-filter'],
  [NOT_REFLECTED, 'not-reflected'],
]);

function downBy(session: Session, other: Session | undefined): WithheldCause {
  if (other === undefined) return 'no-session';
  return session.enabled && other.enabled ? 'session-down' : 'disabled';
}

function unannounced(world: World, session: Session, other: Session, best: Route): string {
  let why = '';
  for (let route: Route | undefined = best; route !== undefined; route = other.addPathsSend ? route.next : undefined) {
    const out = other.out.get(route.id);
    if (out !== undefined) return dropped(world, session, route, world.paths.at(out));
    if (other.out.isInvalid(route.id)) why ||= 'its NEXT_HOP is the neighbour itself';
    const result = exportRoute(world, other, route);
    why ||= typeof result === 'string' ? result : 'the announcement is under way';
  }
  return why;
}

/** Why an announcement that came is not in the table. */
function dropped(world: World, session: Session, route: Route, out: Path): string {
  const understood = understand(world, session, out);
  const imported = typeof understood === 'string' ? understood : importRoute(world, session, understood, route.net, 0);
  return typeof imported === 'string' ? `announced, and dropped here: ${imported}` : 'the announcement is under way';
}

function fibOf(world: World, speaker: Speaker, net: number, best: Route | undefined): Explanation['fib'] {
  const installed = speaker.kernel.get(net);
  if (installed !== undefined) return installed;
  if (speaker.waiting.has(net))
    return { missing: `the forwarding table is full (${speaker.config.kernel.limit} routes)`, full: true };
  if (best === undefined) return { missing: 'there is no route', full: false };
  const route = kernelRoute(world, speaker, best);
  return typeof route === 'string' ? { missing: route, full: false } : undefined;
}
