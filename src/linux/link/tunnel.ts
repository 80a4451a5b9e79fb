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

/** What tunnels of IPv4 have for hardware addresses: their ends, of which `0.0.0.0` stands for any. */
export interface TunnelEnds {
  readonly local: string;
  readonly remote: string;
  /** The device that its packets leave by; null when the routes say. */
  readonly lower: string | null;
}

const WITH_ENDS = new Set(['ipip', 'sit']);

/** The ends of a tunnel device that a dump told of; undefined for other devices. */
export function tunnelEnds(link: Link): TunnelEnds | undefined {
  if (link.kind !== 'unmodelled' || !WITH_ENDS.has(link.type)) return undefined;
  const { local, remote, link: lower } = link.data;
  if (typeof local !== 'string' || typeof remote !== 'string') return undefined;
  const end = (text: string): string => (text === 'any' ? '0.0.0.0' : text);
  return { local: end(local), remote: end(remote), lower: typeof lower === 'string' ? lower : null };
}
