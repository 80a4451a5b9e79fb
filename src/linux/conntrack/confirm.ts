import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP } from '../../packet/index.js';
import type { Skb } from '../skb.js';
import type { Connection } from './table.js';
import type { TrackContext } from './track.js';
import { sameTuple } from './tuple.js';

/** What became of a packet's connection when it had passed everything. */
export type Confirmation =
  /** There was nothing to confirm. */
  | 'as before'
  | 'confirmed'
  /** Another packet has entered the same connection meanwhile: the skb has that one now. */
  | 'merged'
  /** Another connection has its answers, because NAT left it no free tuple. The packet is dropped. */
  | 'reply taken'
  /** Another connection has its tuple. The packet is dropped. */
  | 'tuple taken'
  /** Two packets of one flow at one time, which NAT sends to different places. */
  | 'unsupported';

/**
 * Enters a new connection into the table, when its first packet has passed everything: not if one of its tuples is in
 * there by now (__nf_conntrack_confirm(), linux net/netfilter/nf_conntrack_core.c).
 */
export function confirm({ runtime, journal, now }: TrackContext, skb: Skb): Confirmation {
  const { ct } = skb;
  if (ct === undefined || ct.confirmed || skb.ctReply) return 'as before';
  const original = runtime.conntrack.find(ct.original, ct.zone, now);
  const reply = runtime.conntrack.find(ct.reply, ct.zone, now);
  if (original !== undefined || reply !== undefined) return resolve(skb, ct, original?.ct, reply?.ct);
  journal.set(ct, 'confirmed', true);
  runtime.conntrack.insert(ct, journal);
  return 'confirmed';
}

/** Protocols of which a clash is never resolved: their nf_conntrack_l4proto has no `allow_clash`. */
const NO_CLASH: ReadonlySet<number> = new Set([IPPROTO_TCP, IPPROTO_ICMP, IPPROTO_SCTP]);

/** nf_ct_resolve_clash(): the packet may join the connection that came first. */
function resolve(
  skb: Skb,
  ct: Connection,
  original: Connection | undefined,
  reply: Connection | undefined,
): Confirmation {
  const taken = original === undefined ? 'reply taken' : 'tuple taken';
  if (NO_CLASH.has(ct.original.protocol)) return taken;
  const winner = [original, reply].find((other) => other !== undefined && mayMerge(other, ct));
  if (winner !== undefined) {
    skb.ct = winner;
    return 'merged';
  }
  // nf_ct_resolve_clash_harder() would keep the answers of both, for a second.
  return reply === undefined ? 'unsupported' : taken;
}

/** __nf_ct_resolve_clash(): it is the same connection, or has nothing to do with NAT. */
function mayMerge(winner: Connection, loser: Connection): boolean {
  if (!winner.srcNatDone && !winner.dstNatDone) return true;
  return sameTuple(winner.original, loser.original) && sameTuple(winner.reply, loser.reply);
}
