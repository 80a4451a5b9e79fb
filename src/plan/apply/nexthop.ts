import type { Ipv4 } from '../../address/index.js';
import {
  type FibResult,
  type Flow,
  fibLookup,
  inetAddrType,
  lookupRule,
  type Netns,
  type Nexthop,
  outputFlow,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_TABLE_MAIN,
} from '../../linux/index.js';
import type { ApplyContext } from './context.js';
import { noDevice, type Refused, refuse } from './refuse.js';

type Nexthops = readonly [Nexthop, ...Nexthop[]];
type GatewayNexthop = Nexthop & { readonly via: Ipv4 };

/**
 * The next hops of a new route, with the devices that the kernel finds for those that name none, or why it takes none
 * of them (fib_check_nh(), and fib_create_info() for routes of host scope).
 */
export function checkNexthops(
  { draft: { ns } }: ApplyContext,
  nexthops: Nexthops,
  scope: number,
  table: number,
): { readonly nexthops: Nexthops } | Refused {
  const unknown = nexthops.find(({ dev }) => dev !== '' && !ns.links.has(dev));
  if (unknown !== undefined) return noDevice(unknown.dev);
  let checked = nexthops;
  for (const [i, nexthop] of nexthops.entries()) {
    const result = scope === RT_SCOPE_HOST ? checkHost(nexthop, nexthops) : checkNexthop(ns, nexthop, scope, table);
    if ('errno' in result) return result;
    // Mostly it is as it was asked for, and stays one object for all nodes that ask for it.
    if (result !== nexthop) checked = checked.with(i, result) as [Nexthop, ...Nexthop[]];
  }
  return { nexthops: checked };
}

function checkHost(nexthop: Nexthop, all: Nexthops): Nexthop | Refused {
  if (all.length > 1) return refuse('EINVAL', 'Route with host scope can not have multiple nexthops');
  if (nexthop.via !== undefined) return refuse('EINVAL', 'Route with host scope can not have a gateway');
  return nexthop.dev === '' ? refuse('ENODEV') : nexthop;
}

function checkNexthop(ns: Netns, nexthop: Nexthop, scope: number, table: number): Nexthop | Refused {
  if (hasGateway(nexthop))
    return nexthop.onlink ? checkOnlink(ns, nexthop, scope) : checkGateway(ns, nexthop, scope, table);
  if (nexthop.onlink) return refuse('EINVAL', 'Invalid flags for nexthop - PERVASIVE and ONLINK can not be set');
  if (nexthop.dev === '') return refuse('ENODEV');
  return ns.links.get(nexthop.dev)?.up === true ? nexthop : refuse('ENETDOWN', 'Device for nexthop is not up');
}

function hasGateway(nexthop: Nexthop): nexthop is GatewayNexthop {
  return nexthop.via !== undefined;
}

/** With `onlink` no route has to cover the gateway: it needs a device that is up, and must be nobody special. */
function checkOnlink(ns: Netns, nexthop: GatewayNexthop, scope: number): Nexthop | Refused {
  if (scope >= RT_SCOPE_LINK) return refuse('EINVAL', 'Nexthop has invalid scope');
  const link = ns.links.get(nexthop.dev);
  if (link === undefined) return refuse('ENODEV', 'Nexthop device required for onlink');
  if (!link.up) return refuse('ENETDOWN', 'Nexthop device is not up');
  return inetAddrType(ns, nexthop.via) === 'unicast' ? nexthop : refuse('EINVAL', 'Nexthop has invalid gateway');
}

/** A gateway has to be reached over a route of a narrower scope: directly, that is. */
function checkGateway(ns: Netns, nexthop: GatewayNexthop, scope: number, table: number): Nexthop | Refused {
  const flow = outputFlow(nexthop.via, { oif: nexthop.dev, scope: Math.max(scope + 1, RT_SCOPE_LINK) });
  const result = gatewayRoute(ns, flow, table);
  if (result.found === 'unsupported')
    return refuse('EOPNOTSUPP', `podpath cannot look up the gateway: ip rule: ${result.text}`);
  if (result.found === 'error') return refuse('ENETUNREACH', 'Nexthop has invalid gateway');
  const { route } = result;
  if (route.type === 'broadcast') return refuse('EINVAL', 'Nexthop has invalid gateway');
  const dev = route.type === 'local' ? route.dev : route.nexthops[0].dev;
  const own = route.type === 'local' ? { ownGateway: true } : {};
  if (nexthop.dev !== '') return ns.links.get(nexthop.dev)?.up === true ? { ...nexthop, ...own } : refuse('ENETDOWN');
  return ns.links.get(dev)?.up === true ? { ...nexthop, dev, ...own } : refuse('ENETDOWN');
}

/** Looked up in the route's own table first, if that is not `main`, then by the rules (fib_check_nh_v4_gw()). */
function gatewayRoute(ns: Netns, flow: Flow, table: number): FibResult {
  if (table !== RT_TABLE_MAIN && ns.ipv4.tables.has(table)) {
    const only = { ...ns, ipv4: { ...ns.ipv4, rules: [lookupRule(0, table, { by: 'kernel' })] } };
    const result = fibLookup(only, flow);
    if (result.found === 'route') return result;
  }
  return fibLookup(ns, flow);
}
