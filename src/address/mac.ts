declare const mac: unique symbol;

/** An Ethernet address as one number, uint48: 02:00:00:00:00:01 is 0x020000000001. Too wide for bit operators. */
export type Mac = number & { readonly [mac]: true };

/** ff:ff:ff:ff:ff:ff. */
export const MAC_BROADCAST = 0xffffffffffff as Mac;

/** 00:00:00:00:00:00, the address of lo and of a default VXLAN FDB entry. */
export const MAC_ZERO = 0 as Mac;

/** Reads six colon-separated hex octets; undefined for anything else. */
export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) return undefined;
  return Number.parseInt(text.replaceAll(':', ''), 16) as Mac;
}

/** Writes lower case, as `ip` does. */
export function formatMac(address: Mac): string {
  const hex = address.toString(16).padStart(12, '0');
  return (hex.match(/../g) ?? []).join(':');
}

/** Whether the group bit is set: multicast or broadcast (IEEE 802, is_multicast_ether_addr()). */
export function isGroupMac(address: Mac): boolean {
  return Math.floor(address / 0x10000000000) % 2 === 1;
}
