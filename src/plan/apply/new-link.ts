import { isGroupMac, type Mac } from '../../address/index.js';
import type { Link, LinkKind, Peer } from '../../linux/index.js';
import type { Call, NewLink } from '../install.js';
import { newBridge } from './bridge.js';
import type { ApplyContext } from './context.js';
import type { NetnsDraft } from './draft.js';
import { generatedMac } from './generated-mac.js';
import { checkIpip, FALLBACK, hasFallback, ipipMtu } from './ipip.js';
import { checkGiven } from './mtu.js';
import { type Refused, refuse } from './refuse.js';
import { checkVxlan, newVxlan, vxlanMtu } from './vxlan.js';

/** The loopback device that every namespace is born with. */
export const LO: Omit<Extract<Link, { readonly kind: 'loopback' }>, 'origin'> = {
  kind: 'loopback',
  name: 'lo',
  ifindex: 1,
  mtu: 65536,
  address: 0 as Mac,
  up: false,
  carrier: false,
  noarp: false,
  promisc: false,
  master: undefined,
  port: undefined,
};

/** `ip link add`, of anything but a veth pair (rtnl_newlink(), linux net/core/rtnetlink.c). */
export function linkAdd(context: ApplyContext, link: NewLink): Refused | undefined {
  const { draft } = context;
  const refused = checkNew(draft, link) ?? checkKind(context, link);
  if (refused !== undefined) return refused;
  const made = makeLink(context, draft, link.name, kindOf(link), {
    mtu: mtuOf(context, link),
    address: link.kind === 'tun' || link.kind === 'ipip' ? (0 as Mac) : link.address,
    // tun_setup(), ipip_tunnel_setup(), dummy_setup(): nobody is asked for an address.
    noarp: link.kind === 'tun' || link.kind === 'ipip' || (link.kind === 'unmodelled' && link.type === 'dummy'),
  });
  if (made.kind === 'bridge') newBridge(context, made);
  if (made.kind === 'vxlan') newVxlan(context, made);
  return undefined;
}

function checkKind(context: ApplyContext, link: NewLink): Refused | undefined {
  if (link.kind === 'vxlan') return checkGiven(link.mtu) ?? checkVxlan(context, link);
  if (link.kind === 'ipip') return checkIpip(context, link);
  return checkGiven(link.mtu);
}

function mtuOf(context: ApplyContext, link: NewLink): number {
  if (link.kind === 'vxlan') return vxlanMtu(context, link);
  return link.kind === 'ipip' ? ipipMtu(context, link) : (link.mtu ?? 1500);
}

/** `ip tunnel change tunl0 mode ipip`: the module of IP in IP is loaded, and so makes its device (ipip_init_net()). */
export function tunnelChange(
  context: ApplyContext,
  { dev }: Extract<Call, { readonly call: 'tunnel change' }>,
): Refused | undefined {
  const { draft } = context;
  const known = draft.link(dev);
  if (known !== undefined) return known.kind === 'ipip' ? undefined : refuse('EINVAL');
  if (!hasFallback(draft.ns)) return refuse('ENODEV', `get tunnel "${dev}" failed: No such device`);
  makeLink(context, draft, dev, FALLBACK, { mtu: ipipMtu(context, FALLBACK), address: 0 as Mac, noarp: true });
  return undefined;
}

function kindOf(link: NewLink): LinkKind {
  // The fallback is there, or is made by the module as soon as the first one is.
  if (link.kind === 'ipip') return { ...link, fallback: false };
  if (link.kind !== 'bridge') return link;
  // An MTU given here still follows the ports: only a later change counts as set by hand.
  return { ...link, addressSet: link.address !== undefined, mtuSet: false };
}

type VethCall = Extract<Call, { readonly call: 'link add veth' }>;

/** `ip link add … type veth peer …`: in one namespace the peer is made first (veth_newlink(), drivers/net/veth.c). */
export function linkAddVeth(context: ApplyContext, { link, peer }: VethCall): Refused | undefined {
  const { draft, drafts } = context;
  const far = drafts.get(peer.netns);
  if (far === undefined)
    return refuse('ENOENT', `Cannot open network namespace "${peer.netns}": No such file or directory`);
  const refused =
    checkNew(draft, link) ?? checkNew(far, peer) ?? [link.mtu, peer.mtu].flatMap((mtu) => checkGiven(mtu) ?? [])[0];
  if (refused !== undefined) return refused;
  if (far === draft && link.name === peer.name) return refuse('EEXIST');
  const near: Peer = { netns: draft.name, dev: link.name };
  const veth = (to: Peer): LinkKind => ({ kind: 'veth', peer: to });
  makeLink(context, far, peer.name, veth(near), { mtu: peer.mtu ?? 1500, address: peer.address, noarp: false });
  const there: Peer = { netns: peer.netns, dev: peer.name };
  makeLink(context, draft, link.name, veth(there), { mtu: link.mtu ?? 1500, address: link.address, noarp: false });
  return undefined;
}

/** What a new link can't be: name too long or taken, address of a group or none. */
function checkNew(
  draft: NetnsDraft,
  link: { readonly name: string; readonly address: Mac | undefined },
): Refused | undefined {
  return checkName(draft, link.name) ?? (link.address === undefined ? undefined : checkAddress(link.address));
}

/** Names have 15 characters at most (IFNAMSIZ), and neither blanks nor slashes (dev_valid_name()). */
export function checkName(draft: NetnsDraft, name: string): Refused | undefined {
  if (name.length > 15) return refuse('ERANGE', 'Attribute failed policy validation');
  if (!/^[^\s/:]+$/.test(name) || name === '.' || name === '..') return refuse('EINVAL');
  // Its sysctls would be those of `conf/all` (devinet_sysctl_register(), linux net/ipv4/devinet.c).
  if (name === 'all' || name === 'default') return refuse('EINVAL');
  return draft.link(name) === undefined ? undefined : refuse('EEXIST');
}

/** is_valid_ether_addr(). */
export function checkAddress(address: Mac): Refused | undefined {
  return address === 0 || isGroupMac(address) ? refuse('EADDRNOTAVAIL') : undefined;
}

function makeLink(
  context: ApplyContext,
  draft: NetnsDraft,
  name: string,
  kind: LinkKind,
  given: { readonly mtu: number; readonly address: Mac | undefined; readonly noarp: boolean },
): Link {
  const link: Link = {
    ...kind,
    name,
    ifindex: draft.nextIndex(),
    mtu: given.mtu,
    address: given.address ?? generatedMac(context.drafts.seed, draft.name, name),
    up: false,
    carrier: false,
    noarp: given.noarp,
    promisc: false,
    master: undefined,
    port: undefined,
    origin: context.origin,
  };
  draft.setLink(link);
  return link;
}
