import { type Ipv4, type Ipv4Prefix, parseIpv4, parsePrefix } from '../address/index.js';

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
