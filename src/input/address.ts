import {
  formatPrefix,
  type Ipv4,
  type Ipv4Prefix,
  isLoopback,
  isZeronet,
  lastAddress,
  overlaps,
  parseIpv4,
  parsePrefix,
} from '../address/index.js';
import type { LabContext, Place } from './context.js';

/**
 * An address that the schema has let through.
 *
 * Throws on anything else, since then the schema is wrong, not the file.
 */
export function checkedAddress(text: string): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`the schema let through "${text}" as an address`);
  return address;
}

/** A subnet that the schema has let through; host bits are cleared. */
export function checkedPrefix(text: string): Ipv4Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`the schema let through "${text}" as a subnet`);
  return prefix;
}

/** Whether an interface can have the address: not "this network", loopback, multicast, or reserved (RFC 6890). */
export function isUnicast(address: Ipv4): boolean {
  return !isZeronet(address) && !isLoopback(address) && address >>> 29 !== 7;
}

const NOT_UNICAST = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3'].map(checkedPrefix);

/** Complains of a subnet with addresses that no interface can have. */
export function checkUnicast(prefix: Ipv4Prefix, place: Place, context: LabContext): void {
  const other = NOT_UNICAST.find((each) => overlaps(each, prefix));
  if (other === undefined) return;
  const message = `${formatPrefix(prefix)} has addresses that no machine can have: those of ${formatPrefix(other)}`;
  context.complain(place, 'bad-address', message);
}

/** Whether a station in a subnet can have the address: the first and the last stand for all (RFC 922 §7). */
export function isUsable(subnet: Ipv4Prefix, address: Ipv4): boolean {
  return subnet.length >= 31 || (address !== subnet.address && address !== lastAddress(subnet));
}
