import { ANY, formatIpv4, type Ipv4 } from '../address/index.js';
import { type Destination, type LinkOf, outputFlow, routeOutput, type Skb, updatePmtu } from '../linux/index.js';
import {
  clonePacket,
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_HOST_UNREACH,
  IP_HLEN,
  type IpHeader,
  type Packet,
} from '../packet/index.js';
import { gsoNetworkLength } from './gso.js';
import { dropUnrouted } from './ip-send.js';
import { ecnDecapsulate, ecnEncapsulate, iptunnelXmit, outerMtu } from './ip-tunnel-core.js';
import { drop, type Net, tell } from './net.js';
import { scrub } from './skb.js';

type IpipLink = LinkOf<'ipip'>;
type Way = Exclude<Destination, { readonly type: 'error' }>;

/** IPTUNNEL_ERR_TIMEO, ms. */
const ERROR_TIME = 30_000;

/** ip_tunnel_xmit(): outer route, what fits, outer header, and out (linux net/ipv4/ip_tunnel.c). */
export function ipTunnelXmit(net: Net, skb: Skb, link: IpipLink, inner: Packet, protocol: number): void {
  const { ip } = inner;
  if (ip === undefined) return;
  // Nobody is told of what becomes of the outer packet, but an ICMP message of the kernel's own is still being sent.
  skb.call = skb.call && { errno: undefined };
  const remote = link.remote ?? nexthopOf(skb, ip);
  if (remote === undefined) {
    drop(net, skb, 'ip_tunnel_xmit', 'TUNNEL_NO_ROUTE', () => ({ values: { dev: link.name } }));
    return;
  }
  const base = link.tos === 'inherit' ? ip.tos : link.tos;
  const flow = outputFlow(remote, { src: link.local ?? ANY, oif: link.lower ?? '', mark: 0, tos: base & 0x1c });
  const route = routeOutput(net, flow, '', 'own');
  if (!route.ok) {
    dropUnrouted(net, skb, 'ip_tunnel_xmit', route, remote);
    return;
  }
  const { destination } = route;
  if (destination.type === 'error') throw new Error('a lookup that fails is not ok');
  if (destination.dev === link.name) {
    drop(net, skb, 'ip_tunnel_xmit', 'TUNNEL_LOOP', () => ({ values: { dev: link.name } }));
    return;
  }
  const df = link.pmtudisc || ip.df;
  if (!updateTunnelPmtu(net, skb, { link, destination, remote, df })) return;
  reportErrors(net, skb, link);
  iptunnelXmit(net, skb, {
    ...{ destination, dev: link.name, fn: 'ip_tunnel_xmit', inner, protocol, df },
    src: link.local ?? destination.source,
    dst: remote,
    tos: ecnEncapsulate(base, ip.tos),
    ttl: link.ttl === 'inherit' ? ip.ttl : link.ttl,
  });
}

/** rt_nexthop(): where the other end may be anybody, it is whom the inner packet's route leads to. */
function nexthopOf({ dst }: Skb, ip: IpHeader): Ipv4 | undefined {
  if (dst === undefined) return undefined;
  return (dst.type === 'unicast' ? dst.gateway : undefined) ?? ip.dst;
}

/** How a tunnel sends a packet on. */
interface TunnelWay {
  readonly link: IpipLink;
  readonly destination: Way;
  readonly remote: Ipv4;
  /** Whether the outer packet says DF. */
  readonly df: boolean;
}

/**
 * tnl_update_pmtu(): the route of the inner packet learns what the tunnel carries, and the sender, if the packet must not
 * be cut. What may be cut is, as the outer packet.
 *
 * @returns whether the packet goes on.
 */
function updateTunnelPmtu(net: Net, skb: Skb, { link, destination, remote, df }: TunnelWay): boolean {
  const { ip, dst } = skb;
  if (ip === undefined) return false;
  const own = dst === undefined || dst.type === 'error' ? link.mtu : outerMtu(net, dst, ip.dst);
  const mtu = df ? outerMtu(net, destination, remote) - IP_HLEN : own;
  if (dst?.type === 'unicast') updatePmtu(net, dst, ip.dst, mtu);
  const length = skb.gsoSize > 0 ? 0 : ip.length;
  if (!ip.df || length <= mtu) return true;
  icmpNdoSend(net, skb, mtu);
  const values = { len: skb.gsoSize > 0 ? gsoNetworkLength(skb) : ip.length, dev: link.name, mtu };
  drop(net, skb, 'tnl_update_pmtu', 'MTU_DF', () => ({ values }));
  return false;
}

/** icmp_ndo_send(): NAT has been at the packet, but the error is for who sent it (linux net/ipv4/icmp.c). */
function icmpNdoSend(net: Net, skb: Skb, mtu: number): void {
  const { ip, ct } = skb;
  if (ip === undefined) return;
  const { src } = ip;
  if (ct !== undefined && (ct.srcNat || ct.dstNat)) ip.src = skb.ctReply ? ct.reply.src : ct.original.src;
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
  ip.src = src;
}

/** ipip_err(): the next packets' senders hear of it. */
export function tunnelErrored(net: Net, { name }: IpipLink): void {
  const { tunnelErrors } = net.runtime;
  const known = tunnelErrors.get(name);
  const fresh = known !== undefined && net.now < known.last + ERROR_TIME;
  net.journal.put(tunnelErrors, name, { count: fresh ? known.count + 1 : 1, last: net.now });
}

/** As many senders as there were errors of late are told that the far end is not reached (dst_link_failure()). */
function reportErrors(net: Net, skb: Skb, { name }: IpipLink): void {
  const { tunnelErrors } = net.runtime;
  const known = tunnelErrors.get(name);
  if (known === undefined || known.count === 0) return;
  const fresh = net.now < known.last + ERROR_TIME;
  net.journal.put(tunnelErrors, name, { count: fresh ? known.count - 1 : 0, last: known.last });
  if (fresh) net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
}

/** ip_tunnel_rcv(): the inner packet comes in by the device. */
export function ipTunnelRcv(net: Net, skb: Skb, link: IpipLink): void {
  const { inner, ip: outer } = skb;
  if (inner?.ip === undefined || outer === undefined) {
    drop(net, skb, 'ip_tunnel_rcv', 'UNSUPPORTED', () => ({
      values: { what: 'IP in IP without a known packet in it' },
    }));
    return;
  }
  const packet = clonePacket(inner);
  const tos = ecnDecapsulate(outer.tos, inner.ip.tos);
  if (tos === undefined || packet.ip === undefined) {
    drop(net, skb, 'ip_tunnel_rcv', 'TUNNEL_ECN', () => ({ values: { dev: link.name } }));
    return;
  }
  packet.ip.tos = tos;
  // skb_scrub_packet() leaves it the time at which the outer packet came (Linux 6.1, as recorded).
  const { stamp } = skb;
  scrub(skb, 'same namespace');
  Object.assign(skb, packet, { stamp });
  skb.dev = link.name;
  const remote = formatIpv4(outer.src);
  tell(net, skb, () => ({ k: 'decap', fn: 'ip_tunnel_rcv', dev: link.name, vni: null, remote }));
  // gro_cells_receive(): the device's own NAPI hands it up.
  net.walk.enqueue(net, skb);
}
