import { formatIpv4 } from '../address/index.js';
import { ipTunnelLookup, type Skb } from '../linux/index.js';
import {
  clonePacket,
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_REDIRECT,
  ICMP_SR_FAILED,
  ICMP_TIME_EXCEEDED,
  type Icmp,
  IPPROTO_IPIP,
  type IpHeader,
} from '../packet/index.js';
import { ipTunnelRcv, ipTunnelXmit, tunnelErrored } from './ip-tunnel.js';
import { drop, type Net } from './net.js';

/** ipip_tunnel_xmit(): IPv4 goes in, nothing else (linux net/ipv4/ipip.c). */
export function ipipXmit(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  if (link?.kind !== 'ipip') return;
  if (skb.ip === undefined) {
    drop(net, skb, 'ipip_tunnel_xmit', 'UNSUPPORTED', () => ({ values: { what: `no IPv4 on ${link.name}` } }));
    return;
  }
  ipTunnelXmit(net, skb, link, clonePacket(skb), IPPROTO_IPIP);
}

/**
 * ipip_rcv(): hands the packet to the device that its addresses belong to.
 *
 * @returns whether there is one.
 */
export function ipipRcv(net: Net, skb: Skb): boolean {
  const { ip } = skb;
  const link = ip === undefined ? undefined : ipTunnelLookup(net.ns, { link: skb.dev, remote: ip.src, local: ip.dst });
  if (link === undefined) return false;
  ipTunnelRcv(net, skb, link);
  return true;
}

/** What a device makes of an error about a packet of its own. */
export type IpipError = 'nothing' | 'frag needed' | 'redirect';

/** ipip_err(): which of the errors about an outer packet change something. */
export function ipipErr(net: Net, skb: Skb, { type, code }: Icmp, quoted: IpHeader): IpipError {
  const link = ipTunnelLookup(net.ns, { link: skb.dev, remote: quoted.dst, local: quoted.src });
  if (link === undefined) return 'nothing';
  const counted =
    (type === ICMP_DEST_UNREACH && code !== ICMP_SR_FAILED) ||
    (type === ICMP_TIME_EXCEEDED && code === 0) ||
    type === ICMP_REDIRECT;
  if (!counted) return 'nothing';
  if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) return 'frag needed';
  if (type === ICMP_REDIRECT) return 'redirect';
  const ownTtl = link.ttl !== 'inherit' || type !== ICMP_TIME_EXCEEDED;
  if (link.remote !== undefined && ownTtl) tunnelErrored(net, link);
  return 'nothing';
}

/** What is said of a packet that no device takes. */
export function noTunnel(net: Net, skb: Skb): { readonly values: Readonly<Record<string, string>> } {
  const { ip } = skb;
  return { values: { node: net.ns.host, src: ip ? formatIpv4(ip.src) : '', dst: ip ? formatIpv4(ip.dst) : '' } };
}
