import { Skb } from '../linux/index.js';
import { clonePacket } from '../packet/index.js';
import type { Net } from './net.js';

/** A copy that can be changed and sent without the other (skb_clone() and skb_cow() in one). */
export function cloneSkb(net: Net, skb: Skb): Skb {
  const copy = duplicate(net, skb);
  net.walk.observer?.copy(net, skb, copy);
  return copy;
}

/** As {@link cloneSkb}, told to nobody: for pieces of one packet. */
export function duplicate(net: Net, skb: Skb): Skb {
  const copy = Object.assign(new Skb(clonePacket(skb)), {
    dev: skb.dev,
    iif: skb.iif,
    type: skb.type,
    mark: skb.mark,
    ct: skb.ct,
    ctState: skb.ctState,
    ctReply: skb.ctReply,
    untracked: skb.untracked,
    zone: skb.zone,
    gsoSize: skb.gsoSize,
    stamp: skb.stamp,
    dst: skb.dst,
    nfBridge: skb.nfBridge && { ...skb.nfBridge },
    fragMaxSize: skb.fragMaxSize,
    doRedirect: skb.doRedirect,
    forwarded: skb.forwarded,
    sk: skb.sk,
    flow: skb.flow,
    ignoreDf: skb.ignoreDf,
    ipvsProperty: skb.ipvsProperty,
    call: skb.call,
  });
  copy.frame = net.walk.nextFrame();
  return copy;
}

/** nf_reset_ct(): forgets the connection. */
export function resetConnection(skb: Skb): void {
  skb.ct = undefined;
  skb.ctState = undefined;
  skb.ctReply = false;
  skb.untracked = false;
  skb.zone = 0;
}

/**
 * skb_scrub_packet(): what a packet leaves behind at a tunnel, and, when it changes its namespace, more of it.
 */
export function scrub(skb: Skb, crossing: 'same namespace' | 'other namespace'): void {
  skb.type = 'host';
  skb.iif = '';
  skb.dst = undefined;
  skb.nfBridge = undefined;
  skb.ignoreDf = false;
  resetConnection(skb);
  skb.stamp = undefined;
  skb.fragMaxSize = 0;
  skb.doRedirect = false;
  skb.forwarded = false;
  if (crossing === 'same namespace') return;
  skb.ipvsProperty = false;
  skb.mark = 0;
  // -m owner does not ask a socket of another namespace (owner_mt(): net_eq()).
  skb.sk = undefined;
}
