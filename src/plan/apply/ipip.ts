import type { Ipv4 } from '../../address/index.js';
import { fibLookup, type IpipKind, type Link, type LinkOf, type Netns, outputFlow } from '../../linux/index.js';
import type { NewLink } from '../install.js';
import type { ApplyContext } from './context.js';
import { noDevice, type Refused, refuse } from './refuse.js';

type NewIpip = Extract<NewLink, { readonly kind: 'ipip' }>;

/** What the module makes in every namespace (ipip_init_net(), linux net/ipv4/ipip.c). */
export const FALLBACK: IpipKind = {
  kind: 'ipip',
  local: undefined,
  remote: undefined,
  lower: undefined,
  ttl: 'inherit',
  tos: 0,
  pmtudisc: false,
  protocol: 'any',
  fallback: true,
};

/** ETH_DATA_LEN, and the outer header. */
const GUESSED_MTU = 1500;
const HEADROOM = 20;
/** ETH_MIN_MTU, and what an outer packet of IP_MAX_MTU carries. */
export const IPIP_MIN_MTU = 68;
export const IPIP_MAX_MTU: number = 65535 - HEADROOM;

/** Whether the module makes a device in a namespace (net_has_fallback_tunnels(), linux include/linux/netdevice.h). */
export function hasFallback({ sysctls, role }: Netns): boolean {
  const only = Number(sysctls.get('net/core/fb_tunnels_only_for_init_net') ?? 0);
  return only === 0 || (only === 1 && role !== 'pod');
}

/** What a new device can't be: there is one with the same ends (ip_tunnel_newlink(), ip_tunnel_find()). */
export function checkIpip({ draft }: ApplyContext, link: NewIpip): Refused | undefined {
  if (link.lower !== undefined && draft.link(link.lower) === undefined) return noDevice(link.lower);
  if (link.ttl !== 'inherit' && !link.pmtudisc) return refuse('EINVAL', 'ttl != 0 and nopmtudisc are incompatible');
  const { local, remote, lower } = link;
  // The module has made its own by now, or will at once.
  if (local === undefined && remote === undefined && lower === undefined && hasFallback(draft.ns))
    return refuse('EEXIST');
  for (const other of draft.ns.links.values())
    if (other.kind === 'ipip' && other.local === local && other.remote === remote && other.lower === lower)
      return refuse('EEXIST');
  return undefined;
}

/** ip_tunnel_bind_dev(): what the device below carries, less a header; where none is known, what Ethernet does. */
export function ipipMtu(
  { draft }: ApplyContext,
  link: Omit<NewIpip, 'name' | 'mtu' | 'address'> & { mtu?: number | undefined },
): number {
  if (link.mtu !== undefined) return Math.max(IPIP_MIN_MTU, Math.min(link.mtu, IPIP_MAX_MTU));
  const below = draft.link(deviceBelow(draft.ns, link) ?? '');
  return Math.max(IPIP_MIN_MTU, (below?.mtu ?? GUESSED_MTU) - HEADROOM);
}

function deviceBelow(
  ns: Netns,
  { local, remote, lower }: Pick<NewIpip, 'local' | 'remote' | 'lower'>,
): string | undefined {
  if (remote === undefined) return lower;
  const found = fibLookup(ns, outputFlow(remote, { src: local ?? (0 as Ipv4), oif: lower ?? '' }));
  if (found.found !== 'route') return lower;
  if (found.route.type === 'unicast') return found.route.nexthops[0].dev;
  return found.route.type === 'local' ? 'lo' : lower;
}

/** What a fallback device refuses (NETIF_F_NETNS_LOCAL), and what is not modelled of the others. */
export function checkIpipMove(link: LinkOf<'ipip'>): Refused {
  return link.fallback
    ? refuse('EINVAL', 'The interface netns is immutable')
    : refuse('EOPNOTSUPP', 'podpath does not model an ipip device with its underlay in another namespace');
}

/** Whether `ip link del` leaves a device as it is, without a word (ip_tunnel_dellink()). */
export function isFallback(link: Link): boolean {
  return link.kind === 'ipip' && link.fallback;
}
