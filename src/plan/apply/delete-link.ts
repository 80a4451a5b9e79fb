import { inet6Without, keptWithout, type Link } from '../../linux/index.js';
import { deleteAddress } from './address.js';
import { release } from './bridge.js';
import { portsOf } from './bridge-port.js';

import { type ApplyContext, dropEntries, isOf, runtimeOf } from './context.js';
import { fibSyncDownDev } from './fib-sync.js';
import { isFallback } from './ipip.js';
import { linkDown } from './link-up.js';
import { neighIfdown } from './neigh.js';
import { noDevice, type Refused, refuse } from './refuse.js';

/** `ip link del DEV` (rtnl_dellink()): with a veth end goes the other, with a lower device what is on top of it. */
export function linkDel(context: ApplyContext, { dev }: { readonly dev: string }): Refused | undefined {
  const link = context.draft.link(dev);
  if (link === undefined) return noDevice(dev);
  if (link.kind === 'loopback' || link.kind === 'physical') return refuse('EOPNOTSUPP');
  if (isFallback(link)) return undefined;
  const peer = context.drafts.peerOf(link);
  unregister(context, link);
  if (peer !== undefined) unregister({ ...context, draft: peer.draft }, peer.link);
  return undefined;
}

/** Takes a device out of its namespace, with all that hangs on it (unregister_netdevice_many()). */
export function unregister(context: ApplyContext, link: Link): void {
  const { draft } = context;
  const { name } = link;
  for (const port of portsOf(context, name)) release(context, port.name);
  for (const upper of [...draft.ns.links.values()])
    if (upper.kind === 'vxlan' && upper.lower === name) unregister(context, upper);
  const now = draft.link(name);
  if (now !== undefined) linkDown(context, now);
  release(context, name);
  for (const address of draft.ns.ipv4.addresses.filter((a) => a.dev === name))
    if (draft.ns.ipv4.addresses.includes(address)) deleteAddress(context, address, 'link-goes');
  fibSyncDownDev(context, name, 'unregister');
  neighIfdown(context, name);
  draft.deleteLink(name);
  draft.ipv6 = inet6Without(draft.ns.ipv6, name);
  draft.otherFdb = keptWithout(draft.ns.otherFdb, name);
  for (const [key, entry] of [...draft.ns.bridgeFdb])
    if (entry.bridge === name || entry.dev === name) draft.bridgeFdb.delete(key);
  for (const [key, entry] of [...draft.ns.vxlanFdb]) if (entry.dev === name) draft.vxlanFdb.delete(key);
  draft.sysctls.removeDevice(name);
  const { stations, vxlanStations } = runtimeOf(context);
  dropEntries(context, stations, (key, station) => isOf(key, name) || station.dev === name);
  dropEntries(context, vxlanStations, (key) => isOf(key, name));
}
