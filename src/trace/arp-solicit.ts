import { ANY, type Ipv4, MAC_BROADCAST, MAC_ZERO } from '../address/index.js';
import { inetAddrType, inetSelectAddr, type Link, onLink, RT_SCOPE_LINK, type Skb } from '../linux/index.js';
import { type Arp, arpFrame } from '../packet/index.js';
import { devQueueXmit } from './dev.js';
import type { Net } from './net.js';

/**
 * Asks who has `target` (arp_solicit(), linux net/ipv4/arp.c).
 *
 * @param cause the packet that waits for the answer: its source is announced when it is this host's, unless
 *   arp_announce forbids it.
 */
export function arpSolicit(net: Net, link: Link, target: Ipv4, cause: Skb | undefined): void {
  const wanted = cause?.ip?.src;
  const own = wanted !== undefined && inetAddrType(net.ns, wanted) === 'local' ? wanted : undefined;
  const announce = net.ns.sysctls.confMax(link.name, 'arp_announce');
  const allowed = own !== undefined && (announce === 0 || (announce === 1 && onLink(net.ns, link.name, target, own)));
  const source = allowed ? own : inetSelectAddr(net.ns, link.name, target, RT_SCOPE_LINK);
  if (source === ANY) return;
  const arp: Arp = { op: 'request', sha: link.address, spa: source, tha: MAC_ZERO, tpa: target };
  const skb = net.walk.begin(net, arpFrame(link.address, MAC_BROADCAST, arp), 'arp', cause);
  skb.dev = link.name;
  devQueueXmit(net, skb);
}
