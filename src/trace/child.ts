import { isGroupMac } from '../address/index.js';
import { inetAddrType, type Skb } from '../linux/index.js';
import type { ChildPlace } from '../topology/index.js';
import { drop, type Net, noteUnknownArp } from './net.js';

/**
 * The rx_handler of a device below a macvlan or ipvlan device: whether that takes the frame, which ends here then.
 *
 * A broadcast goes on to the device itself as well (macvlan_handle_frame(), ipvlan_handle_mode_l2()); of an ARP question
 * that a child would answer it is noted that nobody knows.
 */
export function takenByChild(net: Net, skb: Skb): boolean {
  const link = net.ns.links.get(skb.dev);
  if (link === undefined) return false;
  for (const child of net.walk.network.childrenOf(net.ns.name, link.name)) {
    if (!child.link.up) continue;
    const detail = { values: { what: `${child.link.type} ${child.netns.name}/${child.link.name} of ${link.name}` } };
    if (skb.eth !== undefined && isGroupMac(skb.eth.dst)) {
      if (skb.arp !== undefined && mayAnswer(child, skb)) noteUnknownArp(net, skb.arp, { code: 'UNSUPPORTED', detail });
    } else if (isForChild(child, skb)) {
      const fn = child.link.type.startsWith('mac') ? 'macvlan_handle_frame' : 'ipvlan_handle_frame';
      drop(net, skb, fn, 'UNSUPPORTED', () => detail);
      return true;
    }
  }
  return false;
}

/** macvlan_hash_lookup(), ipvlan_addr_lookup(). */
function isForChild({ netns, link }: ChildPlace, { eth, ip, arp }: Skb): boolean {
  if (link.type.startsWith('mac')) return eth?.dst === link.address;
  const wanted = arp?.tpa ?? ip?.dst;
  return netns.ipv4.addresses.some(({ dev, local }) => dev === link.name && local === wanted);
}

function mayAnswer({ netns, link }: ChildPlace, { arp }: Skb): boolean {
  if (arp?.op !== 'request') return false;
  return inetAddrType(netns, arp.tpa) === 'local' || netns.sysctls.confOr(link.name, 'proxy_arp');
}
