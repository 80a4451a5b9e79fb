import { ANY, formatIpv4, type Ipv4 } from '../address/index.js';
import { type Destination, formatOrigin, formatRoute, type Skb } from '../linux/index.js';
import { type Net, tell } from './net.js';
import type { TracedRoute } from './trace.js';

const TABLES = new Map([
  [253, 'default'],
  [254, 'main'],
  [255, 'local'],
]);

/** Tells of a route lookup: what was asked, which rule and route answered, and who installed that. `dst`: whither, if not to the packet's. */
export function tellRoute(
  net: Net,
  skb: Skb,
  fn: string,
  iif: string,
  src: Ipv4,
  destination: Destination,
  dst: Ipv4 = skb.ip?.dst ?? ANY,
): void {
  tell(net, skb, () => ({
    k: 'route',
    fn,
    want: { dst: formatIpv4(dst), src: formatIpv4(src), iif, mark: skb.mark },
    got: describe(net, destination),
  }));
}

function describe(net: Net, destination: Destination): TracedRoute {
  const { route, table } = destination;
  const found = {
    rule: destination.rule?.priority ?? null,
    table: table === undefined ? null : (TABLES.get(table) ?? String(table)),
    // Next hops are lines of their own there; here a route is one.
    route: route === undefined ? null : formatRoute(route, undefined, net.ns).replace(/\s*\n\s*/g, ' '),
    origin: route === undefined ? null : formatOrigin(route.origin),
  };
  switch (destination.type) {
    case 'unicast': {
      const via = destination.gateway === undefined ? null : formatIpv4(destination.gateway);
      const src = destination.direction === 'output' ? formatIpv4(destination.source) : null;
      return { ...found, type: 'unicast', dev: destination.dev, via, src };
    }
    case 'error':
      return { ...found, type: 'error', errno: destination.errno };
    default:
      return { ...found, type: destination.type, dev: destination.dev };
  }
}
