import { objectsOf, wordsOf } from '../kept.js';
import type { Netns } from '../netns.js';
import { formatDestination } from './write-routes.js';

/** Metrics that change what this host's own packets look like: their TTL, and the MSS that a SYN tells. */
const OF_PACKETS = ['hoplimit', 'advmss'];

const known = new WeakMap<Netns, readonly string[]>();

/**
 * What routes ask for that the packet path does not obey though the kernel's does: `ip route 10.0.0.0/8 advmss 900`.
 * Each trace asks, and a namespace may have a route for each of many Services, so it is looked for once.
 */
export function unobeyedRoutes(ns: Netns): readonly string[] {
  const found = known.get(ns) ?? search(ns);
  known.set(ns, found);
  return found;
}

function search({ ipv4 }: Netns): readonly string[] {
  return [...ipv4.tables.values()].flatMap((table) =>
    [...table].flatMap(({ dst, kept }) => {
      return objectsOf(kept?.['metrics'])
        .flatMap((metrics) => Object.entries(metrics))
        .filter(([key]) => OF_PACKETS.includes(key.replace(/ lock$/, '')))
        .map(([key, value]) => `ip route ${formatDestination(dst)} ${key} ${wordsOf(value)}`);
    }),
  );
}
