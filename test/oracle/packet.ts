import {
  encodeFrame,
  headersOf,
  icmpHeader,
  ipPacket,
  type L4,
  type Packet,
  parseTcpFlags,
} from '../../src/packet/index.js';
import { ip, mac } from '../must.js';
import type { FrameCase, PacketSpec } from './plan.js';

/** The frame of a case. */
export function frameOfCase({ ethSrc, ethDst, packet }: FrameCase): Packet {
  return { ...packetOf(packet), eth: { src: mac(ethSrc), dst: mac(ethDst), type: 0x0800 } };
}

/** Its bytes. */
export function bytesOfCase(one: FrameCase): Uint8Array {
  return encodeFrame(headersOf(frameOfCase(one)));
}

function packetOf(spec: PacketSpec): Packet {
  const { src, dst, ttl, df = false, tos = 0, payload, l4 } = spec;
  const inner = l4.l4 === 'icmp' && l4.about !== undefined ? packetOf(l4.about) : undefined;
  const bytes = inner?.ip === undefined ? payload : inner.ip.length;
  return ipPacket({ src: ip(src), dst: ip(dst), ttl, df, tos, id: 1 }, headerOf(l4, payload), bytes, inner);
}

function headerOf(l4: PacketSpec['l4'], payload: number): L4 {
  switch (l4.l4) {
    case 'udp':
      return { l4: 'udp', sport: l4.sport, dport: l4.dport, length: 8 + payload };
    case 'tcp': {
      const { sport, dport, seq, ack } = l4;
      const flags = parseTcpFlags(l4.flags);
      if (flags === undefined) throw new Error(`no TCP flags: ${l4.flags}`);
      return { l4: 'tcp', sport, dport, flags, seq, ack, options: 0, mss: undefined };
    }
    case 'icmp': {
      const { type, code, id = 0, mtu = 0, gateway = '0.0.0.0' } = l4;
      return icmpHeader(type, code, { id, mtu, gateway: ip(gateway) });
    }
  }
}
