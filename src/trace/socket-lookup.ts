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
 * How well a socket fits: of UDP one that is bound to the device before one of IPv4 alone (compute_score(), linux
 * net/ipv4/udp.c), of TCP the other way round: there a socket of IPv6 that is bound scores as much as one of IPv4 that
 * is not (net/ipv4/inet_hashtables.c), and stands behind it (SO_REUSEPORT, without which both can't be:
 * __inet_hash()).
 */
function score({ protocol, dev, dualStack }: Socket): number {
  const [bound, inet] = [Number(dev !== undefined), Number(dualStack !== true)];
  return protocol === 'udp' ? 2 * bound + inet : bound + 2 * inet;
}

/** The listening or bound socket for a packet from `dev`: one of exactly the address before a wildcard. */
export function listeningSocket(net: Net, ends: Ends, dev: string): Socket | undefined {
  const mine = net.ns.sockets.filter(
    (s) => s.protocol === ends.protocol && s.port === ends.localPort && (s.dev === undefined || s.dev === dev),
  );
  const at = (address: Ipv4): Socket | undefined => {
    const all = mine.filter((s) => s.address === address);
    return all.toSorted((a, b) => score(b) - score(a))[0];
  };
  return at(ends.local) ?? at(ANY);
}
