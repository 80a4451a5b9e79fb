import type { Ipv4 } from '../../address/index.js';
import type { Journal } from '../journal.js';
import { type FibContext, pathMtu, type RoutedDestination } from './lookup.js';

/** net.ipv4.route.min_pmtu, bytes, and mtu_expires, seconds, of a new namespace. */
const MIN_PMTU = 552;
const MTU_EXPIRES = 600;

/**
 * Takes in that packets to `dst` may have no more than `mtu` bytes (__ip_rt_update_pmtu(), linux net/ipv4/route.c). More
 * than is believed now is ignored, and so is anything where the MTU is locked. A value below the least that the kernel
 * believes counts as that, and stays as it is until it expires.
 */
export function updatePmtu(
  context: FibContext & { readonly journal: Journal },
  destination: RoutedDestination,
  dst: Ipv4,
  mtu: number,
): void {
  const { ns, runtime, now } = context;
  const link = ns.links.get(destination.dev);
  const old = runtime.exceptions.get(dst);
  const known = old !== undefined && old.expires > now ? old : undefined;
  if (link === undefined || destination.route?.mtuLock === true || known?.mtuLock === true) return;
  const oldMtu = pathMtu(context, destination, dst, link);
  if (oldMtu < mtu) return;
  const least = Number(ns.sysctls.get('net/ipv4/route/min_pmtu') ?? MIN_PMTU);
  const lifetime = Number(ns.sysctls.get('net/ipv4/route/mtu_expires') ?? MTU_EXPIRES) * 1000;
  const mtuLock = mtu < least;
  const next = mtuLock ? Math.min(oldMtu, least) : mtu;
  if (known?.mtu === next && !mtuLock && now < known.expires - lifetime / 2) return;
  context.journal.put(runtime.exceptions, dst, {
    mtu: next,
    mtuLock,
    gateway: known?.gateway,
    expires: now + lifetime,
  });
}
