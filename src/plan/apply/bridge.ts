import type { Mac } from '../../address/index.js';
import { fdbKey, hasEthernet, type Link, type LinkOf, NEW_BRIDGE_PORT } from '../../linux/index.js';
import type { Call } from '../install.js';
import { bridgeOf, forgetStations, portsOf } from './bridge-port.js';
import { updateCarrier, updatePort } from './carrier.js';
import { type ApplyContext, kernelOrigin, runtimeOf } from './context.js';
import { neighChangeaddr } from './neigh.js';
import { noDevice, type Refused, refuse } from './refuse.js';

/** Port numbers end here (BR_MAX_PORTS). */
const BR_MAX_PORTS = 1024;

/**
 * `ip link set DEV master BRIDGE`: the old master lets it go first, and does not get it back when the new one refuses
 * it (do_set_master(), linux net/core/rtnetlink.c; br_add_if(), net/bridge/br_if.c).
 */
export function enslave(context: ApplyContext, dev: string, master: string): Refused | undefined {
  const { draft } = context;
  if (draft.link(dev)?.master === master) return undefined;
  release(context, dev);
  const link = draft.link(dev);
  const bridge = draft.link(master);
  if (link === undefined || bridge === undefined) return noDevice(link === undefined ? dev : master);
  if (bridge.kind !== 'bridge') return refuse('EOPNOTSUPP');
  if (link.kind === 'loopback' || !hasEthernet(link) || link.address === 0) return refuse('EINVAL');
  if (link.kind === 'bridge') return refuse('ELOOP', 'Can not enslave a bridge to a bridge');
  const taken = new Set(portsOf(context, master).map((port) => port.port?.no));
  let no = 1;
  while (taken.has(no)) no++;
  if (no >= BR_MAX_PORTS) return refuse('ERANGE');
  draft.changeLink(link, { master, port: { ...NEW_BRIDGE_PORT, no, state: 'disabled' } });
  addLocal(context, master, link.address, dev);
  updateAddress(context, master);
  updatePort(context, dev);
  updateMtu(context, master);
  return undefined;
}

/** `ip link set DEV nomaster` (br_del_if()). */
export function release(context: ApplyContext, dev: string): void {
  const { draft } = context;
  const link = draft.link(dev);
  if (link?.master === undefined) return;
  const { master } = link;
  forgetStations(context, master, dev);
  draft.changeLink(link, { master: undefined, port: undefined });
  for (const entry of [...draft.ns.bridgeFdb.values()])
    if (entry.bridge === master && entry.dev === dev) removeLocal(context, master, entry.mac, dev);
  updateMtu(context, master);
  updateAddress(context, master);
  updateCarrier(context, master);
}

/** The bridge itself goes up or down, and its ports with it. */
export function updatePorts(context: ApplyContext, bridge: string): void {
  for (const port of portsOf(context, bridge)) updatePort(context, port.name);
  updateCarrier(context, bridge);
}

/**
 * A bridge whose address was not set by hand has the lowest of its ports', and none at all without ports
 * (br_stp_recalculate_bridge_id()).
 */
function updateAddress(context: ApplyContext, name: string): void {
  const { draft } = context;
  const bridge = draft.link(name);
  if (bridge?.kind !== 'bridge' || bridge.addressSet) return;
  const addresses = portsOf(context, name).map((port) => port.address);
  const address = (addresses.length === 0 ? 0 : Math.min(...addresses)) as Mac;
  if (address === bridge.address) return;
  draft.changeLink(bridge, { address });
  moveLocal(context, name, bridge.address, address, name);
  neighChangeaddr(context, name);
}

/** A bridge whose MTU was not set by hand has the smallest of its ports', and 1500 without ports (br_mtu_auto_adjust()). */
export function updateMtu(context: ApplyContext, name: string): void {
  const bridge = context.draft.link(name);
  if (bridge?.kind !== 'bridge' || bridge.mtuSet) return;
  const mtus = portsOf(context, name).map((port) => port.mtu);
  const mtu = mtus.length === 0 ? 1500 : Math.min(...mtus);
  if (mtu !== bridge.mtu) context.draft.changeLink(bridge, { mtu });
}

/** A port has another hardware address (br_fdb_changeaddr()). */
export function portAddressChanged(context: ApplyContext, link: Link, old: Mac): void {
  const bridge = bridgeOf(context, link);
  if (bridge === undefined) return;
  moveLocal(context, bridge.name, old, link.address, link.name);
  updateAddress(context, bridge.name);
}

/** The address of a bridge or of a port is one of this host's (fdb_add_local()): the first one that has it keeps it. */
function addLocal(context: ApplyContext, bridge: string, mac: Mac, dev: string): void {
  if (mac === 0) return;
  const { draft } = context;
  const key = fdbKey(bridge, mac);
  if (draft.ns.bridgeFdb.get(key)?.state === 'permanent') return;
  const origin = kernelOrigin(`address of ${dev}`);
  draft.bridgeFdb.set(key, { bridge, mac, dev, state: 'permanent', origin });
  context.drafts.runtime.journal.put(runtimeOf(context).stations, key, undefined);
}

/** The address is gone from `dev`: another port or the bridge that has it too takes over (fdb_delete_local()). */
function removeLocal(context: ApplyContext, bridge: string, mac: Mac, dev: string): void {
  const { draft } = context;
  const key = fdbKey(bridge, mac);
  const entry = draft.ns.bridgeFdb.get(key);
  if (entry?.dev !== dev) return;
  const heir =
    portsOf(context, bridge).find((port) => port.name !== dev && port.address === mac)?.name ??
    (dev !== bridge && draft.link(bridge)?.address === mac ? bridge : undefined);
  if (heir === undefined || entry.state === 'static') draft.bridgeFdb.delete(key);
  else draft.bridgeFdb.set(key, { ...entry, dev: heir });
}

/** The device's address changes from one to another (br_fdb_change_mac_address()). */
export function moveLocal(context: ApplyContext, bridge: string, from: Mac, to: Mac, dev: string): void {
  removeLocal(context, bridge, from, dev);
  addLocal(context, bridge, to, dev);
}

/** What a bridge is when it is made. */
export function newBridge(context: ApplyContext, bridge: LinkOf<'bridge'>): void {
  addLocal(context, bridge.name, bridge.address, bridge.name);
}

/** `bridge link set dev DEV …` (br_setlink()). */
export function bridgeLinkSet(
  context: ApplyContext,
  { dev, set }: Extract<Call, { readonly call: 'bridge link set' }>,
): Refused | undefined {
  const { draft } = context;
  const link = draft.link(dev);
  if (link === undefined) return refuse('ENODEV', `Cannot find bridge device "${dev}"`);
  if (link.port === undefined) return refuse('EOPNOTSUPP');
  draft.changeLink(link, { port: { ...link.port, ...set } });
  if (link.master !== undefined) updateCarrier(context, link.master);
  return undefined;
}
