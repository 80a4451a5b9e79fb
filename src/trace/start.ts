import { type Learned, learn, type Netns, Runtime } from '../linux/index.js';
import type { Network } from '../topology/index.js';

/** What a trace finds when it begins: nothing has happened yet, or what dumps tell of as learned has. */
export type Start = 'cold' | 'learned';

/** A runtime to begin with. */
export function startRuntime(network: Network, start: Start = 'cold'): Runtime {
  const runtime = new Runtime();
  if (start === 'cold') return runtime;
  for (const name of network.names()) {
    const learned = network.learnedIn(name);
    // A namespace of which no dump tells is not made for this.
    if (learned === undefined) continue;
    const ns = network.netns(name);
    if (ns !== undefined) learn(runtime.of(name), standing(learned, ns), runtime.journal);
  }
  return runtime;
}

/** Without what was learned on devices that are down or gone: somebody may have changed that since the dump. */
function standing(learned: Learned, { links }: Netns): Learned {
  const isUp = (dev: string): boolean => links.get(dev)?.up === true;
  const ofDevice = <V>(map: ReadonlyMap<string, V>): ReadonlyMap<string, V> =>
    new Map([...map].filter(([key]) => isUp(key.split('|')[0] ?? '')));
  const stations = new Map([...ofDevice(learned.stations)].filter(([, { dev }]) => isUp(dev)));
  const { neighbours, vxlanStations } = learned;
  return { ...learned, neighbours: ofDevice(neighbours), stations, vxlanStations: ofDevice(vxlanStations) };
}

/** What a start assumes of a namespace that a packet reaches, as a trace says it. */
export function startAssumptions(network: Network, name: string, start: Start = 'cold'): string[] {
  const kinds = kindsOf(network.learnedIn(name));
  if (kinds.length === 0) return [];
  if (start === 'cold') return [`A trace starts cold, without the ${kinds.join(', ')} that the dump has learned`];
  return kinds.includes('neighbours') ? ['Learned neighbours count as used, and as confirmed just now'] : [];
}

/** What there is; a neighbour that did not answer is none. */
function kindsOf(learned: Learned | undefined): string[] {
  if (learned === undefined) return [];
  const { neighbours, stations, vxlanStations, conntrack, ipvs } = learned;
  const kinds = [
    ['neighbours', [...neighbours.values()].some(({ used }) => used)],
    ['stations', stations.size + vxlanStations.size > 0],
    ['connections', conntrack.length > 0 || ipvs.length > 0],
  ] as const;
  return kinds.flatMap(([kind, isThere]) => (isThere ? [kind] : []));
}
