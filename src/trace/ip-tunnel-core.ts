import { BROADCAST, formatIpv4, type Ipv4, isLoopback, isMulticast, isZeronet } from '../address/index.js';
import { type Destination, pathMtu, type Skb, updatePmtu } from '../linux/index.js';
import {
  clonePacket,
  ETH_P_IP,
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  IP_HLEN,
  type IpHeader,
  icmpHeader,
  icmpName,
  ipPacket,
  isIcmpError,
  type Packet,
  packetLength,
} from '../packet/index.js';
import { isFragment } from './fragment.js';
import { gsoNetworkLength } from './gso.js';
import { type Net, tell } from './net.js';
import { tellRoute } from './route-event.js';
import { scrub } from './skb.js';

/** The largest error that a tunnel makes, bytes of IP packet, and the least MTU that it tells of. */
const MAX_ERROR = 576;
const LEAST_MTU = 576;
const ICMP_HLEN = 8;

/** How a tunnel sends a packet on. */
export interface TunnelWay {
  /** Where the outer packet goes: its route, and its far end. */
  readonly destination: Exclude<Destination, { readonly type: 'error' }>;
  readonly remote: Ipv4;
  /** Bytes that the encapsulation adds. */
  readonly headroom: number;
  /** Whether the tunnel is a bridge port: nobody who routes is in front of it, so it tells the sender itself. */
  readonly bridged: boolean;
}

/**
 * skb_tunnel_check_pmtu(): whether a packet still fits once it is encapsulated; if not, the route that it came by, where
 * it has one, learns of it (linux net/ipv4/ip_tunnel_core.c).
 *
 * @returns the error to hand back in place of the packet; undefined when the packet goes on.
 */
export function tunnelCheckPmtu(net: Net, skb: Skb, way: TunnelWay): Skb | undefined {
  const { ip, dst } = skb;
  if (ip === undefined) return undefined;
  const mtu = outerMtu(net, way.destination, way.remote) - way.headroom;
  if ((skb.gsoSize > 0 ? gsoNetworkLength(skb) : ip.length) <= mtu) return undefined;
  if (dst?.type === 'unicast') updatePmtu(net, dst, ip.dst, mtu);
  return way.bridged && mtu >= LEAST_MTU && mayBeTold(skb, ip) ? buildError(net, skb, ip, mtu) : undefined;
}

/** dst_mtu() of a route to `dst`. */
export function outerMtu(net: Net, destination: TunnelWay['destination'], dst: Ipv4): number {
  const link = net.ns.links.get(destination.dev);
  if (link === undefined) throw new Error(`${net.ns.name} has no device ${destination.dev}`);
  return destination.type === 'unicast' ? pathMtu(net, destination, dst, link) : link.mtu;
}

const ECN = 3;
const ECN_ECT_0 = 2;
const ECN_CE = 3;

/** INET_ECN_encapsulate(): congestion that the inner packet tells of is not the outer one's (RFC 6040). */
export function ecnEncapsulate(outer: number, inner: number): number {
  const ecn = inner & ECN;
  return (outer & ~ECN) | (ecn === ECN_CE ? ECN_ECT_0 : ecn);
}

/**
 * INET_ECN_decapsulate(): congestion that the outer packet tells of is passed on to the inner one.
 *
 * @returns the inner TOS; undefined where the inner sender knows nothing of ECN, and so has to lose the packet.
 */
export function ecnDecapsulate(outer: number, inner: number): number | undefined {
  if ((outer & ECN) !== ECN_CE) return inner;
  return (inner & ECN) === 0 ? undefined : inner | ECN_CE;
}

/** An outer packet of IP in IP. */
export interface OuterPacket {
  readonly destination: TunnelWay['destination'];
  /** The tunnel, and the function that chose the way. */
  readonly dev: string;
  readonly fn: string;
  readonly inner: Packet;
  readonly protocol: number;
  readonly src: Ipv4;
  readonly dst: Ipv4;
  readonly tos: number;
  readonly ttl: number;
  readonly df: boolean;
}

/** iptunnel_xmit(): the outer header, and out through OUTPUT as a packet of this host's own. */
export function iptunnelXmit(net: Net, skb: Skb, outer: OuterPacket): void {
  const { destination, dev, fn, inner, protocol, src, dst, tos, ttl } = outer;
  const length = packetLength(inner);
  scrub(skb, 'same namespace');
  Object.assign(skb, {
    eth: undefined,
    arp: undefined,
    ip: {
      ...{ src, dst, protocol, ttl, tos },
      id: 1 + net.choose.value(`${net.ns.name} IP id`, 65535),
      // ip_mtu_locked(): a route that must not learn lets it be cut.
      df: outer.df && !isMtuLocked(net, destination, dst),
      mf: false,
      offset: 0,
      length: IP_HLEN + length,
    },
    l4: undefined,
    vxlan: undefined,
    payload: length,
    inner,
  });
  skb.dst = destination;
  const remote = formatIpv4(dst);
  tell(net, skb, () => ({ k: 'encap', fn, dev, remote, fdb: null, overhead: IP_HLEN }));
  tellRoute(net, skb, 'ip_route_output_key', 'lo', src, destination);
  net.walk.functions.ip_local_out(net, skb);
}

/** ip_mtu_locked(): by the route, or because an error told of less than is believed. */
function isMtuLocked(net: Net, destination: TunnelWay['destination'], dst: Ipv4): boolean {
  if (destination.type !== 'unicast') return false;
  const known = net.runtime.exceptions.get(dst);
  return destination.route?.mtuLock === true || (known !== undefined && known.expires > net.now && known.mtuLock);
}

/** iptunnel_pmtud_check_icmp(): only a whole packet with DF, of one sender to one receiver, and no error itself. */
function mayBeTold({ l4 }: Skb, ip: IpHeader): boolean {
  if (!ip.df || isFragment(ip) || ip.dst === BROADCAST || isMulticast(ip.dst)) return false;
  if (isZeronet(ip.src) || isLoopback(ip.src) || ip.src === BROADCAST || isMulticast(ip.src)) return false;
  return l4?.l4 !== 'icmp' || !isIcmpError(l4.type);
}

/**
 * iptunnel_pmtud_build_icmp(): "fragmentation needed" as if from the receiver, to the sender's hardware address. It takes
 * the packet's place in the kernel, so that mark and connection are still the packet's.
 */
function buildError(net: Net, skb: Skb, ip: IpHeader, mtu: number): Skb {
  const quoted = clonePacket(skb);
  quoted.eth = undefined;
  const header = icmpHeader(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, { mtu });
  const payload = Math.min(ip.length, MAX_ERROR - IP_HLEN - ICMP_HLEN);
  const fields = { src: ip.dst, dst: ip.src, ttl: ip.ttl, df: true };
  const packet = ipPacket(fields, header, payload, quoted);
  if (skb.eth !== undefined) packet.eth = { src: skb.eth.dst, dst: skb.eth.src, type: ETH_P_IP };
  const error = net.walk.begin(net, packet, 'icmp-error', skb);
  const { mark, ct, ctState, ctReply, untracked, zone } = skb;
  Object.assign(error, { mark, ct, ctState, ctReply, untracked, zone });
  tell(net, skb, () => ({
    k: 'icmp',
    fn: 'iptunnel_pmtud_build_icmp',
    type: header.type,
    code: header.code,
    name: icmpName(header.type, header.code),
    leg: String(error.frame),
  }));
  return error;
}
