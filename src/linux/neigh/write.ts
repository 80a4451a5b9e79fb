import { formatIpv4, formatMac, type Ipv4, type Mac } from '../../address/index.js';
import { type KeptEntry, wordsOf } from '../kept.js';
import type { Netns } from '../netns.js';
import type { NetnsRuntime } from '../runtime.js';
import type { NudState } from './neigh.js';

/**
 * `ip neigh`: the configured entries and, with a runtime, the learned ones; of IPv6 all that was dumped. Entries of state NOARP and NONE are not
 * printed, as iproute2 does by default. The kernel's order is that of a hash; here it is that of insertion.
 */
export function formatNeighbours(ns: Netns, runtime?: NetnsRuntime): string {
  const lines: string[] = [];
  for (const { dev, ip, lladdr, state, kept } of ns.ipv4.neighbours.values())
    if (state === 'PERMANENT') lines.push(formatNeighbour(dev, ip, lladdr, state, Object.keys(kept ?? {})));
  for (const [key, { lladdr, state }] of runtime?.neighbours ?? []) {
    const [dev = '', ip = ''] = key.split('|');
    if (state !== 'NONE' && state !== 'NOARP')
      lines.push(formatNeighbour(dev, Number(ip) as Ipv4, lladdr === 0 ? undefined : lladdr, state));
  }
  return [...lines, ...inet6Neighbours(ns).map((entry) => `${formatInet6Neighbour(entry)} \n`)].join('');
}

/** The neighbours of IPv6. */
export function inet6Neighbours({ ipv6 }: Netns): readonly KeptEntry[] {
  return ipv6.neighbours.filter(({ fields }) => !('proxy' in fields));
}

/** The addresses of IPv6 that a link answers for. */
export function inet6Proxies({ ipv6 }: Netns): readonly KeptEntry[] {
  return ipv6.neighbours.filter(({ fields }) => 'proxy' in fields);
}

/** A neighbour or proxy of IPv6 as a line of `ip neigh` has it. */
export function formatInet6Neighbour({ fields: { dst, dev, lladdr, state, ...flags } }: KeptEntry): string {
  const words = [wordsOf(dst), 'dev', wordsOf(dev), ...(lladdr === undefined ? [] : ['lladdr', wordsOf(lladdr)])];
  return [...words, ...Object.keys(flags), ...(state === undefined ? [] : [wordsOf(state)])].join(' ');
}

/** `ip neigh show proxy`. */
export function formatProxies(ns: Netns): string {
  const inet = ns.ipv4.proxies.map(({ dev, ip }) => `${formatIpv4(ip)} dev ${dev} proxy \n`);
  return [...inet, ...inet6Proxies(ns).map((entry) => `${formatInet6Neighbour(entry)} \n`)].join('');
}

function formatNeighbour(
  dev: string,
  ip: Ipv4,
  lladdr: Mac | undefined,
  state: NudState,
  flags: string[] = [],
): string {
  const address = lladdr === undefined ? '' : `lladdr ${formatMac(lladdr)} `;
  return `${formatIpv4(ip)} dev ${dev} ${address}${[...flags, state].join(' ')} \n`;
}
