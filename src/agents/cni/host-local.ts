import { type Ipv4, type Ipv4Prefix, lastAddress, plus } from '../../address/index.js';
import type { CniResult, CniRoute } from './plugin.js';

/** `ipam` of a plug-in's configuration; one range, as flannel gives it. */
export interface HostLocalConf {
  readonly subnet: Ipv4Prefix;
  /** undefined: the subnet's first address. */
  readonly rangeStart: Ipv4 | undefined;
  /** undefined: the last one before the broadcast address. */
  readonly rangeEnd: Ipv4 | undefined;
  /** undefined: the subnet's first address. */
  readonly gateway: Ipv4 | undefined;
  readonly routes: readonly CniRoute[];
}

/** The files in /var/lib/cni/networks/NAME: one for each address, and `last_reserved_ip.0`. */
export class HostLocalStore {
  readonly reserved: Set<Ipv4> = new Set<Ipv4>();
  last: Ipv4 | undefined;
}

/**
 * host-local's ADD: the next free address after the one handed out last, around the range's end if need be, never the
 * gateway (containernetworking/plugins 1.9 plugins/ipam/host-local/backend/allocator). An address that was given back
 * is therefore not used again at once. Undefined when nothing is free.
 *
 * @param requested hand out this one, as with `IP` of CNI_ARGS.
 */
export function hostLocalAdd(conf: HostLocalConf, store: HostLocalStore, requested?: Ipv4): CniResult | undefined {
  const { subnet } = conf;
  // A /31 or /32 has no room for gateway and pod (Range.Canonicalize()).
  if (subnet.length > 30) return undefined;
  const range = rangeOf(conf);
  const address = requested === undefined ? nextFree(range, store) : available(range, store, requested);
  if (address === undefined) return undefined;
  store.reserved.add(address);
  store.last = address;
  return { ips: [{ address, prefixLength: subnet.length, gateway: range.gateway }], routes: conf.routes };
}

interface Range {
  readonly start: Ipv4;
  readonly end: Ipv4;
  readonly gateway: Ipv4;
}

function rangeOf({ subnet, rangeStart, rangeEnd, gateway }: HostLocalConf): Range {
  const first = plus(subnet.address, 1);
  return { start: rangeStart ?? first, end: rangeEnd ?? plus(lastAddress(subnet), -1), gateway: gateway ?? first };
}

function nextFree({ start, end, gateway }: Range, { reserved, last }: HostLocalStore): Ipv4 | undefined {
  const size = end - start + 1;
  const from = last === undefined || last < start || last >= end ? start : plus(last, 1);
  for (let i = 0; i < size; i++) {
    const candidate = plus(start, (from - start + i) % size);
    if (candidate !== gateway && !reserved.has(candidate)) return candidate;
  }
  return undefined;
}

function available({ start, end, gateway }: Range, { reserved }: HostLocalStore, ip: Ipv4): Ipv4 | undefined {
  return ip >= start && ip <= end && ip !== gateway && !reserved.has(ip) ? ip : undefined;
}

/** A range of a whole subnet, as flannel asks for it. */
export function wholeSubnet(subnet: Ipv4Prefix, routes: readonly CniRoute[]): HostLocalConf {
  return { subnet, rangeStart: undefined, rangeEnd: undefined, gateway: undefined, routes };
}

/**
 * The addresses of a node's pods, started in this order; undefined for a pod that gets none.
 *
 * Those that are given are set aside first and do not count as handed out last, as if those pods had been there.
 */
export function hostLocalAddresses(
  conf: HostLocalConf,
  pods: readonly { readonly podIP: Ipv4 | undefined }[],
): readonly (Ipv4 | undefined)[] {
  const store = new HostLocalStore();
  for (const { podIP } of pods) if (podIP !== undefined) store.reserved.add(podIP);
  return pods.map(({ podIP }) => podIP ?? hostLocalAdd(conf, store)?.ips[0]?.address);
}
