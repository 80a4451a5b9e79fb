import { ANY, type Ipv4 } from '../address/index.js';
import { type Destination, type OutputRoute, outputFlow, pathMtu, routeOutput } from '../linux/index.js';
import { IP_HLEN, ipPacket, type L4, l4Length } from '../packet/index.js';
import { drop, type Net, tell } from './net.js';
import type { DropCode } from './reason.js';
import { tellRoute } from './route-event.js';

/** Path-MTU discovery of a socket (IP_MTU_DISCOVER): `do` never fragments, `dont` never sets DF, `want` is the default. */
export type PmtuDiscovery = 'do' | 'dont' | 'want';

/** What the program that sends asks of its socket. */
export interface SocketOptions {
  readonly destination: Ipv4;
  /** 0: the route chooses. */
  readonly source: Ipv4;
  readonly oif: string;
  readonly ttl: number | undefined;
  readonly tos: number;
  readonly mark: number;
  readonly pmtuDiscovery: PmtuDiscovery;
}

/** What became of a send call. */
export type Sent = { readonly errno: undefined; readonly source: Ipv4 } | { readonly errno: string };

const DROPPED: Readonly<Record<string, DropCode>> = {
  ENETUNREACH: 'NO_ROUTE',
  EHOSTUNREACH: 'ROUTE_UNREACHABLE',
  EACCES: 'ROUTE_PROHIBIT',
  EINVAL: 'ROUTE_BLACKHOLE',
  ENODEV: 'NO_ROUTE',
  EMSGSIZE: 'MTU_DF',
  EOPNOTSUPP: 'UNSUPPORTED',
};

/** The way that a socket's packets take. */
export function routeSocket(net: Net, options: SocketOptions): OutputRoute {
  const { destination, source, oif, mark, tos } = options;
  return routeOutput(net, outputFlow(destination, { src: source, oif, mark, tos: tos & 0x1c }), '', 'own');
}

/**
 * Sends one datagram as a socket would: routes it, gives it a source, refuses what is too long
 * (ip_make_skb(), ip_send_skb(), linux net/ipv4/ip_output.c).
 */
export function sendDatagram(net: Net, options: SocketOptions, l4: L4, payload: number, call: string): Sent {
  const route = routeSocket(net, options);
  const errno = route.ok ? undefined : 'errno' in route ? route.errno : 'EOPNOTSUPP';
  const source = options.source === ANY && route.ok ? sourceOf(route.destination) : options.source;
  const length = IP_HLEN + l4Length(l4) + payload;
  const mtu = route.ok ? mtuOf(net, route.destination, options.destination) : 65535;
  const tooLong = length > mtu && options.pmtuDiscovery === 'do';
  const id = options.pmtuDiscovery === 'do' ? 0 : 1 + net.choose.value(`${net.ns.name} IP id`, 65535);
  const fields = {
    src: source,
    dst: options.destination,
    ttl: options.ttl ?? net.ns.sysctls.number('net/ipv4/ip_default_ttl'),
    tos: options.tos,
    id,
    df: options.pmtuDiscovery === 'do' || (options.pmtuDiscovery === 'want' && length <= mtu),
  };
  const skb = net.walk.begin(net, ipPacket(fields, l4, payload), 'forward', undefined);
  const failed = errno ?? (tooLong ? 'EMSGSIZE' : undefined);
  if (failed !== undefined) {
    tell(net, skb, () => ({ k: 'errno', call, errno: failed }));
    const what = route.ok || 'errno' in route ? '' : route.unsupported;
    drop(net, skb, call, DROPPED[failed] ?? 'NO_ROUTE', () => ({
      values: { errno: failed, len: length, mtu, dev: devOf(route), what },
    }));
    return { errno: failed };
  }
  if (!route.ok) throw new Error('a route that failed has an errno');
  skb.mark = options.mark;
  skb.ignoreDf = options.pmtuDiscovery !== 'do';
  skb.dst = route.destination;
  tellRoute(net, skb, 'ip_route_output_flow', 'lo', options.source, route.destination);
  net.walk.functions.ip_local_out(net, skb);
  return { errno: undefined, source };
}

function sourceOf(destination: Destination): Ipv4 {
  return destination.type === 'error' ? ANY : destination.source;
}

function devOf(route: OutputRoute): string {
  return route.ok && route.destination.type !== 'error' ? route.destination.dev : '';
}

function mtuOf(net: Net, destination: Destination, dst: Ipv4): number {
  if (destination.type === 'error') return 65535;
  const link = net.ns.links.get(destination.dev);
  if (link === undefined) return 65535;
  return destination.type === 'unicast' ? pathMtu(net, destination, dst, link) : link.mtu;
}
