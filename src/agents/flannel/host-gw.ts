import type { Route } from '../../linux/index.js';
import { RT_TABLE_MAIN } from '../../linux/index.js';
import { callsOn, ownNetns, type Steps } from '../agent.js';
import { netlinkRoute } from '../netlink.js';
import type { BackendContext, FlannelBackend } from './flanneld.js';
import { type Lease, leaseName } from './lease.js';

/**
 * The host-gw backend: a route to each node's pods through that node, without encapsulation (flannel 0.28
 * pkg/backend/hostgw/hostgw.go, pkg/backend/route_network.go). All nodes have to share a link: the kernel refuses a
 * gateway that is not on one. flanneld logs that and goes on; it would try again every 10 s.
 */
export const hostGw: FlannelBackend = {
  type: 'host-gw',
  attrs: () => ({ backendType: 'host-gw', backendData: 'null' }),
  mtu: (external) => external.mtu,

  starts: (external) => external.publicIP === external.address,

  *run(context, others): Steps {
    for (const lease of others) if (lease.backendType === 'host-gw') yield* addRoute(context, lease);
  },
};

/** routeAdd(): another route to the subnet is deleted first, the same one is kept. */
function* addRoute(context: BackendContext, lease: Lease): Steps {
  const { name: dev } = context.external;
  const call = callsOn(context.self.name, { by: 'flanneld', object: leaseName(lease) });
  const [old] = ownNetns(context).ipv4.tables.get(RT_TABLE_MAIN)?.at(lease.subnet) ?? [];
  if (old !== undefined && leadsTo(old, dev, lease)) return;
  if (old !== undefined) {
    const route = { table: RT_TABLE_MAIN, dst: lease.subnet, metric: old.metric, tos: old.tos, protocol: old.protocol };
    const any = { type: undefined, dev: undefined, via: undefined };
    if ((yield call({ call: 'route del', route: { ...route, ...any } })) !== undefined) return;
  }
  yield call(netlinkRoute('route add', lease.subnet, { dev, via: lease.publicIP }));
}

function leadsTo(route: Route, dev: string, lease: Lease): boolean {
  if (route.type !== 'unicast') return false;
  const [nexthop] = route.nexthops;
  return nexthop.dev === dev && nexthop.via === lease.publicIP;
}
