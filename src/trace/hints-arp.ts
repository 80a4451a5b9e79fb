import { parseIpv4 } from '../address/index.js';
import { fibLookup, outputFlow } from '../linux/index.js';
import type { Network } from '../topology/index.js';
import type { Drop } from './hint-end.js';
import type { Hint, Hop } from './trace.js';

/**
 * Why a node does not answer ARP for the gateway of its pod, which is an address of nobody's: arp_process() asks for
 * forwarding and a route, arp_fwd_proxy() for proxy_arp and for a route by another device (linux net/ipv4/arp.c).
 */
export function unansweredGateway(network: Network, hop: Hop, { values }: Drop): readonly Hint[] {
  const pod = network.netns(hop.netns);
  const ip = parseIpv4(String(values['ip'] ?? ''));
  const link = pod?.links.get(String(values['dev']));
  const far = link === undefined ? undefined : network.peerOf(link);
  if (pod?.role !== 'pod' || ip === undefined || far?.netns.role !== 'node' || !far.link.up) return [];
  const { netns: node, link: end } = far;
  // An address that somebody has is not asked for in another's place.
  if (network.directory.ownerOf(ip) !== undefined || end.master !== undefined) return [];
  const told = { node: node.name, dev: end.name, ip: String(values['ip']), owner: hop.object ?? hop.netns };
  const { sysctls } = node;
  if (sysctls.conf(end.name, 'forwarding') === 0) return [{ code: 'PROXY_ARP_NOT_FORWARDING', values: told }];
  if (!sysctls.confOr(end.name, 'proxy_arp')) return [{ code: 'PROXY_ARP_OFF', values: told }];
  return fibLookup(node, outputFlow(ip)).found === 'route' ? [] : [{ code: 'PROXY_ARP_NO_ROUTE', values: told }];
}
