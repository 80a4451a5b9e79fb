import { contains, formatIpv4, formatPrefix, type Ipv4, MAC_ZERO, parseIpv4, prefixOf } from '../address/index.js';
import { fdbKey } from '../linux/index.js';
import { type NamedObject, type Network, objectName } from '../topology/index.js';
import type { DropCode } from './reason.js';
import type { Hint, Hop, Leg, Path, Query, TraceEvent } from './trace.js';

type Drop = Extract<TraceEvent, { readonly k: 'drop' }>;

/**
 * What the state of the network says of how a packet fared. A packet whose route is missing leaves by the default route
 * and is lost somewhere else, by somebody who is not to blame; a hint names who lacked what. It looks at the finished
 * trace: nothing here decides what becomes of a packet.
 */
export function hintsOf(network: Network, query: Query, cause: string | null, legs: readonly Leg[]): readonly Hint[] {
  const end = cause === null ? undefined : findDrop(legs, cause);
  if (end === undefined) return takenByAnother(network, query, legs);
  const { path, hop, drop } = end;
  if (drop.code === 'NEIGH_FAILED') return missingNeighbour(network, hop, drop);
  const address = parseIpv4(String(drop.values['dst'] ?? ''));
  if (address === undefined || !WAYLESS.has(drop.code)) return [];
  const owner = network.directory.ownerOf(address);
  if (owner?.kind === 'service') return [untranslated(path, hop, address, owner)];
  return missingRoute(network, path, hop, address, owner);
}

/** Ends of packets that nobody wanted or that nobody had a way for: they may have gone astray before. */
const WAYLESS = new Set<DropCode>([
  'NO_ROUTE',
  'ROUTE_BLACKHOLE',
  'ROUTE_UNREACHABLE',
  'ROUTE_PROHIBIT',
  'LEFT_SCOPE',
  'LOOP',
  'TTL',
]);

interface End {
  readonly path: Path;
  readonly hop: Hop;
  readonly drop: Drop;
}

function findDrop(legs: readonly Leg[], id: string): End | undefined {
  for (const { paths } of legs)
    for (const path of paths)
      for (const hop of path.hops)
        for (const event of hop.events) if (event.id === id && event.k === 'drop') return { path, hop, drop: event };
  return undefined;
}

/** The first node that sent the packet along its default route, though the lab has somebody with the address. */
function missingRoute(
  network: Network,
  path: Path,
  last: Hop,
  address: Ipv4,
  owner: NamedObject | undefined,
): readonly Hint[] {
  if (owner?.kind !== 'pod') return [];
  const astray = path.hops.find(
    ({ netns, events }) =>
      network.netns(netns)?.role === 'node' && events.some((event) => isDefaultRoute(event, address)),
  );
  const node = astray?.netns ?? last.netns;
  const refused = refusedRoutes(network, node, address);
  if (astray === undefined) return refused;
  const values = {
    node,
    prefix: subnetOf(network, owner, address),
    dst: formatIpv4(address),
    owner: objectName(owner),
  };
  return [{ code: 'POD_ROUTE_MISSING', values }, ...refused];
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

/** A ClusterIP is on no device: it exists as rules of the nodes, and without them its packets go astray. */
function untranslated(path: Path, last: Hop, vip: Ipv4, service: NamedObject): Hint {
  const [first] = path.hops;
  const ports = service.ports.map(({ protocol, port }) => `${port}/${protocol}`).join(', ');
  const values = { vip: formatIpv4(vip), service: objectName(service), ports, node: first?.host ?? last.host };
  const unsent = first === last && last.events.some(({ k }) => k === 'errno');
  return { code: unsent ? 'CLUSTER_IP_NO_ROUTE' : 'CLUSTER_IP_UNTRANSLATED', values };
}

/** A VXLAN device asks all remotes of its default entry (VXLAN_F_LEARN or not): where there is none, it asks nobody. */
function missingNeighbour(network: Network, { netns }: Hop, { values }: Drop): readonly Hint[] {
  const ns = network.netns(netns);
  const link = ns?.links.get(String(values['dev']));
  if (ns === undefined || link?.kind !== 'vxlan') return [];
  if (link.remote !== undefined || ns.vxlanFdb.has(fdbKey(link.name, MAC_ZERO))) return [];
  return [{ code: 'NEIGH_ENTRY_MISSING', values: { node: netns, dev: link.name, ip: values['ip'] ?? '' } }];
}

/** A pod or host was asked by its name or address, and a program in another namespace took the packet. */
function takenByAnother(network: Network, query: Query, legs: readonly Leg[]): readonly Hint[] {
  const name = query.to.replace(/:\d+$/, '');
  const literal = parseIpv4(name);
  const asked = literal === undefined ? network.directory.find(name) : network.directory.ownerOf(literal);
  if (asked?.netns === undefined || asked.kind === 'node') return [];
  const others = new Set<string>();
  for (const path of legs[0]?.paths ?? []) {
    const { outcome, endpoint, hops } = endOf(path, legs);
    const takes = hops.some((hop) => hop.netns === asked.netns && hop.events.some(({ k }) => k === 'deliver'));
    if (outcome === 'delivered' && !takes && endpoint !== null) others.add(endpoint);
  }
  if (others.size === 0) return [];
  return [{ code: 'TAKEN_BY_ANOTHER', values: { asked: objectName(asked), took: [...others].join(', ') } }];
}

/** Where a packet ended: through programs that relay it, and of a flooded one the copy that arrived. */
function endOf(path: Path, legs: readonly Leg[]): Path {
  if (path.outcome === 'delivered') return path;
  const kind = path.outcome === 'relayed' ? 'proxied' : 'copy';
  for (const leg of legs) {
    if (leg.kind !== kind || leg.of !== path.id) continue;
    const end = leg.paths.map((next) => endOf(next, legs)).find(({ outcome }) => outcome === 'delivered');
    if (end !== undefined) return end;
  }
  return path;
}
