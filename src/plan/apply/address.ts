import { addressScope, type InetAddress, inetAddrType, onSubnet } from '../../linux/index.js';
import type { Call } from '../install.js';
import { noteAdded, placeBehindLike } from './address-index.js';
import { addAddressRoutes, addressRoutes, type PlacedRoute, sameRoute, sourceOf } from './connected.js';
import { type ApplyContext, runtimeOf } from './context.js';
import { deleteRoute, fibSyncDownAddr, fibSyncDownDev } from './fib-sync.js';
import { neighIfdown } from './neigh.js';
import { noDevice, type Refused, refuse } from './refuse.js';

type AddressCall = Extract<Call, { readonly call: 'addr add' | 'addr replace' }>;

/** `ip addr add` and `replace` (inet_rtm_newaddr(), linux net/ipv4/devinet.c). */
export function addrAdd(context: ApplyContext, { call, address }: AddressCall): Refused | undefined {
  const { dev, local, prefixLength, broadcast } = address;
  if (context.draft.link(dev) === undefined) return noDevice(dev);
  const peer = address.peer ?? local;
  const added: InetAddress = {
    dev,
    local,
    prefixLength,
    peer,
    broadcast,
    scope: address.scope ?? addressScope(address),
    secondary: false,
    label: address.label ?? dev,
    origin: context.origin,
  };
  // `replace` of what is there renews its lifetime only.
  const same = (a: InetAddress): boolean => isSameAddress(a, added);
  if (call === 'addr replace' && context.draft.ns.ipv4.addresses.some(same)) return undefined;
  return insertAddress(context, added);
}

/**
 * Adds an address to a link: a primary one behind those of the same or a nearer scope, a secondary one at the end
 * (__inet_insert_ifa()).
 */
export function insertAddress(context: ApplyContext, address: InetAddress): Refused | undefined {
  const { draft } = context;
  const { dev } = address;
  const all = draft.ns.ipv4.addresses;
  const last = placeBehindLike(all, address);
  if (last !== undefined) return addAt(context, last, { ...address, secondary: false });
  let secondary = false;
  let at = all.findIndex((a) => a.dev === dev);
  if (at < 0) at = all.length;
  let behindPrimaries = at;
  for (; all[at]?.dev === dev; at++) {
    const other = all[at] as InetAddress;
    if (!other.secondary && address.scope <= other.scope) behindPrimaries = at + 1;
    if (other.prefixLength !== address.prefixLength || !onSubnet(other, address.peer)) continue;
    if (other.local === address.local) return refuse('EEXIST', 'ipv4: Address already assigned');
    if (other.scope !== address.scope) return refuse('EINVAL', 'ipv4: Invalid scope value');
    secondary = true;
  }
  return addAt(context, secondary ? at : behindPrimaries, { ...address, secondary });
}

function addAt(context: ApplyContext, place: number, added: InetAddress): undefined {
  const { draft } = context;
  const { addresses } = draft;
  addresses.splice(place, 0, added);
  noteAdded(addresses, added);
  // From now on the device no longer follows `default` (ipv4_devconf_setall()).
  draft.sysctls.detachDevice(added.dev);
  addAddressRoutes(context, added);
}

function isSameAddress(a: InetAddress, b: InetAddress): boolean {
  return a.dev === b.dev && a.local === b.local && a.prefixLength === b.prefixLength && onSubnet(a, b.peer);
}

/** `ip addr del` (inet_rtm_deladdr()). */
export function addrDel(
  context: ApplyContext,
  call: Extract<Call, { readonly call: 'addr del' }>,
): Refused | undefined {
  const { dev, local, prefixLength } = call;
  if (context.draft.link(dev) === undefined) return noDevice(dev);
  const address = context.draft.ns.ipv4.addresses.find(
    (a) => a.dev === dev && a.local === local && (prefixLength === undefined || a.prefixLength === prefixLength),
  );
  if (address === undefined) return refuse('EADDRNOTAVAIL', 'ipv4: Address not found');
  deleteAddress(context, address, 'may-promote');
  return undefined;
}

