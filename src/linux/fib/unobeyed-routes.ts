import { wordsOf } from '../kept.js';
import type { Netns } from '../netns.js';
import { formatDestination } from './write-routes.js';

/** Metrics that change what this host's own packets look like: their TTL, and the MSS that a SYN tells. */
const OF_PACKETS = ['hoplimit', 'advmss'];

/** What routes ask for that the packet path does not obey though the kernel's does: `ip route 10.0.0.0/8 advmss 900`. */
export function unobeyedRoutes({ ipv4 }: Netns): string[] {
  return [...ipv4.tables.values()].flatMap((table) =>
    [...table].flatMap(({ dst, kept }) => {
      const lists = Array.isArray(kept?.['metrics']) ? (kept['metrics'] as Record<string, unknown>[]) : [];
      const metrics = lists.flatMap((metrics) => Object.entries(metrics));
      return metrics
        .filter(([key]) => OF_PACKETS.includes(key.replace(/ lock$/, '')))
        .map(([key, value]) => `ip route ${formatDestination(dst)} ${key} ${wordsOf(value)}`);
    }),
  );
}
