import type { Cluster } from '../cluster/index.js';
import { type Note, type Place, positionOf } from './context.js';

/** Notes pods that the network's IPAM gives no address: they stay in ContainerCreating. */
export function noteUnaddressed({ whyNoIP }: Cluster, podPlaces: ReadonlyMap<string, Place>): readonly Note[] {
  return [...(whyNoIP ?? [])].flatMap(([pod, why]): readonly Note[] => {
    const place = podPlaces.get(pod);
    if (place === undefined) return [];
    return [{ path: place.path, message: `pod ${pod} gets no address: ${why}`, ...positionOf(place) }];
  });
}
