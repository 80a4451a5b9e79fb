import type { Netns } from '../netns.js';

/** Ports of sockets that ask for none: the first and the last (inet_get_local_port_range()). */
export function localPortRange({ sysctls }: Netns): readonly [first: number, last: number] {
  const [first = 32768, last = 60999] = (sysctls.get('net/ipv4/ip_local_port_range') ?? '').split(/\s+/).map(Number);
  return [first, last];
}