/** `ip addr flush dev DEV`. */
export function addrFlush(context: ApplyContext, { dev }: { readonly dev: string }): Refused | undefined {
  if (context.draft.link(dev) === undefined) return refuse('ENODEV', `Device "${dev}" does not exist.`);
  for (const address of context.draft.ns.ipv4.addresses.filter((a) => a.dev === dev))
    if (context.draft.ns.ipv4.addresses.includes(address)) deleteAddress(context, address, 'may-promote');
  return undefined;
}

/**
 * Takes an address off its link. With a primary one go its secondaries, or the first of them becomes primary, if
 * `promote_secondaries` says so (__inet_del_ifa()). With the last address goes IPv4: all routes and neighbours.
 */
export function deleteAddress(context: ApplyContext, address: InetAddress, mode: 'may-promote' | 'link-goes'): void {
  const { draft } = context;
  const { dev } = address;
  const promote = mode === 'may-promote' && draft.ns.sysctls.confOr(dev, 'promote_secondaries');
  const secondaries = address.secondary
    ? []
    : draft.ns.ipv4.addresses.filter(
        (a) => a.dev === dev && a.secondary && a.prefixLength === address.prefixLength && onSubnet(address, a.peer),
      );
  const [first] = promote ? secondaries : [];
  const leaving = promote ? [address] : [address, ...secondaries];
  const routes = [address, ...secondaries].flatMap((a) => routesOf(context, a));
  draft.addresses = draft.ns.ipv4.addresses.filter((a) => a !== first && !leaving.includes(a));
  if (first !== undefined) putPromoted(context, { ...first, secondary: false });
  dropRoutes(context, routes);
  for (const a of draft.ns.ipv4.addresses) if (a.dev === dev && isSubnetOf(a, address)) addAddressRoutes(context, a);
  for (const gone of leaving) forgetAddress(context, gone);
  if (draft.ns.ipv4.addresses.some((a) => a.dev === dev)) return;
  fibSyncDownDev(context, dev, 'disable');
  neighIfdown(context, dev);
}

function isSubnetOf(a: InetAddress, b: InetAddress): boolean {
  return a.prefixLength === b.prefixLength && onSubnet(b, a.peer);
}

/** Behind the last primary address of the same or a nearer scope. */
function putPromoted(context: ApplyContext, address: InetAddress): void {
  const { draft } = context;
  const all = draft.addresses;
  let at = all.findIndex((a) => a.dev === address.dev);
  if (at < 0) at = all.length;
  let behind = at;
  for (; all[at]?.dev === address.dev; at++) {
    const other = all[at];
    if (other !== undefined && !other.secondary && address.scope <= other.scope) behind = at + 1;
  }
  all.splice(behind, 0, address);
}

function routesOf(context: ApplyContext, address: InetAddress): PlacedRoute[] {
  const link = context.draft.link(address.dev);
  if (link === undefined) return [];
  return addressRoutes(address, sourceOf(address, context.draft.ns.ipv4.addresses), link);
}

/** Deletes routes, but for those that another address of the link stands for as well (fib_del_ifaddr()). */
function dropRoutes(context: ApplyContext, routes: readonly PlacedRoute[]): void {
  const { draft } = context;
  const kept = draft.ns.ipv4.addresses.flatMap((a) => routesOf(context, a));
  for (const { table, route } of routes) {
    if (kept.some((other) => other.table === table && sameRoute(other.route, route))) continue;
    const there = draft.ns.ipv4.tables
      .get(table)
      ?.at(route.dst)
      .find((old) => sameRoute(old, route));
    if (there !== undefined) deleteRoute(context, table, there);
  }
}

/** What else goes once nothing makes an address local any more: routes that it is the source of, masqueraded flows. */
function forgetAddress(context: ApplyContext, { dev, local }: InetAddress): void {
  const { draft, drafts } = context;
  if (inetAddrType(draft.ns, local) !== 'local') fibSyncDownAddr(context, local);
  const { conntrack } = runtimeOf(context);
  for (const ct of conntrack.list(drafts.runtime.clock))
    if (ct.masqueradeDev === dev && ct.reply.dst === local) conntrack.delete(ct, drafts.runtime.journal);
}
