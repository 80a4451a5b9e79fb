import type { BgpAttributes } from './attributes.js';
import { obstacle } from './matching.js';
import type { RibRoute, SessionStatus } from './rib.js';
import { netOf, type Route, type Session, type World } from './state.js';

/** As `birdc show route all` tells it. */
export function ribRoute(world: World, route: Route, best: boolean): RibRoute {
  const { protocol, path } = route;
  const from = protocol.session?.config.neighbor;
  const { nexthops } = route;
  return {
    net: netOf(world, route.net),
    type: route.dest,
    source: protocol.kind,
    protocol: protocol.name,
    preference: protocol.preference,
    nexthops,
    attributes: path?.attributes,
    // rta_show(), bird nest/rt-show.c: left out where the only gateway is the neighbour.
    from: from !== undefined && from !== nexthops[0]?.via ? from : undefined,
    best,
    stale: route.stale,
  };
}

/** A route with the attributes that it is announced with. */
export function announcedRoute(world: World, route: Route, best: boolean, attributes: BgpAttributes): RibRoute {
  return { ...ribRoute(world, route, best), attributes };
}

const STATES = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established'] as const;

/** As `birdc show protocols all` tells it: bgp_state_dsc(), bird proto/bgp/bgp.c. */
export function statusOf(world: World, session: Session): SessionStatus {
  const { config, protocol, internal } = session;
  return {
    name: config.name,
    neighbor: config.neighbor,
    neighborAs: config.neighborAs,
    state: stateOf(session),
    openedBy: openedBy(session),
    reason:
      session.state === 'up' ? undefined : (obstacle(world, session) ?? session.lastError ?? 'not yet established'),
    lastError: session.lastError,
    since: session.since,
    type: internal ? 'internal' : 'external',
    rrClient: config.rrClient,
    imported: protocol.imported,
    exported: session.out.size,
    preferred: protocol.preferred,
  };
}

function openedBy({ outgoing, incoming }: Session): SessionStatus['openedBy'] {
  if (outgoing?.state === 'Established') return 'this side';
  return incoming?.state === 'Established' ? 'neighbor' : undefined;
}

function stateOf(session: Session): SessionStatus['state'] {
  if (!session.speaker.running || session.state === 'down') return 'Down';
  const states = [session.outgoing, session.incoming].map((c) => STATES.indexOf(c?.state ?? 'Idle'));
  const state = STATES[Math.max(...states)] ?? 'Idle';
  return state === 'Idle' && session.ready && session.config.passive ? 'Passive' : state;
}
