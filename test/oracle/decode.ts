import { protocolName } from '../../src/packet/index.js';
import { type Frame, ICMP_TYPES, UNREACHABLE, VXLAN_PORTS } from '../replay/frame.js';
import type { RuleHit } from '../replay/rules.js';

type Layers = Omit<Frame, 'ns' | 'if' | 'dir'>;

const DIRECTIONS = ['in', 'in-bcast', 'in-mcast', 'in-otherhost', 'out'];
const TCP_FLAGS: readonly (readonly [letter: string, bit: number])[] = [
  ['S', 2],
  ['A', 16],
  ['F', 1],
  ['R', 4],
  ['P', 8],
  ['U', 32],
];

/** An IPv4 packet of which only the beginning is there: its ends. */
export function decodePacket(b: Buffer): Pick<RuleHit, 'src' | 'dst' | 'proto' | 'sport' | 'dport'> {
  const number = b.readUInt8(9);
  const at = (b.readUInt8(0) & 15) * 4;
  const later = (b.readUInt16BE(6) & 0x1fff) !== 0;
  const ports = !later && (number === 6 || number === 17) && b.length >= at + 4;
  return {
    src: ipOf(b, 12),
    dst: ipOf(b, 16),
    proto: protocolName(number),
    ...(ports && { sport: b.readUInt16BE(at), dport: b.readUInt16BE(at + 2) }),
  };
}

/** Where a frame was captured, and with which header it begins. */
interface Tapped {
  readonly ns: string;
  readonly dev: string;
  readonly pkttype: number;
  readonly layer: string | undefined;
}

/** A captured frame, in the form of `test/replay/frame.ts`; undefined for what is neither IPv4 nor ARP. */
export function decodeFrame({ ns, dev, pkttype, layer }: Tapped, bytes: Buffer): Frame | undefined {
  const layers = layer === 'ip' ? ipv4(bytes) : ethernet(bytes);
  return layers && { ns, if: dev, dir: DIRECTIONS[pkttype] ?? String(pkttype), ...layers };
}

function ethernet(b: Buffer): Layers | undefined {
  const eth: Layers = { ethSrc: macOf(b, 6), ethDst: macOf(b, 0) };
  const type = b.readUInt16BE(12);
  if (type === 0x0806) return { ...eth, arp: arp(b.subarray(14)) };
  if (type !== 0x0800) return undefined;
  return { ...eth, ...ipv4(b.subarray(14)) };
}

function arp(b: Buffer): object {
  const op = b.readUInt16BE(6) === 1 ? 'request' : 'reply';
  return { op, sha: macOf(b, 8), spa: ipOf(b, 14), tha: macOf(b, 18), tpa: ipOf(b, 24) };
}

function ipv4(b: Buffer): Layers {
  const headerLength = (b.readUInt8(0) & 15) * 4;
  const len = b.readUInt16BE(2);
  const fragment = b.readUInt16BE(6);
  const offset = (fragment & 0x1fff) * 8;
  const proto = b.readUInt8(9);
  const tos = b.readUInt8(1);
  const ip = {
    src: ipOf(b, 12),
    dst: ipOf(b, 16),
    ttl: b.readUInt8(8),
    proto,
    len,
    idZero: b.readUInt16BE(4) === 0,
    ...((fragment & 0x4000) !== 0 && { df: true }),
    ...((fragment & 0x2000) !== 0 && { mf: true }),
    ...(offset > 0 && { fragOff: offset }),
    ...(tos > 0 && { tos }),
  };
  if (offset > 0) return { ip };
  const rest = b.subarray(headerLength);
  const room = len - headerLength;
  if (proto === 17) return { ip, ...udp(rest) };
  if (proto === 6) return { ip, tcp: tcp(rest, room) };
  if (proto === 1) return { ip, icmp: icmp(rest) };
  if (proto === 4) return { ip, inner: ipv4(rest) };
  return { ip };
}

function udp(b: Buffer): Layers {
  const dport = b.readUInt16BE(2);
  const layers: Layers = { udp: { sport: b.readUInt16BE(0), dport, len: b.readUInt16BE(4) } };
  if (!VXLAN_PORTS.has(dport)) return layers;
  layers.vxlan = { vni: b.readUIntBE(12, 3), flags: b.readUInt8(8) };
  const inner = ethernet(b.subarray(16));
  return inner === undefined ? layers : { ...layers, inner };
}

function tcp(b: Buffer, room: number): Record<string, unknown> {
  const bits = b.readUInt8(13);
  const length = (b.readUInt8(12) >> 4) * 4;
  const mss = length >= 24 && b.readUInt8(20) === 2 ? b.readUInt16BE(22) : undefined;
  return {
    sport: b.readUInt16BE(0),
    dport: b.readUInt16BE(2),
    flags: TCP_FLAGS.filter(([, bit]) => (bits & bit) !== 0)
      .map(([letter]) => letter)
      .join(''),
    payload: room - length,
    ...(mss !== undefined && { mss }),
  };
}

function icmp(b: Buffer): Record<string, unknown> {
  const type = b.readUInt8(0);
  const code = b.readUInt8(1);
  const out: Record<string, unknown> = {
    type: ICMP_TYPES.get(type) ?? type,
    code: type === 3 ? (UNREACHABLE.get(code) ?? code) : code,
  };
  if (type === 0 || type === 8) Object.assign(out, { id: b.readUInt16BE(4), seq: b.readUInt16BE(6) });
  if (type === 3 && code === 4) out['mtu'] = b.readUInt16BE(6);
  if (type === 5) out['gateway'] = ipOf(b, 4);
  if (type !== 3 && type !== 5 && type !== 11 && type !== 12) return out;
  const quoted = b.subarray(8);
  if (quoted.length >= 20) out['quoted'] = quote(quoted);
  return out;
}

function quote(b: Buffer): Record<string, unknown> {
  const proto = b.readUInt8(9);
  const l4 = b.subarray((b.readUInt8(0) & 15) * 4);
  const later = (b.readUInt16BE(6) & 0x1fff) > 0;
  const readable = !later && l4.length >= 8 && (proto === 17 || (proto === 6 && l4.length >= 14));
  const ports = readable ? { sport: l4.readUInt16BE(0), dport: l4.readUInt16BE(2) } : {};
  return { src: ipOf(b, 12), dst: ipOf(b, 16), ttl: b.readUInt8(8), proto, ...ports };
}

function macOf(b: Buffer, at: number): string {
  return [...b.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function ipOf(b: Buffer, at: number): string {
  return b.subarray(at, at + 4).join('.');
}
