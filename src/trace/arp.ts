import { ANY, formatIpv4, formatMac, isLoopback, isMulticast } from '../address/index.js';
import {
  arpAccepts,
  arpFilters,
  arpIgnores,
  arpProxies,
  inetAddrType,
  type Link,
  routeInput,
  type Skb,
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
  const own = arp.op === 'request' && inetAddrType(net.ns, arp.tpa) === 'local';
  if (own && !arpIgnores(net.ns, link, arp)) reply(net, skb, arp, link);
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
    const by = arpIgnores(net.ns, link, arp) ? 'arp_ignore' : arpFilters(net, link, arp) ? 'arp_filter' : undefined;
    if (by !== undefined) {
      tell(net, skb, () => ({ k: 'check', fn: by, what: by, result: 'not answered' }));
      return 'ignored';
    }
  } else {
    if (net.ns.sysctls.conf(link.name, 'forwarding') === 0 || destination.type !== 'unicast') return 'not mine';
    if (!arpProxies(net.ns, link, arp.tpa, destination)) return 'not mine';
    const result = `answers for ${formatIpv4(arp.tpa)}`;
    tell(net, skb, () => ({ k: 'check', fn: 'arp_fwd_proxy', what: 'proxy_arp', result }));
  }
  // neigh_event_ns(): who asks is believed at once.
  updateNeighbour(net, link, arp.spa, arp.sha, 'STALE', { create: true, override: 'always' });
  reply(net, skb, arp, link);
  return 'answered';
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
  const foreign = inetAddrType(net.ns, arp.spa) === 'unicast';
  // arp_is_garp()
  const gratuitous = foreign && arp.tpa === arp.spa && (arp.op === 'request' || arp.tha === arp.sha);
  const create = arpAccepts(net.ns, link, arp.spa) && (gratuitous || (arp.op === 'reply' && foreign));
  const override = gratuitous ? 'always' : 'after the lock time';
  updateNeighbour(net, link, arp.spa, arp.sha, solicited ? 'REACHABLE' : 'STALE', { create, override });
}
