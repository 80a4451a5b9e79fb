import type { Arp, Ethernet, IpHeader, L4, Packet, Vxlan } from '../packet/index.js';
import type { Connection } from './conntrack/table.js';
import type { Destination } from './fib/lookup.js';

/**
 * Relation of a packet to the device that received it (PACKET_HOST …, linux if_packet.h); `loopback`: the copy of a
 * broadcast of this host's own, which no capture shows.
 */
export type PacketType = 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'loopback';

/** What connection tracking says of a packet (enum ip_conntrack_info, without the direction). */
export type CtState = 'NEW' | 'ESTABLISHED' | 'RELATED';

/** What br_netfilter remembers of a bridged packet (struct nf_bridge_info). */
export interface NfBridge {
  /** The port that it came in by. */
  physIn: string | undefined;
  physOut: string | undefined;
  /** It was for another host, and says host only while the IP hooks look at it. */
  otherhost: boolean;
  inPrerouting: boolean;
  /** Destination before PREROUTING, to see whether DNAT changed it. */
  origDst: number;
  /** A frame on its way through the neighbour code: go on with forwarding (bridged_dnat). */
  bridgedDnat: boolean;
  /** ip_rcv's PREROUTING was skipped for it once (sabotage_in_done). */
  sabotaged: boolean;
  /** Largest fragment that was reassembled, bytes; 0 when none was. */
  fragMaxSize: number;
  /** The Ethernet source before the neighbour code overwrote it. */
  savedSource: number;
}

/** The socket that sent a packet of this host, as far as others ask it (struct sock). */
export interface SkbSocket {
  /** A program holds it; the kernel's own, which send RSTs and ICMP, have no file and so no owner. */
  readonly ofProgram: boolean;
  /** The device that it is bound to (sk_bound_dev_if); empty for none. */
  readonly boundDev: string;
}

/** A socket of the kernel's own (inet_ctl_sock_create()). */
export const CONTROL_SOCKET: SkbSocket = { ofProgram: false, boundDev: '' };
/** A socket of a program that is bound to no device. */
export const PROGRAM_SOCKET: SkbSocket = { ofProgram: true, boundDev: '' };

/** What a call that sends comes back with; fragments of one packet share it. */
export interface SendCall {
  /**
   * EPERM: netfilter dropped it (nf_hook_slow()). ENOBUFS: a device did not take it (NET_XMIT_DROP). EMSGSIZE: it
   * must not be cut, and NAT sent it another way, where it does not fit (ip_fragment()). Others: after NAT there is no
   * route (NF_DROP_ERR()).
   */
  errno: string | undefined;
}

/**
 * A packet in flight (struct sk_buff): the headers, and what the kernel keeps beside them.
 *
 * Mutable, and never part of a result: events hold copies.
 */
export class Skb implements Packet {
  eth: Ethernet | undefined;
  arp: Arp | undefined;
  ip: IpHeader | undefined;
  l4: L4 | undefined;
  vxlan: Vxlan | undefined;
  payload: number;
  inner: Packet | undefined;

  /** The device that it came in by or goes out of. */
  dev = '';
  /** The device that received it last, be it a bridge; empty for a packet of this host's own (skb_iif, inet_iif()). */
  iif = '';
  /** A packet of this host's own starts as `host`, as in the kernel, where that is 0. */
  type: PacketType = 'host';
  /** uint32. */
  mark = 0;
  /** The connection, with the state and direction of this packet in it. */
  ct: Connection | undefined;
  ctState: CtState | undefined;
  ctReply = false;
  /** `-j CT --notrack`. */
  untracked = false;
  /** Zone that `-j CT --zone` chose. */
  zone = 0;
  /** Payload bytes of each segment that a GSO packet stands for; 0 for an ordinary packet. */
  gsoSize = 0;
  /** Place in the order of capture time stamps; undefined until something stamps it. */
  stamp: number | undefined;
  /** Where routing sends it. */
  dst: Destination | undefined;
  nfBridge: NfBridge | undefined;
  /** Largest fragment of a reassembled packet, bytes; 0 when it was whole (IPCB(skb)->frag_max_size). */
  fragMaxSize = 0;
  /** The MTU that its socket cut it for, bytes, before something sent it another way (frag_list); 0 for one piece. */
  builtFor = 0;
  /** Came in by and goes out of the same device, to a router nearer to it: tell the sender (IPSKB_DOREDIRECT). */
  doRedirect = false;
  /** Was forwarded (IPSKB_FORWARDED). */
  forwarded = false;
  /** The socket that sent it; a received packet has none. */
  sk: SkbSocket | undefined;
  /** Which flow its socket hashed it to, for encapsulation and multipath; undefined: hash the headers. */
  flow: string | undefined;
  /** Identity of the frame in the trace; the same through all that happens to it, until it is split or copied. */
  frame = 0;
  /** It may be fragmented though it says DF: the socket's path-MTU discovery is not strict (skb->ignore_df). */
  ignoreDf = false;
  /** IPVS has seen to it, and lets it pass from now on (skb->ipvs_property). */
  ipvsProperty = false;
  /** The call that sends it, for as long as that has not returned and nobody else has the packet. */
  call: SendCall | undefined;

  constructor(packet: Packet) {
    this.eth = packet.eth;
    this.arp = packet.arp;
    this.ip = packet.ip;
    this.l4 = packet.l4;
    this.vxlan = packet.vxlan;
    this.payload = packet.payload;
    this.inner = packet.inner;
  }
}
