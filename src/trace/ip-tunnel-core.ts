import { BROADCAST, type Ipv4, isLoopback, isMulticast, isZeronet } from '../address/index.js';
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
} from '../packet/index.js';
import { isFragment } from './fragment.js';
import { gsoNetworkLength } from './gso.js';
import { type Net, tell } from './net.js';

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
  const mtu = outerMtu(net, way) - way.headroom;
  if ((skb.gsoSize > 0 ? gsoNetworkLength(skb) : ip.length) <= mtu) return undefined;
  if (dst?.type === 'unicast') updatePmtu(net, dst, ip.dst, mtu);
  return way.bridged && mtu >= LEAST_MTU && mayBeTold(skb, ip) ? buildError(net, skb, ip, mtu) : undefined;
}

/** dst_mtu() of the outer packet's route. */
function outerMtu(net: Net, { destination, remote }: TunnelWay): number {
  const link = net.ns.links.get(destination.dev);
  if (link === undefined) throw new Error(`${net.ns.name} has no device ${destination.dev}`);
  return destination.type === 'unicast' ? pathMtu(net, destination, remote, link) : link.mtu;
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
