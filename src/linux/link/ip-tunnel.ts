import type { Ipv4 } from '../../address/index.js';
import type { Netns } from '../netns.js';
import type { LinkOf } from './link.js';

/** What a received outer packet is to a tunnel. */
export interface Received {
  /** The device that it came in by. */
  readonly link: string;
  /** Its source, and its destination. */
  readonly remote: Ipv4;
  readonly local: Ipv4;
}

/**
 * The ipip device that a packet belongs to: with both its ends, then with its far end, then with its near end, each time
 * rather one that is bound to the device which the packet came by; else the module's own. None that is down
 * (ip_tunnel_lookup(), linux net/ipv4/ip_tunnel.c).
 */
export function ipTunnelLookup(ns: Netns, { link, remote, local }: Received): LinkOf<'ipip'> | undefined {
  // A new device is put before those of its hash bucket (hlist_add_head_rcu()).
  const tunnels = [...ns.links.values()]
    .filter((each): each is LinkOf<'ipip'> => each.kind === 'ipip' && each.up)
    .reverse();
  const bothEnds = tunnels.filter((each) => each.local === local && each.remote === remote);
  const farEnd = tunnels.filter((each) => each.local === undefined && each.remote === remote);
  const nearEnd = tunnels.filter((each) => each.local === local && each.remote === undefined);
  for (const group of [bothEnds, farEnd, nearEnd]) {
    const bound = group.find((each) => each.lower === link);
    if (bound !== undefined) return bound;
  }
  // Of candidates with both ends the last one of the bucket is kept, of others the first.
  return bothEnds.at(-1) ?? farEnd[0] ?? nearEnd[0] ?? tunnels.find((each) => each.fallback);
}
