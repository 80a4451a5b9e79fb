import type { Ipv4, Mac } from '../address/index.js';
import { sha256Hex } from '../agents/index.js';

/** The bridge in a segment's namespace. */
export const SEGMENT_BRIDGE = 'br0';

/** A device's name has at most this many characters (IFNAMSIZ - 1). */
const MAX_DEVICE_NAME = 15;

/**
 * A segment's port towards a member: `p-NAME`, or `p-` and eight hex digits where that is too long, or where the
 * member has one port here already.
 */
export function portName(member: string, dev: string, taken: ReadonlySet<string>): string {
  const name = `p-${member}`;
  return name.length <= MAX_DEVICE_NAME && !taken.has(name) ? name : `p-${sha256Hex(`${member}/${dev}`).slice(0, 8)}`;
}

/** The address of an interface on a segment: 02:00 and its IP, so that a reader sees whose it is. */
export function underlayMac(ip: Ipv4): Mac {
  return (0x0200_0000_0000 + ip) as Mac;
}
