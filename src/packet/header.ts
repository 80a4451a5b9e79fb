import { formatIpv4, formatMac, type Ipv4 } from '../address/index.js';
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6 } from './ethernet.js';
import { IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from './ipv4.js';
import type { L4, Packet } from './packet.js';
import { formatTcpFlags } from './tcp.js';

/** One header as plain JSON; `l` names the layer. Lengths are bytes, addresses text. */
export type Header =
  | { readonly l: 'eth'; readonly src: string; readonly dst: string; readonly type: string }
  | {
      readonly l: 'arp';
      readonly op: 'request' | 'reply';
      readonly sha: string;
      readonly spa: string;
      readonly tha: string;
      readonly tpa: string;
    }
  | {
      readonly l: 'ip4';
      readonly src: string;
      readonly dst: string;
      readonly ttl: number;
      readonly proto: string;
      readonly len: number;
      readonly id: number;
      readonly df: boolean;
      readonly mf: boolean;
      /** Fragment offset, bytes. */
      readonly offset: number;
      readonly tos: number;
    }
  | {
      readonly l: 'tcp';
      readonly sport: number;
      readonly dport: number;
      readonly flags: string;
      readonly seq: number;
      readonly ack: number;
      /** The MSS option; null where the segment carries none. */
      readonly mss: number | null;
      /** Bytes after this header. */
      readonly payload: number;
    }
  | { readonly l: 'udp'; readonly sport: number; readonly dport: number; readonly len: number }
  | { readonly l: 'sctp'; readonly sport: number; readonly dport: number; readonly chunk: string }
  | {
      readonly l: 'icmp';
      readonly type: number;
      readonly code: number;
      readonly id: number;
      readonly seq: number;
      readonly mtu: number;
      readonly gateway: string;
    }
  | { readonly l: 'vxlan'; readonly vni: number };

const ETHER_TYPES = new Map([
  [ETH_P_IP, 'ip4'],
  [ETH_P_ARP, 'arp'],
  [ETH_P_IPV6, 'ip6'],
]);
const PROTOCOLS = new Map([
  [IPPROTO_ICMP, 'icmp'],
  [IPPROTO_IPIP, 'ipip'],
  [IPPROTO_TCP, 'tcp'],
  [IPPROTO_UDP, 'udp'],
  [IPPROTO_SCTP, 'sctp'],
]);

/** The EtherType that a header's `type` stands for. */
export function etherTypeOf(type: string): number {
  for (const [number, name] of ETHER_TYPES) if (name === type) return number;
  return Number(type);
}

/** The IANA number that a header's `proto` stands for. */
export function protocolNumber(proto: string): number {
  for (const [number, name] of PROTOCOLS) if (name === proto) return number;
  return Number(proto);
}

/** `tcp` for 6; the number as text where it has no name here. */
export function protocolName(protocol: number): string {
  return PROTOCOLS.get(protocol) ?? String(protocol);
}

/**
 * The whole header stack of `p`, outermost first, inner headers included. What an ICMP error quotes follows its
 * header as a stack of its own, as on the wire.
 */
export function headersOf(p: Packet): Header[] {
  const list: Header[] = [];
  for (let at: Packet | undefined = p; at !== undefined; at = at.inner) pushHeaders(list, at);
  return list;
}

function pushHeaders(list: Header[], p: Packet): void {
  const { eth, arp, ip } = p;
  if (eth !== undefined) {
    const type = ETHER_TYPES.get(eth.type) ?? `0x${eth.type.toString(16).padStart(4, '0')}`;
    list.push({ l: 'eth', src: formatMac(eth.src), dst: formatMac(eth.dst), type });
  }
  if (arp !== undefined) {
    const { op, sha, spa, tha, tpa } = arp;
    list.push({
      l: 'arp',
      op,
      sha: formatMac(sha),
      spa: formatIpv4(spa),
      tha: formatMac(tha),
      tpa: formatIpv4(tpa),
    });
  }
  if (ip !== undefined) {
    list.push({
      l: 'ip4',
      src: formatIpv4(ip.src),
      dst: formatIpv4(ip.dst),
      ttl: ip.ttl,
      proto: protocolName(ip.protocol),
      len: ip.length,
      id: ip.id,
      df: ip.df,
      mf: ip.mf,
      offset: ip.offset,
      tos: ip.tos,
    });
  }
  if (p.l4 !== undefined) list.push(l4Header(p.l4, p.payload));
  if (p.vxlan !== undefined) list.push({ l: 'vxlan', vni: p.vxlan.vni });
}

function l4Header(l4: L4, payload: number): Header {
  switch (l4.l4) {
    case 'tcp': {
      const { sport, dport, seq, ack } = l4;
      return { l: 'tcp', sport, dport, flags: formatTcpFlags(l4.flags), seq, ack, mss: l4.mss ?? null, payload };
    }
    case 'udp':
      return { l: 'udp', sport: l4.sport, dport: l4.dport, len: l4.length };
    case 'sctp':
      return { l: 'sctp', sport: l4.sport, dport: l4.dport, chunk: l4.chunk };
    case 'icmp': {
      const { type, code, id, seq, mtu } = l4;
      return { l: 'icmp', type, code, id, seq, mtu, gateway: formatIpv4(l4.gateway as Ipv4) };
    }
  }
}
