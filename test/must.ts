import { type Ipv4, type Ipv4Prefix, type Mac, parseIpv4, parseMac, parsePrefix } from '../src/address/index.js';

/** Test literals: `ip('10.0.0.1')` throws on a typo, so a bad literal fails its own test. */
export function ip(text: string): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`not an IPv4 address: ${text}`);
  return address;
}

export function prefix(text: string): Ipv4Prefix {
  const p = parsePrefix(text);
  if (p === undefined) throw new Error(`not an IPv4 prefix: ${text}`);
  return p;
}

export function mac(text: string): Mac {
  const m = parseMac(text);
  if (m === undefined) throw new Error(`not a MAC address: ${text}`);
  return m;
}
