import { formatIpv4, type Ipv4 } from '../address/index.js';
import { type Destination, outputFlow, pathMtu, routeOutput, type Skb, type Socket } from '../linux/index.js';
import { ipPacket, TCP_ACK, TCP_PSH, TCP_RST, TCP_SYN, type Tcp } from '../packet/index.js';
import { drop, type Net, type ProbeSocket, tell } from './net.js';
import { tellRoute } from './route-event.js';
import { type Ends, listeningSocket, probeSocket } from './socket-lookup.js';

/** Options of a SYN: MSS, SACK permitted, time stamps, window scale. Of a later segment: time stamps. Bytes. */
export const SYN_OPTIONS = 20;
export const DATA_OPTIONS = 12;

/** tcp_v4_rcv(): to the connection, to a listener, or refused with a RST (linux net/ipv4/tcp_ipv4.c). */
export function tcpRcv(net: Net, skb: Skb): void {
  const { ip, l4, dst } = skb;
  if (ip === undefined || l4?.l4 !== 'tcp') return;
  if (skb.type !== 'host' || dst?.type === 'broadcast' || dst?.type === 'multicast') {
    drop(net, skb, 'tcp_v4_rcv', 'L2_BROADCAST');
    return;
  }
  const ends: Ends = { protocol: 'tcp', local: ip.dst, localPort: l4.dport, remote: ip.src, remotePort: l4.sport };
  const connection = probeSocket(net, ends);
  if (connection !== undefined) {
    tellDelivery(net, skb, ends, 'tcp connection');
    connection.receive(net, skb);
    return;
  }
  const listener = listeningSocket(net, ends);
  if (listener !== undefined && (l4.flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN) {
    tellDelivery(net, skb, ends, `tcp LISTEN ${formatIpv4(listener.address)}:${listener.port}`);
    accept(net, skb, listener, ends, l4);
    return;
  }
  refuse(net, skb, ends, l4);
}

function tellDelivery(net: Net, skb: Skb, ends: Ends, to: string): void {
  tell(net, skb, () => ({
    k: 'deliver',
    fn: 'tcp_v4_rcv',
    to,
    local: `${formatIpv4(ends.local)}:${ends.localPort}`,
    remote: `${formatIpv4(ends.remote)}:${ends.remotePort}`,
  }));
}

/** No socket: a RST, unless the segment is one itself (tcp_v4_send_reset()). */
function refuse(net: Net, skb: Skb, ends: Ends, l4: Tcp): void {
  const values = { pod: net.ns.name, proto: 'tcp', port: l4.dport, src: formatIpv4(ends.remote) };
  const wanted = net.walk.sockets.find(
    (s) => s.netns === net.ns.name && s.protocol === 'tcp' && s.localPort === l4.dport && s.remote !== undefined,
  );
  if (!(l4.flags & TCP_RST)) {
    const acks = (l4.flags & TCP_ACK) !== 0;
    const header: Tcp = {
      l4: 'tcp',
      sport: ends.localPort,
      dport: ends.remotePort,
      flags: acks ? TCP_RST : TCP_RST | TCP_ACK,
      seq: acks ? l4.ack : 0,
      ack: acks ? 0 : (l4.seq + skb.payload + (l4.flags & TCP_SYN ? 1 : 0)) >>> 0,
      options: 0,
      mss: undefined,
    };
    sendSegment(net, skb, { ends, header, payload: 0, kind: 'reply', id: 'zero', flow: undefined, gsoSize: 0 });
  }
  // A SYN-ACK for a connection that is being opened, but from another address: nobody translated it back.
  const translated = wanted === undefined || (l4.flags & (TCP_SYN | TCP_ACK)) !== (TCP_SYN | TCP_ACK);
  drop(net, skb, 'tcp_v4_rcv', translated ? 'NO_SOCKET' : 'REPLY_NOT_TRANSLATED', () => ({
    values: { ...values, vip: wanted?.remote === undefined ? '' : formatIpv4(wanted.remote.address) },
  }));
}

/** What one TCP segment of this host's own needs. */
export interface Segment {
  readonly ends: Ends;
  readonly header: Tcp;
  readonly payload: number;
  readonly kind: 'forward' | 'reply' | 'proxied';
  /** A SYN-ACK and a RST have id 0, a connected socket counts its own. */
  readonly id: 'zero' | 'counted';
  /** What its socket hashed it to. */
  readonly flow: string | undefined;
  readonly gsoSize: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly mark?: number;
}

/** Sends a segment of a socket; false when there is no route. */
export function sendSegment(net: Net, cause: Skb | undefined, segment: Segment): boolean {
  const { ends, header, payload } = segment;
  const flow = outputFlow(ends.remote, { src: ends.local, mark: segment.mark ?? 0, tos: (segment.tos ?? 0) & 0x1c });
  const route = routeOutput(net, flow, '', 'any');
  if (!route.ok) return false;
  const id = segment.id === 'zero' ? 0 : 1 + net.choose.value(`${net.ns.name} IP id`, 65535);
  const ttl = segment.ttl ?? net.ns.sysctls.number('net/ipv4/ip_default_ttl');
  const fields = { src: ends.local, dst: ends.remote, ttl, id, df: true, tos: segment.tos ?? 0 };
  const skb = net.walk.begin(net, ipPacket(fields, header, payload), segment.kind, cause);
  skb.dst = route.destination;
  skb.flow = segment.flow;
  skb.gsoSize = segment.gsoSize;
  skb.mark = segment.mark ?? 0;
  tellRoute(net, skb, 'ip_queue_xmit', 'lo', ends.local, route.destination);
  net.walk.functions.ip_local_out(net, skb);
  return true;
}

/** The MSS to announce: what fits the route's MTU without options (tcp_advertise_mss()). */
export function announcedMss(net: Net, destination: Destination, dst: Ipv4): number {
  if (destination.type === 'error') return 536;
  const link = net.ns.links.get(destination.dev);
  if (link === undefined) return 536;
  const mtu = destination.type === 'unicast' ? pathMtu(net, destination, dst, link) : link.mtu;
  return Math.min(mtu, 65535) - 40;
}

/** A listener's answer to a SYN, and the connection that it makes. */
function accept(net: Net, syn: Skb, listener: Socket, ends: Ends, l4: Tcp): void {
  const route = routeOutput(net, outputFlow(ends.remote, { src: ends.local }), '', 'any');
  if (!route.ok) return;
  const isn = net.choose.value(`${net.ns.name} ISN`, 0x1_0000_0000);
  const connection = new ServerConnection(net, listener, ends, { isn, peerIsn: l4.seq });
  net.walk.sockets.push(connection);
  connection.synAck(net, syn, announcedMss(net, route.destination, ends.remote));
}

/** One accepted connection: reads a request, writes an answer. */
class ServerConnection implements ProbeSocket {
  readonly protocol = 'tcp';
  readonly netns: string;
  readonly localAddress: Ipv4;
  readonly localPort: number;
  readonly remote: { readonly address: Ipv4; readonly port: number };
  readonly #listener: Socket;
  readonly #ends: Ends;
  readonly #isn: number;
  readonly #peerIsn: number;
  #received = 0;
  #answered = false;

  constructor(net: Net, listener: Socket, ends: Ends, { isn, peerIsn }: { isn: number; peerIsn: number }) {
    this.netns = net.ns.name;
    this.localAddress = ends.local;
    this.localPort = ends.localPort;
    this.remote = { address: ends.remote, port: ends.remotePort };
    this.#listener = listener;
    this.#ends = ends;
    this.#isn = isn;
    this.#peerIsn = peerIsn;
  }

  /** The flow that its segments hash to: drawn once for the connection (sk_txhash). */
  get #flow(): string {
    return `tcp ${this.netns} ${this.#isn}`;
  }

  synAck(net: Net, syn: Skb, mss: number): void {
    this.#send(net, syn, TCP_SYN | TCP_ACK, 0, mss);
  }

  #send(net: Net, cause: Skb, flags: number, payload: number, mss: number | undefined): void {
    const header: Tcp = {
      l4: 'tcp',
      sport: this.localPort,
      dport: this.remote.port,
      flags,
      seq: (this.#isn + (flags & TCP_SYN ? 0 : 1)) >>> 0,
      ack: (this.#peerIsn + 1 + this.#received) >>> 0,
      options: mss === undefined ? DATA_OPTIONS : SYN_OPTIONS,
      mss,
    };
    const id = flags & TCP_SYN ? 'zero' : 'counted';
    sendSegment(net, cause, { ends: this.#ends, header, payload, kind: 'reply', id, flow: this.#flow, gsoSize: 0 });
  }

  receive(net: Net, skb: Skb): void {
    const { l4 } = skb;
    if (l4?.l4 !== 'tcp') return;
    if (l4.flags & TCP_RST) {
      close(net, this);
      return;
    }
    if (l4.flags & TCP_SYN) return;
    this.#received += skb.payload;
    const wanted = net.walk.requests.get(this.#peerIsn);
    if (this.#answered || skb.payload === 0 || this.#listener.behaviour !== 'reply') return;
    if (wanted !== undefined && this.#received < wanted) return;
    this.#answered = true;
    const bytes = this.#listener.bytes ?? this.#received;
    net.walk.task(() => this.#send(net, skb, TCP_PSH | TCP_ACK, bytes, undefined));
  }

  error(): void {
    // An ICMP error does not end an accepted connection (tcp_v4_err(): soft).
  }
}

/** Takes a socket of the probe away. */
export function close(net: Net, socket: ProbeSocket): void {
  const at = net.walk.sockets.indexOf(socket);
  if (at >= 0) net.walk.sockets.splice(at, 1);
}
