import { formatIpv4 } from '../address/index.js';
import { keepsRoute, outputFlow, routeOutput, type Skb, updatePmtu } from '../linux/index.js';
import {
  ICMP_DEST_UNREACH,
  ICMP_ECHOREPLY,
  ICMP_FRAG_NEEDED,
  ICMP_REDIRECT,
  type Icmp,
  IPPROTO_ICMP,
  IPPROTO_IPIP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type IpHeader,
  icmpName,
  type Packet,
} from '../packet/index.js';
import { ipipErr } from './ipip.js';
import { drop, type Net, type ProbeSocket, tell } from './net.js';
import { doRedirect } from './redirect.js';
import { type Ends, hears, inetIif, listeningSocket, probeSocket } from './socket-lookup.js';
import { hasVxlanSocket } from './vxlan.js';

/** icmp_unreach(), icmp_redirect(): to the socket of the quoted packet, and what the error changes in its route. */
export function deliverError(net: Net, skb: Skb, l4: Icmp): void {
  const { ip, inner } = skb;
  const quoted = inner?.ip;
  if (ip === undefined || inner === undefined || quoted === undefined) {
    drop(net, skb, 'icmp_unreach', 'ERROR_IGNORED');
    return;
  }
  const mtu = l4.type === ICMP_DEST_UNREACH && l4.code === ICMP_FRAG_NEEDED ? believedMtu(net, l4, quoted) : undefined;
  if (mtu === 'ignored') {
    drop(net, skb, 'icmp_unreach', 'ERROR_IGNORED', () => ({ values: { dst: formatIpv4(quoted.dst) } }));
    return;
  }
  if (quoted.protocol === IPPROTO_IPIP) {
    deliverTunnelError(net, skb, l4, { quoted, mtu });
    return;
  }
  // tcp_v4_err() looks by inet_iif(), __udp4_lib_err() and raw_icmp_error() by the device.
  const dev = inner.l4?.l4 === 'tcp' ? inetIif(skb) : skb.dev;
  if (isOfSocket(net, inner, dev)) {
    if (mtu !== undefined) learnMtu(net, quoted, mtu);
    if (l4.type === ICMP_REDIRECT) doRedirect(net, skb, l4, quoted);
  }
  const socket = quotedSocket(net, inner, dev);
  if (socket === undefined) {
    drop(net, skb, 'icmp_unreach', 'ERROR_IGNORED', () => ({ values: { dst: formatIpv4(quoted.dst) } }));
    return;
  }
  tell(net, skb, () => ({
    k: 'deliver',
    fn: 'icmp_err',
    to: `${socket.protocol} socket: ${icmpName(l4.type, l4.code)}`,
    local: formatIpv4(ip.dst),
    remote: formatIpv4(ip.src),
  }));
  socket.error(net, skb);
}

/** tunnel4_err(): to the tunnel that sent the packet. */
function deliverTunnelError(
  net: Net,
  skb: Skb,
  l4: Icmp,
  { quoted, mtu }: { readonly quoted: IpHeader; readonly mtu: number | undefined },
): void {
  const heard = ipipErr(net, skb, l4, quoted);
  if (heard === 'frag needed' && mtu !== undefined) learnMtu(net, quoted, mtu);
  if (heard === 'redirect') doRedirect(net, skb, l4, quoted);
  drop(net, skb, 'ipip_err', 'ERROR_IGNORED', () => ({ values: { dst: formatIpv4(quoted.dst) } }));
}

/** icmp_unreach(): what ip_no_pmtu_disc makes of "fragmentation needed"; 3 believes it where the protocol checks it. */
function believedMtu(net: Net, l4: Icmp, quoted: IpHeader): number | 'ignored' {
  switch (net.ns.sysctls.number('net/ipv4/ip_no_pmtu_disc')) {
    case 0:
      return l4.mtu;
    case 2:
      return 'ignored';
    case 3:
      return quoted.protocol === IPPROTO_TCP || quoted.protocol === IPPROTO_SCTP ? l4.mtu : 'ignored';
    default:
      return 0;
  }
}

/**
 * Whether the handler of the quoted packet's protocol finds somebody who sent it, without whom the error changes no
 * route: tcp_v4_err(), __udp4_lib_err() (that finds VXLAN's socket by the port which it sends to), ping_err(). An echo
 * reply is the kernel's own (icmp_err()).
 */
function isOfSocket(net: Net, quoted: Packet, dev: string): boolean {
  const { ip, l4, vxlan } = quoted;
  if (ip === undefined || l4 === undefined) return false;
  if (l4.l4 === 'icmp') return l4.type === ICMP_ECHOREPLY || quotedSocket(net, quoted, dev) !== undefined;
  const ends: Ends = { protocol: l4.l4, local: ip.src, localPort: l4.sport, remote: ip.dst, remotePort: l4.dport };
  if (probeSocket(net, ends, dev) !== undefined) return true;
  if (vxlan !== undefined && hasVxlanSocket(net, l4.dport)) return true;
  // A listener of TCP never sent anything: its connections have sockets of their own.
  return l4.l4 !== 'tcp' && listeningSocket(net, ends, dev) !== undefined;
}

/** ipv4_sk_update_pmtu() */
function learnMtu(net: Net, { src, dst, tos }: IpHeader, mtu: number): void {
  const route = routeOutput(net, outputFlow(dst, { src, tos: tos & 0x1c }), '', 'any');
  if (route.ok && keepsRoute(route.destination)) updatePmtu(net, route.destination, dst, mtu);
}

/** The socket that sent the packet which an error quotes, and hears of what `dev` brought. */
function quotedSocket(net: Net, quoted: Packet, dev: string): ProbeSocket | undefined {
  if (quoted.ip === undefined || quoted.l4 === undefined) return undefined;
  const { ip, l4 } = quoted;
  const local = l4.l4 === 'icmp' ? l4.id : l4.sport;
  const remote = l4.l4 === 'icmp' ? 0 : l4.dport;
  const protocol = PROTOCOLS.get(ip.protocol);
  return net.walk.sockets.find(
    (s) =>
      hears(s, dev) &&
      s.netns === net.ns.name &&
      s.protocol === protocol &&
      s.localPort === local &&
      (s.localAddress === 0 || s.localAddress === ip.src) &&
      (s.remote === undefined || (s.remote.address === ip.dst && s.remote.port === remote)),
  );
}

const PROTOCOLS = new Map<number, ProbeSocket['protocol']>([
  [IPPROTO_ICMP, 'icmp'],
  [IPPROTO_TCP, 'tcp'],
  [IPPROTO_UDP, 'udp'],
]);
