import { ANY, formatIpv4, type Ipv4 } from '../address/index.js';
import { type Destination, inetSelectAddr, outputFlow, RT_SCOPE_LINK, routeOutput, type Skb } from '../linux/index.js';
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
  ipPacket,
  isIcmpError,
} from '../packet/index.js';
import { deliverError } from './error-delivery.js';
import { drop, type Net, tell } from './net.js';
import { tellRoute } from './route-event.js';

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
  if (isIcmpError(type) && ip.protocol === IPPROTO_ICMP && (l4?.l4 !== 'icmp' || isIcmpError(l4.type))) return;
  const source = dst.type === 'local' ? ip.dst : errorSource(net, about);
  const tos = (ip.tos & IPTOS_RT_MASK) | 0xc0;
  const route = routeOutput(net, outputFlow(ip.src, { src: source, tos: tos & 0x1c }), '', 'any');
  if (!route.ok) {
    tell(net, about, () => ({ k: 'icmp', fn: 'icmp_send', type, code, name: icmpName(type, code), leg: null }));
    return;
  }
  const quoted = clonePacket(about);
  quoted.eth = undefined;
  const room = MAX_ERROR - IP_HLEN - 8;
  const payload = Math.min(ip.length, room);
  const mtu = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED ? info : 0;
  const header = icmpHeader(type, code, { mtu, gateway: type === ICMP_REDIRECT ? info : 0 });
  send(net, about, route.destination, { src: source, dst: ip.src, tos }, header, payload, quoted, 'icmp-error');
}

/** icmp_errors_use_inbound_ifaddr: the address of the device that the packet came in by. Usually the route decides. */
function errorSource(net: Net, about: Skb): Ipv4 {
  const inbound = net.ns.sysctls.number('net/ipv4/icmp_errors_use_inbound_ifaddr') !== 0;
  if (!inbound || about.dst?.direction !== 'input') return ANY;
  return inetSelectAddr(net.ns, about.iif, about.ip?.src ?? ANY, RT_SCOPE_LINK);
}

function send(
  net: Net,
  about: Skb,
  destination: Destination,
  fields: { readonly src: Ipv4; readonly dst: Ipv4; readonly tos: number },
  header: Icmp,
  payload: number,
  inner: ReturnType<typeof clonePacket> | undefined,
  kind: 'icmp-error' | 'reply',
): void {
  if (destination.type === 'error') return;
  const src = fields.src === ANY ? destination.source : fields.src;
  const id = 1 + net.choose.value(`${net.ns.name} IP id`, 65535);
  const ttl = net.ns.sysctls.number('net/ipv4/ip_default_ttl');
  const packet = ipPacket({ ...fields, src, ttl, id }, header, payload, inner);
  const skb = net.walk.begin(net, packet, kind, about);
  skb.dst = destination;
  if (kind === 'icmp-error') {
    attachConnection(skb, about);
    tell(net, about, () => ({
      k: 'icmp',
      fn: 'icmp_send',
      type: header.type,
      code: header.code,
      name: icmpName(header.type, header.code),
      leg: String(skb.frame),
    }));
  }
  tellRoute(net, skb, 'icmp_route_lookup', 'lo', src, destination);
  net.walk.functions.ip_local_out(net, skb);
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
  if (l4.type === ICMP_ECHO) {
    const ignored = group
      ? net.ns.sysctls.number('net/ipv4/icmp_echo_ignore_broadcasts') !== 0
      : net.ns.sysctls.number('net/ipv4/icmp_echo_ignore_all') !== 0;
    if (ignored) drop(net, skb, 'icmp_echo', 'ICMP_IGNORED');
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
    drop(net, skb, 'icmp_rcv', 'ICMP_IGNORED');
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
  const src = dst?.type === 'local' ? ip.dst : ANY;
  const route = routeOutput(net, outputFlow(ip.src, { src, tos: ip.tos & 0x1c }), '', 'any');
  if (!route.ok) {
    tell(net, skb, () => ({
      k: 'errno',
      fn: 'icmp_reply',
      call: 'reply',
      errno: 'errno' in route ? route.errno : 'EOPNOTSUPP',
    }));
    return;
  }
  const header = icmpHeader(ICMP_ECHOREPLY, 0, { id: l4.id, seq: l4.seq });
  send(net, skb, route.destination, { src, dst: ip.src, tos: ip.tos }, header, skb.payload, undefined, 'reply');
}

function deliverTo(net: Net, skb: Skb, to: string): void {
  const { ip } = skb;
  if (ip === undefined) return;
  tell(net, skb, () => ({ k: 'deliver', fn: 'icmp_rcv', to, local: formatIpv4(ip.dst), remote: formatIpv4(ip.src) }));
}
