import { ANY, BROADCAST, type Ipv4, isLoopback, isMulticast, isZeronet, LOOPBACK } from '../../address/index.js';
import { inetAddrType, inetSelectAddr, ownAddress } from './address.js';
import {
  type Destination,
  type FibContext,
  type FibResult,
  type Flow,
  fibLookup,
  gatewayOf,
  type RouteErrno,
  selectNexthop,
} from './lookup.js';
import { RT_SCOPE_LINK, type UnicastRoute } from './route.js';

/** A route for what this host sends, or why there is none. */
export type OutputRoute =
  | { readonly ok: true; readonly destination: Destination }
  | { readonly ok: false; readonly errno: RouteErrno; readonly destination: Destination }
  | { readonly ok: false; readonly unsupported: string };

/**
 * The way of a packet that this host sends, and its source where the flow names none
 * (ip_route_output_key_hash_rcu(), linux net/ipv4/route.c).
 *
 * @param anySource the source need not be an address of this host (FLOWI_FLAG_ANYSRC): set after NAT and for
 *   forwarded packets.
 */
export function routeOutput(context: FibContext, flow: Flow, l4key: string, anySource: 'own' | 'any'): OutputRoute {
  const { ns } = context;
  if (flow.src !== ANY) {
    if (isMulticast(flow.src) || flow.src === BROADCAST || isZeronet(flow.src)) return failed('EINVAL');
    if (anySource === 'own' && inetAddrType(ns, flow.src) !== 'local') return failed('ENETUNREACH');
  }
  const group = isMulticast(flow.dst) || flow.dst === BROADCAST;
  if (flow.oif !== '') {
    const link = ns.links.get(flow.oif);
    if (link === undefined) return failed('ENODEV');
    if (!link.up) return failed('ENETUNREACH');
  }
  if (group) return groupOutput(context, flow);
  if (flow.dst === ANY) return local(flow.src === ANY ? LOOPBACK : flow.src);

  const result = fibLookup(ns, flow);
  switch (result.found) {
    case 'unsupported':
      return { ok: false, unsupported: result.text };
    case 'error':
      return withoutRoute(context, flow, result);
    case 'route':
      return alongRoute(context, flow, l4key, result);
  }
}

/** With the device given, the kernel takes the destination for on-link rather than give up. */
function withoutRoute(
  { ns }: FibContext,
  flow: Flow,
  result: Extract<FibResult, { readonly found: 'error' }>,
): OutputRoute {
  const { errno, rule, route } = result;
  const about = { direction: 'output', rule, table: undefined } as const;
  if (flow.oif === '') return { ok: false, errno, destination: { ...about, route, type: 'error', errno } };
  const source = flow.src === ANY ? inetSelectAddr(ns, flow.oif, ANY, RT_SCOPE_LINK) : flow.src;
  if (flow.oif === 'lo')
    return { ok: true, destination: { ...about, route: undefined, type: 'local', dev: 'lo', source } };
  const onLink = { dev: flow.oif, gateway: undefined, source, redirect: false };
  return { ok: true, destination: { ...about, route: undefined, type: 'unicast', ...onLink } };
}

function alongRoute(
  context: FibContext,
  flow: Flow,
  l4key: string,
  { rule, route, table }: Extract<FibResult, { readonly found: 'route' }>,
): OutputRoute {
  const { ns } = context;
  const found = { direction: 'output', rule, table, route } as const;
  if (route.type === 'local') {
    const source = flow.src === ANY ? (route.prefsrc ?? flow.dst) : flow.src;
    return { ok: true, destination: { ...found, type: 'local', dev: 'lo', source } };
  }
  if (route.type === 'broadcast') {
    const source = flow.src === ANY ? (route.prefsrc ?? inetSelectAddr(ns, route.dev, ANY, RT_SCOPE_LINK)) : flow.src;
    return { ok: true, destination: { ...found, type: 'broadcast', dev: route.dev, source } };
  }
  const nexthop = selectNexthop(context, route, flow, l4key);
  const { dev, via } = nexthop;
  const source = flow.src === ANY ? preferredSource(context, route, dev, via) : flow.src;
  // __mkroute_output(): a loopback source stays on this host unless the device says otherwise.
  if (isLoopback(source) && dev !== 'lo' && !ns.sysctls.confOr(dev, 'route_localnet')) return failed('EINVAL');
  // __mkroute_output(): what leaves by lo has arrived (RTCF_LOCAL), whatever the type of its route.
  if (dev === 'lo') return { ok: true, destination: { ...found, type: 'local', dev, source } };
  return {
    ok: true,
    destination: { ...found, type: 'unicast', dev, gateway: gatewayOf(nexthop), source, redirect: false },
  };
}

/** The route's own source, else the best address of its device (fib_result_prefsrc(), net/ipv4/fib_semantics.c). */
export function preferredSource(context: FibContext, route: UnicastRoute, dev: string, via: Ipv4 | undefined): Ipv4 {
  return route.prefsrc ?? inetSelectAddr(context.ns, dev, via ?? ANY, route.scope);
}

function groupOutput({ ns }: FibContext, flow: Flow): OutputRoute {
  const bySource = flow.src === ANY ? undefined : ownAddress(ns, flow.src)?.dev;
  const dev = flow.oif === '' ? bySource : flow.oif;
  const type = flow.dst === BROADCAST ? 'broadcast' : 'multicast';
  const found = { direction: 'output', rule: undefined, table: undefined, route: undefined, type } as const;
  if (dev !== undefined) {
    const source = flow.src === ANY ? inetSelectAddr(ns, dev, ANY, RT_SCOPE_LINK) : flow.src;
    return { ok: true, destination: { ...found, dev, source } };
  }
  const result = fibLookup(ns, flow);
  if (result.found !== 'route' || result.route.type !== 'unicast') return failed('ENETUNREACH');
  const out = result.route.nexthops[0].dev;
  const source = flow.src === ANY ? (result.route.prefsrc ?? inetSelectAddr(ns, out, ANY, RT_SCOPE_LINK)) : flow.src;
  return {
    ok: true,
    destination: { ...found, rule: result.rule, table: result.table, route: result.route, dev: out, source },
  };
}

function local(address: Ipv4): OutputRoute {
  return {
    ok: true,
    destination: {
      direction: 'output',
      rule: undefined,
      table: undefined,
      route: undefined,
      type: 'local',
      dev: 'lo',
      source: address,
    },
  };
}

function failed(errno: RouteErrno): OutputRoute {
  const destination: Destination = {
    direction: 'output',
    rule: undefined,
    table: undefined,
    route: undefined,
    type: 'error',
    errno,
  };
  return { ok: false, errno, destination };
}
