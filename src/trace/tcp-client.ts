import { ANY, type Ipv4 } from '../address/index.js';
import type { Skb } from '../linux/index.js';
import { TCP_ACK, TCP_PSH, TCP_RST, TCP_SYN, type Tcp } from '../packet/index.js';
import { routeSocket, type SocketOptions, sendDatagram, socketOf } from './client.js';
import type { Conversation } from './conversation.js';
import { tcpErrno } from './icmp-errno.js';
import { isGroup } from './ip-send.js';
import type { Net, ProbeSocket, Timer, Walk } from './net.js';
import type { Ends } from './socket-lookup.js';
import { announcedMss, close, DATA_OPTIONS, SYN_OPTIONS, sendSegment } from './tcp.js';

/** What a TCP client does. */
export interface TcpOptions extends SocketOptions {
  readonly sport: number;
  readonly dport: number;
  /** Bytes of its request; 0 for none. */
  readonly payload: number;
  /** How the request is cut into segments, bytes; undefined: by the MSS. */
  readonly segments: readonly number[] | undefined;
  /** ms until it gives up. */
  readonly timeout: number;
  /**
   * `answer`: stop when the SYN has been answered, for a trace of the first packet; `connected`: stay open, and send the
   * request when somebody says so.
   */
  readonly until: 'answer' | 'connected' | 'end';
}

/** When a SYN is sent again, ms after the first (exponential from TCP_TIMEOUT_INIT, RFC 6298). */
const SYN_RETRIES = [1_000, 3_000, 7_000];

/** A connection that stays open. */
export interface TcpConnection {
  /** Sends the request over it. */
  request(): void;
}

/** Opens a connection, sends one request, and reads the answer. */
export function connectTcp(net: Net, options: TcpOptions, result: Conversation): TcpConnection {
  const client = new TcpClient(net, options, result);
  const { walk } = net;
  walk.task(() => client.open());
  return { request: () => walk.task(() => client.request(undefined)) };
}

class TcpClient implements ProbeSocket {
  readonly protocol = 'tcp';
  readonly netns: string;
  readonly localPort: number;
  readonly remote: { readonly address: Ipv4; readonly port: number };
  readonly boundDev: string;
  localAddress: Ipv4;
  readonly #walk: Walk;
  readonly #options: TcpOptions;
  readonly #result: Conversation;
  readonly #isn: number;
  #mss = 536;
  #state: 'SYN_SENT' | 'ESTABLISHED' | 'CLOSED' = 'SYN_SENT';
  #peerNext = 0;
  readonly #timers: Timer[] = [];

  constructor(net: Net, options: TcpOptions, result: Conversation) {
    this.#walk = net.walk;
    // __ip_sock_set_tos(): the ECN bits of a stream are TCP's own.
    this.#options = { ...options, tos: options.tos & 0xfc };
    this.#result = result;
    this.netns = net.ns.name;
    this.localPort = options.sport;
    this.boundDev = options.oif;
    this.localAddress = options.source;
    this.remote = { address: options.destination, port: options.dport };
    this.#isn = net.choose.value(`${net.ns.name} ISN`, 0x1_0000_0000);
  }

