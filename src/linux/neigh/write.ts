import { formatIpv4, formatMac, type Ipv4, type Mac } from '../../address/index.js';
import type { Netns } from '../netns.js';
import type { NetnsRuntime } from '../runtime.js';
import type { NudState } from './neigh.js';

/**
 * `ip neigh`: the configured entries and, with a runtime, the learned ones. Entries of state NOARP and NONE are not
 * printed, as iproute2 does by default. The kernel's order is that of a hash; here it is that of insertion.
 */
export function formatNeighbours(ns: Netns, runtime?: NetnsRuntime): string {
  const lines: string[] = [];
  for (const { dev, ip, lladdr, state } of ns.ipv4.neighbours.values())
    if (state === 'PERMANENT') lines.push(formatNeighbour(dev, ip, lladdr, state));
  for (const [key, { lladdr, state }] of runtime?.neighbours ?? []) {
    const [dev = '', ip = ''] = key.split('|');
    if (state !== 'NONE' && state !== 'NOARP')
      lines.push(formatNeighbour(dev, Number(ip) as Ipv4, lladdr === 0 ? undefined : lladdr, state));
  }
  return lines.join('');
}

/** `ip neigh show proxy`. */
export function formatProxies(ns: Netns): string {
  return ns.ipv4.proxies.map(({ dev, ip }) => `${formatIpv4(ip)} dev ${dev} proxy \n`).join('');
}

function formatNeighbour(dev: string, ip: Ipv4, lladdr: Mac | undefined, state: NudState): string {
  const address = lladdr === undefined ? '' : `lladdr ${formatMac(lladdr)} `;
  return `${formatIpv4(ip)} dev ${dev} ${address}${state} \n`;
}
