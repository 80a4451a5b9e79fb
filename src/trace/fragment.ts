import { ANY, formatIpv4 } from '../address/index.js';
import type { Skb } from '../linux/index.js';
import {
  clonePacket,
  ICMP_TIME_EXCEEDED,
  IP_HLEN,
  type IpHeader,
  l4Length,
  type Packet,
  VXLAN_HLEN,
} from '../packet/index.js';
import { drop, type Net } from './net.js';
import { duplicate } from './skb.js';

/** net.ipv4.ipfrag_time of a new namespace, ms. */
const FRAGMENT_TIME = 30_000;

/**
 * ip_do_fragment(): pieces of at most `mtu` bytes, all but the last a multiple of 8 (linux net/ipv4/ip_output.c).
 *
 * The first keeps the transport header, and the tunnelled packet as far as a reader of the capture needs it.
 */
export function fragment(net: Net, skb: Skb, mtu: number): Skb[] {
  const { ip } = skb;
  if (ip === undefined) throw new Error('only IP packets are fragmented');
  const total = ip.length - IP_HLEN;
  const room = mtu - IP_HLEN;
  const step = room - (room % 8);
  if (total <= room) return [skb];
  const last = ip.mf;
  const pieces: Skb[] = [];
  for (let start = 0; start < total; start += step) {
    const size = Math.min(total - start <= room ? total - start : step, total - start);
    const piece = duplicate(net, skb);
    cut(piece, start, size);
    if (piece.ip !== undefined) {
      piece.ip.offset = ip.offset + start;
      piece.ip.mf = start + size < total || last;
      piece.ip.length = IP_HLEN + size;
      piece.ip.df = false;
    }
    pieces.push(piece);
    if (start + size >= total) break;
  }
  net.walk.observer?.split(net, skb, pieces, `fragments of at most ${mtu} bytes`);
  return pieces;
}

function cut(piece: Skb, start: number, size: number): void {
  if (start === 0) piece.payload = size - headersLength(piece);
  else {
    piece.l4 = undefined;
    piece.vxlan = undefined;
    piece.inner = undefined;
    piece.payload = size;
  }
}

/** Bytes of the headers between IP and payload. */
function headersLength(packet: Packet): number {
  return l4Length(packet.l4) + (packet.vxlan === undefined ? 0 : VXLAN_HLEN);
}

/** Whether an IP header belongs to a fragment (ip_is_fragment()). */
export function isFragment(ip: IpHeader): boolean {
  return ip.mf || ip.offset > 0;
}

/** Who collects (enum ip_defrag_users): each keeps a queue of its own. */
export type DefragUser =
  | 'local deliver'
  | 'conntrack in'
  | 'conntrack out'
  | 'conntrack bridge in'
  | 'ipvs in'
  | 'ipvs out'
  | 'ipvs forward';

/**
 * ip_defrag(): keeps a fragment until all are there (linux net/ipv4/ip_fragment.c).
 *
 * @returns whether `skb` is now the whole packet; otherwise it has been queued.
 */
export function defrag(net: Net, skb: Skb, user: DefragUser): boolean {
  const { ip } = skb;
  if (ip === undefined) throw new Error('only IP packets are reassembled');
  const key = `${net.ns.name}|${user}|${ip.src}|${ip.dst}|${ip.protocol}|${ip.id}`;
  const { fragmentQueues } = net.walk;
  const queue = fragmentQueues.get(key);
  const skbs = [...(queue?.skbs ?? []), skb];
  const whole = assemble(skbs);
  if (whole === undefined) {
    net.walk.observer?.hold(net, skb, 'waits for the other fragments');
    if (queue === undefined) {
      const timer = net.walk.timer(fragmentTime(net), () => expire(net, user, key));
      fragmentQueues.set(key, { skbs, timer });
    } else queue.skbs.push(skb);
    return false;
  }
  fragmentQueues.delete(key);
  net.walk.cancel(queue?.timer);
  const largest = Math.max(...skbs.map((each) => each.ip?.length ?? 0));
  const frames = skbs.map((each) => each.frame);
  const { eth } = skb;
  Object.assign(skb, whole, { eth });
  // inet_frag_reasm_prepare(): skb_morph() makes it what the first fragment is.
  skb.mark = skbs.find((each) => each.ip?.offset === 0)?.mark ?? skb.mark;
  skb.fragMaxSize = largest;
  skb.frame = net.walk.nextFrame();
  net.walk.observer?.join(net, skb, frames);
  return true;
}

/** How long fragments wait, ms; net.ipv4.ipfrag_time is in seconds. */
function fragmentTime(net: Net): number {
  const seconds = net.ns.sysctls.get('net/ipv4/ipfrag_time');
  return seconds === undefined ? FRAGMENT_TIME : Number(seconds) * 1000;
}

/** ip_expire(): gives up, and for a packet to this host tells the sender, if the first fragment came. */
function expire(net: Net, user: DefragUser, key: string): void {
  const { skbs } = net.walk.fragmentQueues.get(key) ?? { skbs: [] };
  net.walk.fragmentQueues.delete(key);
  const first = skbs.find((s) => s.ip?.offset === 0);
  for (const skb of skbs)
    drop(net, skb, 'ip_expire', 'FRAG_TIMEOUT', () => ({ values: { src: formatIpv4(skb.ip?.src ?? ANY) } }));
  if (first !== undefined && user === 'local deliver')
    net.walk.functions.icmp_send(net, first, ICMP_TIME_EXCEEDED, 1, 0);
}

/** The whole packet, if the pieces leave no gap. */
function assemble(fragments: readonly Packet[]): Packet | undefined {
  const pieces = [...fragments].sort((a, b) => (a.ip?.offset ?? 0) - (b.ip?.offset ?? 0));
  const [first] = pieces;
  if (first?.ip === undefined || first.ip.offset !== 0) return undefined;
  let end = 0;
  let more = true;
  for (const { ip } of pieces) {
    if (ip === undefined || ip.offset > end) return undefined;
    end = Math.max(end, ip.offset + ip.length - IP_HLEN);
    if (!ip.mf) more = false;
  }
  if (more) return undefined;
  const whole = clonePacket(first);
  if (whole.ip === undefined) return undefined;
  whole.ip.mf = false;
  whole.ip.length = IP_HLEN + end;
  whole.payload = end - headersLength(whole);
  return whole;
}
