import type { IpvsConnection, Skb, Tuple } from '../linux/index.js';
import type { Net } from './net.js';
import { resetConnection } from './skb.js';

/**
 * What connection tracking makes of a packet that IPVS translates: nothing any more (ip_vs_notrack()), or, with
 * net.ipv4.vs.conntrack, it learns where the answers come from (ip_vs_update_conntrack(), linux
 * net/netfilter/ipvs/ip_vs_nfct.c).
 */
export function trackTranslated(net: Net, skb: Skb, cp: IpvsConnection, way: 'in' | 'out'): void {
  const { ct } = skb;
  if (ct === undefined) return;
  if (!cp.nfct) {
    resetConnection(skb);
    skb.untracked = true;
    return;
  }
  if (ct.confirmed || cp.forwarding !== 'masq' || cp.onePacket || skb.ctReply) return;
  const icmp = skb.l4?.l4 === 'icmp';
  const { reply } = ct;
  const changed: Tuple =
    way === 'in'
      ? { ...reply, src: cp.daddr, ...(icmp ? {} : { sport: cp.dport }) }
      : { ...reply, dst: cp.vaddr, ...(icmp ? {} : { dport: cp.vport }) };
  net.journal.set(ct, 'reply', changed);
}
