import type { Skb } from '../linux/index.js';
import { ICMP_REDIRECT, ICMP_TIME_EXCEEDED } from '../packet/index.js';
import { gsoNetworkLength } from './gso.js';
import { destinationMtu, dstOutput, refuseTooLong } from './ip-output.js';
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
  const mtu = destinationMtu(net, skb);
  if (exceedsMtu(skb, mtu)) {
    skb.dev = dst.dev;
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

/** ip_rt_send_redirect(): tells a sender on the same link of the nearer router. The packet is forwarded all the same. */
function sendRedirect(net: Net, skb: Skb): void {
  const { ip, dst } = skb;
  if (ip === undefined || dst?.type !== 'unicast') return;
  net.walk.functions.icmp_send(net, skb, ICMP_REDIRECT, 1, dst.gateway ?? ip.dst);
}

/** ip_forward_finish(): FORWARD has let it pass. */
export function ipForwardFinish(net: Net, skb: Skb): void {
  // skb_clear_tstamp(): what leaves is stamped anew.
  skb.stamp = undefined;
  dstOutput(net, skb);
}
