import { formatIpv4, formatMac, type Ipv4 } from '../address/index.js';
import {
  findRemotes,
  formatOrigin,
  type LinkOf,
  outputFlow,
  routeOutput,
  type Skb,
  type VxlanFdbEntry,
  type VxlanRemote,
  vxlanOfVni,
  vxlanSnoop,
} from '../linux/index.js';
import {
  clonePacket,
  IP_HLEN,
  IPPROTO_UDP,
  type Packet,
  packetLength,
  UDP_HLEN,
  VXLAN_HLEN,
  VXLAN_OVERHEAD,
} from '../packet/index.js';
import { packetType } from './dev.js';
import { dropUnrouted } from './ip-send.js';
import { ecnEncapsulate, tunnelCheckPmtu } from './ip-tunnel-core.js';
import { drop, type Net, tell } from './net.js';
import { tellRoute } from './route-event.js';
import { cloneSkb, scrub } from './skb.js';

type VxlanLink = LinkOf<'vxlan'>;

/** Whether a VXLAN device that is up listens on this UDP port: its socket is opened with the device. */
export function hasVxlanSocket(net: Net, port: number): boolean {
  for (const link of net.ns.links.values()) if (link.kind === 'vxlan' && link.up && link.dstport === port) return true;
  return false;
}

/** vxlan_xmit(): to each remote of the destination's FDB entry (linux drivers/net/vxlan/vxlan_core.c). */
export function vxlanXmit(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  if (link?.kind !== 'vxlan' || skb.eth === undefined) return;
  const mac = skb.eth.dst;
  const { remotes, entry } = findRemotes(net, link, mac);
  const [first, ...others] = remotes;
  if (first === undefined) {
    drop(net, skb, 'vxlan_xmit', 'FDB_MISS', () => ({ values: { mac: formatMac(mac), dev: link.name } }));
    return;
  }
  for (const remote of others) xmitOne(net, cloneSkb(net, skb), link, remote, entry);
  xmitOne(net, skb, link, first, entry);
}

/** vxlan_xmit_one(): outer route, outer headers, and out through OUTPUT as a packet of this host's own. */
function xmitOne(net: Net, skb: Skb, link: VxlanLink, remote: VxlanRemote, entry: VxlanFdbEntry | undefined): void {
  const inner = clonePacket(skb);
  const port = remote.port ?? link.dstport;
  const vni = remote.vni ?? link.vni;
  const tos = outerTos(link, inner);
  const flow = outputFlow(remote.ip, { src: link.local ?? (0 as Ipv4), oif: remote.via ?? '', mark: skb.mark, tos });
  const route = routeOutput(net, flow, '', 'any');
  if (!route.ok) {
    dropUnrouted(net, skb, 'vxlan_xmit_one', route, remote.ip);
    return;
  }
  const { destination } = route;
  if (destination.type === 'error') throw new Error('a lookup that fails is not ok');
  if (destination.type === 'local') {
    bypass(net, skb, vni, port);
    return;
  }
  if (destination.dev === link.name) {
    drop(net, skb, 'vxlan_xmit_one', 'TUNNEL_LOOP', () => ({ values: { dev: link.name } }));
    return;
  }
  const way = { destination, remote: remote.ip, headroom: VXLAN_OVERHEAD, bridged: link.master !== undefined };
  const error = tunnelCheckPmtu(net, skb, way);
  if (error !== undefined) {
    refuseTooLong(net, skb, link, error);
    return;
  }
  const length = packetLength(inner);
  const source = link.local ?? destination.source;
  scrub(skb, 'same namespace');
  Object.assign(skb, {
    eth: undefined,
    arp: undefined,
    ip: {
      src: source,
      dst: remote.ip,
      protocol: IPPROTO_UDP,
      ttl: outerTtl(net, link, inner),
      tos,
      id: 1 + net.choose.value(`${net.ns.name} IP id`, 65535),
      df: link.df === 'set' || (link.df === 'inherit' && inner.ip?.df === true),
      mf: false,
      offset: 0,
      length: IP_HLEN + UDP_HLEN + VXLAN_HLEN + length,
    },
    l4: { l4: 'udp', sport: sourcePort(net, skb, inner), dport: port, length: UDP_HLEN + VXLAN_HLEN + length },
    vxlan: { vni },
    payload: length,
    inner,
  });
  skb.dst = destination;
  tell(net, skb, () => ({
    k: 'encap',
    fn: 'vxlan_xmit_one',
    dev: link.name,
    remote: formatIpv4(remote.ip),
    fdb: entry === undefined ? null : describeEntry(entry),
    overhead: VXLAN_OVERHEAD,
  }));
  tellRoute(net, skb, 'udp_tunnel_dst_lookup', 'lo', source, destination);
  net.walk.functions.ip_local_out(net, skb);
}

