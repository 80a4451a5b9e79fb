import { runFilter } from './evaluate.js';
import { refusedOnImport } from './export.js';
import { draftOf, type Path } from './path.js';
import { BgpReason } from './reason.js';
import { resolveDirectly, resolveRecursively } from './resolve.js';
import { addRoute, removeRoute } from './routes.js';
import { type Leads, netOf, Route, type Session, type Update, type World } from './state.js';

const DEFAULT_LOCAL_PREF = 100;

const IMPORT_FILTER = new BgpReason('import-filter');

/** Takes an UPDATE in: bgp_rx_update(), bird proto/bgp/packets.c. */
export function receiveUpdate(world: World, session: Session, update: Update): void {
  const { speaker, protocol } = session;
  const { path } = update;
  const understood = path === undefined ? undefined : understand(world, session, path);
  for (let i = 0; i < update.nets.length; i++) {
    const net = update.nets[i] ?? 0;
    const pathId = session.addPathsReceive ? (update.pathIds[i] ?? 0) : 0;
    const route =
      understood === undefined || understood instanceof BgpReason
        ? undefined
        : importRoute(world, session, understood, net, pathId);
    if (route instanceof Route) addRoute(world, speaker, route);
    else removeRoute(world, speaker, { net, protocol, pathId });
  }
}

/** The attributes as the decision process sees them, or why the announcement is dropped. */
export function understand(world: World, session: Session, path: Path): Path | BgpReason {
  const refused = refusedOnImport(session, path);
  if (refused !== undefined) return refused;
  if (path.attributes.localPref !== undefined) return path;
  return world.paths.intern({ ...path.attributes, localPref: DEFAULT_LOCAL_PREF });
}

/** Filters a route and resolves its next hop, or tells why it is dropped. */
export function importRoute(
  world: World,
  session: Session,
  path: Path,
  net: number,
  pathId: number,
): Route | BgpReason {
  const { speaker, protocol, config } = session;
  const leads: Leads | BgpReason = config.multihop
    ? resolveRecursively(world, speaker, path)
    : resolveDirectly(speaker.config, path.attributes.nextHop);
  if (leads instanceof BgpReason) return leads;
  const route = new Route(net, protocol, pathId, path, leads);
  const { terms, otherwise } = config.import;
  if (terms.length === 0) return otherwise === 'accept' ? route : IMPORT_FILTER;
  return filtered(world, session, route, path);
}

function filtered(world: World, session: Session, route: Route, path: Path): Route | BgpReason {
  const draft = draftOf(path);
  const { net, protocol, pathId } = route;
  const dev = route.nexthops[0]?.dev;
  const seen = { net: netOf(world, net), source: 'bgp' as const, protocol: protocol.name, dev };
  if (!runFilter(session.config.import, seen, draft)) return IMPORT_FILTER;
  const { origin, asPath, nextHop, med, localPref, communities, largeCommunities } = draft;
  const a = path.attributes;
  const changed = world.paths.intern({
    ...a,
    origin: origin ?? a.origin,
    asPath: asPath ?? a.asPath,
    nextHop: nextHop ?? a.nextHop,
    med,
    localPref,
    communities,
    largeCommunities,
  });
  return new Route(net, protocol, pathId, changed, route);
}
