import type { Netns } from '../../linux/index.js';
import type { Explanation, PlacedThing, Thing } from '../../output/index.js';
import type { Network } from '../../topology/index.js';
import { allRules, chainNames, chainThings, ipsetThings } from './chain.js';
import { deviceThings } from './device.js';
import { markThings, sysctlThings, tableNames, tableThings } from './numbers.js';
import { commentedServicePorts, isHashed, namedServicePorts, subjectOf } from './subject.js';

/** A name explained, or the names that there are. */
export type Explained = { readonly explanation: Explanation } | { readonly known: ReadonlySet<string> };

/**
 * What a name stands for in a network: a chain, an IP set, a device, a mark, a sysctl or a routing table, in every
 * namespace that has it. Builds all namespaces.
 */
export function explainName(network: Network, name: string): Explained {
  const namespaces = network.names().flatMap((each) => network.netns(each) ?? []);
  const candidates = candidatesFor(name, network, namespaces);
  const things = namespaces.flatMap((ns): PlacedThing[] =>
    [
      ...chainThings(name, ns, network, candidates),
      ...ipsetThings(name, ns),
      ...deviceThings(name, ns, network),
      ...markThings(name, ns),
      ...sysctlThings(name, ns),
      ...tableThings(name, ns),
    ].map((thing) => ({ ...thing, on: [ns.name] })),
  );
  if (things.length > 0) return { explanation: { name, things: alike(things), subject: undefined } };
  const subject = subjectOf(name, candidates, [], undefined, () => undefined);
  if (subject !== undefined) return { explanation: { name, things: [], subject } };
  return { known: new Set(namespaces.flatMap(namesIn)) };
}

/** The service ports that a hashed name may be of. */
function candidatesFor(name: string, network: Network, namespaces: readonly Netns[]) {
  if (!isHashed(name)) return [];
  return [...namedServicePorts(network), ...commentedServicePorts(namespaces.flatMap(allRules))];
}

function namesIn(ns: Netns): readonly string[] {
  return [...chainNames(ns), ...ns.ipsets.keys(), ...ns.links.keys(), ...tableNames(ns)];
}

/** Things that are the same but for who made them, together. */
function alike(things: readonly PlacedThing[]): readonly PlacedThing[] {
  const groups = new Map<string, PlacedThing & { readonly on: string[] }>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...thing, on: [...thing.on] });
    else group.on.push(...thing.on);
  }
  return [...groups.values()];
}

const OWN = new Set(['on', 'origin', 'origins']);

function keyOf(thing: Thing): string {
  return JSON.stringify(thing, (key, value: unknown) => (OWN.has(key) ? undefined : value));
}
