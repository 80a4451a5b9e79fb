import { MAC_ZERO, type Mac } from '../../address/index.js';
import { fdbKey, type LinkOf } from '../../linux/index.js';
import type { NewLink } from '../install.js';
import type { ApplyContext } from './context.js';
import { noDevice, type Refused, refuse } from './refuse.js';

type NewVxlan = Extract<NewLink, { readonly kind: 'vxlan' }>;

/** Bytes that IPv4, UDP, VXLAN and inner Ethernet headers take: 20 + 8 + 8 + 14 (VXLAN_HEADROOM). */
export const VXLAN_HEADROOM = 50;

/** What a new VXLAN device can't be (vxlan_config_validate(), linux drivers/net/vxlan/vxlan_core.c). */
export function checkVxlan({ draft }: ApplyContext, link: NewVxlan): Refused | undefined {
  if (link.lower !== undefined && draft.link(link.lower) === undefined) return noDevice(link.lower);
  if (link.vni >= 1 << 24) return refuse('ERANGE', `argument "${link.vni}" is wrong: invalid id`);
  for (const other of draft.ns.links.values())
    if (other.kind === 'vxlan' && other.vni === link.vni && other.dstport === link.dstport)
      return refuse('EEXIST', 'A VXLAN device with the specified VNI already exists');
  return undefined;
}

/** Never more than the lower device leaves; 1500 without a lower device, if nothing else was asked for. */
export function vxlanMtu({ draft }: ApplyContext, { lower, mtu }: NewVxlan): number {
  const max = lower === undefined ? undefined : draft.link(lower)?.mtu;
  if (max === undefined) return mtu ?? 1500;
  return Math.min(mtu ?? max, max - VXLAN_HEADROOM);
}

/** A default destination is an FDB entry for every address that has none (vxlan_dev_configure()). */
export function newVxlan({ draft, origin }: ApplyContext, { name, remote }: LinkOf<'vxlan'>): void {
  if (remote === undefined) return;
  const mac: Mac = MAC_ZERO;
  const remotes = [{ ip: remote, port: undefined, vni: undefined, via: undefined }] as const;
  draft.vxlanFdb.set(fdbKey(name, mac), { dev: name, mac, remotes, state: 'permanent', origin });
}
