import { isLoopback } from '../../address/index.js';
import type { Netns } from '../../linux/index.js';
import { type Network, objectName } from '../../topology/index.js';

/** A namespace as two networks have it, under the first one's name. */
export interface Pair {
  readonly name: string;
  readonly a: Netns | undefined;
  readonly b: Netns | undefined;
}

/**
 * The namespaces of two networks that stand for the same: of one name, else of one object (`pod/default/web-1`), else
 * with one address, since a dump may know a pod only by the name of its namespace.
 */
export function pairNamespaces(a: Network, b: Network): readonly Pair[] {
  const free = new Set(b.names());
  const partner = new Map<string, string>();
  const take = (name: string, other: string | undefined): void => {
    if (other === undefined || partner.has(name) || !free.delete(other)) return;
    partner.set(name, other);
  };
  for (const name of a.names()) take(name, b.has(name) ? name : undefined);
  for (const object of a.directory.objects)
    if (object.netns !== undefined) take(object.netns, b.directory.find(objectName(object))?.netns);
  const byAddress = new Map([...free].flatMap((name) => addressesOf(b, name).map((address) => [address, name])));
  for (const name of a.names())
    if (!partner.has(name) && byAddress.size > 0)
      for (const address of addressesOf(a, name)) take(name, byAddress.get(address));
  const both = a.names().map((name): Pair => {
    const other = partner.get(name);
    return { name, a: a.netns(name), b: other === undefined ? undefined : b.netns(other) };
  });
  return [...both, ...[...free].map((name): Pair => ({ name, a: undefined, b: b.netns(name) }))];
}

function addressesOf(network: Network, name: string): number[] {
  const addresses = network.netns(name)?.ipv4.addresses ?? [];
  return addresses.map(({ local }) => local).filter((local) => !isLoopback(local));
}
