import { type Ipv4, MAC_BROADCAST, MAC_ZERO, type Mac } from '../../address/index.js';
import { inetAddrType } from '../fib/address.js';
import type { Link } from '../link/link.js';
import type { Netns } from '../netns.js';
import type { Origin } from '../origin.js';
import type { LearnedNeighbour, NetnsState } from '../runtime.js';
import { type NudState, neighbourKey } from './neigh.js';

/** net.ipv4.neigh.default.base_reachable_time, and its locktime, ms. */
const REACHABLE_TIME = 30_000;
const LOCKTIME = 1_000;

/** What is known of a neighbour. */
export interface KnownNeighbour {
  readonly mac: Mac;
  readonly state: NudState;
  /** Whether its hardware header is cached: it has been used to send (hh.hh_len). */
  readonly used: boolean;
  readonly origin: Origin | undefined;
}

/**
 * The neighbour entry of an address, configured or learned; undefined when its hardware address is not known.
 *
 * A REACHABLE entry whose time is over is STALE. Probes that the clock alone starts (DELAY → PROBE) are not modelled.
 */
export function findNeighbour({ ns, runtime, now }: NetnsState, dev: string, ip: Ipv4): KnownNeighbour | undefined {
  const key = neighbourKey(dev, ip);
  const configured = ns.ipv4.neighbours.get(key);
  const learned = runtime.neighbours.get(key);
  if (configured !== undefined) {
    const { lladdr, state, origin } = configured;
    return { mac: lladdr, state, used: learned?.used ?? false, origin };
  }
  if (learned === undefined || !isNudValid(learned.state)) return undefined;
  return { mac: learned.lladdr, state: currentNudState(learned, now), used: learned.used, origin: undefined };
}

/** NUD_VALID: the entry has a hardware address. */
export function isNudValid(state: NudState): boolean {
  return state !== 'INCOMPLETE' && state !== 'FAILED';
}

/** The state of a learned entry, with what the time since makes of it. */
export function currentNudState(entry: LearnedNeighbour, now: number): NudState {
  return entry.state === 'REACHABLE' && now - entry.confirmed > REACHABLE_TIME ? 'STALE' : entry.state;
}

/** NUD_CONNECTED: the address may be used without asking. */
export function isNudConnected(state: NudState): boolean {
  return state === 'REACHABLE' || state === 'PERMANENT' || state === 'NOARP';
}

/** arp_constructor(): the hardware address of an IP address that needs no ARP; undefined when it does. */
export function addressWithoutArp(ns: Netns, link: Link, ip: Ipv4): Mac | undefined {
  if (link.kind === 'loopback') return MAC_ZERO;
  const type = inetAddrType(ns, ip);
  // RFC 1112 §6.4: the low 23 bits of the group behind 01:00:5e.
  if (type === 'multicast') return (0x01005e000000 + (ip & 0x7fffff)) as Mac;
  if (link.noarp) return link.address;
  return type === 'broadcast' ? MAC_BROADCAST : undefined;
}

/** Whether an entry changed so lately that another answer does not replace it (arp_process()). */
export function isNeighbourLocked({ ns, now }: NetnsState, dev: string, entry: LearnedNeighbour): boolean {
  return now <= entry.updated + lockTime(ns, dev);
}

/** net.ipv4.neigh.*.locktime, in ms: the sysctl counts in hundredths of a second (USER_HZ). */
function lockTime({ sysctls }: Netns, dev: string): number {
  const own = sysctls.get(`net/ipv4/neigh/${dev}/locktime`) ?? sysctls.get('net/ipv4/neigh/default/locktime');
  return own === undefined ? LOCKTIME : Number(own) * 10;
}
