import type { Mac } from '../../address/index.js';

/**
 * The hardware address of a device that was given none: locally administered, unicast, and always the same for the
 * same seed, namespace and name. The kernel draws it at random (eth_random_addr()).
 */
export function generatedMac(seed: number, netns: string, dev: string): Mac {
  const key = `${seed}/${netns}/${dev}`;
  const high = fnv1a(key, 0x811c9dc5) >>> 16;
  const low = fnv1a(key, 0x01000193);
  // Of the first byte's two low bits, one says "locally administered", the other would say "group".
  const first = ((high >>> 8) & 0xfc) | 0x02;
  return (((first << 8) | (high & 0xff)) * 0x1_0000_0000 + low) as Mac;
}

/** FNV-1a over UTF-16 code units, uint32. */
function fnv1a(text: string, offset: number): number {
  let hash = offset;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  // The last letters reach the low bits only; stir them up.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}
