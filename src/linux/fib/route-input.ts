import { ALL_HOSTS, ANY, BROADCAST, type Ipv4, isLoopback, isMulticast, isZeronet } from '../../address/index.js';
import { onLink, ownAddress } from './address.js';
import {
  type Destination,
  type FibContext,
  type Flow,
  fibLookup,
  gatewayOf,
  nexthopScope,
  selectNexthop,
} from './lookup.js';
import { type Route, RT_SCOPE_HOST, RT_SCOPE_UNIVERSE } from './route.js';
import { devicesOf } from './route-devices.js';
import { hasCustomRules } from './rule.js';

/** What is asked of a received packet. */
export interface Received {
  readonly src: Ipv4;
  readonly dst: Ipv4;
  readonly tos: number;
  readonly mark: number;
  /** The device that it came in by. */
  readonly dev: string;
  /** Ports, for multipath by layer 4. */
  readonly l4key: string;
}

/** Where a received packet goes, or why it is dropped before it goes anywhere. */
export type InputRoute =
  | { readonly ok: true; readonly destination: Destination }
  | { readonly ok: false; readonly drop: 'MARTIAN'; readonly what: 'source' | 'destination' }
  /** Reverse-path check: `back` is the device of the route to the source, undefined without one. */
  | { readonly ok: false; readonly drop: 'RP_FILTER'; readonly mode: number; readonly back: string | undefined }
  | { readonly ok: false; readonly drop: 'UNSUPPORTED'; readonly what: string };

const MARTIAN_SOURCE: InputRoute = { ok: false, drop: 'MARTIAN', what: 'source' };
const MARTIAN_DESTINATION: InputRoute = { ok: false, drop: 'MARTIAN', what: 'destination' };

/** The way of a received packet (ip_route_input_slow(), linux net/ipv4/route.c). */
export function routeInput(context: FibContext, received: Received): InputRoute {
  const { ns } = context;
  const { src, dst, dev } = received;
  if (isMulticast(dst)) return multicastInput(context, received);
  if (isMulticast(src) || src === BROADCAST) return MARTIAN_SOURCE;
  if (dst === BROADCAST || (src === ANY && dst === ANY)) return broadcastInput(context, received, undefined);
  if (isZeronet(src)) return MARTIAN_SOURCE;
  if (isZeronet(dst)) return MARTIAN_DESTINATION;
  if (isLoopback(dst) || isLoopback(src)) {
    if (!ns.sysctls.confOr(dev, 'route_localnet') && dev !== 'lo')
      return isLoopback(dst) ? MARTIAN_DESTINATION : MARTIAN_SOURCE;
  }
  const flow: Flow = {
    dst,
    src,
    iif: dev,
    oif: '',
    mark: received.mark,
    tos: received.tos,
    scope: RT_SCOPE_UNIVERSE,
  };
  const result = fibLookup(ns, flow);
  if (result.found === 'unsupported') return { ok: false, drop: 'UNSUPPORTED', what: result.text };
  const forwarding = ns.sysctls.conf(dev, 'forwarding') !== 0;
  const about = { direction: 'input', rule: result.rule } as const;
  if (result.found === 'error') {
    const errno = forwarding ? result.errno : 'EHOSTUNREACH';
    return { ok: true, destination: { ...about, type: 'error', errno, table: undefined, route: result.route } };
  }
  const { route, table } = result;
  const found = { ...about, table, route };
  if (route.type === 'broadcast') return broadcastInput(context, received, found);
  if (route.type === 'local') {
    const valid = validateSource(context, received, '');
    if (valid.verdict !== 'ok') return valid.refusal;
    return { ok: true, destination: { ...found, type: 'local', dev: route.dev, source: dst } };
  }
  if (!forwarding) return { ok: true, destination: { ...found, type: 'error', errno: 'EHOSTUNREACH' } };
  const nexthop = selectNexthop(context, route, flow, received.l4key);
  const valid = validateSource(context, received, nexthop.dev);
  if (valid.verdict !== 'ok') return valid.refusal;
  const redirect =
    nexthop.dev === dev &&
    valid.onLink &&
    ns.sysctls.confOr(dev, 'send_redirects') &&
    (ns.sysctls.confOr(dev, 'shared_media') || onLink(ns, dev, src, gatewayOf(nexthop) ?? ANY));
  return {
    ok: true,
    destination: { ...found, type: 'unicast', dev: nexthop.dev, gateway: gatewayOf(nexthop), source: dst, redirect },
  };
}

