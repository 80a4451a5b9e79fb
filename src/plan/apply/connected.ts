import { formatIpv4, type Ipv4, isZeronet, lastAddress, prefixOf } from '../../address/index.js';
import {
  type InetAddress,
  type Link,
  onSubnet,
  type Route,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  sameRouteInfo,
} from '../../linux/index.js';
import { type ApplyContext, kernelOrigin } from './context.js';

/** A route and the table that it belongs into. */
export interface PlacedRoute {
  readonly table: number;
  readonly route: Route;
}

/**
 * The routes that an address stands for: itself, local; and while its link is up the directed broadcast addresses and,
 * of a primary address, the subnet (fib_add_ifaddr(), linux net/ipv4/fib_frontend.c).
 *
 * @param source the primary address of the subnet, which is the preferred source of all of them.
 */
export function addressRoutes(address: InetAddress, source: Ipv4, link: Link): PlacedRoute[] {
  const { dev, local, prefixLength } = address;
  const common = {
    tos: 0,
    metric: 0,
    protocol: 'kernel',
    mtu: undefined,
    mtuLock: false,
    prefsrc: source,
    origin: kernelOrigin(`address ${formatIpv4(local)}/${prefixLength} on ${dev}`),
  };
  const host = { scope: RT_SCOPE_HOST, type: 'local', dev } as const;
  const list: PlacedRoute[] = [{ table: RT_TABLE_LOCAL, route: { ...common, ...host, dst: prefixOf(local, 32) } }];
  if (!link.up) return list;
  const broadcast = (ip: Ipv4): void => {
    const route: Route = { ...common, type: 'broadcast', dst: prefixOf(ip, 32), scope: RT_SCOPE_LINK, dev };
    if (!list.some((placed) => sameRoute(placed.route, route))) list.push({ table: RT_TABLE_LOCAL, route });
  };
  if (address.broadcast !== undefined && address.broadcast !== 0xffffffff) broadcast(address.broadcast);
  const subnet = prefixOf(address.peer, prefixLength);
  if (isZeronet(subnet.address) || address.secondary) return list;
  if (subnet.address === local && prefixLength === 32) return list;
  if (link.kind === 'loopback') list.push({ table: RT_TABLE_LOCAL, route: { ...common, ...host, dst: subnet } });
  else {
    const nexthops = [{ dev, via: undefined, onlink: false, weight: 1 }] as const;
    const route: Route = { ...common, type: 'unicast', dst: subnet, scope: RT_SCOPE_LINK, nexthops };
    list.push({ table: RT_TABLE_MAIN, route });
  }
  if (prefixLength < 31) broadcast(lastAddress(subnet));
  return list;
}

/** The preferred source of an address's routes: its own, or that of the primary address of its subnet. */
export function sourceOf(address: InetAddress, addresses: readonly InetAddress[]): Ipv4 {
  if (!address.secondary) return address.local;
  const primary = addresses.find(
    (a) =>
      a.dev === address.dev && !a.secondary && a.prefixLength === address.prefixLength && onSubnet(a, address.peer),
  );
  return primary?.local ?? address.local;
}

/** Adds an address's routes, but for those that are there already. */
export function addAddressRoutes(context: ApplyContext, address: InetAddress): void {
  const { draft } = context;
  const link = draft.link(address.dev);
  if (link === undefined) return;
  const source = sourceOf(address, draft.ns.ipv4.addresses);
  for (const { table, route } of addressRoutes(address, source, link)) {
    const there = draft.ns.ipv4.tables.get(table)?.at(route.dst) ?? [];
    if (!there.some((old) => sameRoute(old, route))) draft.table(table).append(route);
  }
}

/** Whether two routes differ in nothing but their origin. */
export function sameRoute(a: Route, b: Route): boolean {
  const samePlace = a.dst.address === b.dst.address && a.dst.length === b.dst.length && a.tos === b.tos;
  return samePlace && sameRouteInfo(a, b);
}
