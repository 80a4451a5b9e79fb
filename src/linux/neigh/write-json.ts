import { formatIpv4, formatMac } from '../../address/index.js';
import type { Netns } from '../netns.js';
import { formatJson } from '../write-json.js';

/** `ip -j neigh show nud all`, as iproute2 6.1 prints it: what is configured. */
export function neighboursJson(ns: Netns): string {
  return formatJson(
    [...ns.ipv4.neighbours.values()].map(({ dev, ip, lladdr, state }) => ({
      dst: formatIpv4(ip),
      dev,
      lladdr: formatMac(lladdr),
      state: [state],
    })),
  );
}

/** `ip -j neigh show proxy`. */
export function proxiesJson(ns: Netns): string {
  return formatJson(ns.ipv4.proxies.map(({ dev, ip }) => ({ dst: formatIpv4(ip), dev, proxy: null })));
}
