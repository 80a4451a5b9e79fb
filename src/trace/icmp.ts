import { ANY, formatIpv4, type Ipv4 } from '../address/index.js';
import { CONTROL_SOCKET, inetSelectAddr, RT_SCOPE_LINK, type Skb } from '../linux/index.js';
import {
  clonePacket,
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_FRAG_NEEDED,
  ICMP_REDIRECT,
  type Icmp,
  IP_HLEN,
  IPPROTO_ICMP,
  icmpHeader,
  icmpName,
  isIcmpError,
} from '../packet/index.js';
import { deliverError } from './error-delivery.js';
import { type OwnPacket, replyMark, routeOwn, sendOwn } from './ip-send.js';
import { drop, type Net, tell } from './net.js';

/** The largest ICMP error, bytes of IP packet (RFC 1812 §4.3.2.3). */
const MAX_ERROR = 576;

/** RT_TOS(): what an error takes over of the TOS octet. Routing looks at fewer bits of it. */
const IPTOS_RT_MASK = 0x1e;

/**
 * icmp_send(): an error about `about`, unless a rule of RFC 1122 §3.2.2 forbids it (linux net/ipv4/icmp.c).
 *
 * Its rate limits are not modelled: every error that may be sent is. Redirects have one of their own, elsewhere.
 */
export function icmpSend(net: Net, about: Skb, type: number, code: number, info: number): void {
  const { ip, dst, l4 } = about;
  if (ip === undefined || dst === undefined) return;
  if (about.type !== 'host' || dst.type === 'broadcast' || dst.type === 'multicast') return;
  if (ip.offset > 0) return;
  // icmp_xmit_lock(): while the kernel sends an ICMP message of its own, nobody else may.
  if (about.call !== undefined && about.sk === CONTROL_SOCKET && (l4 ?? about.inner?.l4)?.l4 === 'icmp') return;
  if (isIcmpError(type) && ip.protocol === IPPROTO_ICMP && (l4?.l4 !== 'icmp' || isIcmpError(l4.type))) return;
  const quoted = clonePacket(about);
  quoted.eth = undefined;
  const room = MAX_ERROR - IP_HLEN - 8;
  const mtu = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED ? info : 0;
  const own: OwnPacket = {
    kind: 'icmp-error',
    fn: 'icmp_route_lookup',
    src: dst.type === 'local' ? ip.dst : errorSource(net, about),
    dst: ip.src,
    // No FLOWI_FLAG_ANYSRC: what is local by a route alone, and no address, gets no answer.
    anySource: 'own',
    tos: (ip.tos & IPTOS_RT_MASK) | 0xc0,
    mark: replyMark(net, about),
    id: 'counted',
    df: false,
    l4: icmpHeader(type, code, { mtu, gateway: type === ICMP_REDIRECT ? info : 0 }),
    payload: Math.min(ip.length, room),
    inner: quoted,
    socket: CONTROL_SOCKET,
    ready(skb) {
      attachConnection(skb, about);
      const leg = String(skb.frame);
      tell(net, about, () => ({ k: 'icmp', fn: 'icmp_send', type, code, name: icmpName(type, code), leg }));
    },
  };
  const route = routeOwn(net, own);
  if (route.ok || 'unsupported' in route) sendOwn(net, about, own, route);
  else tell(net, about, () => ({ k: 'icmp', fn: 'icmp_send', type, code, name: icmpName(type, code), leg: null }));
}

/** icmp_errors_use_inbound_ifaddr: the address of the device that the packet came in by. Usually the route decides. */
function errorSource(net: Net, about: Skb): Ipv4 {
  const inbound = net.ns.sysctls.number('net/ipv4/icmp_errors_use_inbound_ifaddr') !== 0;
  if (!inbound || about.dst?.direction !== 'input') return ANY;
  return inetSelectAddr(net.ns, about.iif, about.ip?.src ?? ANY, RT_SCOPE_LINK);
}

/**
 * nf_conntrack_attach(), called from icmp_glue_bits(): an error of this host's own is RELATED to the connection of the
 * packet that it is about, even to one that is not confirmed yet, and goes against its direction.
 */
export function attachConnection(skb: Skb, about: Skb): void {
  if (about.ct === undefined) return;
  skb.ct = about.ct;
  skb.ctState = 'RELATED';
  skb.ctReply = !about.ctReply;
}

/** icmp_rcv(): queries are answered, errors go to the socket that they are about. */
export function icmpRcv(net: Net, skb: Skb): void {
  const { ip, l4, dst } = skb;
  if (ip === undefined || l4?.l4 !== 'icmp') return;
  const group = dst?.type === 'broadcast' || dst?.type === 'multicast';
  // RFC 1122 §3.2.2.6: to a group only questions are asked, and they need no answer.
  const silent = l4.type !== ICMP_ECHO || net.ns.sysctls.number('net/ipv4/icmp_echo_ignore_broadcasts') !== 0;
  if (group && silent) {
    drop(net, skb, 'icmp_rcv', 'ICMP_IGNORED');
    return;
  }
  if (l4.type === ICMP_ECHO) {
    if (net.ns.sysctls.number('net/ipv4/icmp_echo_ignore_all') !== 0) drop(net, skb, 'icmp_echo', 'ICMP_IGNORED');
    else echo(net, skb, l4);
    return;
  }
  if (isIcmpError(l4.type)) {
    deliverError(net, skb, l4);
    return;
  }
  const socket =
    l4.type === ICMP_ECHOREPLY &&
    net.walk.sockets.find((s) => s.netns === net.ns.name && s.protocol === 'icmp' && s.localPort === l4.id);
  if (!socket) {
    drop(net, skb, 'ping_rcv', 'ICMP_IGNORED');
    return;
  }
  deliverTo(net, skb, 'ping');
  socket.receive(net, skb);
}

/** icmp_echo(), icmp_reply(): the same back, from the address that was asked, without DF. */
function echo(net: Net, skb: Skb, l4: Icmp): void {
  const { ip, dst } = skb;
  if (ip === undefined) return;
  deliverTo(net, skb, 'kernel: ICMP echo');
  sendOwn(net, skb, {
    kind: 'reply',
    fn: 'icmp_reply',
    src: dst?.type === 'local' ? ip.dst : ANY,
    dst: ip.src,
    // No FLOWI_FLAG_ANYSRC: what is local by a route alone, and no address, gets no answer.
    anySource: 'own',
    tos: ip.tos,
    mark: replyMark(net, skb),
    id: 'counted',
    df: false,
    l4: icmpHeader(ICMP_ECHOREPLY, 0, { id: l4.id, seq: l4.seq }),
    payload: skb.payload,
    socket: CONTROL_SOCKET,
  });
}

function deliverTo(net: Net, skb: Skb, to: string): void {
  const { ip } = skb;
  if (ip === undefined) return;
  tell(net, skb, () => ({ k: 'deliver', fn: 'icmp_rcv', to, local: formatIpv4(ip.dst), remote: formatIpv4(ip.src) }));
}