/** ip_tunnel_ecn_encap(): the device's TOS, with the inner packet's ECN bits (RFC 6040). */
function outerTos(link: VxlanLink, inner: Packet): number {
  const innerTos = inner.ip?.tos ?? 0;
  const base = link.tos === 'inherit' ? innerTos : link.tos;
  return ecnEncapsulate(base, innerTos);
}

function outerTtl(net: Net, link: VxlanLink, inner: Packet): number {
  if (link.ttl === 'inherit') return inner.ip?.ttl ?? 64;
  return link.ttl === 0 ? net.ns.sysctls.number('net/ipv4/ip_default_ttl') : link.ttl;
}

/**
 * udp_flow_src_port(): the flow's hash, scaled to the local port range. A socket's packets have its own hash; others
 * that of addresses, protocol and ports, the same both ways.
 */
function sourcePort(net: Net, skb: Skb, inner: Packet): number {
  const [min = 32768, max = 60999] = (net.ns.sysctls.get('net/ipv4/ip_local_port_range') ?? '')
    .split(/\s+/)
    .map(Number);
  const hash = net.choose.hash('', 'flow hash', skb.flow ?? flowOf(inner));
  return min + Math.floor((hash / 0x1_0000_0000) * (max - min));
}

function flowOf(inner: Packet): string {
  const { eth, ip, l4 } = inner;
  if (ip === undefined) return `${eth?.src}>${eth?.dst}`;
  const fragment = ip.mf || ip.offset > 0;
  const ports = !fragment && l4 !== undefined && l4.l4 !== 'icmp' ? ([l4.sport, l4.dport] as const) : ([0, 0] as const);
  const ends = [`${ip.src}:${ports[0]}`, `${ip.dst}:${ports[1]}`].sort();
  return `${ip.protocol}|${ends.join('|')}`;
}

/** vxlan_encap_bypass(): the error comes in by the device itself, as if the far end had sent it. */
function refuseTooLong(net: Net, skb: Skb, link: VxlanLink, error: Skb): void {
  const { l4 } = error;
  const mtu = l4?.l4 === 'icmp' ? l4.mtu : 0;
  drop(net, skb, 'vxlan_xmit_one', 'MTU_DF', () => ({ values: { len: skb.ip?.length ?? 0, dev: link.name, mtu } }));
  error.dev = link.name;
  net.walk.enqueue(net, error);
}

/** encap_bypass_if_local(): the remote is this host, so the frame goes straight to the device of that VNI. */
function bypass(net: Net, skb: Skb, vni: number, port: number): void {
  const link = vxlanOfVni(net.ns, vni, port);
  if (link !== undefined) {
    skb.dev = link.name;
    skb.type = packetType(skb, link);
    net.walk.enqueue(net, skb);
    return;
  }
  drop(net, skb, 'vxlan_encap_bypass', 'VXLAN_NO_VNI', () => ({ values: { port, vni } }));
}

/** vxlan_rcv(): the device of the VNI takes the inner frame, if that is not its own. */
export function vxlanRcv(net: Net, skb: Skb): void {
  const { l4, vxlan, inner } = skb;
  if (l4?.l4 !== 'udp') return;
  const values = { node: net.ns.host, port: l4.dport, vni: vxlan?.vni ?? 0 };
  const link = vxlanOfVni(net.ns, vxlan?.vni, l4.dport);
  if (link === undefined || inner?.eth === undefined) {
    drop(net, skb, 'vxlan_rcv', 'VXLAN_NO_VNI', () => ({ values }));
    return;
  }
  if (inner.eth.src === link.address) {
    drop(net, skb, 'vxlan_set_mac', 'VXLAN_OWN_MAC', () => ({ values: { dev: link.name } }));
    return;
  }
  const { src: mac } = inner.eth;
  const remote = skb.ip?.src;
  if (link.learning && remote !== undefined && !vxlanSnoop(net, link, mac, remote)) {
    const conflict = { mac: formatMac(mac), dev: link.name, remote: formatIpv4(remote) };
    drop(net, skb, 'vxlan_snoop', 'VXLAN_SNOOP_CONFLICT', () => ({ values: conflict }));
    return;
  }
  const vni = vxlan?.vni ?? 0;
  scrub(skb, 'same namespace');
  Object.assign(skb, inner);
  skb.dev = link.name;
  skb.type = packetType(skb, link);
  const from = remote === undefined ? '' : formatIpv4(remote);
  tell(net, skb, () => ({ k: 'decap', fn: 'vxlan_rcv', dev: link.name, vni, remote: from }));
  // gro_cells_receive(): the device's own NAPI hands it up.
  net.walk.enqueue(net, skb);
}

function describeEntry(entry: VxlanFdbEntry): { mac: string; state: string; origin: string } {
  return { mac: formatMac(entry.mac), state: entry.state, origin: formatOrigin(entry.origin) };
}
