import { formatIpv4 } from '../address/index.js';
import { outputFlow, routeOutput, type Skb, type Socket } from '../linux/index.js';
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ipPacket, UDP_HLEN, type Udp } from '../packet/index.js';
import { drop, type Net, tell } from './net.js';
import { relayReceive } from './relay.js';
import { tellRoute } from './route-event.js';
import { type Ends, listeningSocket, probeSocket } from './socket-lookup.js';
import { hasVxlanSocket, vxlanRcv } from './vxlan.js';

/** __udp4_lib_rcv(): to the kernel's own VXLAN socket, to a program, or "port unreachable" (linux net/ipv4/udp.c). */
export function udpRcv(net: Net, skb: Skb): void {
  const { ip, l4 } = skb;
  if (ip === undefined || l4?.l4 !== 'udp') return;
  const ends: Ends = { protocol: 'udp', local: ip.dst, localPort: l4.dport, remote: ip.src, remotePort: l4.sport };
  const own = probeSocket(net, ends);
  if (own !== undefined) {
    tellDelivery(net, skb, ends, 'udp socket');
    own.receive(net, skb);
    return;
  }
  if (hasVxlanSocket(net, l4.dport)) {
    vxlanRcv(net, skb);
    return;
  }
  const socket = listeningSocket(net, ends);
  if (socket !== undefined) {
    tellDelivery(net, skb, ends, `udp ${formatIpv4(socket.address)}:${socket.port}`);
    answer(net, skb, socket, ends, l4);
    return;
  }
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
  const values = { pod: net.ns.name, proto: 'udp', port: l4.dport };
  drop(net, skb, '__udp4_lib_rcv', skb.vxlan === undefined ? 'NO_SOCKET' : 'TUNNEL_PORT_CLOSED', () => ({ values }));
}

function tellDelivery(net: Net, skb: Skb, ends: Ends, to: string): void {
  tell(net, skb, () => ({
    k: 'deliver',
    fn: '__udp4_lib_rcv',
    to,
    local: `${formatIpv4(ends.local)}:${ends.localPort}`,
    remote: `${formatIpv4(ends.remote)}:${ends.remotePort}`,
  }));
}

/** What the program does, once the soft-IRQ has nothing more to do. */
function answer(net: Net, skb: Skb, socket: Socket, ends: Ends, l4: Udp): void {
  if (socket.behaviour === 'sink') return;
  if (socket.behaviour === 'process') {
    const process = net.ns.processes[socket.process];
    if (process !== undefined) relayReceive(net, skb, process);
    return;
  }
  const bytes = socket.bytes ?? l4.length - UDP_HLEN;
  net.walk.task(() => reply(net, skb, ends, bytes));
}

/** Answers from the address that was asked, as a server with IP_PKTINFO does. */
function reply(net: Net, asked: Skb, ends: Ends, bytes: number): void {
  const udp: Udp = { l4: 'udp', sport: ends.localPort, dport: ends.remotePort, length: UDP_HLEN + bytes };
  const route = routeOutput(net, outputFlow(ends.remote, { src: ends.local }), '', 'own');
  if (!route.ok) {
    const errno = 'errno' in route ? route.errno : 'EOPNOTSUPP';
    tell(net, asked, () => ({ k: 'errno', fn: 'udp_sendmsg', call: 'the answer, sendmsg()', errno }));
    return;
  }
  const id = 1 + net.choose.value(`${net.ns.name} IP id`, 65535);
  const ttl = net.ns.sysctls.number('net/ipv4/ip_default_ttl');
  // A UDP socket discovers the path MTU unless told otherwise: DF (ip_dont_fragment()), where the packet fits.
  const packet = ipPacket({ src: ends.local, dst: ends.remote, ttl, id, df: true }, udp, bytes);
  const skb = net.walk.begin(net, packet, 'reply', asked);
  skb.ignoreDf = true;
  skb.dst = route.destination;
  tellRoute(net, skb, 'ip_route_output_flow', 'lo', ends.local, route.destination);
  net.walk.functions.ip_local_out(net, skb);
}
