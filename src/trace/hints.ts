import { contains, formatIpv4, formatPrefix, MAC_ZERO, parseIpv4 } from '../address/index.js';
import { fdbKey } from '../linux/index.js';
import { type Network, objectName } from '../topology/index.js';
import { type Drop, findDrop } from './hint-end.js';
import { askedInTheNameOfService, unboundAddress, withoutVirtualService } from './hints-ipvs.js';
import { staleConnection, untranslatedReply } from './hints-nat.js';
import { missingRoute } from './hints-route.js';
import { externalAddress, insideRanges, untranslatedService } from './hints-service.js';
import { stoppedInTunnel } from './hints-tunnel.js';
import type { DropCode } from './reason.js';
import type { Hint, Hop, Leg, Path, Query } from './trace.js';

/**
 * What the state of the network says of how a packet fared. A packet whose route is missing leaves by the default route
 * and is lost somewhere else, by somebody who is not to blame; a hint names who lacked what. It looks at the finished
 * trace: nothing here decides what becomes of a packet.
 */
export function hintsOf(network: Network, query: Query, cause: string | null, legs: readonly Leg[]): readonly Hint[] {
  const end = cause === null ? undefined : findDrop(legs, cause);
  if (end === undefined) return [...takenByAnother(network, query, legs), ...answeredBySeveral(legs)];
  const { hop, drop } = end;
  if (drop.code === 'NEIGH_FAILED') {
    const named = askedInTheNameOfService(network, hop, end.leg, legs);
    if (named.length > 0) return named;
    const stale = staleConnection(network, end, String(drop.values['ip'] ?? ''));
    return stale.length > 0 ? stale : missingNeighbour(network, hop, drop);
  }
  if (UNTAKEN.has(drop.code)) {
    const missing = withoutVirtualService(network, end);
    if (missing.length > 0) return missing;
  }
  if (drop.code === 'REPLY_NOT_TRANSLATED') return untranslatedReply(network, end, legs);
  if (drop.code === 'LB_SOURCE_RANGES') return insideRanges(network, end);
  if (STOPPED.has(drop.code)) return stoppedInTunnel(end);
  const address = parseIpv4(String(drop.values['dst'] ?? ''));
  if (address === undefined || !WAYLESS.has(drop.code)) return [];
  const stale = staleConnection(network, end, formatIpv4(address));
  if (stale.length > 0) return stale;
  const unbound = unboundAddress(network, end);
  if (unbound.length > 0) return unbound;
  const { directory } = network;
  const owner = directory.ownerOf(address);
  const { serviceCIDR } = directory;
  // Others of its addresses are reached by routes to nodes.
  const isClusterIP = serviceCIDR === undefined || contains(serviceCIDR, address);
  if (owner?.kind === 'service' && isClusterIP) return [untranslatedService(end, query, address, owner)];
  if (owner === undefined && serviceCIDR !== undefined && isClusterIP)
    return [
      { code: 'SERVICE_ADDRESS_UNUSED', values: { dst: formatIpv4(address), prefix: formatPrefix(serviceCIDR) } },
    ];
  const external = externalAddress(network, end, query, address);
  if (external.length > 0) return external;
  return missingRoute(network, end, legs, address, owner);
}

/** Ends of packets that arrived where nobody wanted them. */
const UNTAKEN = new Set<DropCode>(['NO_SOCKET', 'NF_REJECT']);

/** Ends of packets by a rule or policy. */
const STOPPED = new Set<DropCode>(['NF_DROP', 'NF_REJECT', 'NF_POLICY_DROP']);

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

/** A VXLAN device asks all remotes of its default entry (VXLAN_F_LEARN or not): where there is none, it asks nobody. */
function missingNeighbour(network: Network, { netns }: Hop, { values }: Drop): readonly Hint[] {
  const ns = network.netns(netns);
  const link = ns?.links.get(String(values['dev']));
  if (ns === undefined || link?.kind !== 'vxlan') return [];
  if (link.remote !== undefined || ns.vxlanFdb.has(fdbKey(link.name, MAC_ZERO))) return [];
  return [{ code: 'NEIGH_ENTRY_MISSING', values: { node: netns, dev: link.name, ip: values['ip'] ?? '' } }];
}

/**
 * Several hosts have an address of one segment and answer for it, as all nodes do for what kube-ipvs0 holds while
 * arp_ignore is 0: whose answer comes first is a race.
 */
function answeredBySeveral(legs: readonly Leg[]): readonly Hint[] {
  const answers = new Map<string, Set<string>>();
  for (const { kind, packet, paths } of legs) {
    const arp = packet.find((header) => header.l === 'arp');
    const host = paths[0]?.hops[0]?.host;
    if (kind !== 'arp' || arp?.l !== 'arp' || arp.op !== 'reply' || host === undefined) continue;
    // By who asked: pods of several nodes ask for Calico's 169.254.1.1, each on a link of its own.
    const question = `${arp.spa} ${arp.tpa}`;
    answers.set(question, (answers.get(question) ?? new Set()).add(host));
  }
  return [...answers].flatMap(([question, hosts]): Hint[] => {
    const [ip = ''] = question.split(' ');
    const [first = ''] = hosts;
    if (hosts.size < 2) return [];
    return [{ code: 'ARP_ANSWERED_BY_SEVERAL', values: { ip, first, nodes: [...hosts].sort().join(', ') } }];
  });
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
