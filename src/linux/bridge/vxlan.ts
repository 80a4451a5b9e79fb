import { type Ipv4, MAC_ZERO, type Mac } from '../../address/index.js';
import type { Journal } from '../journal.js';
import type { LinkOf } from '../link/link.js';
import type { Netns } from '../netns.js';
import type { NetnsState } from '../runtime.js';
import { fdbKey, type VxlanFdbEntry, type VxlanRemote } from './fdb.js';

type VxlanLink = LinkOf<'vxlan'>;

/** FDB_AGE_DEFAULT: how long a learned entry is believed, ms (`ageing 300`). */
const FDB_AGE_DEFAULT = 300_000;

/** The device that is up with a VNI and a UDP port (vxlan_vs_find_vni()). */
export function vxlanOfVni(ns: Netns, vni: number | undefined, port: number): VxlanLink | undefined {
  for (const link of ns.links.values())
    if (link.kind === 'vxlan' && link.up && link.vni === vni && link.dstport === port) return link;
  return undefined;
}

/** Where frames for an address go, and the configured entry that says so, if one does. */
export interface VxlanWay {
  readonly remotes: readonly VxlanRemote[];
  readonly entry: VxlanFdbEntry | undefined;
}

/** vxlan_find_mac(): the configured entry, what was learned, the default entry, or the device's own remote. */
export function findRemotes(state: NetnsState, link: VxlanLink, mac: Mac): VxlanWay {
  const { vxlanFdb } = state.ns;
  const entry = vxlanFdb.get(fdbKey(link.name, mac)) ?? vxlanFdb.get(fdbKey(link.name, MAC_ZERO));
  if (entry !== undefined && entry.mac !== MAC_ZERO) return { remotes: entry.remotes, entry };
  const learned = learnedRemote(state, link, mac);
  if (learned !== undefined) return { remotes: [learned], entry };
  if (entry !== undefined) return { remotes: entry.remotes, entry };
  const own = link.remote && { ip: link.remote, port: undefined, vni: undefined, via: link.lower };
  return { remotes: own === undefined ? [] : [own], entry };
}

/** What was learned of an address, unless it has aged (vxlan_cleanup()). */
function learnedRemote({ runtime, now }: NetnsState, link: VxlanLink, mac: Mac): VxlanRemote | undefined {
  const learned = runtime.vxlanStations.get(fdbKey(link.name, mac));
  return learned === undefined || now - learned.updated >= FDB_AGE_DEFAULT ? undefined : learned;
}

/**
 * vxlan_snoop(): the sender of the inner frame is behind the sender of the outer packet.
 *
 * @returns false for a frame to be dropped: a configured entry says that its sender is behind somebody else.
 */
export function vxlanSnoop(
  { ns, runtime, journal, now }: NetnsState & { readonly journal: Journal },
  link: VxlanLink,
  mac: Mac,
  ip: Ipv4,
): boolean {
  const key = fdbKey(link.name, mac);
  const [first] = ns.vxlanFdb.get(key)?.remotes ?? [];
  if (first !== undefined) return first.ip === ip && first.via === undefined;
  journal.put(runtime.vxlanStations, key, { ip, port: undefined, vni: undefined, via: undefined, updated: now });
  return true;
}
