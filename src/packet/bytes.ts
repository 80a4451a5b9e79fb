import { type Ipv4, parseIpv4, parseMac } from '../address/index.js';
import { crc32c, internetChecksum, pseudoHeaderSum } from './checksum.js';
import { ETH_HLEN } from './ethernet.js';
import { etherTypeOf, type Header, protocolNumber } from './header.js';
import { IP_HLEN } from './ipv4.js';
import { SCTP_HLEN } from './sctp.js';
import { parseTcpFlags, TCP_HLEN } from './tcp.js';
import { UDP_HLEN } from './udp.js';
import { VXLAN_HLEN } from './vxlan.js';

/**
 * A frame as bytes on a wire, checksums filled in; of payload nobody knows more than its length, and it is zeros.
 *
 * A TCP segment in fragments has no right checksum: its length is not in any of its headers.
 */
export function encodeFrame(headers: readonly Header[]): Uint8Array {
  const [first, ...rest] = headers;
  if (first === undefined) return new Uint8Array(0);
  switch (first.l) {
    case 'eth':
      return ethernet(first, rest);
    case 'arp':
      return arp(first);
    case 'ip4':
      return ipv4(first, rest);
    case 'vxlan':
      return vxlan(first, rest);
    default:
      throw new Error(`a frame can not begin with ${first.l}`);
  }
}

type Of<L extends Header['l']> = Extract<Header, { readonly l: L }>;

function ethernet({ src, dst, type }: Of<'eth'>, rest: readonly Header[]): Uint8Array {
  const body = encodeFrame(rest);
  const bytes = new Uint8Array(ETH_HLEN + body.length);
  const view = new DataView(bytes.buffer);
  putMac(view, 0, dst);
  putMac(view, 6, src);
  view.setUint16(12, etherTypeOf(type));
  bytes.set(body, ETH_HLEN);
  return bytes;
}

/** RFC 826. */
function arp({ op, sha, spa, tha, tpa }: Of<'arp'>): Uint8Array {
  const view = new DataView(new ArrayBuffer(28));
  view.setUint16(0, 1);
  view.setUint16(2, 0x0800);
  view.setUint8(4, 6);
  view.setUint8(5, 4);
  view.setUint16(6, op === 'request' ? 1 : 2);
  putMac(view, 8, sha);
  view.setUint32(14, addressOf(spa));
  putMac(view, 18, tha);
  view.setUint32(24, addressOf(tpa));
  return new Uint8Array(view.buffer);
}

/** RFC 791 §3.1. */
function ipv4(ip: Of<'ip4'>, rest: readonly Header[]): Uint8Array {
  const bytes = new Uint8Array(ip.len);
  const view = new DataView(bytes.buffer);
  const protocol = protocolNumber(ip.proto);
  view.setUint8(0, 0x45);
  view.setUint8(1, ip.tos);
  view.setUint16(2, ip.len);
  view.setUint16(4, ip.id);
  view.setUint16(6, (ip.df ? 0x4000 : 0) | (ip.mf ? 0x2000 : 0) | (ip.offset / 8));
  view.setUint8(8, ip.ttl);
  view.setUint8(9, protocol);
  view.setUint32(12, addressOf(ip.src));
  view.setUint32(16, addressOf(ip.dst));
  view.setUint16(10, internetChecksum(bytes.subarray(0, IP_HLEN)));
  const room = ip.len - IP_HLEN;
  const pseudo = (length: number): number => pseudoHeaderSum(addressOf(ip.src), addressOf(ip.dst), protocol, length);
  bytes.set(transport(rest, room, pseudo).subarray(0, room), IP_HLEN);
  return bytes;
}

/** What follows an IP header with `room` bytes; a first fragment's datagram is whole, and longer. */
function transport([first, ...rest]: readonly Header[], room: number, pseudo: (length: number) => number): Uint8Array {
  switch (first?.l) {
    case 'tcp':
      return tcp(first, room, pseudo);
    case 'udp':
      return udp(first, rest, pseudo);
    case 'icmp':
      return icmp(first, rest, room);
    case 'sctp':
      return sctp(first, room);
    case 'ip4':
      return ipv4(first, rest);
    default:
      return new Uint8Array(0);
  }
}

