import { formatIpv4, type Ipv4 } from '../address/index.js';
import {
  CONTROL_SOCKET,
  destinationMtu,
  type OutputRoute,
  PROGRAM_SOCKET,
  type Skb,
  type SkbSocket,
  type Socket,
} from '../linux/index.js';
import { IP_HLEN, resetOf, TCP_ACK, TCP_HLEN, TCP_PSH, TCP_RST, TCP_SYN, type Tcp } from '../packet/index.js';
import type { PmtuDiscovery } from './client.js';
import { replyMark, routeOwn, sendOwn } from './ip-send.js';
import { drop, type Net, type ProbeSocket, tell } from './net.js';
import { type Ends, inetIif, listeningSocket, probeSocket } from './socket-lookup.js';

/** Options of a SYN: MSS, SACK permitted, time stamps, window scale. Of a later segment: time stamps. Bytes. */
export const SYN_OPTIONS = 20;
/** Bytes of the MSS option. */
const MSS_OPTION = 4;
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
  const connection = probeSocket(net, ends, inetIif(skb));
  if (connection !== undefined) {
    tellDelivery(net, skb, ends, 'tcp connection');
    connection.receive(net, skb);
    return;
  }
  const listener = listeningSocket(net, ends, skb.dev);
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
    const header = resetOf(l4, skb.payload);
    const tos = skb.ip?.tos ?? 0;
    const own = { kind: 'reply', id: 'zero', socket: CONTROL_SOCKET, tos, mark: replyMark(net, skb) } as const;
    sendSegment(net, skb, { ends, header, payload: 0, ...own });
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
  readonly socket: SkbSocket;
  /** What its socket hashed it to; undefined for a segment without a connection. */
  readonly flow?: string;
  readonly gsoSize?: number;
  readonly ttl?: number | undefined;
  readonly tos?: number;
  readonly mark?: number;
  /** What its program asked of path-MTU discovery; `want` unless it did. */
  readonly pmtuDiscovery?: PmtuDiscovery;
}

/** Sends a segment (ip_queue_xmit(), ip_send_unicast_reply()). */
export function sendSegment(
  net: Net,
  cause: Skb | undefined,
  { ends, header, pmtuDiscovery = 'want', ...segment }: Segment,
): void {
  const { local: src, remote: dst } = ends;
  // A RST says DF whatever is discovered (tcp_v4_init()).
  const asked = pmtuDiscovery === 'want' ? 'discover' : pmtuDiscovery === 'do';
  const df = segment.socket === CONTROL_SOCKET ? true : asked;
  sendOwn(net, cause, { ...segment, fn: 'ip_queue_xmit', src, dst, anySource: 'own', df, l4: header });
}

/** The MSS to announce: what fits the route's MTU without options (tcp_advertise_mss()). */
export function announcedMss(net: Net, route: OutputRoute, dst: Ipv4): number {
  if (!route.ok || route.destination.type === 'error') return 536;
  return destinationMtu(net, route.destination, dst) - IP_HLEN - TCP_HLEN;
}

/** A listener's answer to a SYN, and the connection that it makes. */
function accept(net: Net, syn: Skb, listener: Socket, ends: Ends, l4: Tcp): void {
  const isn = net.choose.value(`${net.ns.name} ISN`, 0x1_0000_0000);
  // inet_request_mark()
  const mark = net.ns.sysctls.number('net/ipv4/tcp_fwmark_accept') === 0 ? 0 : syn.mark;
  const connection = new ServerConnection(net, listener, ends, { isn, peerIsn: l4.seq, mark });
  net.walk.sockets.push(connection);
  connection.synAck(net, syn);
}

/** One accepted connection: reads a request, writes an answer. */
class ServerConnection implements ProbeSocket {
  readonly protocol = 'tcp';
  readonly netns: string;
  readonly localAddress: Ipv4;
  readonly localPort: number;
  readonly remote: { readonly address: Ipv4; readonly port: number };
  readonly boundDev = '';
  readonly #listener: Socket;
  readonly #ends: Ends;
  readonly #isn: number;
  readonly #peerIsn: number;
  readonly #mark: number;
  #received = 0;
  #answered = false;

  constructor(
    net: Net,
    listener: Socket,
    ends: Ends,
    { isn, peerIsn, mark }: { readonly isn: number; readonly peerIsn: number; readonly mark: number },
  ) {
    this.netns = net.ns.name;
    this.localAddress = ends.local;
    this.localPort = ends.localPort;
    this.remote = { address: ends.remote, port: ends.remotePort };
    this.#listener = listener;
    this.#ends = ends;
    this.#isn = isn;
    this.#peerIsn = peerIsn;
    this.#mark = mark;
  }

  /** The flow that its segments hash to: drawn once for the connection (sk_txhash). */
  get #flow(): string {
    return `tcp ${this.netns} ${this.#isn}`;
  }

  synAck(net: Net, syn: Skb): void {
    const header = this.#header(TCP_SYN | TCP_ACK, 0);
    const { remote: dst, local: src } = this.#ends;
    const mark = this.#mark;
    const route = routeOwn(net, { dst, src, anySource: 'any', mark, l4: header, socket: PROGRAM_SOCKET });
    // tcp_synack_options(): of all but the MSS only what the SYN had.
    const options = syn.l4?.l4 === 'tcp' && syn.l4.options >= SYN_OPTIONS ? SYN_OPTIONS : MSS_OPTION;
    this.#send(net, syn, { ...header, options, mss: announcedMss(net, route, dst) }, 0);
  }

  #header(flags: number, seq: number): Tcp {
    return {
      l4: 'tcp',
      sport: this.localPort,
      dport: this.remote.port,
      flags,
      seq: (this.#isn + seq) >>> 0,
      ack: (this.#peerIsn + 1 + this.#received) >>> 0,
      options: DATA_OPTIONS,
      mss: undefined,
    };
  }

  #send(net: Net, cause: Skb, header: Tcp, payload: number): void {
    const id = header.flags & TCP_SYN ? 'zero' : 'counted';
    const own = { ends: this.#ends, header, payload, kind: 'reply', id, flow: this.#flow, mark: this.#mark } as const;
    // ip_build_and_send_pkt(): what is as short as a SYN-ACK says DF whatever is discovered.
    const pmtuDiscovery = id === 'zero' ? 'do' : 'want';
    sendSegment(net, cause, { ...own, socket: PROGRAM_SOCKET, pmtuDiscovery });
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
    net.walk.task(() => this.#send(net, skb, this.#header(TCP_PSH | TCP_ACK, 1), bytes));
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
