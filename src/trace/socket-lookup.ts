import { ANY, type Ipv4 } from '../address/index.js';
import type { Skb, Socket } from '../linux/index.js';
import type { Net, ProbeSocket } from './net.js';

/** The ends of a packet as its receiver sees them. */
export interface Ends {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly local: Ipv4;
  readonly localPort: number;
  readonly remote: Ipv4;
  readonly remotePort: number;
}

/**
 * The device that a packet counts as having come in by: of one that came back over lo the device of its own address
 * (inet_iif(), rt_iif of ip_route_output_key_hash_rcu()).
 */
export function inetIif({ dst, dev }: Skb): string {
  if (dst?.type !== 'local' || dst.direction !== 'output' || dst.route?.type !== 'local') return dev;
  return dst.route.dev;
}

/** Whether a socket takes what came in by `dev` (inet_sk_bound_dev_eq()). */
export function hears({ boundDev }: ProbeSocket, dev: string): boolean {
  return boundDev === '' || boundDev === dev;
}

/** A socket of the probe for what `dev` brought: a connected one before one that takes packets from anybody. */
export function probeSocket(net: Net, ends: Ends, dev: string): ProbeSocket | undefined {
  const mine = net.walk.sockets.filter(
    (s) =>
      hears(s, dev) &&
      s.netns === net.ns.name &&
      s.protocol === ends.protocol &&
      s.localPort === ends.localPort &&
      (s.localAddress === 0 || s.localAddress === ends.local),
  );
  const connected = mine.find((s) => s.remote?.address === ends.remote && s.remote.port === ends.remotePort);
  return connected ?? mine.find((s) => s.remote === undefined);
}

/**
 * How well a socket of a packet's address fits, higher is better. Of UDP a device counts more than to be of IPv4 alone
 * (compute_score(), linux net/ipv4/udp.c). Of TCP each counts as much (net/ipv4/inet_hashtables.c): a socket of IPv6 with a
 * device ties with one of IPv4 without, which comes first in their list, since both can be there only by SO_REUSEPORT, with
 * which those of IPv6 are added behind (__inet_hash()).
 */
function score({ protocol, dev, dualStack }: Socket): number {
  const [bound, inet] = [Number(dev !== undefined), Number(dualStack !== true)];
  return protocol === 'udp' ? 2 * bound + inet : bound + 2 * inet;
}

/** The listening or bound socket for a packet from `dev`: one of exactly the address before a wildcard. */
export function listeningSocket(net: Net, ends: Ends, dev: string): Socket | undefined {
  let best: Socket | undefined;
  let most = -1;
  for (const socket of net.ns.sockets) {
    if (socket.protocol !== ends.protocol || socket.port !== ends.localPort) continue;
    if (socket.dev !== undefined && socket.dev !== dev) continue;
    const exact = socket.address === ends.local;
    if (!exact && socket.address !== ANY) continue;
    // More than all that score() gives.
    const fits = score(socket) + (exact ? 4 : 0);
    if (fits <= most) continue;
    best = socket;
    most = fits;
  }
  return best;
}
