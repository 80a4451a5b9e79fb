import type { Skb } from '../linux/index.js';
import { ICMP_REDIRECT, ICMP_TIME_EXCEEDED } from '../packet/index.js';
import { gsoNetworkLength } from './gso.js';
import { dstOutput, mtuForSkb, refuseTooLong } from './ip-output.js';
import { drop, type Net, tell } from './net.js';
import { hookState, nfHook } from './netfilter.js';

/** ip_forward(): TTL, MTU, redirect, then FORWARD (linux net/ipv4/ip_forward.c). */
export function ipForward(net: Net, skb: Skb): void {
  const { ip, dst } = skb;
  if (ip === undefined || dst?.type !== 'unicast') return;
  if (skb.type !== 'host') {
    drop(net, skb, 'ip_forward', 'L2_BROADCAST');
    return;
  }
  if (ip.ttl <= 1) {
    net.walk.functions.icmp_send(net, skb, ICMP_TIME_EXCEEDED, 0, 0);
    drop(net, skb, 'ip_forward', 'TTL', () => ({ values: { node: net.ns.host } }));
    return;
  }
  skb.forwarded = true;
  const mtu = mtuForSkb(net, skb);
  if (exceedsMtu(skb, mtu)) {
    refuseTooLong(net, skb, 'ip_forward', mtu);
    return;
  }
  ip.ttl--;
  tell(net, skb, () => ({ k: 'forward', fn: 'ip_forward', ttl: ip.ttl, mtu, length: ip.length }));
  if (skb.doRedirect) sendRedirect(net, skb);
  nfHook(net, skb, hookState('ip', 'FORWARD', { in: skb.dev, out: dst.dev }, 'ip_forward_finish'));
}

/** ip_exceeds_mtu(): DF, and longer than the way carries. */
function exceedsMtu(skb: Skb, mtu: number): boolean {
  const { ip } = skb;
  if (ip === undefined || ip.length <= mtu || !ip.df) return false;
  if (skb.fragMaxSize > mtu) return true;
  if (skb.ignoreDf) return false;
  return !(skb.gsoSize > 0 && gsoNetworkLength(skb) <= mtu);
}

const REDIRECT_NUMBER = 9;
/** ms. */
const REDIRECT_LOAD = 20;
const REDIRECT_SILENCE = REDIRECT_LOAD << (REDIRECT_NUMBER + 1);

/**
 * ip_rt_send_redirect(): tells a sender on the same link of the nearer router; ever more seldom while it does not
 * listen, and in the end no more (net.ipv4.route.redirect_*, which no namespace has of its own). The packet is forwarded
 * all the same (linux net/ipv4/route.c).
 */
function sendRedirect(net: Net, skb: Skb): void {
  const { ip, dst } = skb;
  if (ip === undefined || dst?.type !== 'unicast') return;
  const { journal, now } = net;
  const { redirected } = net.runtime;
  const known = redirected.get(ip.src);
  const peer = known === undefined || now > known.last + REDIRECT_SILENCE ? { sent: 0, last: now } : known;
  if (peer.sent >= REDIRECT_NUMBER) {
    journal.put(redirected, ip.src, { sent: peer.sent, last: now });
    return;
  }
  if (peer.sent > 0 && now <= peer.last + (REDIRECT_LOAD << peer.sent)) return;
  net.walk.functions.icmp_send(net, skb, ICMP_REDIRECT, 1, dst.gateway ?? ip.dst);
  journal.put(redirected, ip.src, { sent: peer.sent + 1, last: now });
}

/** ip_forward_finish(): FORWARD has let it pass. */
export function ipForwardFinish(net: Net, skb: Skb): void {
  // skb_clear_tstamp(): what leaves is stamped anew.
  skb.stamp = undefined;
  dstOutput(net, skb);
}
