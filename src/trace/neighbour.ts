import { formatIpv4, formatMac, type Ipv4, MAC_ZERO, type Mac } from '../address/index.js';
import {
  addressWithoutArp,
  currentNudState,
  findNeighbour,
  formatOrigin,
  hasEthernet,
  isNeighbourLocked,
  isNudValid,
  type KnownNeighbour,
  type LearnedNeighbour,
  type Link,
  neighbourKey,
  type Skb,
} from '../linux/index.js';
import { ETH_P_IP, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH } from '../packet/index.js';
import { arpSolicit } from './arp-solicit.js';
import { devQueueXmit } from './dev.js';
import { type ArpQueue, drop, type Net, tell } from './net.js';

/** net.ipv4.neigh.default: retrans_time_ms, and mcast_solicit. */
const RETRANS_TIME = 1_000;
const MCAST_SOLICIT = 3;

/**
 * Sends an IP packet to a neighbour: finds its hardware address, asking for it first if it must
 * (ip_finish_output2(), neigh_output(); linux include/net/neighbour.h).
 */
export function neighOutput(net: Net, skb: Skb, ip: Ipv4): void {
  const link = net.ns.links.get(skb.dev);
  if (link === undefined) throw new Error(`${net.ns.name} has no device ${skb.dev}`);
  if (!hasEthernet(link)) {
    // neigh_direct_output(): the device has no header.
    skb.eth = undefined;
    devQueueXmit(net, skb);
    return;
  }
  const fixed = addressWithoutArp(net.ns, link, ip);
  if (fixed === undefined) resolveOutput(net, skb, ip, link);
  else {
    skb.eth = { src: link.address, dst: fixed, type: ETH_P_IP };
    devQueueXmit(net, skb);
  }
}

/** neigh_resolve_output(): with a known address the frame goes out, else it waits and ARP asks. */
export function resolveOutput(net: Net, skb: Skb, ip: Ipv4, link: Link): void {
  const key = neighbourKey(link.name, ip);
  const known = findNeighbour(net, link.name, ip);
  if (known === undefined) {
    if (leadsToUnknown(net, link)) devQueueXmit(net, skb);
    else solicit(net, skb, ip, link);
    return;
  }
  const learned = net.runtime.neighbours.get(key);
  if (learned === undefined) net.journal.put(net.runtime.neighbours, key, permanentUse(known));
  else {
    if (!learned.used) net.journal.set(learned, 'used', true);
    // The first use of a STALE entry starts the time within which somebody must confirm it.
    if (known.state === 'STALE') {
      net.journal.set(learned, 'state', 'DELAY');
      net.journal.set(learned, 'updated', net.now);
    }
  }
  tell(net, skb, () => ({
    k: 'neigh',
    fn: 'neigh_resolve_output',
    ip: formatIpv4(ip),
    dev: link.name,
    mac: formatMac(known.mac),
    state: known.state,
    origin: known.origin === undefined ? null : formatOrigin(known.origin),
  }));
  send(net, skb, link, known.mac);
}

/** Whether anybody would answer behind such a device is not known: a packet goes to it as it is. */
function leadsToUnknown({ walk }: Net, link: Link): boolean {
  if (link.kind === 'veth') return link.carrier && walk.network.peerOf(link) === undefined;
  return link.kind === 'physical' || link.kind === 'unmodelled';
}

/** Notes that a configured neighbour has been used. */
function permanentUse(known: KnownNeighbour): LearnedNeighbour {
  return { lladdr: known.mac, state: known.state, used: true, confirmed: 0, updated: 0 };
}

function send(net: Net, skb: Skb, link: Link, mac: Mac): void {
  skb.dev = link.name;
  skb.eth = { src: link.address, dst: mac, type: ETH_P_IP };
  devQueueXmit(net, skb);
}

/** __neigh_event_send(): the packet waits; the first one asks at once, and again each second. */
function solicit(net: Net, skb: Skb, ip: Ipv4, link: Link): void {
  skb.call = undefined;
  net.walk.observer?.hold(net, skb, `ARP for ${formatIpv4(ip)} on ${link.name}`);
  const queue = net.walk.arpQueues.get(waitingKey(net, ip, link));
  if (queue === undefined) ask(net, [skb], ip, link);
  else queue.skbs.push(skb);
}

/** neigh_event_send() without a packet: asks who has an address, unless that is known or asked already. */
export function neighEventSend(net: Net, ip: Ipv4, link: Link): void {
  if (findNeighbour(net, link.name, ip) === undefined && !net.walk.arpQueues.has(waitingKey(net, ip, link)))
    ask(net, [], ip, link);
}

