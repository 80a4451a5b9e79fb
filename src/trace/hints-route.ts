import { contains, formatIpv4, formatPrefix, type Ipv4, parsePrefix, prefixOf } from '../address/index.js';
import { addressesOf, fibLookup, formatOrigin, type Netns, outputFlow } from '../linux/index.js';
import { type NamedObject, type Network, objectName } from '../topology/index.js';
import { type End, requestOf } from './hint-end.js';
import { lostByBgp, routeFound, routerWithoutBgp, takenByBlock } from './hints-bgp.js';
import type { Hint, Hop, Leg } from './trace.js';

/** Who lacked a route for an address, and why: of the packet's way the first that could have known one. */
export function missingRoute(
  network: Network,
  end: End,
  legs: readonly Leg[],
  address: Ipv4,
  owner: NamedObject | undefined,
): readonly Hint[] {
  const sender = network.directory.ofNetns(end.hop.netns);
  if (sender?.kind === 'pod' && sender.addresses.length === 0 && sender.noAddress !== undefined)
    return [{ code: 'SENDER_WITHOUT_ADDRESS', values: { owner: objectName(sender), because: sender.noAddress } }];
  const taken = takenByBlock(network, end, address, owner);
  if (taken.length > 0) return taken;
  const astray = firstAstray(network, end, address, owner);
  const lacking = astray?.netns ?? end.hop.netns;
  const lost = lostLink(network, lacking, address);
  const refused = refusedRoutes(network, lacking, address);
  const bgp = lostByBgp(network, lacking, address, refused.length + lost.length > 0);
  if (owner?.kind !== 'pod') return [...bgp, ...lost];
  const dst = formatIpv4(address);
  if (astray !== undefined) {
    const prefix = missedPrefix(network, lacking, owner, address);
    const values = { node: lacking, prefix, dst, owner: objectName(owner) };
    return [{ code: 'POD_ROUTE_MISSING', values }, ...bgp, ...refused, ...lost];
  }
  if (bgp.length + refused.length + lost.length > 0) return [...bgp, ...refused, ...lost];
  const outside = outsideNodes(network, end, legs, address, owner);
  return outside.length > 0 ? outside : routerWithoutBgp(network, end, address, owner);
}

/**
 * The first that sent the packet along its default route, though the lab has somebody with the address: a node, or a
 * router that should have learned better.
 */
function firstAstray(network: Network, { path }: End, address: Ipv4, owner: NamedObject | undefined): Hop | undefined {
  return path.hops.find((hop) => {
    if (routeFound(hop, address)?.got.route?.startsWith('default ') !== true) return false;
    return (owner?.kind === 'pod' && isNode(network, hop.netns)) || network.unlearned(hop.netns, address) !== undefined;
  });
}

function isNode(network: Network, netns: string): boolean {
  return network.netns(netns)?.role === 'node';
}

/** What the missing route is for: what BGP would bring, what there was before, or the subnet of whoever has the address. */
function missedPrefix(network: Network, node: string, owner: NamedObject, address: Ipv4): string {
  const unlearned = network.unlearned(node, address);
  if (unlearned !== undefined) return formatPrefix(unlearned.net);
  const before = network.asMade(node);
  const found = before === undefined ? undefined : fibLookup(before, outputFlow(address));
  if (found?.found === 'route' && found.route.dst.length > 0) return formatPrefix(found.route.dst);
  return subnetOf(network, owner, address);
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
  const values = { node: node.netns, src: dst, owner: objectName(owner) };
  const pool = poolWithoutNat(network.netns(node.netns), address);
  if (pool !== undefined) return [{ code: 'NAT_OUTGOING_OFF', values: { ...values, pool } }];
  return [{ code: 'NOT_MASQUERADED', values }];
}

/**
 * The IPPool of an address that Felix counts among all pools, but not among those with natOutgoing (felix 3.21
 * dataplane/linux/masq_mgr.go): its prefix.
 */
function poolWithoutNat(ns: Netns | undefined, address: Ipv4): string | undefined {
  const pools = [...(ns?.ipsets.get('cali40all-ipam-pools')?.members.keys() ?? [])];
  const masqueraded = ns?.ipsets.get('cali40masq-ipam-pools')?.members;
  return pools.find((text) => {
    const pool = parsePrefix(text);
    return pool !== undefined && contains(pool, address) && masqueraded?.has(text) !== true;
  });
}

/** Whether the packet's source was changed from this address. */
function masquerades({ events }: Hop, src: string): boolean {
  return events.some(({ diff }) =>
    diff.some((each) => each.op === 'set' && each.path.endsWith('/src') && each.from === src),
  );
}
