import { isGroupMac } from '../../address/index.js';
import { fdbKey, hasEthernet, type Link, type LinkOf, type VxlanRemote } from '../../linux/index.js';
import type { Call } from '../install.js';
import { bridgeOf } from './bridge-port.js';
import { type ApplyContext, runtimeOf } from './context.js';
import { noDevice, type Refused, refuse } from './refuse.js';

type SelfCall = Extract<Call, { readonly call: 'fdb add' | 'fdb replace' | 'fdb append' }>;

/**
 * `bridge fdb add`, `replace` and `append` on a VXLAN device (vxlan_fdb_update(), linux drivers/net/vxlan). Only the
 * default entry and groups can have several remotes: to any other address nothing is appended.
 */
export function fdbAdd(context: ApplyContext, { call, dev, mac, remote }: SelfCall): Refused | undefined {
  const { draft, drafts, origin } = context;
  const vxlan = vxlanOf(context, dev);
  if ('errno' in vxlan) return vxlan;
  const key = fdbKey(dev, mac);
  const old = draft.ns.vxlanFdb.get(key);
  const several = mac === 0 || isGroupMac(mac);
  if (several && call === 'fdb replace') return refuse('EOPNOTSUPP', old && 'Cannot replace non-unicast fdb entries');
  const entry = { dev, mac, remotes: [remote], state: 'permanent', origin } as const;
  if (old === undefined || call === 'fdb add') {
    const { vxlanStations } = runtimeOf(context);
    if (call === 'fdb add' && (old !== undefined || vxlanStations.has(key))) return refuse('EEXIST');
    drafts.runtime.journal.put(vxlanStations, key, undefined);
    draft.vxlanFdb.set(key, entry);
  } else if (call === 'fdb replace') draft.vxlanFdb.set(key, { ...entry, state: old.state });
  else if (several && !old.remotes.some((r) => sameRemote(r, remote)))
    draft.vxlanFdb.set(key, { ...old, remotes: [...old.remotes, remote] });
  return undefined;
}

function vxlanOf({ draft }: ApplyContext, dev: string): LinkOf<'vxlan'> | Refused {
  const link = draft.link(dev);
  if (link === undefined) return noDevice(dev);
  if (link.kind === 'vxlan') return link;
  return notEthernet(link) ?? refuse('EOPNOTSUPP', `podpath does not model the address list of a ${link.kind} device`);
}

function notEthernet(link: Link): Refused | undefined {
  const without = link.kind === 'loopback' || !hasEthernet(link);
  return without ? refuse('EINVAL', 'FDB add only supported for Ethernet devices') : undefined;
}

function sameRemote(a: VxlanRemote, b: VxlanRemote): boolean {
  return a.ip === b.ip && a.port === b.port && a.vni === b.vni && a.via === b.via;
}

type MasterCall = Extract<Call, { readonly call: 'fdb add master' | 'fdb replace master' }>;

/** `bridge fdb add … dev PORT master` (br_fdb_add(), net/bridge/br_fdb.c). */
export function fdbAddMaster(context: ApplyContext, { call, dev, mac, state }: MasterCall): Refused | undefined {
  const { draft, drafts, origin } = context;
  const link = draft.link(dev);
  if (link === undefined) return noDevice(dev);
  const wrongKind = notEthernet(link);
  if (wrongKind !== undefined) return wrongKind;
  const bridge = bridgeOf(context, link);
  if (bridge === undefined) return refuse('EOPNOTSUPP');
  const key = fdbKey(bridge.name, mac);
  const { stations } = runtimeOf(context);
  if (call === 'fdb add master' && (draft.ns.bridgeFdb.has(key) || stations.has(key))) return refuse('EEXIST');
  drafts.runtime.journal.put(stations, key, undefined);
  draft.bridgeFdb.set(key, { bridge: bridge.name, mac, dev, state, origin });
  return undefined;
}

type DelCall = Extract<Call, { readonly call: 'fdb del' }>;

/** `bridge fdb del`, of a configured or a learned entry. */
export function fdbDel(context: ApplyContext, call: DelCall): Refused | undefined {
  return call.table === 'self' ? delSelf(context, call) : delMaster(context, call);
}

function delSelf(context: ApplyContext, { dev, mac, remote }: DelCall): Refused | undefined {
  const { draft, drafts } = context;
  const vxlan = vxlanOf(context, dev);
  if ('errno' in vxlan) return vxlan;
  const key = fdbKey(dev, mac);
  const { vxlanStations } = runtimeOf(context);
  const entry = draft.ns.vxlanFdb.get(key);
  if (entry === undefined) {
    if (!vxlanStations.has(key)) return refuse('ENOENT');
    drafts.runtime.journal.put(vxlanStations, key, undefined);
    return undefined;
  }
  if (remote !== undefined && !entry.remotes.some((r) => sameRemote(r, remote))) return undefined;
  const [first, ...others] = remote === undefined ? [] : entry.remotes.filter((r) => !sameRemote(r, remote));
  if (first === undefined) draft.vxlanFdb.delete(key);
  else draft.vxlanFdb.set(key, { ...entry, remotes: [first, ...others] });
  return undefined;
}

function delMaster(context: ApplyContext, { dev, mac }: DelCall): Refused | undefined {
  const { draft, drafts } = context;
  const link = draft.link(dev);
  if (link === undefined) return noDevice(dev);
  const bridge = bridgeOf(context, link);
  if (bridge === undefined) return refuse('EOPNOTSUPP');
  const key = fdbKey(bridge.name, mac);
  const { stations } = runtimeOf(context);
  const configured = draft.ns.bridgeFdb.get(key)?.dev === dev;
  if (!configured && stations.get(key)?.dev !== dev) return refuse('ENOENT');
  if (configured) draft.bridgeFdb.delete(key);
  drafts.runtime.journal.put(stations, key, undefined);
  return undefined;
}