  get #net(): Net {
    return this.#walk.net(this.netns);
  }

  get #flow(): string {
    return `tcp ${this.netns} ${this.#isn}`;
  }

  open(): void {
    const net = this.#net;
    const syn = this.#header(TCP_SYN, 0, 0, undefined);
    const first = routeSocket(net, this.#options, syn);
    if (this.localAddress === ANY && first.ok && first.destination.type !== 'error')
      this.localAddress = first.destination.source;
    // ip_route_connect() looks up twice: once for the source, and then with it.
    const route = routeSocket(net, { ...this.#options, source: this.localAddress }, syn);
    if (!route.ok || route.destination.type === 'error' || isGroup(route.destination.type)) {
      this.#result.errno = this.#refused();
      return;
    }
    this.#mss = announcedMss(net, route, this.remote.address);
    net.walk.sockets.push(this);
    net.walk.requests.set(this.#isn, this.#options.payload);
    this.#syn();
    // A process's transmit ends with everything received that follows from it: the answer may be here already.
    if (this.#state !== 'SYN_SENT' || this.#options.until === 'answer') return;
    for (const delay of SYN_RETRIES)
      if (delay < this.#options.timeout) this.#timers.push(net.walk.timer(delay, () => this.#syn()));
    this.#timers.push(net.walk.timer(this.#options.timeout, () => this.#end('ETIMEDOUT')));
  }

  /** connect(2) fails before a segment is made; the trace shows the one that would have been. */
  #refused(): string | undefined {
    const syn = this.#header(TCP_SYN, this.#isn, SYN_OPTIONS, this.#mss);
    return sendDatagram(this.#net, { ...this.#options, source: this.localAddress }, syn, 0, 'connect()');
  }

  #syn(): void {
    this.#send(undefined, this.#header(TCP_SYN, this.#isn, SYN_OPTIONS, this.#mss), 0, 0);
  }

  #header(flags: number, seq: number, options: number, mss: number | undefined): Tcp {
    const ack = flags & TCP_ACK ? this.#peerNext : 0;
    return { l4: 'tcp', sport: this.localPort, dport: this.remote.port, flags, seq: seq >>> 0, ack, options, mss };
  }

  #send(cause: Skb | undefined, header: Tcp, payload: number, gsoSize: number): void {
    const { ttl, tos, mark, pmtuDiscovery } = this.#options;
    const ends: Ends = {
      protocol: 'tcp',
      local: this.localAddress,
      localPort: this.localPort,
      remote: this.remote.address,
      remotePort: this.remote.port,
    };
    sendSegment(this.#net, cause, {
      ends,
      header,
      payload,
      kind: 'forward',
      id: 'counted',
      socket: socketOf(this.#options),
      flow: this.#flow,
      gsoSize,
      ttl,
      tos,
      mark,
      pmtuDiscovery,
    });
  }

  receive(net: Net, skb: Skb): void {
    const { l4 } = skb;
    if (l4?.l4 !== 'tcp' || this.#state === 'CLOSED') return;
    if (l4.flags & TCP_RST) {
      this.#result.errors.push({ frame: skb.frame, errno: this.#state === 'SYN_SENT' ? 'ECONNREFUSED' : 'ECONNRESET' });
      this.#end(undefined);
      return;
    }
    if (this.#state === 'SYN_SENT' && (l4.flags & (TCP_SYN | TCP_ACK)) === (TCP_SYN | TCP_ACK)) {
      this.#established(net, skb, l4);
      return;
    }
    if (this.#state === 'ESTABLISHED' && skb.payload > 0) {
      this.#result.answers.push({ frame: skb.frame, bytes: skb.payload });
      this.#peerNext = (this.#peerNext + skb.payload) >>> 0;
      this.#end(undefined);
    }
  }

  /** tcp_rcv_synsent_state_process(): the ACK goes at once, the request when the program is awake. */
  #established(net: Net, skb: Skb, l4: Tcp): void {
    this.#state = 'ESTABLISHED';
    this.#result.connected = true;
    this.#peerNext = (l4.seq + 1) >>> 0;
    this.#mss = Math.min(this.#mss, l4.mss ?? 536);
    const { until, payload } = this.#options;
    if (until === 'answer') {
      this.#result.answers.push({ frame: skb.frame, bytes: 0 });
      this.#end(undefined);
      return;
    }
    for (const timer of this.#timers) net.walk.cancel(timer);
    this.#send(skb, this.#header(TCP_ACK, this.#isn + 1, DATA_OPTIONS, undefined), 0, 0);
    if (payload > 0 && until === 'end') net.walk.task(() => this.request(skb));
  }

  request(cause: Skb | undefined): void {
    let sent = 0;
    for (const size of this.#options.segments ?? this.#cut()) {
      const header = this.#header(TCP_PSH | TCP_ACK, this.#isn + 1 + sent, DATA_OPTIONS, undefined);
      // While time stamps are on, a segment carries 12 bytes less than the MSS says.
      const room = this.#mss - DATA_OPTIONS;
      this.#send(cause, header, size, size > room ? room : 0);
      sent += size;
    }
  }

  #cut(): number[] {
    const room = this.#mss - DATA_OPTIONS;
    const { payload } = this.#options;
    return Array.from({ length: Math.ceil(payload / room) }, (_, i) => Math.min(room, payload - i * room));
  }

  /** tcp_v4_err(): an error ends a connection that is being opened; later it is only noted. */
  error(_net: Net, skb: Skb): void {
    const { l4 } = skb;
    const errno = l4?.l4 === 'icmp' ? tcpErrno(l4.type, l4.code) : undefined;
    if (errno === undefined || this.#state !== 'SYN_SENT') return;
    this.#result.errors.push({ frame: skb.frame, errno });
    this.#end(undefined);
  }

  #end(errno: string | undefined): void {
    if (this.#state === 'CLOSED') return;
    if (errno !== undefined && this.#result.answers.length === 0) this.#result.errno ??= errno;
    this.#state = 'CLOSED';
    for (const timer of this.#timers) this.#net.walk.cancel(timer);
    close(this.#net, this);
  }
}
