import { ANY, formatIpv4, formatMac, type Ipv4, isLoopback, isMulticast } from '../address/index.js';
import {
  inetAddrType,
  type Link,
  onLink,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  routeInput,
  type Skb,
  type UnicastDestination,
} from '../linux/index.js';
import { type Arp, arpFrame } from '../packet/index.js';
import { devQueueXmit } from './dev.js';
import { updateNeighbour } from './neighbour.js';
import { drop, type Net, tell } from './net.js';

/** arp_rcv() and arp_process() (linux net/ipv4/arp.c). */
export function arpRcv(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  const { arp } = skb;
  if (link === undefined || arp === undefined) return;
  if (link.noarp || skb.type === 'otherhost') {
    drop(net, skb, 'arp_rcv', 'WRONG_MAC', () => ({
      values: { mac: formatMac(skb.eth?.dst ?? arp.tha), dev: link.name },
    }));
    return;
  }
  const { sysctls } = net.ns;
  if (isMulticast(arp.tpa) || (isLoopback(arp.tpa) && !sysctls.confOr(link.name, 'route_localnet'))) {
    drop(net, skb, 'arp_process', 'MARTIAN', () => ({ values: { src: formatIpv4(arp.spa) } }));
    return;
  }
  if (arp.op === 'request' && !answer(net, skb, arp, link))
    drop(net, skb, 'arp_process', 'ARP_NOT_MINE', () => ({ values: { ip: formatIpv4(arp.tpa), dev: link.name } }));
  learn(net, skb, arp, link);
}

/** Answers a question for an address of this host's, or for one that it answers for. Whether it did. */
function answer(net: Net, skb: Skb, arp: Arp, link: Link): boolean {
  if (arp.spa === ANY) {
    // Duplicate address detection (RFC 5227): nobody is learned from it.
    if (inetAddrType(net.ns, arp.tpa, link.name) !== 'local' || ignores(net, link, arp)) return false;
    reply(net, skb, arp, link);
    return true;
  }
  const route = routeInput(net, { src: arp.spa, dst: arp.tpa, tos: 0, mark: 0, dev: link.name, l4key: '' });
  if (!route.ok) {
    tell(net, skb, () => ({ k: 'check', fn: 'arp_process', what: 'route to the address', result: route.drop }));
    return false;
  }
  const { destination } = route;
  if (destination.type === 'local') {
    if (ignores(net, link, arp)) {
      tell(net, skb, () => ({ k: 'check', fn: 'arp_ignore', what: 'arp_ignore', result: 'not answered' }));
      return false;
    }
  } else {
    if (net.ns.sysctls.conf(link.name, 'forwarding') === 0 || destination.type !== 'unicast') return false;
    if (!isProxied(net, link, arp, destination)) return false;
    const result = `answers for ${formatIpv4(arp.tpa)}`;
    tell(net, skb, () => ({ k: 'check', fn: 'arp_fwd_proxy', what: 'proxy_arp', result }));
  }
  updateNeighbour(net, link, arp.spa, arp.sha, 'STALE', { create: true, override: true });
  reply(net, skb, arp, link);
  return true;
}

/** arp_fwd_proxy() and pneigh_lookup(): answer for an address that is reached by another device. */
function isProxied(net: Net, link: Link, arp: Arp, destination: UnicastDestination): boolean {
  if (destination.dev === link.name) return net.ns.sysctls.conf(link.name, 'proxy_arp_pvlan') !== 0;
  if (net.ns.sysctls.confOr(link.name, 'proxy_arp')) return true;
  return net.ns.ipv4.proxies.some((p) => p.ip === arp.tpa && p.dev === link.name);
}

/** arp_ignore(): which of this host's addresses the link answers for. */
function ignores(net: Net, link: Link, arp: Arp): boolean {
  const { ns } = net;
  const confirmed = (scope: number, source: Ipv4, anyDevice: boolean): boolean =>
    ns.ipv4.addresses.some(
      (a) =>
        (anyDevice || a.dev === link.name) &&
        a.local === arp.tpa &&
        a.scope <= scope &&
        (source === ANY || onLink(ns, a.dev, source, a.local)),
    );
  switch (ns.sysctls.confMax(link.name, 'arp_ignore')) {
    case 0:
      return false;
    case 1:
      return !confirmed(RT_SCOPE_HOST, ANY, false);
    case 2:
      return !confirmed(RT_SCOPE_HOST, arp.spa, false);
    case 3:
      return !confirmed(RT_SCOPE_LINK, ANY, true);
    case 8:
      return true;
    default:
      return false;
  }
}

function reply(net: Net, skb: Skb, arp: Arp, link: Link): void {
  const said: Arp = { op: 'reply', sha: link.address, spa: arp.tpa, tha: arp.sha, tpa: arp.spa };
  const answer = net.walk.begin(net, arpFrame(link.address, arp.sha, said), 'arp', skb);
  answer.dev = link.name;
  tellTaken(net, skb, arp);
  devQueueXmit(net, answer);
}

function tellTaken(net: Net, skb: Skb, arp: Arp): void {
  const ends = { local: formatIpv4(arp.tpa), remote: formatIpv4(arp.spa) };
  tell(net, skb, () => ({ k: 'deliver', fn: 'arp_process', to: 'arp', ...ends }));
}

/** Updates an entry that is there already: from an answer it is REACHABLE, from anything else STALE. */
function learn(net: Net, skb: Skb, arp: Arp, link: Link): void {
  const solicited = arp.op === 'reply' && skb.type === 'host';
  if (arp.op === 'reply') tellTaken(net, skb, arp);
  updateNeighbour(net, link, arp.spa, arp.sha, solicited ? 'REACHABLE' : 'STALE', { create: false, override: true });
}
