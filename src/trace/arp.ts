import { ANY, formatIpv4, formatMac, type Ipv4, isLoopback, isMulticast } from '../address/index.js';
import {
  inetAddrType,
  type Link,
  onLink,
  outputFlow,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  routeInput,
  routeOutput,
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
  if (arp.spa === ANY) {
    answerProbe(net, skb, arp, link);
    return;
  }
  if (arp.op === 'request') {
    const done = answer(net, skb, arp, link);
    if (done === 'answered' || done === 'dropped') return;
    tellUnanswered(net, skb, arp, link);
    if (done === 'ignored') return;
  }
  learn(net, skb, arp, link);
}

function tellUnanswered(net: Net, skb: Skb, arp: Arp, link: Link): void {
  drop(net, skb, 'arp_process', 'ARP_NOT_MINE', () => ({ values: { ip: formatIpv4(arp.tpa), dev: link.name } }));
}

/** Duplicate address detection (RFC 5227): answered without a look at any route, and nobody is learned from it. */
function answerProbe(net: Net, skb: Skb, arp: Arp, link: Link): void {
  const own = arp.op === 'request' && inetAddrType(net.ns, arp.tpa, link.name) === 'local';
  if (own && !ignores(net, link, arp)) reply(net, skb, arp, link);
  else tellUnanswered(net, skb, arp, link);
}

/**
 * Answers a question for an address of this host's, or for one that it answers for.
 *
 * @returns `ignored` for an address of this host's that it keeps to itself: nothing is learned from such a question.
 */
function answer(net: Net, skb: Skb, arp: Arp, link: Link): 'answered' | 'dropped' | 'ignored' | 'not mine' {
  const route = routeInput(net, { src: arp.spa, dst: arp.tpa, tos: 0, mark: 0, dev: link.name, l4key: '' });
  if (!route.ok && route.drop === 'UNSUPPORTED') {
    drop(net, skb, 'arp_process', 'UNSUPPORTED', () => ({ values: { what: route.what } }));
    return 'dropped';
  }
  if (!route.ok) {
    tell(net, skb, () => ({ k: 'check', fn: 'arp_process', what: 'route to the address', result: route.drop }));
    return 'not mine';
  }
  const { destination } = route;
  if (destination.type === 'local') {
    const by = ignores(net, link, arp) ? 'arp_ignore' : isFiltered(net, link, arp) ? 'arp_filter' : undefined;
    if (by !== undefined) {
      tell(net, skb, () => ({ k: 'check', fn: by, what: by, result: 'not answered' }));
      return 'ignored';
    }
  } else {
    if (net.ns.sysctls.conf(link.name, 'forwarding') === 0 || destination.type !== 'unicast') return 'not mine';
    if (!isProxied(net, link, arp, destination)) return 'not mine';
    const result = `answers for ${formatIpv4(arp.tpa)}`;
    tell(net, skb, () => ({ k: 'check', fn: 'arp_fwd_proxy', what: 'proxy_arp', result }));
  }
  // neigh_event_ns(): who asks is believed at once.
  updateNeighbour(net, link, arp.spa, arp.sha, 'STALE', { create: true, override: 'always' });
  reply(net, skb, arp, link);
  return 'answered';
}

/** arp_filter(): answers only on the device by which the one who asks would be answered. */
function isFiltered(net: Net, link: Link, arp: Arp): boolean {
  if (!net.ns.sysctls.confOr(link.name, 'arp_filter')) return false;
  const back = routeOutput(net, outputFlow(arp.spa, { src: arp.tpa }), '', 'own');
  return !back.ok || back.destination.type === 'error' || back.destination.dev !== link.name;
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

/**
 * What is learned from anything else than a question for this host: an entry that is there already is updated, from an
 * answer to REACHABLE, otherwise to STALE; arp_accept makes new ones as well.
 *
 * Of several answers back to back the first is believed: within the lock time only a gratuitous one replaces it.
 */
function learn(net: Net, skb: Skb, arp: Arp, link: Link): void {
  const solicited = arp.op === 'reply' && skb.type === 'host';
  if (arp.op === 'reply') tellTaken(net, skb, arp);
  const foreign = inetAddrType(net.ns, arp.spa, link.name) === 'unicast';
  // arp_is_garp()
  const gratuitous = foreign && arp.tpa === arp.spa && (arp.op === 'request' || arp.tha === arp.sha);
  const create = accepts(net, link, arp) && (gratuitous || (arp.op === 'reply' && foreign));
  const override = gratuitous ? 'always' : 'after the lock time';
  updateNeighbour(net, link, arp.spa, arp.sha, solicited ? 'REACHABLE' : 'STALE', { create, override });
}

/** arp_accept(): whether somebody who was not asked for is learned: 2 means those of the link's own subnets. */
function accepts(net: Net, link: Link, arp: Arp): boolean {
  const mode = net.ns.sysctls.confMax(link.name, 'arp_accept');
  return mode === 1 || (mode === 2 && onLink(net.ns, link.name, arp.spa, ANY));
}
