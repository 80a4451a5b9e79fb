import { prefixOf } from '../../address/index.js';
import type { InetAddress } from '../../linux/index.js';

/** The addresses of one link, while all of them are primary and of one scope. */
interface Alike {
  count: number;
  /** Undefined once they are not alike. */
  scope: number | undefined;
  readonly subnets: Set<number>;
}

interface Index {
  /** How many addresses of the list it knows: it is made anew when that is not all of them. */
  size: number;
  /** In the order of the list. */
  readonly links: Map<string, Alike>;
}

const INDEXES = new WeakMap<readonly InetAddress[], Index>();

/**
 * Where a link's next address goes that has the scope of all the others and a subnet of its own: behind them. kube-proxy
 * has thousands of such addresses on one link, and going through them for each would cost the square of their number.
 *
 * @returns undefined where the link's addresses have to be looked at one by one.
 */
export function placeBehindLike(all: readonly InetAddress[], address: InetAddress): number | undefined {
  const { links } = indexOf(all);
  let end = 0;
  for (const [dev, { count, scope, subnets }] of links) {
    end += count;
    if (dev === address.dev) return scope === address.scope && !subnets.has(subnetOf(address)) ? end : undefined;
  }
  return undefined;
}

/** Keeps the index, after an address has been put into the list. */
export function noteAdded(all: readonly InetAddress[], added: InetAddress): void {
  const index = INDEXES.get(all);
  if (index?.size === all.length - 1) note(index, added);
}

function indexOf(all: readonly InetAddress[]): Index {
  let index = INDEXES.get(all);
  if (index?.size !== all.length) {
    index = { size: 0, links: new Map() };
    for (const address of all) note(index, address);
    INDEXES.set(all, index);
  }
  return index;
}

function note(index: Index, address: InetAddress): void {
  index.size++;
  let link = index.links.get(address.dev);
  if (link === undefined) {
    link = { count: 0, scope: address.scope, subnets: new Set() };
    index.links.set(address.dev, link);
  }
  link.count++;
  link.subnets.add(subnetOf(address));
  if (address.secondary || address.scope !== link.scope) link.scope = undefined;
}

/** The subnet as one number: the address is 32 bits, the length six. */
function subnetOf({ peer, prefixLength }: InetAddress): number {
  return prefixOf(peer, prefixLength).address * 64 + prefixLength;
}
