import { ANY, BROADCAST, type Ipv4, isLoopback, isMulticast, isZeronet } from '../../address/index.js';
import { inetAddrType, inetSelectAddr, ownAddress } from './address.js';
import { type Destination, type FibContext, type Flow, fibLookup, type RouteErrno, selectNexthop } from './lookup.js';
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
  if (flow.dst === ANY) return local(flow.src === ANY ? (0x7f000001 as Ipv4) : flow.src);

  const result = fibLookup(ns, flow);
  if (result.found === 'unsupported') return { ok: false, unsupported: `ip rule: ${result.text}` };
  const about = { direction: 'output', rule: result.rule } as const;
  if (result.found === 'error') {
    // With the device given, the kernel takes the destination for on-link rather than give up.
    if (flow.oif !== '') {
      const source = flow.src === ANY ? inetSelectAddr(ns, flow.oif, ANY, RT_SCOPE_LINK) : flow.src;
      const destination: Destination = {
        ...about,
        type: 'unicast',
        table: undefined,
        route: undefined,
        dev: flow.oif,
        gateway: undefined,
        source,
        redirect: false,
      };
      return { ok: true, destination };
    }
    const destination: Destination = {
      ...about,
      type: 'error',
      errno: result.errno,
      table: undefined,
      route: result.route,
    };
    return { ok: false, errno: result.errno, destination };
  }
  const { route, table } = result;
  const found = { ...about, table, route };
  if (route.type === 'local') {
    const source = flow.src === ANY ? (route.prefsrc ?? flow.dst) : flow.src;
    return { ok: true, destination: { ...found, type: 'local', dev: 'lo', source } };
  }
  if (route.type === 'broadcast') {
    const source = flow.src === ANY ? (route.prefsrc ?? inetSelectAddr(ns, route.dev, ANY, RT_SCOPE_LINK)) : flow.src;
    return { ok: true, destination: { ...found, type: 'broadcast', dev: route.dev, source } };
  }
  const nexthop = selectNexthop(context, route, flow, l4key);
  const source = flow.src === ANY ? preferredSource(context, route, nexthop.dev, nexthop.via) : flow.src;
  if (isLoopback(source) && nexthop.dev !== 'lo' && !ns.sysctls.confOr(nexthop.dev, 'route_localnet'))
    return failed('EINVAL');
  return {
    ok: true,
    destination: { ...found, type: 'unicast', dev: nexthop.dev, gateway: nexthop.via, source, redirect: false },
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
