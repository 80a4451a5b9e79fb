import { runFilter } from './evaluate.js';
import { refusedOnImport } from './export.js';
import { draftOf, type Path } from './path.js';
import { resolveDirectly, resolveRecursively } from './resolve.js';
import { addRoute, removeRoute } from './routes.js';
import { type Leads, netOf, Route, type Session, type Update, type World } from './state.js';

const DEFAULT_LOCAL_PREF = 100;

/** Takes an UPDATE in: bgp_rx_update(), bird proto/bgp/packets.c. */
export function receiveUpdate(world: World, session: Session, update: Update): void {
  const { speaker, protocol } = session;
  const { path } = update;
  const understood = path === undefined ? '' : understand(world, session, path);
  for (let i = 0; i < update.nets.length; i++) {
    const net = update.nets[i] ?? 0;
    const pathId = session.addPathsReceive ? (update.pathIds[i] ?? 0) : 0;
    const route = typeof understood === 'string' ? undefined : importRoute(world, session, understood, net, pathId);
    if (route instanceof Route) addRoute(world, speaker, route);
    else removeRoute(world, speaker, { net, protocol, pathId });
  }
}

/** The attributes as the decision process sees them; a text tells why the announcement is dropped. */
export function understand(world: World, session: Session, path: Path): Path | string {
  const refused = refusedOnImport(session, path);
  if (refused !== undefined) return refused;
  if (path.attributes.localPref !== undefined) return path;
  return world.paths.intern({ ...path.attributes, localPref: DEFAULT_LOCAL_PREF });
}

/** Filters a route and resolves its next hop; a text tells why it is dropped. */
export function importRoute(world: World, session: Session, path: Path, net: number, pathId: number): Route | string {
  const { speaker, protocol, config } = session;
  const leads: Leads | string = config.multihop
    ? resolveRecursively(world, speaker, path)
    : resolveDirectly(speaker.config, path.attributes.nextHop);
  if (typeof leads === 'string') return leads;
  const route = new Route(net, protocol, pathId, path, leads);
  const { terms, otherwise } = config.import;
  if (terms.length === 0) return otherwise === 'accept' ? route : 'the import filter rejects it';
  return filtered(world, session, route, path);
}

function filtered(world: World, session: Session, route: Route, path: Path): Route | string {
  const draft = draftOf(path);
  const { net, protocol, pathId } = route;
  const dev = route.nexthops[0]?.dev;
  const seen = { net: netOf(world, net), source: 'bgp' as const, protocol: protocol.name, dev };
  if (!runFilter(session.config.import, seen, draft)) return 'the import filter rejects it';
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