function ask(net: Net, skbs: Skb[], ip: Ipv4, link: Link): void {
  const key = waitingKey(net, ip, link);
  const fresh: ArpQueue = { skbs, probes: 0, timer: undefined };
  net.walk.arpQueues.set(key, fresh);
  const fields = { lladdr: MAC_ZERO, used: false, confirmed: 0, updated: net.now };
  net.journal.put(net.runtime.neighbours, neighbourKey(link.name, ip), { ...fields, state: 'INCOMPLETE' });
  probe(net, fresh, ip, link, key);
}

function waitingKey(net: Net, ip: Ipv4, link: Link): string {
  return `${net.ns.name}|${neighbourKey(link.name, ip)}`;
}

/** neigh_timer_handler(): after three questions without an answer the neighbour has failed. */
function probe(net: Net, queue: ArpQueue, ip: Ipv4, link: Link, key: string): void {
  if (queue.probes === MCAST_SOLICIT) {
    net.walk.arpQueues.delete(key);
    fail(net, queue, ip, link);
    return;
  }
  queue.probes++;
  const wait = net.ns.sysctls.number(`net/ipv4/neigh/${link.name}/retrans_time_ms`) || RETRANS_TIME;
  queue.timer = net.walk.timer(wait, () => probe(net, queue, ip, link, key));
  // neigh_probe(): it is asked in the name of who came last.
  arpSolicit(net, link, ip, queue.skbs.at(-1));
}

/**
 * neigh_invalidate(): every packet that waited is reported unreachable, and dropped, unless the question went where
 * the model could not follow it. A report that wants the same neighbour begins another round of questions, and is thrown
 * away with all that still waited (__skb_queue_purge()).
 */
function fail(net: Net, queue: ArpQueue, ip: Ipv4, link: Link): void {
  const entry = net.runtime.neighbours.get(neighbourKey(link.name, ip));
  if (entry !== undefined) net.journal.set(entry, 'state', 'FAILED');
  const unknown = net.walk.unknownArp.get(ip);
  const another = (): ArpQueue | undefined => net.walk.arpQueues.get(waitingKey(net, ip, link));
  const lose = (skb: Skb): void =>
    drop(net, skb, 'neigh_invalidate', 'NEIGH_FAILED', () => ({ values: { ip: formatIpv4(ip), dev: link.name } }));
  for (const skb of queue.skbs) {
    if (unknown !== undefined) {
      drop(net, skb, 'neigh_invalidate', unknown.code, () => unknown.detail);
      continue;
    }
    const goesOn = another() === undefined;
    lose(skb);
    // ipv4_link_failure()
    if (goesOn) net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
  }
  for (const skb of another()?.skbs.splice(0) ?? []) lose(skb);
}

/**
 * Takes in what an ARP packet says of a neighbour (neigh_update(), linux net/core/neighbour.c). What waited for it is
 * sent.
 *
 * @param create whether an entry is made where there is none.
 * @param override when a known address may be replaced.
 */
export function updateNeighbour(
  net: Net,
  link: Link,
  ip: Ipv4,
  mac: Mac,
  state: 'REACHABLE' | 'STALE',
  { create, override }: { readonly create: boolean; readonly override: 'always' | 'after the lock time' },
): void {
  const key = neighbourKey(link.name, ip);
  if (net.ns.ipv4.neighbours.has(key)) return;
  const old = net.runtime.neighbours.get(key);
  if (old === undefined && !create) return;
  const valid = old !== undefined && isNudValid(old.state);
  const same = valid && old.lladdr === mac;
  if (valid && !same && override !== 'always' && isNeighbourLocked(net, link.name, old)) return;
  const next = same && state === 'STALE' ? currentNudState(old, net.now) : state;
  const confirmed = state === 'REACHABLE' ? net.now : (old?.confirmed ?? net.now);
  const updated = same && next === old.state ? old.updated : net.now;
  // Its hardware header stays cached, with the new address (neigh_update_hhs()).
  const used = valid && old.used;
  net.journal.put(net.runtime.neighbours, key, { lladdr: mac, state: next, used, confirmed, updated });
  if (valid) return;
  const waiting = waitingKey(net, ip, link);
  const queue = net.walk.arpQueues.get(waiting);
  if (queue === undefined) return;
  net.walk.arpQueues.delete(waiting);
  net.walk.cancel(queue.timer);
  for (const skb of queue.skbs) resolveOutput(net, skb, ip, link);
}
