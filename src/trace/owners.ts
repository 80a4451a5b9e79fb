import { parseIpv4 } from '../address/index.js';
import type { Header } from '../packet/index.js';
import { type Network, objectName } from '../topology/index.js';
import type { Diff, Leg } from './trace.js';

/** Who has the addresses that the packets of a trace carry, in order of appearance. */
export function ownersOf(network: Network, legs: readonly Leg[]): Record<string, string> {
  const owners: Record<string, string> = {};
  for (const text of new Set(legs.flatMap(addressesOf))) {
    const address = parseIpv4(text);
    const owner = address === undefined ? undefined : network.directory.ownerOf(address);
    if (owner !== undefined) owners[text] = objectName(owner);
  }
  return owners;
}

function addressesOf({ packet, paths }: Leg): string[] {
  const events = paths.flatMap(({ hops }) => hops.flatMap((hop) => hop.events));
  return [...packet.flatMap(endsOf), ...events.flatMap(({ diff }) => diff.flatMap(newAddresses))];
}

function endsOf(header: Header): string[] {
  return header.l === 'ip4' ? [header.src, header.dst] : [];
}

function newAddresses(diff: Diff): string[] {
  if (diff.op === 'push') return diff.headers.flatMap(endsOf);
  return diff.op === 'set' && /\/(src|dst)$/.test(diff.path) ? [String(diff.to)] : [];
}
