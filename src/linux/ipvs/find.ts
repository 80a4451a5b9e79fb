import type { Ipv4 } from '../../address/index.js';
import { type IpvsEnd, type IpvsProtocol, type RealServer, sameEnd, type VirtualService } from './ipvs.js';
import { keyText } from './write.js';

/** What is looked at of a packet. */
export interface IpvsAsked {
  readonly protocol: IpvsProtocol;
  readonly dst: Ipv4;
  readonly dport: number;
  readonly mark: number;
}

interface Index {
  /** By protocol, address and port. */
  readonly byEnd: ReadonlyMap<string, VirtualService>;
  readonly byMark: ReadonlyMap<number, VirtualService>;
  readonly byKey: ReadonlyMap<string, VirtualService>;
  /** Ends of servers that are translated to, by protocol, or `mark` for any; made when first asked for. */
  servers: ReadonlySet<string> | undefined;
}

const INDEXES = new WeakMap<readonly VirtualService[], Index>();

/** Made once for each state of the services. */
function indexOf(services: readonly VirtualService[]): Index {
  let index = INDEXES.get(services);
  if (index === undefined) {
    const byEnd = new Map<string, VirtualService>();
    const byMark = new Map<number, VirtualService>();
    const byKey = new Map<string, VirtualService>();
    for (const service of services) {
      const { key } = service;
      byKey.set(keyText(key), service);
      if (key.by === 'fwmark' && key.family === 'inet') byMark.set(key.mark, service);
      else if (key.by === 'address' && key.family === 'inet')
        byEnd.set(`${key.protocol}|${key.address}|${key.port}`, service);
    }
    index = { byEnd, byMark, byKey, servers: undefined };
    INDEXES.set(services, index);
  }
  return index;
}

/**
 * The virtual service of an IPv4 packet: by its mark, else by address and port, else by the address alone
 * (ip_vs_service_find(), linux net/netfilter/ipvs/ip_vs_ctl.c).
 */
export function findVirtualService(
  services: readonly VirtualService[],
  { protocol, dst, dport, mark }: IpvsAsked,
): VirtualService | undefined {
  const { byEnd, byMark } = indexOf(services);
  const marked = mark === 0 ? undefined : byMark.get(mark);
  return marked ?? byEnd.get(`${protocol}|${dst}|${dport}`) ?? byEnd.get(`${protocol}|${dst}|0`);
}

/** The service that is recognised by what {@link keyText} says. */
export function serviceOfKey(services: readonly VirtualService[], key: string): VirtualService | undefined {
  return indexOf(services).byKey.get(key);
}

/** The server of a service at an end; undefined when it has been removed (IP_VS_DEST_F_AVAILABLE). */
export function serverAt(service: VirtualService | undefined, end: IpvsEnd): RealServer | undefined {
  return service?.servers.find((server) => sameEnd(server, end));
}

/** Whether some service of the protocol, or of a mark, is translated to this end (ip_vs_has_real_service()). */
export function hasRealServer(
  services: readonly VirtualService[],
  protocol: IpvsProtocol,
  address: Ipv4,
  port: number,
): boolean {
  const index = indexOf(services);
  index.servers ??= new Set(services.flatMap(translatedEnds));
  return index.servers.has(`${protocol}|${address}:${port}`) || index.servers.has(`mark|${address}:${port}`);
}

function translatedEnds({ key, servers }: VirtualService): string[] {
  const by = key.by === 'fwmark' ? 'mark' : key.protocol;
  const translated = servers.filter(({ family, forwarding }) => family === 'inet' && forwarding === 'masq');
  return translated.map(({ address, port }) => `${by}|${address}:${port}`);
}

const LISTS = new WeakMap<readonly RealServer[], readonly RealServer[]>();

/** The servers as the kernel has them: newest first (list_add_rcu() in __ip_vs_update_dest(), ip_vs_ctl.c). */
export function kernelList({ servers }: Pick<VirtualService, 'servers'>): readonly RealServer[] {
  let list = LISTS.get(servers);
  if (list === undefined) {
    list = servers.toReversed();
    LISTS.set(servers, list);
  }
  return list;
}
