import { formatIpv6, type Ipv4, type Ipv6 } from '../../address/index.js';
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
  readonly origin: Origin;
}

/** Where a virtual service sends to (struct ip_vs_dest). */
export type RealServer = IpvsAddress & {
  readonly port: number;
  /** `-m`, `-g`, `-i`, and what the kernel makes of an address of its own. */
  readonly forwarding: 'masq' | 'route' | 'tunnel' | 'local';
  readonly weight: number;
  /** Other options in order: `--tun-type gue`, `-x 10`. */
  readonly words: readonly string[];
  readonly origin: Origin;
};

/** Schedulers that Linux has (net/netfilter/ipvs). */
const SCHEDULERS: ReadonlySet<string> = new Set([
  'rr',
  'wrr',
  'lc',
  'wlc',
  'fo',
  'ovf',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'mh',
  'sed',
  'nq',
]);

/** Whether Linux has a scheduler of this name. */
export function isIpvsScheduler(name: string): boolean {
  return SCHEDULERS.has(name);
}

/** An address and a port. */
export type IpvsEnd = IpvsAddress & { readonly port: number };

/** Whether two ends are the same, as a server is found by its end in a service (ip_vs_lookup_dest()). */
export function sameEnd(a: IpvsEnd, b: IpvsEnd): boolean {
  if (a.port !== b.port) return false;
  if (a.family === 'inet' && b.family === 'inet') return a.address === b.address;
  return a.family === 'inet6' && b.family === 'inet6' && formatIpv6(a.address) === formatIpv6(b.address);
}

/** What is looked at of a packet. */
export interface IpvsAsked {
  readonly protocol: IpvsProtocol;
  readonly dst: Ipv4;
  readonly dport: number;
  readonly mark: number;
}

/**
 * The virtual service of an IPv4 packet: by its mark, else by address and port, else by the address alone
 * (ip_vs_service_find(), linux net/netfilter/ipvs/ip_vs_ctl.c).
 */
export function findVirtualService(
  services: readonly VirtualService[],
  { protocol, dst, dport, mark }: IpvsAsked,
): VirtualService | undefined {
  const byPort = (port: number): VirtualService | undefined =>
    services.find(
      ({ key }) =>
        key.by === 'address' &&
        key.family === 'inet' &&
        key.protocol === protocol &&
        key.address === dst &&
        key.port === port,
    );
  const byMark = services.find(({ key }) => key.by === 'fwmark' && key.family === 'inet' && key.mark === mark);
  return (mark === 0 ? undefined : byMark) ?? byPort(dport) ?? byPort(0);
}
