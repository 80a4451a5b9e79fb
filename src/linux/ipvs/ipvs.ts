import { formatIpv4, formatIpv6, type Ipv4, type Ipv6 } from '../../address/index.js';
import type { Origin } from '../origin.js';

/** An address of either family, as IPVS has them side by side. */
export type IpvsAddress =
  | { readonly family: 'inet'; readonly address: Ipv4 }
  | { readonly family: 'inet6'; readonly address: Ipv6 };

/** Transport protocols that IPVS balances. */
export type IpvsProtocol = 'tcp' | 'udp' | 'sctp';

/** What a virtual service is recognised by: an address and port, or a firewall mark. */
export type IpvsKey =
  | ({ readonly by: 'address'; readonly protocol: IpvsProtocol; readonly port: number } & IpvsAddress)
  | { readonly by: 'fwmark'; readonly mark: number; readonly family: 'inet' | 'inet6' };

/** A virtual service (struct ip_vs_service). */
export interface VirtualService {
  readonly key: IpvsKey;
  /** `rr`, `wlc`, `sh`, … */
  readonly scheduler: string;
  /** `-b`: flags of the scheduler. */
  readonly schedulerFlags: readonly string[];
  /** `-p`: seconds for which a client stays with its server; undefined for a service that is not persistent. */
  readonly persistent: number | undefined;
  /** `-M`: which clients count as one, as it is written; undefined for single addresses. */
  readonly netmask: string | undefined;
  /** `--pe`: the persistence engine. */
  readonly engine: string | undefined;
  /** `-o`: each packet is scheduled by itself. */
  readonly onePacket: boolean;
  /** In the order in which they were added; the kernel's list has the newest first (__ip_vs_update_dest()). */
  readonly servers: readonly RealServer[];
  /** Of wrr: the weight that configuring has left to be asked for next (ip_vs_wrr_mark.cw). */
  readonly currentWeight?: number;
  readonly origin: Origin;
}

/** Where a virtual service sends to (struct ip_vs_dest). */
export type RealServer = IpvsAddress & {
  readonly port: number;
  /** `-m`, `-g`, `-i`, and what the kernel makes of an address of its own. */
  readonly forwarding: 'masq' | 'route' | 'tunnel' | 'local';
  readonly weight: number;
  /** The weight that it had before it was set to 0, where it was (ip_vs_dest.last_weight). */
  readonly lastWeight?: number;
  /** Other options in order: `--tun-type gue`, `-x 10`. */
  readonly words: readonly string[];
  readonly origin: Origin;
};

/** An address and a port. */
export type IpvsEnd = IpvsAddress & { readonly port: number };

/** `10.244.1.2:8080`, `[fd00::1]:443`: what a server is found by in its service (ip_vs_lookup_dest()). */
export function endText(end: IpvsEnd): string {
  return end.family === 'inet' ? `${formatIpv4(end.address)}:${end.port}` : `[${formatIpv6(end.address)}]:${end.port}`;
}

/** Whether two ends are one, as {@link endText} of both would tell. */
export function sameEnd(a: IpvsEnd, b: IpvsEnd): boolean {
  if (a.port !== b.port) return false;
  if (a.family === 'inet') return b.family === 'inet' && a.address === b.address;
  return b.family === 'inet6' && a.address.every((word, i) => word === b.address[i]);
}

/** An address as hashes take it: that of IPv6 folded into 32 bits. */
export function addressFold(end: IpvsAddress): number {
  return end.family === 'inet' ? end.address : end.address.reduce((fold, word) => (fold ^ word) >>> 0, 0);
}

/** The last weight that was not 0. */
export function lastWeight({ weight, lastWeight = weight }: RealServer): number {
  return lastWeight;
}
