import { formatIpv4 } from '../address/index.js';
import { PROGRAM_SOCKET, type Skb, type Socket, tunnelOfPort } from '../linux/index.js';
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, UDP_HLEN, type Udp } from '../packet/index.js';
import { groupErrno, sendOwn } from './ip-send.js';
import { drop, type Net, tell } from './net.js';
import { relayReceive } from './relay.js';
import { resetConnection } from './skb.js';
import { type Ends, inetIif, listeningSocket, probeSocket } from './socket-lookup.js';
import { hasVxlanSocket, vxlanRcv } from './vxlan.js';

/** __udp4_lib_rcv(): to the kernel's own VXLAN socket, to a program, or "port unreachable" (linux net/ipv4/udp.c). */
export function udpRcv(net: Net, skb: Skb): void {
  const { ip, l4 } = skb;
  if (ip === undefined || l4?.l4 !== 'udp') return;
  const ends: Ends = { protocol: 'udp', local: ip.dst, localPort: l4.dport, remote: ip.src, remotePort: l4.sport };
  const own = probeSocket(net, ends, inetIif(skb));
  if (own !== undefined) {
    tellDelivery(net, skb, ends, 'udp socket');
    own.receive(net, skb);
    return;
  }
  if (hasVxlanSocket(net, l4.dport)) {
    vxlanRcv(net, skb);
    return;
  }
  const socket = listeningSocket(net, ends, skb.dev);
  if (socket !== undefined) {
    tellDelivery(net, skb, ends, `udp ${formatIpv4(socket.address)}:${socket.port}`);
    answer(net, skb, socket, ends, l4);
    return;
  }
  const tunnel = tunnelOfPort(net.ns, l4.dport);
  if (tunnel !== undefined) {
    drop(net, skb, '__udp4_lib_rcv', 'UNSUPPORTED', () => ({ values: { what: `link kind ${tunnel.type}` } }));
    return;
  }
  // __udp4_lib_rcv() forgets the connection first, so that the error has to find it by itself.
  resetConnection(skb);
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
  const l4: Udp = { l4: 'udp', sport: ends.localPort, dport: ends.remotePort, length: UDP_HLEN + bytes };
  sendOwn(net, asked, {
    kind: 'reply',
    fn: 'ip_route_output_flow',
    call: 'the answer, sendmsg()',
    src: ends.local,
    dst: ends.remote,
    anySource: 'own',
    id: 'counted',
    df: 'if it fits',
    refuses: (found) => groupErrno(l4, found),
    l4,
    payload: bytes,
    socket: PROGRAM_SOCKET,
  });
}
