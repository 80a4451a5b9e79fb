import { contains, formatIpv4, formatPrefix, type Ipv4, prefixOf } from '../address/index.js';
import { addressesOf, fibLookup, formatOrigin, type Netns, outputFlow } from '../linux/index.js';
import { type NamedObject, type Network, objectName } from '../topology/index.js';
import { type End, requestOf } from './hint-end.js';
import type { Hint, Hop, Leg, TraceEvent } from './trace.js';

/** Who lacked a route for an address, and why: of the packet's way the first that could have known one. */
export function missingRoute(
  network: Network,
  end: End,
  legs: readonly Leg[],
  address: Ipv4,
  owner: NamedObject | undefined,
): readonly Hint[] {
  const astray = owner?.kind === 'pod' ? firstAstray(network, end, address) : undefined;
  const lacking = astray?.netns ?? end.hop.netns;
  const lost = lostLink(network, lacking, address);
  if (owner?.kind !== 'pod') return lost;
  const refused = refusedRoutes(network, lacking, address);
  const dst = formatIpv4(address);
  if (astray !== undefined) {
    const values = { node: lacking, prefix: subnetOf(network, owner, address), dst, owner: objectName(owner) };
    return [{ code: 'POD_ROUTE_MISSING', values }, ...refused, ...lost];
  }
  return [...refused, ...lost, ...outsideNodes(network, end, legs, address, owner)];
}

/** The first node that sent the packet along its default route, though the lab has somebody with the address. */
function firstAstray(network: Network, { path }: End, address: Ipv4): Hop | undefined {
  return path.hops.find(
    ({ netns, events }) => isNode(network, netns) && events.some((event) => isDefaultRoute(event, address)),
  );
}

function isNode(network: Network, netns: string): boolean {
  return network.netns(netns)?.role === 'node';
}

function isDefaultRoute(event: TraceEvent, address: Ipv4): boolean {
  return (
    event.k === 'route' && event.want.dst === formatIpv4(address) && event.got.route?.startsWith('default ') === true
  );
}

/** The subnet of an address, as whoever has it was told. */
function subnetOf(network: Network, owner: NamedObject, address: Ipv4): string {
  const ns = owner.netns === undefined ? undefined : network.netns(owner.netns);
  const length = ns?.ipv4.addresses.find((each) => each.local === address)?.prefixLength ?? 32;
  return formatPrefix(prefixOf(address, length));
}

/** Routes for the address that were asked for when the network was built, and not granted. */
function refusedRoutes(network: Network, node: string, address: Ipv4): readonly Hint[] {
  const refused = network.refusedIn(node).filter(({ dst }) => dst !== undefined && contains(dst, address));
  return refused.map(({ origin, command, dst, badGateway, errno, message }): Hint => {
    const prefix = dst === undefined ? '' : formatPrefix(dst);
    const values = { node, by: origin.by, object: origin.object ?? '', call: command, prefix, errno, message };
    if (badGateway === undefined) return { code: 'CALL_REFUSED', values };
    return { code: 'GATEWAY_OFF_LINK', values: { ...values, via: formatIpv4(badGateway) } };
  });
}

/** A link that took its routes with it (fib_sync_down_dev(), linux net/ipv4/fib_semantics.c). */
function lostLink(network: Network, name: string, address: Ipv4): readonly Hint[] {
  const now = network.netns(name);
  if (now === undefined) return [];
  const before = network.asMade(name);
  if (before === undefined || before === now) return downLinks(now);
  const found = fibLookup(before, outputFlow(address));
  if (found.found !== 'route' || found.route.type !== 'unicast') return [];
  const { nexthops, origin } = found.route;
  return nexthops.flatMap(({ dev }): readonly Hint[] => {
    const link = now.links.get(dev);
    const values = { node: name, dev, by: formatOrigin(origin) };
    if (link === undefined) return [{ code: 'LINK_GONE', values }];
    return link.up ? [] : [{ code: 'LINK_DOWN', values: { node: name, dev } }];
  });
}

/** Links with an address that are down, but for dummies: kube-proxy's kube-ipvs0 is never up. */
function downLinks(ns: Netns): readonly Hint[] {
  return [...ns.links.values()]
    .filter((link) => !link.up && !(link.kind === 'unmodelled' && link.type === 'dummy'))
    .filter(({ name }) => addressesOf(ns, name).length > 0)
    .map(({ name }) => ({ code: 'LINK_DOWN', values: { node: ns.name, dev: name } }));
}

/** A pod's address among those who know the nodes' addresses alone. */
function outsideNodes(
  network: Network,
  end: End,
  legs: readonly Leg[],
  address: Ipv4,
  owner: NamedObject,
): readonly Hint[] {
  const { leg, path, hop } = end;
  if (path.hops.some(({ netns }) => isNode(network, netns) || network.netns(netns)?.role === 'pod')) return [];
  const dst = formatIpv4(address);
  if (leg.kind === 'forward') {
    const values = { dst, owner: objectName(owner), node: hop.host, prefix: subnetOf(network, owner, address) };
    return [{ code: 'POD_ADDRESS_OUTSIDE', values }];
  }
  const request = requestOf(leg, legs).flatMap(({ hops }) => hops);
  const node = request.findLast(({ netns }) => isNode(network, netns));
  if (node === undefined || request.some((each) => masquerades(each, dst))) return [];
  return [{ code: 'NOT_MASQUERADED', values: { node: node.netns, src: dst, owner: objectName(owner) } }];
}

/** Whether the packet's source was changed from this address. */
function masquerades({ events }: Hop, src: string): boolean {
  return events.some(({ diff }) =>
    diff.some((each) => each.op === 'set' && each.path.endsWith('/src') && each.from === src),
  );
}
