import { formatIpv4, type Ipv4 } from '../../address/index.js';
import type { Netns } from '../netns.js';
import type { Link, LinkOf } from './link.js';

type Unmodelled = LinkOf<'unmodelled'>;

/** What kinds of tunnel take from IP, by protocol number. */
const BY_PROTOCOL: ReadonlyMap<number, readonly string[]> = new Map([
  [4, ['ipip', 'sit', 'vti']],
  [41, ['sit']],
  [47, ['gre', 'gretap', 'erspan']],
  [50, ['vti', 'xfrm']],
  [51, ['vti', 'xfrm']],
  [115, ['l2tpeth']],
]);

/** Kinds that have a UDP socket, with its port if nothing else is said; undefined where the device doesn't tell it. */
const BY_PORT: ReadonlyMap<string, number | undefined> = new Map([
  ['amt', 2268],
  ['bareudp', undefined],
  ['geneve', 6081],
  ['gtp', 2152],
  ['l2tpeth', undefined],
  ['ovpn', undefined],
  ['vxlan', 8472],
  ['wireguard', undefined],
]);

/** A tunnel device that is up, of a kind that is not modelled, and that would be given packets of an IP protocol. */
export function tunnelOfProtocol(ns: Netns, protocol: number): Unmodelled | undefined {
  const kinds = BY_PROTOCOL.get(protocol) ?? [];
  return unmodelledTunnel(ns, ({ type }) => kinds.includes(type));
}

/** A tunnel device that is up, of a kind that is not modelled, and that listens on a UDP port, or may do so. */
export function tunnelOfPort(ns: Netns, port: number): Unmodelled | undefined {
  return unmodelledTunnel(ns, (link) => {
    if (!BY_PORT.has(link.type)) return false;
    const own = spokenPort(link) ?? BY_PORT.get(link.type);
    return own === undefined || own === port;
  });
}

function unmodelledTunnel(ns: Netns, test: (link: Unmodelled) => boolean): Unmodelled | undefined {
  for (const link of ns.links.values()) if (link.kind === 'unmodelled' && link.up && test(link)) return link;
  return undefined;
}

/** The port that a dump (`"port": 6081`) or a command (`dstport 6081`) gave the device. */
function spokenPort({ data }: Unmodelled): number | undefined {
  const { port, options } = data;
  if (typeof port === 'number') return port;
  if (!Array.isArray(options)) return undefined;
  const at = options.indexOf('dstport');
  return at < 0 ? undefined : Number(options[at + 1]);
}

const ANY_END = '0.0.0.0';

/** What tunnels of IPv4 have for hardware addresses: their ends, of which `0.0.0.0` stands for any. */
export interface TunnelEnds {
  readonly local: string;
  readonly remote: string;
  /** There is one other end (IFF_POINTOPOINT). */
  readonly pointToPoint: boolean;
  /** The device that its packets leave by; undefined when the routes say. */
  readonly lower: string | undefined;
}

/** The ends of a tunnel device of IPv4; undefined for other devices. */
export function tunnelEnds(link: Link): TunnelEnds | undefined {
  if (link.kind === 'ipip') {
    const end = (address: Ipv4 | undefined): string => (address === undefined ? ANY_END : formatIpv4(address));
    const { local, remote, lower } = link;
    return { local: end(local), remote: end(remote), pointToPoint: remote !== undefined, lower };
  }
  if (link.kind !== 'unmodelled' || !WITH_ENDS.has(link.type)) return undefined;
  const { local, remote, link: lower } = link.data;
  if (typeof local !== 'string' || typeof remote !== 'string') return undefined;
  const end = (text: string): string => (text === 'any' ? ANY_END : text);
  return {
    local: end(local),
    remote: end(remote),
    pointToPoint: end(remote) !== ANY_END,
    lower: typeof lower === 'string' ? lower : undefined,
  };
}

/** Kinds that are not modelled of which a dump tells the ends: an `ipip` device may be made to ask for them (`external`). */
const WITH_ENDS = new Set(['ipip', 'sit']);

/** The hardware type of a tunnel device, as `link/ipip` says it. */
export function tunnelType(link: Link): string {
  return link.kind === 'unmodelled' ? link.type : link.kind;
}
