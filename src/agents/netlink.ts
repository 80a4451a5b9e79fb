import { type Ipv4, type Ipv4Prefix, lastAddress, prefixOf } from '../address/index.js';
import { type Nexthop, newRoute, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../linux/index.js';
import type { Call } from '../plan/index.js';

/**
 * A route as the Go programs send it: protocol boot and scope global unless they say otherwise, also for one without a
 * gateway, which iproute2 would give scope link (github.com/vishvananda/netlink route_linux.go, nl.NewRtMsg()).
 */
export function netlinkRoute(
  call: 'route add' | 'route prepend' | 'route replace',
  dst: Ipv4Prefix,
  nexthop: Pick<Nexthop, 'dev'> & Partial<Nexthop>,
): Call {
  return { call, table: RT_TABLE_MAIN, route: { ...newRoute(dst, nexthop), scope: RT_SCOPE_UNIVERSE } };
}

/**
 * An address as the Go programs send it: with the subnet's broadcast address where it has one, which `ip addr add`
 * leaves out (github.com/vishvananda/netlink addr_linux.go).
 */
export function netlinkAddress(dev: string, local: Ipv4, prefixLength: number): Call {
  const broadcast = prefixLength < 31 ? lastAddress(prefixOf(local, prefixLength)) : undefined;
  const address = { dev, local, prefixLength, broadcast, scope: RT_SCOPE_UNIVERSE, peer: undefined };
  return { call: 'addr add', address };
}
