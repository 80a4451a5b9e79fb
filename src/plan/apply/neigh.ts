import { neighbourKey } from '../../linux/index.js';
import type { Call } from '../install.js';
import { type ApplyContext, dropEntries, isOf, NO_ADDRESS, runtimeOf } from './context.js';
import { noDevice, type Refused, refuse } from './refuse.js';

type NeighCall = Extract<Call, { readonly call: 'neigh add' | 'neigh replace' | 'neigh change' }>;

/** `ip neigh add`, `replace` and `change` (neigh_add(), linux net/core/neighbour.c). */
export function neighAdd(context: ApplyContext, neigh: NeighCall): Refused | undefined {
  const { call, dev, ip, lladdr, nud = 'PERMANENT' } = neigh;
  const { draft, drafts, origin } = context;
  const link = draft.link(dev);
  if (link === undefined) return noDevice(dev);
  // Without link-layer addresses there is but one neighbour, whatever its address (arp_constructor()).
  if ((link.kind === 'loopback' || link.kind === 'tun') && neigh.ip !== 0)
    return call === 'neigh change'
      ? refuse('ENOENT')
      : neighAdd(context, { ...neigh, call: 'neigh replace', ip: NO_ADDRESS });
  const key = neighbourKey(dev, ip);
  const { neighbours } = runtimeOf(context);
  const there = draft.ns.ipv4.neighbours.has(key) || neighbours.has(key);
  if (there && call === 'neigh add') return refuse('EEXIST');
  if (!there && call === 'neigh change') return refuse('ENOENT');
  const { journal, clock } = drafts.runtime;
  if (nud === 'PERMANENT' || nud === 'NOARP') {
    draft.neighbours.set(key, { dev, ip, lladdr, state: nud, origin });
    journal.put(neighbours, key, undefined);
  } else {
    if (draft.ns.ipv4.neighbours.has(key)) draft.neighbours.delete(key);
    journal.put(neighbours, key, { lladdr, state: nud, used: false, confirmed: clock, updated: clock });
  }
  return undefined;
}

/** `ip neigh del`, of a configured or a learned entry. */
export function neighDel(
  context: ApplyContext,
  call: Extract<Call, { readonly call: 'neigh del' }>,
): Refused | undefined {
  const { draft, drafts } = context;
  if (draft.link(call.dev) === undefined) return noDevice(call.dev);
  const key = neighbourKey(call.dev, call.ip);
  const { neighbours } = runtimeOf(context);
  const configured = draft.ns.ipv4.neighbours.has(key);
  if (!configured && !neighbours.has(key)) return refuse('ENOENT');
  if (configured) draft.neighbours.delete(key);
  drafts.runtime.journal.put(neighbours, key, undefined);
  return undefined;
}

type ProxyCall = Extract<Call, { readonly call: 'neigh add proxy' | 'neigh del proxy' }>;

/** `ip neigh add proxy` and `del proxy` (pneigh_lookup(), pneigh_delete()). */
export function neighProxy(context: ApplyContext, { call, dev, ip }: ProxyCall): Refused | undefined {
  const { draft, origin } = context;
  if (draft.link(dev) === undefined) return noDevice(dev);
  const { proxies } = draft.ns.ipv4;
  const rest = proxies.filter((proxy) => proxy.dev !== dev || proxy.ip !== ip);
  const there = rest.length < proxies.length;
  if (call === 'neigh del proxy') {
    if (!there) return refuse('ENOENT');
    draft.proxies = rest;
  } else if (!there) draft.proxies = [...proxies, { dev, ip, origin }];
  return undefined;
}

/** `ip neigh flush`: iproute2 leaves permanent entries alone. */
export function neighFlush(context: ApplyContext, { dev }: { readonly dev: string | undefined }): Refused | undefined {
  if (dev !== undefined && context.draft.link(dev) === undefined) return noDevice(dev);
  dropEntries(context, runtimeOf(context).neighbours, (key) => dev === undefined || isOf(key, dev));
  return undefined;
}

/** The link goes down: all its neighbours go, and what it answers ARP for (neigh_ifdown()). */
export function neighIfdown(context: ApplyContext, dev: string): void {
  const { draft } = context;
  neighChangeaddr(context, dev);
  if (draft.ns.ipv4.proxies.some((proxy) => proxy.dev === dev))
    draft.proxies = draft.ns.ipv4.proxies.filter((proxy) => proxy.dev !== dev);
}

/** The link's hardware address changes: all its neighbours go, permanent ones too (neigh_changeaddr()). */
export function neighChangeaddr(context: ApplyContext, dev: string): void {
  const { draft } = context;
  for (const key of [...draft.ns.ipv4.neighbours.keys()]) if (isOf(key, dev)) draft.neighbours.delete(key);
  neighCarrierDown(context, dev);
}

/** The link loses its carrier: what it learned goes (neigh_carrier_down()). */
export function neighCarrierDown(context: ApplyContext, dev: string): void {
  dropEntries(context, runtimeOf(context).neighbours, (key) => isOf(key, dev));
}
