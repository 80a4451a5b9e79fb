import type { LocalRoute, NextHop, SpeakerConfig, SpeakerInterface } from '../bgp/index.js';
import { type Netns, RT_TABLE_MAIN } from '../linux/index.js';
import type { Network } from '../topology/index.js';

/** What BIRD finds on its machine: links with addresses, and routes of others' that it learns. */
export type Scanned = Pick<SpeakerConfig, 'interfaces' | 'routes'>;

/**
 * What is left of a configuration's links and of the kernel's routes in it, now that commands were run: a link that is
 * down has no direct route (dev_ifa_notify(), bird nest/rt-dev.c), and a route that is gone is not learned. Routes that
 * commands have added are not followed.
 */
export function scan({ name, interfaces, routes }: SpeakerConfig, network: Network, before: () => Network): Scanned {
  const now = machine(network, name);
  const was = (): Netns => machine(before(), name);
  return {
    interfaces: interfaces.filter((each) => isUp(now, each) || !isUp(was(), each)),
    routes: routes.flatMap((route): readonly LocalRoute[] => {
      if (route.source !== 'kernel') return [route];
      const hops = hopsOf(now, route);
      if (hops !== undefined) return [sameHops(hops, route.nexthops) ? route : { ...route, nexthops: hops }];
      return hopsOf(was(), route) === undefined ? [route] : [];
    }),
  };
}

function machine(network: Network, name: string): Netns {
  const ns = network.netns(name);
  if (ns === undefined) throw new Error(`no namespace ${name}`);
  return ns;
}

function isUp(ns: Netns, { name, address }: SpeakerInterface): boolean {
  return (
    ns.links.get(name)?.up === true && ns.ipv4.addresses.some((each) => each.dev === name && each.local === address)
  );
}

/** Where the kernel's own route to the same destination leads; undefined: there is none. */
function hopsOf(ns: Netns, { net }: LocalRoute): readonly NextHop[] | undefined {
  for (const route of ns.ipv4.tables.get(RT_TABLE_MAIN) ?? []) {
    const { dst } = route;
    if (dst.address !== net.address || dst.length !== net.length || route.protocol === 'bird') continue;
    if (route.type === 'unicast') return route.nexthops.map(({ via, dev, weight }) => ({ via, dev, weight }));
  }
  return undefined;
}

function sameHops(a: readonly NextHop[], b: readonly NextHop[]): boolean {
  return a.length === b.length && a.every((hop, i) => hop.via === b[i]?.via && hop.dev === b[i]?.dev);
}
