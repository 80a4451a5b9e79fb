import { formatIpv4, formatMac, type Ipv4, type Mac } from '../../address/index.js';
import type { Netns } from '../netns.js';
import type { NetnsRuntime } from '../runtime.js';
import { formatJson, type JsonObject } from '../write-json.js';
import type { NudState } from './neigh.js';
import { inet6Neighbours, inet6Proxies } from './write.js';

/**
 * `ip -j neigh show nud all`, as iproute2 6.1 prints it: what is configured and, with a runtime, what ARP found. Of
 * IPv6 all that was dumped.
 */
export function neighboursJson(ns: Netns, runtime?: NetnsRuntime): string {
  const configured = [...ns.ipv4.neighbours.values()].map(({ dev, ip, lladdr, state, kept }) =>
    entry(formatIpv4(ip), dev, lladdr, state, kept),
  );
  const learned = [...(runtime?.neighbours ?? [])].map(([key, { lladdr, state }]) => {
    const [dev = '', ip = ''] = key.split('|');
    return entry(formatIpv4(Number(ip) as Ipv4), dev, lladdr, state);
  });
  return formatJson([...configured, ...learned, ...inet6Neighbours(ns).map(({ fields }) => fields)]);
}

function entry(dst: string, dev: string, lladdr: Mac, state: NudState, kept: JsonObject = {}): JsonObject {
  const known = lladdr !== 0 || state === 'PERMANENT' || state === 'NOARP';
  return { dst, dev, lladdr: known ? formatMac(lladdr) : undefined, ...kept, state: [state] };
}

/** `ip -j neigh show proxy`. */
export function proxiesJson(ns: Netns): string {
  const inet = ns.ipv4.proxies.map(({ dev, ip }) => ({ dst: formatIpv4(ip), dev, proxy: null }));
  return formatJson([...inet, ...inet6Proxies(ns).map(({ fields }) => fields)]);
}