/** RFC 9293 §3.1, RFC 7323 §3: the options of a Linux SYN, and of what follows while time stamps are on. */
function tcp(
  { sport, dport, flags, seq, ack, mss, payload }: Of<'tcp'>,
  room: number,
  pseudo: (length: number) => number,
): Uint8Array {
  const options = Math.max(0, room - TCP_HLEN - payload);
  const bytes = new Uint8Array(room);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sport);
  view.setUint16(2, dport);
  view.setUint32(4, seq);
  view.setUint32(8, ack);
  view.setUint8(12, ((TCP_HLEN + options) / 4) << 4);
  view.setUint8(13, parseTcpFlags(flags) ?? 0);
  view.setUint16(14, 0xffff);
  bytes.set(tcpOptions(mss, options), TCP_HLEN);
  view.setUint16(16, internetChecksum(bytes, pseudo(room)));
  return bytes;
}

function tcpOptions(mss: number | null, length: number): Uint8Array {
  const stamp = [8, 10, 0, 0, 0, 1, 0, 0, 0, 0];
  const syn = mss === null ? [] : [2, 4, mss >> 8, mss & 0xff, 4, 2, ...stamp, 1, 3, 3, 7];
  const known = [syn, [1, 1, ...stamp]].find((options) => options.length === length);
  return Uint8Array.from(known ?? Array.from({ length }, () => 1));
}

/** RFC 768. */
function udp(
  { sport, dport, len }: Of<'udp'>,
  rest: readonly Header[],
  pseudo: (length: number) => number,
): Uint8Array {
  const bytes = new Uint8Array(len);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sport);
  view.setUint16(2, dport);
  view.setUint16(4, len);
  if (rest.length > 0) bytes.set(encodeFrame(rest).subarray(0, len - UDP_HLEN), UDP_HLEN);
  // 0 would say that there is none.
  view.setUint16(6, internetChecksum(bytes, pseudo(len)) || 0xffff);
  return bytes;
}

/** RFC 792; what an error quotes is cut where the message ends. */
function icmp({ type, code, id, seq, mtu, gateway }: Of<'icmp'>, rest: readonly Header[], room: number): Uint8Array {
  const bytes = new Uint8Array(room);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, type);
  view.setUint8(1, code);
  view.setUint16(4, id);
  view.setUint16(6, mtu === 0 ? seq : mtu);
  if (addressOf(gateway) !== 0) view.setUint32(4, addressOf(gateway));
  if (rest.length > 0) bytes.set(encodeFrame(rest).subarray(0, room - 8), 8);
  view.setUint16(2, internetChecksum(bytes));
  return bytes;
}

const CHUNKS: Readonly<Record<string, number>> = { DATA: 0, INIT: 1, 'INIT-ACK': 2, ABORT: 6 };

/** RFC 9260 §3: one chunk; INIT and INIT-ACK with one stream each way. */
function sctp({ sport, dport, chunk }: Of<'sctp'>, room: number): Uint8Array {
  const bytes = new Uint8Array(room);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sport);
  view.setUint16(2, dport);
  view.setUint8(SCTP_HLEN, CHUNKS[chunk] ?? 0);
  view.setUint16(SCTP_HLEN + 2, room - SCTP_HLEN);
  if (room >= SCTP_HLEN + 20) {
    view.setUint32(SCTP_HLEN + 4, 1);
    view.setUint32(SCTP_HLEN + 8, 0xffff);
    view.setUint16(SCTP_HLEN + 12, 1);
    view.setUint16(SCTP_HLEN + 14, 1);
  }
  view.setUint32(8, crc32c(bytes), true);
  return bytes;
}

/** RFC 7348 §5: the I flag, and the VNI. */
function vxlan({ vni }: Of<'vxlan'>, rest: readonly Header[]): Uint8Array {
  const body = encodeFrame(rest);
  const bytes = new Uint8Array(VXLAN_HLEN + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x08);
  view.setUint32(4, vni << 8);
  bytes.set(body, VXLAN_HLEN);
  return bytes;
}

function addressOf(text: string): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`"${text}" is no IPv4 address`);
  return address;
}

function putMac(view: DataView, at: number, text: string): void {
  const mac = parseMac(text);
  if (mac === undefined) throw new Error(`"${text}" is no MAC address`);
  view.setUint16(at, Math.floor(mac / 0x1_0000_0000));
  view.setUint32(at + 2, mac % 0x1_0000_0000);
}
