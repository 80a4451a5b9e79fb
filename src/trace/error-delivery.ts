import { formatIpv4, type Ipv4 } from '../address/index.js';
import type { Skb } from '../linux/index.js';
import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_REDIRECT,
  type Icmp,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  icmpName,
} from '../packet/index.js';
import { drop, type Net, type ProbeSocket, tell } from './net.js';

/** How long a learned path MTU is believed (ip_rt_mtu_expires), and a redirect (ip_rt_gc_timeout), ms. */
const MTU_EXPIRES = 600_000;
const REDIRECT_EXPIRES = 300_000;

/** icmp_unreach(), icmp_redirect(): what an error changes in the routes, then to the socket of the quoted packet. */
export function deliverError(net: Net, skb: Skb, l4: Icmp): void {
  const { ip, inner } = skb;
  const quoted = inner?.ip;
  if (ip === undefined || inner === undefined || quoted === undefined) {
    drop(net, skb, 'icmp_unreach', 'ERROR_IGNORED');
    return;
  }
  if (l4.type === ICMP_DEST_UNREACH && l4.code === ICMP_FRAG_NEEDED) learnMtu(net, quoted.dst, l4.mtu);
  if (l4.type === ICMP_REDIRECT) learnGateway(net, skb, quoted.dst, l4.gateway as Ipv4);
  const socket = socketOf(net, skb);
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

/** ip_rt_update_pmtu(): never below 552 bytes (ip_rt_min_pmtu). */
function learnMtu(net: Net, dst: Ipv4, mtu: number): void {
  const old = net.runtime.exceptions.get(dst);
  const learned = { mtu: Math.max(mtu, 552), gateway: old?.gateway, expires: net.now + MTU_EXPIRES };
  net.journal.put(net.runtime.exceptions, dst, learned);
}

/** ip_do_redirect(): only from the router in use, to an address on the same link. Heeded by hosts, not by routers. */
function learnGateway(net: Net, skb: Skb, dst: Ipv4, gateway: Ipv4): void {
  const { sysctls } = net.ns;
  const forwarding = sysctls.conf(skb.dev, 'forwarding') !== 0;
  const accepts = forwarding
    ? sysctls.confAnd(skb.dev, 'accept_redirects')
    : sysctls.confOr(skb.dev, 'accept_redirects');
  if (!accepts) return;
  const old = net.runtime.exceptions.get(dst);
  net.journal.put(net.runtime.exceptions, dst, { mtu: old?.mtu, gateway, expires: net.now + REDIRECT_EXPIRES });
}

/** The socket that sent the packet which an error quotes. */
function socketOf(net: Net, skb: Skb): ProbeSocket | undefined {
  const quoted = skb.inner;
  if (quoted?.ip === undefined || quoted.l4 === undefined) return undefined;
  const { ip, l4 } = quoted;
  const local = l4.l4 === 'icmp' ? l4.id : l4.sport;
  const remote = l4.l4 === 'icmp' ? 0 : l4.dport;
  const protocol = PROTOCOLS.get(ip.protocol);
  return net.walk.sockets.find(
    (s) =>
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
