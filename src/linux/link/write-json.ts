import { formatMac } from '../../address/index.js';
import type { Netns } from '../netns.js';
import { formatJson, type JsonObject } from '../write-json.js';
import { hasAddrGenMode, limitsOf, qdiscOf, queueLength, queuesOf, tsoMax } from './details.js';
import { keptNow } from './kept.js';
import { hasEthernet, type Link } from './link.js';
import { tunnelEnds, tunnelType } from './tunnel.js';
import { type LinkView, linkFlags, operstate } from './write.js';
import { addressFields } from './write-address.js';
import { linkinfoOf } from './write-kind-json.js';

/** `ip -j -d link`, as iproute2 6.1 prints it. What the state does not hold are the kernel's defaults. */
export function linksJson(ns: Netns, view: LinkView = {}): string {
  return formatJson([...ns.links.values()].map((link) => linkJson(ns, link, view)));
}

/** `ip -j addr`, as iproute2 6.1 prints it. */
export function addressesJson(ns: Netns, view: LinkView = {}): string {
  return formatJson(
    [...ns.links.values()].map((link) => {
      const fields = { ...headOf(ns, link, view), ...placeOf(ns, link), altnames: undefined };
      const kept = Object.entries(keptNow(link)).filter(([key]) => key in fields);
      return { ...fields, ...Object.fromEntries(kept), addr_info: addressFields(ns, link.name) };
    }),
  );
}

/** `bridge -j -d link`, as iproute2 6.1 prints it: the ports of bridges. */
export function bridgeLinksJson(ns: Netns): string {
  return formatJson(
    [...ns.links.values()].flatMap((link) => {
      const { port } = link;
      if (port === undefined) return [];
      const { ifindex, link: lower, ifname, flags, mtu, master } = { ...headOf(ns, link, {}), ...keptNow(link) };
      return [{ ifindex, link: lower, ifname, flags, mtu, master, ...portOf(ns, link) }];
    }),
  );
}

/** What `bridge -d link` says of a port, in its order and words. */
function portOf(ns: Netns, link: Link): JsonObject {
  const data = linkinfoOf(ns, link)?.['info_slave_data'] as JsonObject;
  const { state, priority, cost, hairpin, guard, root_block, fastleave, learning, flood, mcast_flood, bcast_flood } =
    data;
  const { multicast_router: mcast_router, mcast_to_unicast, neigh_suppress, vlan_tunnel, isolated, locked } = data;
  const first = { state, priority, cost, hairpin, guard, root_block, fastleave, learning, flood, mcast_flood };
  return { ...first, bcast_flood, mcast_router, mcast_to_unicast, neigh_suppress, vlan_tunnel, isolated, locked };
}

/** One object of `ip -j -d link`. */
export function linkJson(ns: Netns, link: Link, view: LinkView = {}): JsonObject {
  const { promiscuity, allmulti, minMtu, maxMtu } = limitsOf(link);
  const queues = queuesOf(link, view.cpus ?? 1);
  const { group, txqlen, ...head } = headOf(ns, link, view);
  return {
    ...head,
    linkmode: 'DEFAULT',
    group,
    txqlen,
    ...placeOf(ns, link),
    promiscuity,
    allmulti,
    min_mtu: minMtu,
    max_mtu: maxMtu,
    linkinfo: linkinfoOf(ns, link),
    inet6_addr_gen_mode: hasAddrGenMode(link) ? 'eui64' : undefined,
    num_tx_queues: queues,
    num_rx_queues: queues,
    gso_max_size: 65536,
    gso_max_segs: 65535,
    tso_max_size: tsoMax(ns, link),
    tso_max_segs: 65535,
    gro_max_size: 65536,
    ...keptNow(link),
  };
}

function headOf(ns: Netns, link: Link, view: LinkView): JsonObject {
  const { ifindex, name, mtu, master } = link;
  const peer = link.kind === 'veth' ? link.peer : undefined;
  const ends = tunnelEnds(link);
  return {
    ifindex,
    link_index: isAway(ns, link) ? view.peerIndex?.(link) : undefined,
    link: peer?.netns === ns.name ? peer.dev : ends && (ends.lower ?? null),
    ifname: name,
    flags: linkFlags(ns, link),
    mtu,
    qdisc: qdiscOf(link),
    master,
    operstate: operstate(ns, link),
    group: 'default',
    txqlen: queueLength(link),
  };
}

function hardwareOf(link: Link): JsonObject {
  if (link.kind === 'loopback') {
    const address = formatMac(link.address);
    return { link_type: 'loopback', address, broadcast: address };
  }
  const ends = tunnelEnds(link);
  if (ends !== undefined) {
    const pointToPoint = ends.pointToPoint ? true : undefined;
    return {
      link_type: tunnelType(link),
      address: ends.local,
      link_pointtopoint: pointToPoint,
      broadcast: ends.remote,
    };
  }
  if (!hasEthernet(link)) return { link_type: link.kind === 'unmodelled' ? link.type : 'none' };
  return { link_type: 'ether', address: formatMac(link.address), broadcast: 'ff:ff:ff:ff:ff:ff' };
}

function placeOf(ns: Netns, link: Link): JsonObject {
  return { ...hardwareOf(link), link_netnsid: isAway(ns, link) ? netnsid(ns, link) : undefined };
}

function isAway(ns: Netns, link: Link): boolean {
  return link.kind === 'veth' && link.peer !== undefined && link.peer.netns !== ns.name;
}

/** The number that a namespace has here: the lowest free one when it is first met (peernet2id_alloc()). */
function netnsid(ns: Netns, wanted: Link): number | undefined {
  const met: string[] = [];
  for (const link of ns.links.values()) {
    if (link.kind !== 'veth' || link.peer === undefined || !isAway(ns, link)) continue;
    if (!met.includes(link.peer.netns)) met.push(link.peer.netns);
    if (link.name === wanted.name) return met.indexOf(link.peer.netns);
  }
  return undefined;
}
