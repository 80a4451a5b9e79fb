import type { Skb } from '../linux/index.js';
import { type Packet, TCP_FIN, TCP_PSH } from '../packet/index.js';
import type { Net } from './net.js';
import { duplicate } from './skb.js';

/**
 * skb_gso_segment(): the TCP segments that a GSO packet stands for, each of at most `gsoSize` payload bytes; PSH and
 * FIN on the last alone. Works through one tunnel header.
 */
export function segment(net: Net, skb: Skb): Skb[] {
  const total = innermost(skb).payload;
  const pieces: Skb[] = [];
  for (let offset = 0; offset < total; offset += skb.gsoSize) {
    const piece = duplicate(net, skb);
    resize(piece, offset, Math.min(skb.gsoSize, total - offset), total);
    piece.gsoSize = 0;
    pieces.push(piece);
  }
  net.walk.observer?.split(net, skb, pieces, 'segmentation of a GSO packet');
  return pieces;
}

/** The headers that the payload belongs to. */
function innermost(packet: Packet): Packet {
  return packet.inner === undefined || packet.inner.ip === undefined ? packet : innermost(packet.inner);
}

function resize(packet: Packet, offset: number, size: number, total: number): void {
  const cut = total - size;
  for (let at: Packet | undefined = packet; at !== undefined; at = at.inner) {
    if (at.ip !== undefined) at.ip.length -= cut;
    if (at.l4?.l4 === 'udp') at.l4.length -= cut;
    at.payload -= cut;
    if (at.l4?.l4 === 'tcp') {
      at.l4.seq = (at.l4.seq + offset) >>> 0;
      if (offset + size < total) at.l4.flags &= ~(TCP_PSH | TCP_FIN);
    }
  }
}

/** skb_gso_network_seglen(): bytes of the largest IP packet that a GSO packet will be cut into. */
export function gsoNetworkLength(skb: Skb): number {
  if (skb.ip === undefined) return 0;
  return skb.ip.length - innermost(skb).payload + skb.gsoSize;
}
