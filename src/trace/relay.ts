import { contains, formatIpv4 } from '../address/index.js';
import { PROGRAM_SOCKET, type Process, type Skb } from '../linux/index.js';
import {
  clonePacket,
  ICMP_DEST_UNREACH,
  ICMP_NET_UNREACH,
  IPPROTO_ICMP,
  icmpHeader,
  ipPacket,
  type Packet,
  UDP_HLEN,
} from '../packet/index.js';
import { receiveOn } from './dev.js';
import { sendOwn } from './ip-send.js';
import { drop, type Net, tell } from './net.js';

/** Who drops what flanneld's program does not send on. */
export const RELAY = 'udp-relay';

/** tun_net_xmit(): what the device sends is read by the program that holds it. */
export function tunXmit(net: Net, skb: Skb): void {
  const process = net.ns.processes.find((p) => p.dev === skb.dev);
  if (process === undefined) {
    drop(net, skb, 'tun_net_xmit', 'TUN_NO_READER', () => ({ values: { dev: skb.dev } }));
    return;
  }
  net.walk.task(() => fromTun(net, skb, process));
}

/** A packet has come to the socket of a program that relays. */
export function relayReceive(net: Net, skb: Skb, process: Process): void {
  net.walk.task(() => fromSocket(net, skb, process));
}

/**
 * flanneld's UDP backend, outwards: TTL − 1, then as the payload of a UDP packet to the peer that holds the
 * destination; "net unreachable" into the TUN device where none does (flannel pkg/backend/udp/proxy_amd64.c).
 */
function fromTun(net: Net, skb: Skb, process: Process): void {
  const { ip } = skb;
  if (ip === undefined) return;
  const route = process.routes.find((r) => contains(r.dst, ip.dst));
  const values = { dst: formatIpv4(ip.dst), dev: process.dev };
  if (route === undefined) {
    if (ip.protocol !== IPPROTO_ICMP && ip.offset === 0) noRoute(net, skb, process);
    drop(net, skb, RELAY, 'RELAY_NO_ROUTE', () => ({ values }));
    return;
  }
  if (ip.ttl <= 1) {
    drop(net, skb, RELAY, 'RELAY_TTL', () => ({ values }));
    return;
  }
  const inner = clonePacket(skb);
  inner.eth = undefined;
  if (inner.ip !== undefined) inner.ip.ttl--;
  tell(net, skb, () => ({
    k: 'relay',
    process: 'flanneld',
    note: `sends it to ${formatIpv4(route.peer)}:${route.port}`,
  }));
  sendTo(net, skb, process, route, inner);
}

function sendTo(net: Net, skb: Skb, process: Process, route: Process['routes'][number], inner: Packet): void {
  const bytes = inner.ip?.length ?? 0;
  sendOwn(net, skb, {
    kind: 'proxied',
    fn: 'ip_route_output_flow',
    call: 'sendto()',
    src: process.address,
    dst: route.peer,
    anySource: 'own',
    id: 'counted',
    df: 'if it fits',
    l4: { l4: 'udp', sport: process.port, dport: route.port, length: UDP_HLEN + bytes },
    payload: bytes,
    inner,
    socket: PROGRAM_SOCKET,
  });
}

/** The relay's own ICMP error: TTL 8, from the device's address, quoting 8 bytes behind the IP header. */
function noRoute(net: Net, skb: Skb, process: Process): void {
  const { ip } = skb;
  if (ip === undefined) return;
  const header = icmpHeader(ICMP_DEST_UNREACH, ICMP_NET_UNREACH);
  const quoted = clonePacket(skb);
  quoted.eth = undefined;
  const packet = ipPacket({ src: process.errorSource, dst: ip.src, ttl: 8 }, header, 28, quoted);
  write(net, net.walk.begin(net, packet, 'icmp-error', skb), process);
}

/** Inwards: TTL − 1, and into the TUN device. */
function fromSocket(net: Net, skb: Skb, process: Process): void {
  const { inner } = skb;
  if (inner?.ip === undefined) {
    drop(net, skb, RELAY, 'UNSUPPORTED', () => ({
      values: { what: 'a datagram to flanneld without a packet in it' },
    }));
    return;
  }
  const { dst, ttl } = inner.ip;
  if (ttl <= 1) {
    drop(net, skb, RELAY, 'RELAY_TTL', () => ({ values: { dev: process.dev, dst: formatIpv4(dst) } }));
    return;
  }
  const packet = clonePacket(inner);
  if (packet.ip !== undefined) packet.ip.ttl--;
  tell(net, skb, () => ({ k: 'relay', process: 'flanneld', note: `writes the packet into ${process.dev}` }));
  write(net, net.walk.begin(net, packet, 'proxied', skb), process);
}

/** tun_get_user(): the device receives what the program writes. */
function write(net: Net, skb: Skb, process: Process): void {
  const link = net.ns.links.get(process.dev);
  if (link === undefined || !link.up) {
    drop(net, skb, 'tun_get_user', 'LINK_DOWN', () => ({ values: { dev: process.dev } }));
    return;
  }
  net.walk.transmit(() => receiveOn(net, link, skb));
}