function broadcastInput(
  context: FibContext,
  received: Received,
  found: Pick<Destination, 'direction' | 'rule' | 'table' | 'route'> | undefined,
): InputRoute {
  if (!isZeronet(received.src)) {
    const valid = validateSource(context, { ...received, dst: ANY }, '');
    if (valid.verdict !== 'ok') return valid.refusal;
  }
  const where = found ?? { direction: 'input', rule: undefined, table: undefined, route: undefined };
  return { ok: true, destination: { ...where, type: 'broadcast', dev: received.dev, source: received.dst } };
}

/** All hosts (224.0.0.1) is joined by every link that is up; other groups and multicast routing are not modelled. */
function multicastInput(context: FibContext, received: Received): InputRoute {
  if (received.dst !== ALL_HOSTS)
    return { ok: false, drop: 'UNSUPPORTED', what: 'multicast groups other than 224.0.0.1' };
  const valid = isZeronet(received.src) ? undefined : validateSource(context, received, '');
  if (valid !== undefined && valid.verdict !== 'ok') return valid.refusal;
  return {
    ok: true,
    destination: {
      direction: 'input',
      rule: undefined,
      table: undefined,
      route: undefined,
      type: 'multicast',
      dev: received.dev,
      source: received.dst,
    },
  };
}

type SourceCheck =
  | { readonly verdict: 'ok'; readonly onLink: boolean }
  | { readonly verdict: 'refused'; readonly refusal: InputRoute };

/**
 * The check of a received packet's source (fib_validate_source(), linux net/ipv4/fib_frontend.c).
 *
 * @param oif the device that it will leave by, empty when it is for this host.
 */
export function validateSource(context: FibContext, received: Received, oif: string): SourceCheck {
  const { ns } = context;
  const { src, dev } = received;
  const mode = ns.sysctls.confMax(dev, 'rp_filter');
  const acceptLocal = ns.sysctls.confOr(dev, 'accept_local');
  const mayRedirect = dev === oif && ns.sysctls.confOr(dev, 'send_redirects');
  if (mode === 0 && !mayRedirect) {
    if (acceptLocal) return { verdict: 'ok', onLink: false };
    if (!needsFullCheck(context)) {
      const own = ownAddress(ns, src) !== undefined;
      return own ? { verdict: 'refused', refusal: MARTIAN_SOURCE } : { verdict: 'ok', onLink: false };
    }
  }
  const mark = ns.sysctls.confOr(dev, 'src_valid_mark') ? received.mark : 0;
  const back: Flow = {
    dst: src,
    src: received.dst,
    iif: oif === '' ? 'lo' : oif,
    oif: '',
    mark,
    tos: received.tos,
    scope: RT_SCOPE_UNIVERSE,
  };
  const refused = (via: string | undefined): SourceCheck => ({
    verdict: 'refused',
    refusal: { ok: false, drop: 'RP_FILTER', mode, back: via },
  });
  const result = fibLookup(ns, back);
  if (result.found === 'unsupported')
    return { verdict: 'refused', refusal: { ok: false, drop: 'UNSUPPORTED', what: result.text } };
  if (result.found === 'error') return mode === 0 ? { verdict: 'ok', onLink: false } : refused(undefined);
  const { route } = result;
  if (route.type !== 'unicast' && !(route.type === 'local' && acceptLocal))
    return { verdict: 'refused', refusal: MARTIAN_SOURCE };
  const devs = devicesOf(route);
  if (devs.includes(dev) || (route.type === 'local' && dev === 'lo')) return { verdict: 'ok', onLink: isOnLink(route) };
  const noAddress = !ns.ipv4.addresses.some((a) => a.dev === dev);
  if (mode === 1 || (noAddress && mode !== 0)) return refused(devs[0]);
  if (noAddress) return { verdict: 'ok', onLink: false };
  const byDevice = fibLookup(ns, { ...back, oif: dev });
  return { verdict: 'ok', onLink: byDevice.found === 'route' && isOnLink(byDevice.route) };
}

/** Whether a route leads to its destination without a gateway. */
function isOnLink(route: Route): boolean {
  return route.type === 'unicast' && nexthopScope(route, route.nexthops[0]) >= RT_SCOPE_HOST;
}

/**
 * Whether looking at this host's addresses alone would be too little: policy rules, or local routes that no address
 * made, be it in a table that nothing looks at (fib4_has_custom_rules(), fib_has_custom_local_routes).
 */
function needsFullCheck({ ns }: FibContext): boolean {
  const { rules, tables } = ns.ipv4;
  if (hasCustomRules(rules)) return true;
  for (const table of tables.values()) if (table.hasCustomLocal) return true;
  return false;
}
