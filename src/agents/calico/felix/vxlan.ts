import { type NewRoute, newRoute, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../../../linux/index.js';
import { type AgentContext, callsOn, ownNetns, type Steps } from '../../agent.js';
import { perCluster } from '../../per-cluster.js';
import { VXLAN } from '../tunnel.js';
import { parentDevice } from './devices.js';
import { deviceProtocol, objectsOf } from './settings.js';
import { vteps } from './vteps.js';
import { blockOf, vxlanRoutes } from './vxlan-routes.js';

/** What a node of VXLAN needs to know of the others: how to reach their VTEPs, and what is behind which. */
export function* vxlanPeers(context: AgentContext): Steps {
  const { self, cluster } = context;
  const { blackholes, tunnelled, direct } = vxlanRoutes(cluster, self);
  const own = vteps(cluster).find(({ node }) => node === self.name);
  if (ownNetns(context).links.get(VXLAN.device)?.up === true) {
    yield* neighbours(context);
    for (const { origin, call } of tunnelled) yield { netns: self.name, origin, call };
  }
  const protocol = ownProtocol(context);
  for (const dst of blackholes) {
    const call = callsOn(self.name, blockOf(dst, self.name));
    yield call({ call: 'route add', table: RT_TABLE_MAIN, route: blackhole(dst, protocol) });
  }
  const dev = own === undefined ? undefined : parentDevice(context, own);
  if (dev === undefined) return;
  for (const { dst, node, via } of direct) {
    const route = { ...newRoute(dst, { dev, via, onlink: true }), protocol, scope: RT_SCOPE_UNIVERSE };
    yield callsOn(self.name, blockOf(dst, node))({ call: 'route add', table: RT_TABLE_MAIN, route });
  }
}

/** syncL2RoutesForLink(): a neighbour and an FDB entry for each of the other VTEPs. */
function* neighbours({ self, cluster }: AgentContext): Steps {
  for (const { node, origin, neighbour, fdb } of vtepCalls(cluster)) {
    if (node === self.name) continue;
    if ((yield { netns: self.name, origin, call: neighbour }) === undefined)
      yield { netns: self.name, origin, call: fdb };
  }
}

/** They are the same on all other nodes. */
const vtepCalls = perCluster((cluster) =>
  vteps(cluster).map(({ node, ip, address, mac }) => {
    const remote = { ip, port: undefined, vni: undefined, via: undefined };
    return {
      node,
      origin: { by: 'felix', object: `VTEP of ${node}` },
      neighbour: { call: 'neigh replace', dev: VXLAN.device, ip: address, lladdr: mac },
      fdb: { call: 'fdb replace', dev: VXLAN.device, mac, remote },
    } as const;
  }),
);

function blackhole(dst: NewRoute['dst'], protocol: string): NewRoute {
  const common = { tos: 0, metric: 0, mtu: undefined, mtuLock: false };
  return { type: 'blackhole', dst, ...common, protocol, scope: RT_SCOPE_UNIVERSE };
}

/** Of routes that are not: those of `boot` could be anybody's, so they are 80 instead (defaultVXLANProto). */
function ownProtocol(context: AgentContext): string {
  const protocol = deviceProtocol(objectsOf(context));
  return protocol === 'boot' ? '80' : protocol;
}
